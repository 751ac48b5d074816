"""TOML as plain values, with the line of every key for messages.

``tomllib`` reports no lines, and no maintained parser for Python does so in its public interface
(https://github.com/python-poetry/tomlkit/issues/55). But it can be asked for them: a statement (a
table's header or ``key = value``) ends on the first line with which ``tomllib`` accepts it, because
only what is still open (a text, an array) runs on to the next line. The parser that gives the
values thus gives the lines too, and no comment or text that looks like a key misleads it.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

KeyPath = tuple[str | int, ...]
"""Where a value is: keys, and positions within arrays, from 0."""

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class TomlError(ValueError):
    """Raised when a text is not valid TOML; ``line`` is the line of the file."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Document:
    """A valid TOML text.

    Attributes:
        data: its values.
        text: the text itself.
        first_line: the line of the file on which the text begins.
    """

    data: dict[str, object]
    text: str = ""
    first_line: int = 1

    def line(self, *path: str | int) -> int | None:
        """The line of the file where a key or table is written; None if it is not in the text.

        A table is where its header is, or else where its first key is; what is inside a value of
        several lines is where the value begins; without a path, the first line of the text.
        """
        return self._lines.get(path)

    # On demand: a file is read on every run, but a line is needed only for a message.
    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        index = _Index(self.first_line)
        for line, is_header, data in _statements(self.text, self.first_line):
            if is_header:
                index.enter(data, line)
            else:
                index.add(index.table, data, line)
        return index.lines


def parse(text: str, first_line: int = 1) -> Document:
    """Read a text.

    Args:
        text: TOML.
        first_line: the line of the file on which the text begins.

    Raises:
        TomlError: the text is not valid TOML.
    """
    try:
        return Document(tomllib.loads(text), text, first_line)
    except tomllib.TOMLDecodeError as error:
        message = _POSITION.sub("", str(error))
        position = _POSITION.search(str(error))
        if position and position[1]:
            message += f" (column {position[2]})"
            raise TomlError(message, first_line + int(position[1]) - 1) from error
        # At the end of the text: more helpful is where the statement begins that does not end.
        *_, (line, _, _) = _statements(text, first_line)
        raise TomlError(message, line) from error


def _statements(text: str, first_line: int) -> Iterator[tuple[int, bool, dict[str, object]]]:
    """Every statement: its first line, whether it is a table's header, and what it says alone.

    One that does not end comes last and says nothing.
    """
    lines: list[str] = []
    # Not splitlines(): it knows ends of lines that are none to TOML, such as U+2028 in a text.
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), first_line):
        lines.append(line)
        try:
            data = tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError:
            continue
        if data:  # a comment or an empty line says nothing
            yield number - len(lines) + 1, _is_header(lines[0]), data
        lines = []
    if lines:
        yield number - len(lines) + 1, _is_header(lines[0]), {}


def _is_header(line: str) -> bool:
    return line.lstrip(" \t").startswith("[")


class _Index:
    """The lines of keys and tables, statement by statement."""

    def __init__(self, first_line: int) -> None:
        self.lines: dict[KeyPath, int] = {(): first_line}
        self.table: KeyPath = ()
        self._sizes: dict[KeyPath, int] = {}  # of arrays of tables, so far

    def enter(self, header: object, line: int) -> None:
        """Take a header: ``{"a": {"b": {}}}`` is ``[a.b]``, ``{"a": {"b": [{}]}}`` ``[[a.b]]``."""
        path: KeyPath = ()
        while isinstance(header, dict) and header:
            ((key, header),) = header.items()
            path = (*path, key)
            self.lines.setdefault(path, line)
            if isinstance(header, list):
                self._sizes[path] = self._sizes.get(path, 0) + 1
            if path in self._sizes:  # a name within an array of tables means its latest table
                path = (*path, self._sizes[path] - 1)
        self.lines[path] = line  # before this header, a table within it may have implied it
        self.table = path

    def add(self, path: KeyPath, value: object, line: int) -> None:
        """Take a value and all within it."""
        self.lines.setdefault(path, line)
        if isinstance(value, dict):
            for key, inner in value.items():
                self.add((*path, key), inner, line)
        elif isinstance(value, list):
            for position, inner in enumerate(value):
                self.add((*path, position), inner, line)
