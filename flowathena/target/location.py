"""Where logs are: ``s3://`` or a folder, as people write it and as a target has it."""

import os
import re
from pathlib import Path

from flowathena.logs.layout import LOG_ROOT
from flowathena.text import is_utf8

_ACCESS_POINT = re.compile(
    r"(?:s3://)?arn:[a-z-]+:s3:([a-z0-9-]*):([0-9]{12}):accesspoint[/:]([^/]+)/?(.*)"
)
_PLACE = re.compile(r"s3[an]?://(arn:[^/]+:accesspoint/[^/]+|[^/]+)(?:/(.*))?", re.DOTALL)
S3_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


def use_alias(text: str) -> str:
    """What to write instead of an ARN: Athena takes no ARN as a location, but an alias.

    Source: https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    """
    match = _ACCESS_POINT.fullmatch(text)
    if match is None or not match[1]:
        return "write s3://bucket/prefix/, or s3://ALIAS/prefix/ with the alias of an access point"
    region, account, name, prefix = match.groups()
    return (
        f"Athena reads an access point by its alias: write s3://ALIAS/{prefix} with the alias that "
        f"'aws s3control get-access-point --account-id {account} --name {name} --region {region} "
        "--query Alias --output text' prints"
    )


def split_location(location: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://`` location; of an access point, its ARN is the bucket.

    Raises:
        ValueError: it is no ``s3://`` location.
    """
    match = _PLACE.fullmatch(location)
    if match is None:
        raise ValueError(f"{location!r} is not an s3:// location")
    return match[1], match[2] or ""


def normalize_location(text: str, base: Path) -> str:
    """A location as ``Target`` has it: ``s3://bucket/prefix/`` or an absolute folder.

    Args:
        text: the location as the user wrote it.
        base: what a relative folder is relative to.

    Raises:
        ValueError: it is neither, it ends with ``AWSLogs/`` itself, or it is not valid UTF-8.
    """
    if not is_utf8(text):
        raise ValueError(
            f"location {text!r} is not valid UTF-8, as a configuration file must be; rename the "
            "folder, or give the location '.' inside it"
        )
    last = text.rstrip("/").rpartition("/")[2]
    if last == LOG_ROOT:
        raise ValueError(
            f"location must be the folder that contains {LOG_ROOT}/; leave {LOG_ROOT} off {text!r}"
        )
    if text.startswith(("s3://arn:", "arn:")):
        raise ValueError(f"location {text!r} is an ARN; {use_alias(text)}")
    if text.startswith("s3://"):
        match = S3_LOCATION.fullmatch(text)
        if not match:
            raise ValueError(f"location {text!r} is not s3://bucket/prefix/")
        prefix = (match[2] or "").strip("/")
        return f"s3://{match[1]}/" + (f"{prefix}/" if prefix else "")
    if "://" in text or not text.strip():
        raise ValueError(f"location {text!r} is neither s3://bucket/prefix/ nor a folder")
    # Path.expanduser and Path.resolve raise for an unknown user and for a link to itself; such a
    # location is no folder, as whoever opens it says.
    return os.path.realpath(base / os.path.expanduser(text))  # noqa: PTH111 - see above
