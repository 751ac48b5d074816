"""Write a target for a location into the configuration."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from flowathena import config, output
from flowathena.aws import Aws
from flowathena.config import FILE_NAME
from flowathena.discovery import Discovery, look
from flowathena.errors import ConfigError, FlowathenaError, StorageError
from flowathena.fields import BY_NAME, DEFAULT_FORMAT
from flowathena.storage import open_storage
from flowathena.target import Target

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Initialized:
    """A target that was written, and what it was made from.

    Attributes:
        target: the target.
        path: the configuration file.
        discovery: what was found at the location.
        written: False when the file had this very target already.
        warnings: what a person should know.
    """

    target: Target
    path: Path
    discovery: Discovery
    written: bool
    warnings: tuple[str, ...]


def initialize(
    location: str,
    name: str | None,
    path: Path | None,
    folder: Path,
    settings: Mapping[str, str],
) -> Initialized:
    """Look at a location and write a target for it.

    Args:
        location: a folder or ``s3://bucket/prefix/``.
        name: target name; ``local`` or ``aws`` when None.
        path: the configuration file; None means the one found from folder, else a new one there.
        folder: the current folder.
        settings: target settings to write besides the location.

    Raises:
        ConfigError: the target exists with other settings, or a setting is wrong.
        StorageError: there are no flow logs of a layout we read.
    """
    existing = config.load(path, os.environ, folder) if _exists(path, folder) else None
    file = (existing.path if existing else None) or path or folder / FILE_NAME
    chosen = name or ("aws" if location.startswith("s3://") else "local")
    if not _NAME.fullmatch(chosen):
        raise ConfigError(f"target name {chosen!r}: use letters, digits, _ and -")
    bare = _target(chosen, location, folder, settings)
    aws = Aws(bare)
    found = look(open_storage(bare, aws), bare.prefix)
    if found.layout.hive:
        raise StorageError(
            f"{bare.location} has the {found.layout.name} layout; this version reads plain folders"
        )
    region, warnings = _region(bare, aws)
    target = replace(bare, region=region, log_format=found.log_format or DEFAULT_FORMAT)
    _refuse_unknown(found)
    if found.layout.hourly:
        warnings.append("hour folders found; days are registered and hold all their hours")
    written = _write(file, existing, target, location)
    return Initialized(target, file, found, written, tuple(warnings))


def _target(name: str, location: str, folder: Path, settings: Mapping[str, str]) -> Target:
    """A target as if it were read from a file, so that it is checked as one."""
    table = {"location": location, **settings}
    return config.check_target(name, table, folder)


def _exists(path: Path | None, folder: Path) -> bool:
    return (
        path.exists() if path else bool(os.environ.get("FLOWATHENA_CONFIG") or config.find(folder))
    )


def _refuse_unknown(found: Discovery) -> None:
    unknown = [name for name in found.log_format or () if name not in BY_NAME]
    if unknown:
        raise StorageError(
            f"{found.sample}: the header names fields this version does not know: "
            f"{', '.join(unknown)}"
        )


def _region(target: Target, aws: Aws) -> tuple[str | None, list[str]]:
    """The Region to write down: the environment's, else the bucket's."""
    if target.is_local:
        return None, []
    try:
        answer = aws.s3.get_bucket_location(Bucket=target.bucket)
    except (ClientError, BotoCoreError, FlowathenaError):
        return aws.session.region_name, []
    bucket = {"None": "us-east-1", "EU": "eu-west-1"}.get(
        str(answer.get("LocationConstraint")), str(answer.get("LocationConstraint"))
    )
    own = aws.session.region_name
    if own and own != bucket:
        return own, [f"the bucket is in {bucket}; region = {own!r} was written, as AWS is set up"]
    return own or bucket, []


def _write(file: Path, existing: config.Config | None, target: Target, location: str) -> bool:
    if existing and target.name in existing.targets:
        if existing.targets[target.name] == target:
            return False
        raise ConfigError(
            f"{file} has a target {target.name!r} already, with other settings; "
            "edit it, or name another with --target"
        )
    # Bytes, so that what stands there stays as it is, line ends and all.
    before = file.read_bytes() if existing else b""
    gap = "\n" if before.endswith(b"\n") else "\n\n"
    head = gap if before.strip() else f"default_target = {_quoted(target.name)}\n\n"
    section = _section(target, _written_location(target, location, file))
    text = before + (head + section).encode()
    _refuse_broken(file, text)
    output.write(text, file)
    return True


def _refuse_broken(file: Path, text: bytes) -> None:
    try:
        tomllib.loads(text.decode())
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{file}: a [targets.…] table cannot be added to it ({error}); add the target by hand"
        ) from error


def _written_location(target: Target, location: str, file: Path) -> str:
    """A folder given relative stays relative, seen from the configuration file."""
    if not target.is_local or Path(location).expanduser().is_absolute():
        return target.location
    relative = os.path.relpath(target.location, file.absolute().parent)
    return relative if relative.startswith(".") else f"./{relative}"


def _section(target: Target, location: str) -> str:
    settings: dict[str, str | None] = {
        "location": location,
        "database": target.database,
        "table": target.table,
        "region": target.region,
        "workgroup": None if target.is_local else target.workgroup,
        "output_location": target.output_location,
    }
    lines = [f"{key} = {_quoted(value)}" for key, value in settings.items() if value is not None]
    if target.log_format != DEFAULT_FORMAT:
        lines.append(f"log_format = [{', '.join(map(_quoted, target.log_format))}]")
    return f"[targets.{target.name}]\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's too."""
    return json.dumps(text, ensure_ascii=False)
