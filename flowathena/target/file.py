"""Targets written into ``flowathena.toml``; what stands there stays as it is."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from flowathena import files
from flowathena.errors import ConfigError
from flowathena.target import config
from flowathena.target.config import FILE_NAME
from flowathena.target.target import Target

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ALWAYS = {"location", "database", "table"}


class TargetFile:
    """The configuration file that a new target goes into.

    Args:
        path: the file of ``--config``; None means the one found from the folder, else a new one
            there.
        folder: the current folder.

    Raises:
        ConfigError: there is a file and it is wrong.
    """

    def __init__(self, path: Path | None, folder: Path) -> None:
        there = path.exists() if path else _is_found(folder)
        self._existing = config.load(path, os.environ, folder) if there else None
        found = self._existing.path if self._existing else None
        self.path = found or path or folder / FILE_NAME

    def write(self, target: Target, location: str) -> bool:
        """Add a target.

        Args:
            target: the target.
            location: its location as a person wrote it: what is relative stays relative.

        Returns:
            False when the file has this very target already.

        Raises:
            ConfigError: it has another target of the name, or cannot take one more.
        """
        if self._existing and target.name in self._existing.targets:
            if self._existing.targets[target.name] == target:
                return False
            raise ConfigError(
                f"{self.path} has a target {target.name!r} already, with other settings; "
                "edit it, or name another with --target"
            )
        # Bytes, so that line ends stay what they are.
        before = self.path.read_bytes() if self._existing else b""
        gap = "\n" if before.endswith(b"\n") else "\n\n"
        head = gap if before.strip() else f"default_target = {_quoted(target.name)}\n\n"
        text = before + (head + section(target, self._written(target, location))).encode()
        self._refuse_broken(text)
        files.write(text, self.path)
        return True

    def _refuse_broken(self, text: bytes) -> None:
        try:
            tomllib.loads(text.decode())
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(
                f"{self.path}: a [targets.…] table cannot be added to it ({error}); "
                "add the target by hand"
            ) from error

    def _written(self, target: Target, location: str) -> str:
        """A folder given relative stays relative, seen from the configuration file."""
        if not target.is_local or Path(location).expanduser().is_absolute():
            return target.location
        relative = os.path.relpath(target.location, self.path.absolute().parent)
        return relative if relative.startswith(".") else f"./{relative}"


def checked_name(name: str) -> str:
    """A name that a target can have.

    Raises:
        ConfigError: it has other characters.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"target name {name!r}: use letters, digits, _ and -")
    return name


def section(target: Target, location: str) -> str:
    """The target as a table of TOML: what differs from the defaults."""
    usual = Target("", "")
    settings = {field.name: getattr(target, field.name) for field in fields(Target)}
    settings["location"] = location
    always = _ALWAYS if target.is_local else {*_ALWAYS, "workgroup"}
    lines = [
        f"{key} = {_value(value)}"
        for key, value in settings.items()
        if key in always or (key != "name" and value != getattr(usual, key))
    ]
    return f"[targets.{target.name}]\n" + "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return _quoted(str(value))


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's too."""
    return json.dumps(text, ensure_ascii=False)


def _is_found(folder: Path) -> bool:
    return bool(os.environ.get("FLOWATHENA_CONFIG") or config.find(folder))
