"""Write a target for a location, or for a flow log, into the configuration."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from flowathena.aws.session import Aws
from flowathena.errors import FlowathenaError, StorageError
from flowathena.logs import formats
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.formats import parse_log_format, unknown_fields
from flowathena.logs.layout import Layout
from flowathena.onboard import flow_log
from flowathena.storage import discovery, open_storage
from flowathena.storage.discovery import Discovery
from flowathena.target import config
from flowathena.target.file import TargetFile, check_name
from flowathena.target.target import Target


@dataclass(frozen=True)
class Initialized:
    """A target that was written, and what it was made from.

    Attributes:
        target: the target.
        path: the configuration file.
        found: what was found, for people: names and texts.
        written: False when the file had this very target already.
        warnings: what a person should know.
    """

    target: Target
    path: Path
    found: Mapping[str, str]
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
        settings: target settings to write besides what is found.

    Raises:
        ConfigError: the target exists with other settings, or a setting is wrong.
        StorageError: there are no flow logs, or none that can be read.
    """
    file = TargetFile(path, folder)
    chosen = check_name(name or ("aws" if location.startswith("s3://") else "local"))
    bare = config.check_target(chosen, {"location": location, **_early(settings)}, folder)
    aws = Aws(bare)
    found = discovery.look(open_storage(bare, aws), bare.prefix)
    log_format = _usable(found)
    region, warnings = _region(bare, aws)
    told = _told(found.layout, found.file_format, log_format)
    table = {"location": location, **told, **region, **settings}
    target = config.check_target(chosen, table, folder)
    warnings += [*_mixed(found), *_unknown(log_format), *_hours(target)]
    written = file.write(target, location)
    return Initialized(target, file.path, _shown(found), written, tuple(warnings))


def initialize_flow_log(
    flow_log_id: str,
    name: str | None,
    path: Path | None,
    folder: Path,
    settings: Mapping[str, str],
) -> Initialized:
    """Ask EC2 for a flow log and write a target for it; arguments else as for ``initialize``.

    Raises:
        UsageError: the id is none.
        ConfigError: the target exists with other settings, or a setting is wrong.
        StorageError: there is no such flow log, or it does not deliver to S3.
    """
    file = TargetFile(path, folder)
    chosen = check_name(name or "aws")
    # The bucket is not known yet; Region and what else is given are checked before the call.
    bare = config.check_target(chosen, {"location": "s3://unknown", **_early(settings)}, folder)
    aws = Aws(bare)
    told = flow_log.describe(aws, flow_log_id)
    table: dict[str, object] = {
        "location": told.location,
        **_told(told.layout, told.file_format, told.log_format),
    }
    region, warnings = _region(config.check_target(chosen, table, folder), aws)
    target = config.check_target(chosen, {**table, **region, **settings}, folder)
    warnings += [*told.warnings, *_unknown(told.log_format), *_hours(target)]
    found = {
        "flow log": f"{told.id} of {told.resource}",
        "layout": told.layout.name,
        "format": f"{formats.describe_format(told.log_format)}, {told.file_format}",
    }
    written = file.write(target, told.location)
    return Initialized(target, file.path, found, written, tuple(warnings))


def _early(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that do not depend on the layout."""
    return {key: value for key, value in settings.items() if key != "granularity"}


def _told(layout: Layout, file_format: str, log_format: tuple[str, ...]) -> dict[str, object]:
    return {"layout": layout.name, "file_format": file_format, "log_format": list(log_format)}


def _usable(found: Discovery) -> tuple[str, ...]:
    if found.log_format is None:
        return DEFAULT_FORMAT
    try:
        return parse_log_format(list(found.log_format))
    except ValueError as error:
        raise StorageError(f"{found.sample}: its record format {error}") from error


def _shown(found: Discovery) -> dict[str, str]:
    return {
        "accounts": _some(found.accounts),
        "regions": _some(found.regions),
        "layout": found.layout.name,
        "format": found.format_name,
        "newest day": found.newest_day or "none",
        "sample": found.sample or "none",
    }


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:10])
    return f"{len(names)} ({shown}{', …' if len(names) > 10 else ''})"  # noqa: PLR2004 - fits a line


def _mixed(found: Discovery) -> Iterator[str]:
    if found.unseen:
        yield f"the newest day of {found.unseen} more accounts and Regions was not looked at"
    # A daily and an hourly flow log can share a table of days.
    if len({kind.replace("hourly", "daily") for kind in found.kinds}) > 1:
        yield (
            f"{' and '.join(found.kinds)} logs stand side by side; the target reads those of the "
            f"newest object, {found.kinds[0]}: a table reads one kind"
        )


def _unknown(log_format: tuple[str, ...]) -> Iterator[str]:
    unknown = unknown_fields(log_format)
    if unknown:
        yield (
            f"no fields of version 2 to 11, kept as columns of text: {', '.join(unknown)}; "
            "queries can use them by name"
        )


def _hours(target: Target) -> Iterator[str]:
    if target.layout.endswith("hourly") and target.granularity == "day":
        yield (
            "hour folders found; days are registered and hold all their hours "
            "(--granularity hour registers hours)"
        )


def _region(target: Target, aws: Aws) -> tuple[dict[str, str], list[str]]:
    """The Region to write down: the one given or the environment's, else the bucket's."""
    if target.is_local:
        return {}, []
    own = aws.session.region_name
    try:
        answer = aws.s3.get_bucket_location(Bucket=target.bucket)
    except (ClientError, BotoCoreError, FlowathenaError):
        return ({"region": own} if own else {}), []
    bucket = {"None": "us-east-1", "EU": "eu-west-1"}.get(
        str(answer.get("LocationConstraint")), str(answer.get("LocationConstraint"))
    )
    if own and own != bucket:
        return {"region": own}, [
            f"the bucket is in {bucket}; region = {own!r} was written, as AWS is set up"
        ]
    return {"region": own or bucket}, []
