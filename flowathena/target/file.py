"""Writes targets into ``flowathena.toml``; what the file already contains stays unchanged."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from flowathena import files
from flowathena.errors import ConfigError
from flowathena.inputs import toml
from flowathena.target import config
from flowathena.target.config import FILE_NAME
from flowathena.target.target import Target, differences, has_same_table

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_OTHER_TABLE = "or name a table of its own with --table"
_ALWAYS = {"location", "database", "table"}


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
        """Add a target.

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
        head = gap if before.strip() else f"default_target = {_quote(target.name)}\n\n"
        text = before + (head + section(target, self._location(target, location))).encode()
        self._refuse_invalid(text)
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

    def _refuse_invalid(self, text: bytes) -> None:
        # Such as after 'targets = { … }': an inline table cannot be extended.
        try:
            toml.parse(text.decode())
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
    settings = {field.name: getattr(target, field.name) for field in fields(Target)}
    settings["location"] = location
    always = _ALWAYS if target.is_local else {*_ALWAYS, "workgroup"}
    lines = [
        f"{key} = {_value(value)}"
        for key, value in settings.items()
        if key in always or (key != "name" and value != getattr(defaults, key))
    ]
    return f"[targets.{target.name}]\n" + "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return _quote(str(value))


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) else _quote(key)


def _quote(text: str) -> str:
    """A TOML basic string; JSON's escapes are valid in TOML."""
    return json.dumps(text, ensure_ascii=False)
