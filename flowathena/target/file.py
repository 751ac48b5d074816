"""Writes targets into ``flowathena.toml``; what the file already contains stays unchanged.

``edits`` changes single lines of it.
"""

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
        f"{key} = {toml_value(value)}"
        for key, value in settings.items()
        if key in always or (key != "name" and value != getattr(defaults, key))
    ]
    text = f"[targets.{target.name}]\n" + "\n".join(lines) + "\n"
    return text + "".join(f"\n{source_section(target, each)}" for each in target.sources)


def source_section(target: Target, source: Target) -> str:
    """One source of a target as a TOML table."""
    settings = target.source_settings(source)
    lines = [f"{key} = {toml_value(value)}" for key, value in settings.items()]
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
    return value if isinstance(value, str) else toml_value(value)


def toml_value(value: object) -> str:
    """A setting's value in TOML: a switch, a number, a list, a table of texts, or a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {toml_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return toml_text(str(value))


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) else toml_text(key)


def toml_text(text: str) -> str:
    """A TOML basic string; JSON's escapes are valid in TOML."""
    return json.dumps(text, ensure_ascii=False)
