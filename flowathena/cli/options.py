"""Options that several commands share, and the configuration and client they select."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import terminal
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import FlowathenaError, UsageError
from flowathena.target import config as configs
from flowathena.target.check import describe_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowathena.client import Client
    from flowathena.query.library import Library
    from flowathena.result.formats import Format as ResultFormat
    from flowathena.table.manage import TargetTable
    from flowathena.target.target import Target as ChosenTarget

ROW_FORMATS = ("table", "record", "csv", "tsv", "json", "jsonl", "markdown", "parquet", "xlsx")
"""The formats that are no pictures."""
RESULT_FORMATS = (*ROW_FORMATS, "svg", "png", "html")
"""The values of ``flowathena.result.formats.Format``, which --help does not load."""

_OTHER_NAMES = {"ndjson": "jsonl", "md": "markdown"}


class ListFormat(StrEnum):
    """How lists and plans are written."""

    TABLE = "table"
    JSON = "json"


class Via(StrEnum):
    """What registers partitions: Glue's API, or statements that Athena runs."""

    GLUE = "glue"
    ATHENA = "athena"


def configuration(path: Path | None) -> configs.Config:
    """The configuration that ``--config`` and the environment select."""
    settings = configs.load(path)
    terminal.detail(f"configuration: {settings.path or 'none found'}")
    return settings


def library(config: Path | None) -> "Library":
    """The packaged queries and those of the configuration's folders."""
    from flowathena.query.library import load

    return load(configuration(config).query_paths)


def client(target: str | None, config: Path | None, concurrency: int = CONCURRENCY) -> "Client":
    """The client of a target."""
    from flowathena.client import Client

    flows = Client(target, config_path=config, concurrency=concurrency, ask_code=terminal.ask_code)
    if terminal.is_verbose():
        configuration(config)
        describe_target(flows.target)
    return flows


def describe_target(target: "ChosenTarget") -> None:
    """Say, with ``--verbose``, which table and logs a target has."""
    terminal.detail(f"target {target.name}: table {target.table_name}, {target.location}")


def result_format(name: str, known: "Sequence[str]" = RESULT_FORMATS) -> "ResultFormat":
    """The format of rows that ``--format`` names, of those that are known here.

    Raises:
        typer.BadParameter: it is unknown.
    """
    from flowathena.result.formats import Format as ResultFormat

    name = _OTHER_NAMES.get(name, name)
    if name not in known:
        raise typer.BadParameter(
            f"{name!r} is not one of {', '.join(known)}.", param_hint="--format"
        )
    return ResultFormat(name)


def complete_result_format(incomplete: str) -> list[str]:
    """The formats of rows that begin so."""
    return [name for name in RESULT_FORMATS if name.startswith(incomplete)]


def complete_engine(incomplete: str) -> list[str]:
    """The engines that begin so."""
    return [name for name in ("athena", "local") if name.startswith(incomplete)]


def complete_row_format(incomplete: str) -> list[str]:
    """The formats that are no pictures and begin so."""
    return [name for name in ROW_FORMATS if name.startswith(incomplete)]


def complete_target(incomplete: str) -> list[str]:
    """The names of the targets in the configuration."""
    try:
        names = configuration(None).targets
    except FlowathenaError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def complete_targets(incomplete: str) -> list[str]:
    """The names of the targets, and the word for all of them."""
    return [*complete_target(incomplete), *(["all"] if "all".startswith(incomplete) else [])]


def complete_source(incomplete: str) -> list[str]:
    """The names of the tables of targets with several."""
    try:
        targets = configuration(None).targets.values()
    except FlowathenaError:
        return []
    names = {table.table for target in targets if target.sources for table in target.tables}
    return sorted(name for name in names if name.startswith(incomplete))


def tables(flows: "Client", source: str | None) -> "Sequence[TargetTable]":
    """The tables of a target to work on: the one that is named, or all.

    Raises:
        UsageError: the target has no table of that name.
    """
    if source is None:
        return list(flows.tables.values())
    for name, table in flows.tables.items():
        if source in {name, name.partition(".")[2]}:
            return [table]
    raise UsageError(f"--source: {describe_unknown('table', source, flows.tables)}")


def one_table(flows: "Client", source: str | None) -> "TargetTable":
    """The only table of a target, or the one that is named.

    Raises:
        UsageError: the target has several and none is named, or none of that name.
    """
    chosen = tables(flows, source)
    if len(chosen) > 1:
        names = ", ".join(name.partition(".")[2] for name in flows.tables)
        raise UsageError(
            f"target {flows.target.name!r} has {len(chosen)} tables; name one with --source: "
            f"{names}"
        )
    return chosen[0]


def complete_flow_log(incomplete: str) -> list[str]:
    """The flow logs that the configuration names, for the last of what is written."""
    before, comma, last = incomplete.rpartition(",")
    try:
        targets = configuration(None).targets.values()
    except FlowathenaError:
        return []
    tables = (table for target in targets for table in target.tables)
    names = sorted({name for table in tables for name in table.flow_logs})
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]


Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        metavar="NAME",
        help="Target in the configuration (or FLOWATHENA_TARGET).",
        autocompletion=complete_target,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file (or FLOWATHENA_CONFIG; default: flowathena.toml here or above).",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Start, UTC: 7d or 24h before --until, 2026-11-01, an ISO time, yesterday, 2026-10, …",
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="WHEN", help="End, exclusive, UTC: as --since (default: now)."),
]
Everything = Annotated[bool, typer.Option("--all", help="All time instead of a window.")]
Accounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="ID", help="Only this account; repeat for several."),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", help="Only this Region; repeat for several."),
]
FlowLogs = Annotated[
    list[str] | None,
    typer.Option(
        "--flow-log",
        metavar="ID",
        help="Only records of this flow log (fl-…); repeatable, comma-separated.",
        autocompletion=complete_flow_log,
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="TABLE",
        help="One table of a target that has several.",
        autocompletion=complete_source,
    ),
]
LogGroup = Annotated[
    str | None,
    typer.Option(
        "--log-group",
        metavar="NAME",
        help="Log group with flow logs (default: log_group of the target's metrics).",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the changes without making them.")]
ExitCodeOfDryRun = Annotated[
    bool, typer.Option("--exit-code", help="With --dry-run: exit 3 if anything would change.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Format = Annotated[ListFormat, typer.Option("--format", help="Output format.")]
Concurrency = Annotated[
    int,
    typer.Option(metavar="N", min=1, max=64, help="Concurrent calls to AWS."),
]
