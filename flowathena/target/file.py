"""Writes targets into ``flowathena.toml``; what the file already contains stays unchanged."""

import copy
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from flowathena import files
from flowathena.errors import ConfigError, FlowathenaError, Problem
from flowathena.inputs import toml
from flowathena.target import config
from flowathena.target.config import Config
from flowathena.target.schema import schema
from flowathena.target.settings import FILE_NAME
from flowathena.target.target import Target, differences, has_same_table

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_OTHER_TABLE = "or name a table of its own with --table"
_ALWAYS = {"location", "database", "table"}
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
_SCHEMA = Path(".flowathena", "schema.json")
# Editors look for the file of this comment beside the document, and need no network then:
# https://taplo.tamasfe.dev/configuration/directives.html
_DIRECTIVE = f"#:schema ./{_SCHEMA.as_posix()}\n"


class TargetFile:
    """The configuration file for a new target.

    Args:
        path: the file of ``--config``; None means the file in effect for the folder, or a new one
            there if there is none.
        folder: the current folder.

    Raises:
        ConfigError: the file exists and is invalid.
    """

    def __init__(self, path: Path | None, folder: Path) -> None:
        file = config.locate(path, folder)
        # The file of --config may be new; one that FLOWATHENA_CONFIG names must exist.
        if file is None or (path and not path.exists()):
            self._existing, self.path = None, path or folder / FILE_NAME
        else:
            self._existing, self.path = config.load(file), file

    def write(self, target: Target, location: str, remedy: str = _OTHER_TABLE) -> bool:
        """Add a target; a new file also gets a schema for editors, named in its first line.

        Args:
            target: the target.
            location: its location as the user wrote it; a relative one is written as relative.
            remedy: what to do, besides using another target, if that one has the table already.

        Returns:
            False if the file already has this very target.

        Raises:
            ConfigError: the file has another target of that name, or one with this table for other
                logs; or no TOML table can be added to it.
        """
        if self._existing and target.name in self._existing.targets:
            if self._existing.targets[target.name] == target:
                return False
            raise ConfigError(
                f"{self.path} already has a target {target.name!r} with other settings; "
                "edit it, or choose another name with --target"
            )
        self._refuse_second(target, remedy)
        # Bytes, so that line ends stay unchanged.
        before = self.path.read_bytes() if self._existing else b""
        gap = "\n" if before.endswith(b"\n") else "\n\n"
        is_new = not before.strip()
        head = f"default_target = {toml_text(target.name)}\n\n" if is_new else gap
        text = before + (head + section(target, self._location(target, location))).encode()
        self._refuse_invalid(text)
        names_schema = is_new or before.startswith(_DIRECTIVE.encode())
        if names_schema and self._write_schema() and is_new:
            text = f"{_DIRECTIVE}\n".encode() + text
        files.write(text, self.path)
        return True

    def _refuse_second(self, target: Target, remedy: str) -> None:
        """Refuse the table of another target, unless it is for the same logs."""
        targets = self._existing.targets.values() if self._existing else ()
        for other in targets:
            if has_same_table(target, other) and (names := differences(target, other)):
                raise ConfigError(
                    f"{self.path}: target {other.name!r} has the table {target.table_name} "
                    f"already, for logs in {other.location} (it differs in {', '.join(names)}): "
                    f"use -t {other.name}, {remedy}"
                )

    def _write_schema(self) -> bool:
        """Write the schema beside the file; False if that fails, for it is only a convenience."""
        path = self.path.parent / _SCHEMA
        try:
            path.parent.mkdir(exist_ok=True)
            files.write((json.dumps(schema(), indent=2, ensure_ascii=False) + "\n").encode(), path)
        except (OSError, FlowathenaError):
            return False
        return True

    def _refuse_invalid(self, text: bytes) -> None:
        # Such as after 'targets = { … }': an inline table cannot be extended.
        try:
            toml.parse(text.decode())  # a byte order mark is ignored, as it was in the file
        except toml.TomlError as error:
            raise ConfigError(
                f"{self.path}: a [targets.…] table cannot be added to it (line {error.line}: "
                f"{error}); add the target by hand"
            ) from error

    def _location(self, target: Target, location: str) -> str:
        """The location to write; a relative folder becomes relative to the configuration file."""
        if not target.is_local or Path(location).expanduser().is_absolute():
            return target.location
        relative = os.path.relpath(target.location, self.path.absolute().parent)
        return relative if relative.startswith(".") else f"./{relative}"


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
        message = f"write query_paths = {_value(tuple(listed))} above the first [table] by hand"
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


def check_name(name: str) -> str:
    """The name of a target, unchanged.

    Raises:
        ConfigError: it has characters that a target's name cannot have.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"invalid target name {name!r}; use letters, digits, _ and -")
    return name


def section(target: Target, location: str) -> str:
    """The target as a TOML table: the settings that differ from the defaults, and a few always."""
    defaults = Target("", "")
    settings = target.settings | {"location": location}
    always = _ALWAYS if target.is_local else {*_ALWAYS, "workgroup"}
    lines = [
        f"{key} = {_value(value)}"
        for key, value in settings.items()
        if key in always or (key != "name" and value != getattr(defaults, key))
    ]
    text = f"[targets.{target.name}]\n" + "\n".join(lines) + "\n"
    return text + "".join(f"\n{source_section(target, each)}" for each in target.sources)


def source_section(target: Target, source: Target) -> str:
    """One source of a target as a TOML table."""
    settings = target.source_settings(source)
    lines = [f"{key} = {_value(value)}" for key, value in settings.items()]
    return f"[[targets.{target.name}.sources]]\n" + "\n".join(lines) + "\n"


def add_sources(settings: Config, target: Target, sources: Sequence[Target]) -> Path:
    """Add sources to a target of the file; every other byte of it stays.

    Raises:
        ConfigError: the target is in no file, or written in a way that takes no further tables;
            says what to add by hand.
    """
    name = target.name
    added = "\n".join(source_section(target, each) for each in sources)
    if settings.path is None or name not in settings.targets:
        raise ConfigError(f"target {name!r} is in no configuration file; its sources are\n{added}")
    before = settings.path.read_bytes()
    end = "\r\n" if b"\r\n" in before else "\n"
    gap = end if before.endswith(b"\n") else end * 2
    text = before + (gap + added.replace("\n", end)).encode()
    expected = copy.deepcopy(settings.document.data)
    tables = expected["targets"][name].setdefault("sources", [])  # type: ignore[index] # it is valid
    tables += toml.parse(added).data["targets"][name]["sources"]  # type: ignore[index]
    try:
        written = toml.parse(text.decode()).data
    except toml.TomlError:  # such as after 'sources = []': an array that is closed
        written = {}
    if written != expected:
        line = settings.document.line("targets", name)
        raise ConfigError([Problem(f"add by hand:\n{added}", settings.path, line)])
    files.write(text, settings.path)
    return settings.path


def value_text(value: object) -> str:
    """A setting's value for display: a text as it is, a list by spaces, a table as in TOML."""
    if isinstance(value, list | tuple):
        return " ".join(value)
    return value if isinstance(value, str) else _value(value)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return toml_text(str(value))


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) else toml_text(key)


def toml_text(text: str) -> str:
    """A TOML basic string; JSON's escapes are valid in TOML."""
    return json.dumps(text, ensure_ascii=False)
