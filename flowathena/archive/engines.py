"""What writes for a target: Athena, or DuckDB on this machine."""

from datetime import datetime

from flowathena.archive.content import Content, Kind
from flowathena.archive.writer import Writer
from flowathena.aws.session import Aws
from flowathena.result.result import Listener
from flowathena.target.target import Target


def open_writer(
    target: Target,
    kind: Kind,
    content: Content,
    aws: Aws,
    now: datetime,
    listener: Listener | None = None,
) -> Writer:
    """What writes for a target: Athena, or DuckDB here.

    Args:
        target: the target.
        kind: what is written.
        content: its rows.
        aws: the clients.
        now: the time, aware.
        listener: called while statements run.
    """
    if not target.is_local:
        from flowathena.archive.athena_writer import AthenaWriter  # noqa: PLC0415 - 60 ms

        return AthenaWriter(target, kind, content, aws, listener)
    from flowathena.archive.local_writer import LocalWriter  # noqa: PLC0415 - 90 ms

    return LocalWriter(kind, content, now)
