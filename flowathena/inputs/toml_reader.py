"""Typed values of a TOML document's keys, and what is wrong with them, each with its line."""

from collections.abc import Collection, Mapping
from pathlib import Path

from flowathena.errors import Problem
from flowathena.inputs import toml
from flowathena.text import did_you_mean


class TomlReader:
    """Reads values of a document and collects its problems.

    Each method takes a table, a key of it and the path to the table. A value of another type is a
    problem, and what the method returns stands for it, so that reading goes on.

    Args:
        file: the file, for problems.
        document: its content.

    Attributes:
        problems: what is wrong so far.
    """

    def __init__(self, file: Path, document: toml.Document) -> None:
        self.file = file
        self.document = document
        self.problems: list[Problem] = []

    def text(self, table: Mapping[str, object], key: str, default: str, *at: str | int) -> str:
        """A string."""
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self.add_problem(toml.not_a_string(key, value), *at, key)
        return default

    def texts(self, table: Mapping[str, object], key: str, *at: str | int) -> tuple[str, ...]:
        """A list of strings; empty if the key is missing."""
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        given = "one with other values" if isinstance(value, list) else toml.describe(value)
        self.add_problem(f"{key} must be a list of strings, not {given}", *at, key)
        return ()

    def flag(
        self, table: Mapping[str, object], key: str, *at: str | int, default: bool = False
    ) -> bool:
        """A boolean."""
        value = table.get(key, default)
        if isinstance(value, bool):
            return value
        message = f"{key} must be true or false, not {toml.describe(value)}"
        self.add_problem(message, *at, key)
        return default

    def table(self, table: Mapping[str, object], key: str, *at: str | int) -> dict[str, object]:
        """A table within; empty if the key is missing."""
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.add_problem(f"{key} must be a table, not {toml.describe(value)}", *at, key)
        return {}

    def tables(
        self, table: Mapping[str, object], key: str, *at: str | int
    ) -> list[dict[str, object]]:
        """An array of tables; empty if the key is missing."""
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        whole = ".".join(str(part) for part in (*at, key) if isinstance(part, str))
        message = f"{key} must be tables, not {toml.describe(value)}; write [[{whole}]]"
        self.add_problem(message, *at, key)
        return []

    def refuse_unknown(
        self, table: Mapping[str, object], known: Collection[str], *at: str | int, where: str = ""
    ) -> None:
        """Add a problem for each key that is not known; ``where`` says of what, in a message."""
        for key in table:
            if key not in known:
                hint = did_you_mean(key, known)
                message = f"unknown key {key!r}{where}; {hint}known: {', '.join(known)}"
                self.add_problem(message, *at, key)

    def line(self, *at: str | int) -> int:
        """The line of a key; if it is missing, that of the table it is missing from."""
        while at and self.document.line(*at) is None:
            at = at[:-1]
        return self.document.line(*at) or self.document.first_line

    def add_problem(self, message: str, *at: str | int) -> None:
        """Add a problem at a key."""
        self.problems.append(Problem(message, self.file, self.line(*at)))
