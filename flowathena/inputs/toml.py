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
from datetime import date, datetime, time
from functools import cached_property

KeyPath = tuple[str | int, ...]
"""Where a value is: keys, and positions within arrays, from 0."""

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_QUOTED = 60  # the most characters of a line that a message repeats
_MOST_ATTEMPTS = 300  # to find the end of one statement; each reads it from its beginning
_CLOSERS = ("]", "}", '"', "'")
# tomllib's messages, and what they mean to somebody who wrote the file.
_PLAIN = (
    (r"Expected '=' after a key.*", "'=' is missing after the key"),
    (
        r"Expected newline or end of document after a statement",
        "something follows the value; a text needs quotes, and each key a line of its own",
    ),
    (r"Invalid value", "there is no valid value here; a text needs quotes"),
    (r"Invalid statement", "this is neither 'key = value' nor a [table]"),
    (r"Invalid initial character for a key part", "a key is missing, or needs quotes"),
    (r"Cannot declare (?P<key>.+) twice", "table [{key}] is declared twice"),
    (
        r"Cannot (?:mutate immutable|redefine) namespace (?P<key>.+)",
        "'{key}' is complete already and cannot be extended",
    ),
    (r"Cannot overwrite a value", "this key has a value already"),
    (r"Duplicate inline table key (?P<key>.+)", "key '{key}' is there twice"),
    (r"Unterminated string", "the text has no closing quote"),
    (r"Unclosed array", "the array lacks a comma or its closing ']'"),
    (
        r"Unclosed inline table",
        "the inline table lacks a comma or its closing '}}'; it is one line",
    ),
    (
        r"Expected '(?P<key>\]+)' at the end of .*",
        "'{key}' is missing at the end of the [table] line",
    ),
    (r"Expected (?P<key>\S+)", "the text has no closing {key}"),
    (
        r"Unescaped '\\' in a string",
        "'\\' begins an escape that TOML does not know; write '\\\\', or the text in single quotes",
    ),
    (r"Invalid hex value", "'\\x', '\\u' or '\\U' lacks its hexadecimal digits"),
    (r"Escaped character is not .*", "the escape is not a character"),
    (r"(?:Illegal|Found invalid) character '\\n'", "the text has no closing quote"),
    (r"(?:Illegal|Found invalid) character (?P<key>.+)", "the character {key} cannot be here"),
    (r"Invalid date or datetime", "there is no such date"),
)


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
        text: TOML; a byte order mark at its beginning is ignored.
        first_line: the line of the file on which the text begins.

    Raises:
        TomlError: the text is not valid TOML.
    """
    text = text.removeprefix("\ufeff")
    try:
        return Document(tomllib.loads(text), text, first_line)
    except tomllib.TOMLDecodeError as error:
        message = _plain(_POSITION.sub("", str(error)))
        position = _POSITION.search(str(error))
        if position and position[1]:
            row, column = int(position[1]), int(position[2])
            where = _quote(_lines(text)[row - 1], column)
            raise TomlError(f"{message} (column {column}{where})", first_line + row - 1) from error
        # At the end of the text: more helpful is where the statement begins that does not end.
        *_, (line, _, _) = _statements(text, first_line)
        where = _quote(_lines(text)[line - first_line], 1).removeprefix(", ")
        if str(error).startswith("Invalid value"):
            message = "the value is missing, or does not end"
        raise TomlError(f"{message} ({where})", line) from error
    except RecursionError as error:
        raise TomlError("arrays or tables are nested too deeply", first_line) from error
    except ValueError as error:  # int() refuses numbers of thousands of digits
        raise TomlError("a number has too many digits", first_line) from error


def describe(value: object) -> str:
    """A value in TOML's terms, for a message that says what was expected instead."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int):
        return f"the integer {value}"
    if isinstance(value, float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the string {value!r}"
    kinds = {datetime: "a date and time", date: "a date", time: "a time", list: "an array"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "a table")


def not_a_string(key: str, value: object) -> str:
    """The message for a value that must be a string, with the remedy."""
    remedy = "" if isinstance(value, list | dict) else "; put it in quotes"
    return f"{key} must be a string, not {describe(value)}{remedy}"


def _plain(message: str) -> str:
    """What a message of tomllib means."""
    for pattern, plain in _PLAIN:
        match = re.fullmatch(pattern, message)
        if match:
            return plain.format(key=_dotted(match.groupdict().get("key") or ""))
    return message


def _dotted(key: str) -> str:
    """A key as TOML writes it; tomllib shows the tuple ``('a', 'b')``, or the text in quotes."""
    parts = re.findall(r"'((?:[^'\\]|\\.)*)'", key) if key.startswith("(") else []
    return ".".join(parts) or key.strip("'")


def _quote(line: str, column: int) -> str:
    """The part of a line around a column, for a message; nothing if the line is empty."""
    start = max(0, min(column - 1, len(line)) - _QUOTED // 2)
    line = line.replace("\t", " ")
    shown = "".join(c if c.isprintable() else "\ufffd" for c in line[start : start + _QUOTED])
    before, after = "…" * (start > 0), "…" * (start + _QUOTED < len(line))
    return f", in: {before}{shown.strip()}{after}" if shown.strip() else ""


def _lines(text: str) -> list[str]:
    # Not splitlines(): it knows ends of lines that are none to TOML, such as U+2028 in a text.
    return text.replace("\r\n", "\n").split("\n")


def _statements(text: str, first_line: int) -> Iterator[tuple[int, bool, dict[str, object]]]:
    """Every statement: its first line, whether it is a table's header, and what it says alone.

    One that does not end comes last and says nothing.
    """
    lines: list[str] = []
    attempts = 0
    for number, line in enumerate(_lines(text), first_line):
        lines.append(line)
        # An array of 100,000 lines is read once, not 100,000 times: only a line with a closing
        # character can end what began on a line before it.
        if len(lines) > 1 and not any(closer in line for closer in _CLOSERS):
            continue
        attempts += 1
        try:
            data = tomllib.loads("\n".join(lines)) if attempts <= _MOST_ATTEMPTS else None
        except ValueError:
            data = None
        if data is None:
            continue
        attempts = 0
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
