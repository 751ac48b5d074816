"""What is wrong with a target, told from what was seen of it; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from flowathena.logs.fields import BY_NAME
from flowathena.logs.layout import LOG_ROOT
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table
from flowathena.storage.discovery import Discovery
from flowathena.target.target import Target

DAYS = 30
"""How many days before the newest one are looked at."""

_LATE = timedelta(days=2)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        side: what was looked at (``table``, ``columns``, ``partitions``, …).
        what: what is wrong.
        evidence: what was seen.
        mend: the command or change that mends it.
    """

    side: str
    what: str
    evidence: str
    mend: str

    def to_json(self) -> dict[str, str]:
        """The stable shape of ``doctor --format json``."""
        return asdict(self)


def of_logs(target: Target, found: Discovery, today: date) -> Iterator[Finding]:
    """What is wrong with the folders and what they hold."""
    wanted, setting = target.layout, f"[targets.{target.name}]"
    if found.layout.hive != wanted.startswith("hive") or (
        target.granularity == "hour" and not found.layout.hourly
    ):
        yield Finding(
            "logs",
            "the folders are laid out otherwise than the target says",
            f"found {found.layout.name}, the target's layout is {wanted}",
            f'layout = "{found.layout.name}" in {setting}',
        )
    if len(found.kinds) > 1:
        yield Finding(
            "logs",
            "flow logs of several kinds stand under one prefix",
            ", ".join(found.kinds),
            "one target for each kind; a table reads one kind",
        )
    if found.newest_day and found.newest_day < (today - _LATE).isoformat():
        yield Finding(
            "logs",
            "no logs have been delivered lately",
            f"the newest day is {found.newest_day}",
            "see in the VPC console whether the flow log still runs",
        )


def of_table(target: Target, table: Table | None, found: Discovery | None) -> Iterator[Finding]:
    """What is wrong with the table, its partition projection aside."""
    name = target.name
    if table is None:
        yield Finding(
            "table",
            "the table does not exist",
            f"no {target.database}.{target.table} in the catalog",
            f"flowathena table create -t {name}",
        )
        return
    if not target.is_local and not table.location.endswith("/"):
        yield Finding(
            "table",
            "the location has no slash at its end",
            table.location,
            "end the table's location with '/'; Athena finds nothing or too much without",
        )
    root = f"{target.location.rstrip('/')}/{LOG_ROOT}/"
    if not f"{table.location.rstrip('/')}/".startswith(root):
        yield Finding(
            "table",
            "the table reads another place than the target",
            f"{table.location} is not below {root}",
            f"correct location in [targets.{name}], or the table's",
        )
    if found and found.sample and found.file_format != table.file_format:
        yield Finding(
            "table",
            "the table reads another file format",
            f"the logs are {found.file_format}, the table is one of {table.file_format}",
            f'file_format = "{found.file_format}" and a table of a new name',
        )


def of_projection(
    target: Target, table: Table, shape: Shape, found: Discovery | None, registered: int
) -> Iterator[Finding]:
    """What is wrong with the projection of a table, of which so many partitions are registered."""
    if registered:
        yield Finding(
            "table",
            "partition projection hides the registered partitions",
            f"{registered} are registered",
            "flowathena table diff: keep one of the two, projection or registered partitions",
        )
    if found:
        yield from _left_out(target, table, shape.key(Role.ACCOUNT), found.accounts)
        yield from _left_out(target, table, shape.key(Role.REGION), found.regions)


def _left_out(
    target: Target, table: Table, key: Key | None, seen: Sequence[str]
) -> Iterator[Finding]:
    listed = table.parameters.get(f"projection.{key.name}.values") if key else None
    missing = sorted(set(seen) - set(listed.split(","))) if listed else []
    if key and missing:
        yield Finding(
            "table",
            f"the projection leaves out {key.role}s that have logs",
            f"not in projection.{key.name}.values: {', '.join(missing[:5])}",
            f"flowathena table ddl -t {target.name} writes the whole list",
        )


def of_columns(target: Target, table: Table, shape: Shape, found: Discovery) -> Iterator[Finding]:
    """Whether the table reads the fields as the newest file has them."""
    if not found.log_format or found.file_format != table.file_format:
        return  # told
    told = [BY_NAME[name].column if name in BY_NAME else name.replace("-", "_")
            for name in found.log_format]  # fmt: skip
    held = list(shape.columns)
    if table.file_format == "parquet":
        lacking = [real for real in shape.columns.values() if real not in told]
        if lacking:
            yield Finding(
                "columns",
                "the files have no columns of these names: they read as NULL",
                f"{', '.join(lacking[:8])} in {found.sample}",
                f'log_format in [targets.{target.name}], column_names = "aws"',
            )
    elif held != told[: len(held)]:
        place = next(n for n, (a, b) in enumerate(_paired(held, told)) if a != b)
        has, reads = _paired(held, told)[place][::-1]
        yield Finding(
            "columns",
            "the table reads the fields in another order than the files have them",
            f"column {place + 1} is {reads or 'nothing'}, the header of {found.sample} has "
            f"{has or 'nothing'} there",
            "set log_format to the header's fields and create a table of a new name "
            "(flowathena init finds them)",
        )


def of_partitions(
    target: Target, shape: Shape, newest_day: str, registered: Iterable[Sequence[str]]
) -> Iterator[Finding]:
    """Whether the newest days are registered.

    Args:
        target: the target.
        shape: what the table's keys stand for.
        newest_day: the newest day that is stored, ISO.
        registered: the registered values of the ``DAYS`` days before it and later.
    """
    values = [tuple(each) for each in registered]
    sync = f"flowathena partitions sync -t {target.name}"
    if not values:
        yield Finding(
            "partitions",
            "no partition is registered: Athena sees no data",
            f"logs up to {newest_day}, none of the {DAYS} days before is registered",
            sync,
        )
        return
    days = [day.isoformat() for each in values if (day := shape.day_of(each))]
    newest = max(days, default="no day")
    if newest < newest_day:
        yield Finding(
            "partitions",
            "the newest days are not registered",
            f"logs up to {newest_day}, registered up to {newest}",
            f"{sync}, on a schedule",
        )


def _paired(held: list[str], told: list[str]) -> list[tuple[str, str]]:
    """What the table reads beside what the file has, to the end of the longer."""
    longest = max(len(held), len(told))
    return [
        (held[n] if n < len(held) else "", told[n] if n < len(told) else "") for n in range(longest)
    ]
