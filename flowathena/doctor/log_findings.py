"""What is wrong with the stored logs, judged by what was seen of them; pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flowathena.doctor.findings import Finding, some
from flowathena.logs.layout import LOG_ROOT, SERVICE, Layout, Level
from flowathena.storage.extent import Extent, Misnamed, PlaceExtent
from flowathena.storage.links import BrokenLink
from flowathena.storage.samples import FileHead
from flowathena.target.target import Target
from flowathena.text import counted

DAYS = 30
"""How many days before the newest one are examined."""

_LATE = timedelta(days=2)
_RETIRED = timedelta(days=90)
"""After so long without logs, an account or Region is not in use any more."""


@dataclass(frozen=True)
class Logs:
    """What was seen of the stored logs.

    Attributes:
        extent: the days of every account and Region.
        layout: the layout they were found in.
        others: whether folders of the other layout (Hive-compatible or plain) were found too.
        newest: files of the newest days of some places, the newest file first.
        oldest: files of the oldest days that the table reads, likewise.
        links: links that cannot be followed.
        leftovers: keys of files in the folders of days that are not logs by their names.
    """

    extent: Extent
    layout: Layout
    others: bool = False
    newest: Sequence[FileHead] = ()
    oldest: Sequence[FileHead] = ()
    links: Sequence[BrokenLink] = ()
    leftovers: Sequence[str] = ()

    @property
    def sample(self) -> FileHead | None:
        """The newest file that can be read; None if there is none."""
        return next((head for head in self.newest if head.error is None), None)

    @property
    def heads(self) -> tuple[FileHead, ...]:
        """Every file that was looked into."""
        return tuple(dict.fromkeys((*self.newest, *self.oldest)))


def check_logs(target: Target, logs: Logs, today: date) -> Iterator[Finding]:
    """Problems with the folders and the files in them.

    Args:
        target: the target.
        logs: what was seen.
        today: the current day, UTC.
    """
    yield from _check_layout(target, logs)
    yield from _check_variants(target, logs)
    yield from _check_misnamed(target, logs.extent.misnamed)
    yield from _check_links(logs.links)
    yield from _check_damage(target, logs)
    yield from _check_compression(target, logs)
    yield from _check_leftovers(target, logs.leftovers)
    yield from _check_milliseconds(target, logs)
    yield from _check_delivery(logs.extent.places, today)


def _check_layout(target: Target, logs: Logs) -> Iterator[Finding]:
    daily = [place for place in logs.extent.places if place.daily]
    wanted_hours = target.granularity == "hour" and bool(daily)
    if logs.layout.hive == target.folders.hive and not wanted_hours:
        return
    found = Layout(hive=logs.layout.hive, hourly=target.has_hours).name
    fix = f'layout = "{found}"'
    if wanted_hours:
        found = Layout(hive=logs.layout.hive).name
        fix = f'layout = "{found}" and granularity = "day"'
    yield Finding(
        "logs",
        "the folders have another layout than the target",
        f"found {found}, the target's layout is {target.layout}",
        f"{fix} in [targets.{target.name}]",
    )


def _check_variants(target: Target, logs: Logs) -> Iterator[Finding]:
    told = [head for head in reversed(logs.newest) if head.file_format]
    kinds = {each.file_format for each in target.tables}
    variants = {_variant(logs.layout, head, kinds): head for head in told}
    other = Layout(hive=not logs.layout.hive)
    if logs.others and not reads_other_layout(target, target):
        variants.setdefault(f"{other.name} folders", FileHead(""))
    if len(variants) > 1:
        yield Finding(
            "logs",
            "flow logs of several layouts or file formats share a prefix",
            ", ".join(
                f"{name} ({head.key})" if head.key else name
                for name, head in sorted(variants.items())
            ),
            _separate(target, variants, other),
        )


def reads_other_layout(target: Target, table: Target) -> bool:
    """Whether a table of the target is for the folders of the other layout beside a table's."""
    return any(
        each.location == table.location and each.folders.hive != table.folders.hive
        for each in target.tables
    )


def _separate(target: Target, variants: Collection[str], other: Layout) -> str:
    """How to have a table for each; a projection has one for the days of all."""
    if target.partitioning == "projection":
        return "deliver them to a prefix each, and make one target for each; a table reads only one"
    if f"{other.name} folders" in variants:
        return (
            f"add [[targets.{target.name}.sources]] with a table of its own and layout = "
            f'"{other.name}", then {target.command("partitions sync --all")}'
        )
    return f"{target.command('partitions sync')}, which adds a table for each"


def _variant(layout: Layout, head: FileHead, kinds: Collection[str]) -> str:
    """The layout and file format; the formats that a target has tables for are as one."""
    names = sorted(kinds) if head.file_format in kinds else [head.file_format]
    return f"{replace(layout, hourly=False).name} {' and '.join(names)}"


