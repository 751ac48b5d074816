"""A target: one flow-log table and where it lives, and the forms its settings are written in."""

import re
from dataclasses import dataclass
from pathlib import Path

from flowathena.fields import BY_NAME, DEFAULT_FORMAT
from flowathena.layout import LOG_ROOT

DEFAULT_DATABASE = "flowathena"
DEFAULT_TABLE = "vpc_flow_logs"
S3_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_TOKEN = re.compile(r"\$\{([a-z0-9-]+)\}")


@dataclass(frozen=True)
class Target:
    """One flow-log table and where it lives.

    Attributes:
        name: how the configuration calls it.
        location: ``s3://bucket/prefix/`` or an absolute folder; what holds ``AWSLogs/``.
        database: Glue database (or the name in the local catalog).
        table: table name.
        region: Region of bucket, Glue and Athena; None leaves it to the AWS environment.
        profile: AWS profile; None leaves it to the AWS environment.
        role_arn: role to assume; ``external_id`` goes with it.
        external_id: external id for the role.
        workgroup: Athena workgroup.
        output_location: where Athena writes results; None leaves it to the workgroup.
        log_format: record fields in order, as the header line names them.
    """

    name: str
    location: str
    database: str = DEFAULT_DATABASE
    table: str = DEFAULT_TABLE
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    workgroup: str = "primary"
    output_location: str | None = None
    log_format: tuple[str, ...] = DEFAULT_FORMAT

    @property
    def is_local(self) -> bool:
        """Whether the logs are in a folder of this machine: no AWS is involved."""
        return not self.location.startswith("s3://")

    @property
    def bucket(self) -> str:
        """The S3 bucket of ``location``."""
        return self.location.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """What stands before ``AWSLogs/`` in the bucket: empty, or ending in ``/``."""
        return "" if self.is_local else self.location.removeprefix("s3://").partition("/")[2]


def normal_location(text: str, base: Path) -> str:
    """A location as ``Target`` holds it: ``s3://bucket/prefix/`` or an absolute folder.

    Raises:
        ValueError: it is neither, or it names ``AWSLogs/`` itself.
    """
    last = text.rstrip("/").rpartition("/")[2]
    if last == LOG_ROOT:
        raise ValueError(
            f"location is the folder that holds {LOG_ROOT}/: leave {LOG_ROOT} off {text!r}"
        )
    if text.startswith("s3://"):
        match = S3_LOCATION.fullmatch(text)
        if not match:
            raise ValueError(f"location {text!r} is no s3://bucket/prefix/")
        prefix = (match[2] or "").strip("/")
        return f"s3://{match[1]}/" + (f"{prefix}/" if prefix else "")
    if "://" in text or not text.strip():
        raise ValueError(f"location {text!r} is neither s3://bucket/prefix/ nor a folder")
    return str((base / Path(text).expanduser()).resolve())


def parse_log_format(value: object) -> tuple[str, ...]:
    """Field names of ``"default"``, a list of names, or AWS's ``${version} ${srcaddr} …``.

    Raises:
        ValueError: it is none of these, names a field that does not exist or one twice, or lacks
            ``start``, without which no record has a time.
    """
    names = _format_names(value)
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise ValueError(f"no flow-log fields of version 2 to 11: {', '.join(unknown)}")
    if len(set(names)) < len(names):
        raise ValueError("names a field twice")
    if "start" not in names:
        raise ValueError("lacks start, which tells when a record was made")
    return names


def _format_names(value: object) -> tuple[str, ...]:
    if value == "default":
        return DEFAULT_FORMAT
    if isinstance(value, str):
        names = tuple(_TOKEN.findall(value))
        if names and " ".join(f"${{{name}}}" for name in names) == value:
            return names
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError('write "default", a list of field names or "${version} ${srcaddr} …"')
