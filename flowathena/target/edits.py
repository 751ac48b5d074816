"""Changes of single lines of ``flowathena.toml``; every other byte of it stays."""

import copy
import json
import re
from pathlib import Path

from flowathena import files
from flowathena.errors import ConfigError, Problem
from flowathena.inputs import toml
from flowathena.target.config import Config
from flowathena.target.file import toml_text, toml_value
from flowathena.target.settings import FILE_NAME

# 'targets.prod.location = "…"  # a comment', with or without what is before the key.
_TEXT_LINE = re.compile(
    r"""(?P<before>\s*(?:[\w."'-]+\.)?)(?P<key>\w+)(?P<equals>\s*=\s*)"""
    r"""(?:"[^"\\]*"|'[^']*')(?P<rest>\s*(?:\#.*)?)"""
)
# 'query_paths = ["./queries"]  # a comment'.
_ARRAY_LINE = re.compile(
    r"""(?P<before>\s*query_paths\s*=\s*\[)(?P<items>(?:\s*(?:"[^"\\]*"|'[^']*')\s*,?)*\s*)"""
    r"""(?P<rest>\]\s*(?:\#.*)?)"""
)


def add_query_path(settings: Config, folder: Path, here: Path) -> Path:
    """Add a folder of queries to the configuration; every other byte of its file stays.

    Args:
        settings: the configuration; without a file, one is made.
        folder: the folder, absolute.
        here: where the file is made.

    Returns:
        The file.

    Raises:
        ConfigError: the file is written in a way that cannot be changed line by line; says what to
            write into it by hand.
    """
    path = settings.path or here / FILE_NAME
    written = toml_text(_relative(folder, path.absolute().parent.resolve()))
    before = path.read_bytes().decode() if settings.path else ""
    line, after = _with_query_path(before, settings.document, written)
    expected = dict(settings.document.data)
    paths = expected.get("query_paths", [])
    assert isinstance(paths, list)  # noqa: S101 - or it would not be read
    listed = [*map(str, paths), json.loads(written)]
    expected["query_paths"] = listed
    if after is None or toml.parse(after).data != expected:
        message = f"write query_paths = {toml_value(tuple(listed))} above the first [table] by hand"
        raise ConfigError([Problem(message, path, line)])
    files.write(after.encode(), path)
    return path


def _with_query_path(text: str, document: toml.Document, written: str) -> tuple[int, str | None]:
    """The line to change, and the text with one more folder; None if the line is not simple."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split("\n")
    known = document.line("query_paths")
    if known:
        match = _ARRAY_LINE.fullmatch(lines[known - 1])
        if match is None:
            return known, None
        comma = ", " if match["items"].strip() else ""
        items = match["items"].rstrip().removesuffix(",")
        lines[known - 1] = f"{match['before']}{items}{comma}{written}{match['rest']}"
        return known, "\n".join(lines)
    new = f"query_paths = [{written}]{end}"
    default, first = document.line("default_target"), document.line("targets")
    if default or not first:
        at = default or len(lines) - 1
    else:
        at = first - 1
        while at and lines[at - 1].startswith("#") and not lines[at - 1].startswith("#:"):
            at -= 1  # what is written about a table stays above it
        new += end
    kept = "".join(f"{each}\n" for each in lines[:at])
    return at + 1, kept + new + "\n".join(lines[at:])


def _relative(folder: Path, above: Path) -> str:
    """A folder as the file names it: relative if it is below the file."""
    return f"./{folder.relative_to(above)}" if folder.is_relative_to(above) else str(folder)


def change_setting(settings: Config, name: str, key: str, value: str) -> int:
    """Write a setting of a target into the file; every other byte of it stays.

    Args:
        settings: the configuration of the file.
        name: the target.
        key: the setting, which is a text.
        value: its new value.

    Returns:
        The line that has it now.

    Raises:
        ConfigError: it is written in a way that cannot be changed line by line; says where to
            change it by hand.
    """
    path, document = settings.path, settings.document
    assert path is not None  # noqa: S101 - the target is in a file
    line = document.line("targets", name, key) or document.line("targets", name, "location") or 1
    lines = path.read_bytes().decode().split("\n")
    known = document.line("targets", name, key) is not None
    changed = _with_value(lines[line - 1], key, value, known=known)
    if changed is not None:
        lines[line - 1] = changed
        text = "\n".join(lines)
        if toml.parse(text).data == _changed_data(document.data, name, key, value):
            files.write(text.encode(), path)
            return line if known else line + 1
    raise ConfigError(
        [Problem(f"set {key} = {toml_text(value)} in [targets.{name}] by hand", path, line)]
    )


def _with_value(line: str, key: str, value: str, *, known: bool) -> str | None:
    """A line with another value, or with a line for the key below it; None if it is not simple."""
    match = _TEXT_LINE.fullmatch(line)
    if match is None:
        return None
    if known:
        return f"{match['before']}{match['key']}{match['equals']}{toml_text(value)}{match['rest']}"
    end = "\r" if line.endswith("\r") else ""
    return f"{line}\n{match['before']}{key} = {toml_text(value)}{end}"


def _changed_data(data: object, name: str, key: str, value: str) -> object:
    """The values of a file with another one for a setting of a target."""
    changed = copy.deepcopy(data)
    changed["targets"][name][key] = value  # type: ignore[index] # valid, or it would not be read
    return changed