def _check_misnamed(target: Target, misnamed: Sequence[Misnamed]) -> Iterator[Finding]:
    names = {
        Level.ACCOUNT: ("account id (12 digits)", "the account's folder"),
        Level.REGION: ("Region name", "the Region's folder"),
        Level.DAY: ("day (YYYY/MM/DD)", "the folder of their day"),
    }
    for level, (kind, place) in names.items():
        these = [each.folder for each in misnamed if each.level is level]
        if these:
            yield Finding(
                "logs",
                f"log files are in folders that are no {kind}, so no table reads them",
                some(_located(target, folder) for folder in these),
                f"move them into {place}: {_move(target, these[0], level)}",
            )


def _move(target: Target, folder: str, level: Level) -> str:
    if level is Level.REGION:  # what is seen of it is the folder of a day
        service, found, below = folder.partition(f"{SERVICE}/")
        folder = f"{service}{found}{below.partition('/')[0]}/"
    source = _located(target, folder)
    above, _, name = source.rstrip("/").rpartition("/")
    name = name.lower() if level is Level.REGION and name != name.lower() else "…"
    if target.is_local:
        return f"mv {source} {above}/{name}"
    return f"aws s3 mv --recursive {source} {above}/{name}/"


def _check_links(links: Sequence[BrokenLink]) -> Iterator[Finding]:
    if links:
        yield Finding(
            "logs",
            "links cannot be followed, so nothing is read there",
            some(f"{link.path}: {link.reason}" for link in links),
            f"rm {links[0].path}, or point it at an existing folder",
        )


def _check_damage(target: Target, logs: Logs) -> Iterator[Finding]:
    damaged = [head for head in logs.heads if head.error]
    if damaged:
        example = _located(target, damaged[0].key)
        move = f"mv {example} …" if target.is_local else f"aws s3 mv {example} s3://…"
        yield Finding(
            "logs",
            "log files are damaged: a query that reads one fails",
            some(str(head.error) for head in damaged),
            f"restore them, or move them out of {LOG_ROOT}/: {move}",
        )


def _check_compression(target: Target, logs: Logs) -> Iterator[Finding]:
    """Text whose name does not tell whether it is a gzip file; here its content does."""
    misnamed = [head for head in logs.heads if head.is_misnamed]
    for is_gzip, what, name in (
        (True, "gzip files do not end with .gz, and Athena reads rows of NULLs in them", "….gz"),
        (False, "files end with .gz and are no gzip files: a query that reads one fails", "….log"),
    ):
        these = [head.key for head in misnamed if (head.compression == "gzip") is is_gzip]
        if these and not target.is_local:
            first = _located(target, these[0])
            yield Finding(
                "logs",
                what,
                some(_located(target, key) for key in these),
                f"rename them: aws s3 mv {first} {name}",
            )


def _check_leftovers(target: Target, leftovers: Sequence[str]) -> Iterator[Finding]:
    if leftovers and not target.is_local:  # the local engine reads files with a log's name alone
        yield Finding(
            "logs",
            "files that are no logs lie among them, and Athena reads them as logs",
            some(_located(target, key) for key in leftovers),
            f"move them out of {LOG_ROOT}/: aws s3 mv {_located(target, leftovers[0])} s3://…",
        )


def _check_milliseconds(target: Target, logs: Logs) -> Iterator[Finding]:
    late = [head for head in logs.heads if head.in_milliseconds]
    if late:
        yield Finding(
            "logs",
            "start is in milliseconds, so no window of time contains the records",
            f"start = {late[0].start} in {_located(target, late[0].key)}",
            "divide start and end by 1000 in these files: Athena and flow logs count seconds",
        )


def _check_delivery(places: Sequence[PlaceExtent], today: date) -> Iterator[Finding]:
    newest = max((place.newest.day for place in places if place.newest), default=None)
    if newest and newest < today - _LATE:
        yield Finding(
            "logs",
            "no logs have been delivered recently",
            f"the newest day is {newest}",
            "check in the VPC console whether the flow log is active",
        )
        return
    quiet = [
        place
        for place in places
        if place.newest and today - _RETIRED <= place.newest.day < today - _LATE
    ]
    if quiet:
        first = quiet[0].origin
        lines = (
            f"{place.origin.account} {place.origin.region} since {place.newest.day}"
            for place in quiet
            if place.newest
        )
        yield Finding(
            "logs",
            f"{counted(len(quiet), 'account and Region', 'accounts and Regions')} of "
            f"{len(places)} delivered nothing recently",
            some(lines),
            f"check the flow log: aws ec2 describe-flow-logs --region {first.region}, in account "
            f"{first.account} (no finding any more {_RETIRED.days} days after its last log)",
        )


def _located(target: Target, key: str) -> str:
    root = target.location.rstrip("/") if target.is_local else f"s3://{target.bucket}"
    return f"{root}/{key}"
