"""What a run may cost, what it would cost, and what it has cost: options and messages."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import terminal
from flowathena.text import counted, human_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from flowathena.cost.estimate import Estimate
    from flowathena.cost.limits import SpendingLimits
    from flowathena.cost.together import BatchEstimate
    from flowathena.result.result import Stats
    from flowathena.target.target import Target

NAMES = ("estimate", "max_scan", "max_cost", "reuse", "no_wait")
"""The options of this module by name."""

Estimated = Annotated[
    bool,
    typer.Option("--estimate", help="Print what it would scan and cost; run nothing."),
]
MaxScan = Annotated[
    str | None,
    typer.Option(
        "--max-scan",
        metavar="SIZE",
        help="Refuse to run what would scan more: 20GB (default: max_scan of the target).",
    ),
]
MaxCost = Annotated[
    str | None,
    typer.Option(
        "--max-cost",
        metavar="USD",
        help="Refuse to run what would cost more: 0.50 (default: max_cost of the target).",
    ),
]
StopAtScan = Annotated[
    str | None,
    typer.Option(
        "--max-scan", metavar="SIZE", help="Stop before the run would have scanned more: 500GB."
    ),
]
StopAtCost = Annotated[
    str | None,
    typer.Option(
        "--max-cost", metavar="USD", help="Stop before the run would have cost more: 2.50."
    ),
]
"""Of what is done in parts: those that are done stay."""
Reuse = Annotated[
    str | None,
    typer.Option(
        "--reuse",
        metavar="AGE",
        help="Take Athena's result of the same statement if it is no older: 60m. Only of days that "
        "are over.",
    ),
]
NoWait = Annotated[
    bool,
    typer.Option(
        "--no-wait",
        help="Start it in Athena and print its id; 'flowathena results ID' has the rows.",
    ),
]


def limits(own: dict[str, Any]) -> "SpendingLimits":
    """The limits among the options of a run.

    Raises:
        typer.BadParameter: one is not a size, or not an amount.
    """
    from flowathena.cost.limits import SpendingLimits
    from flowathena.inputs.size import parse_size
    from flowathena.target.check import amount

    scan, cost = own.get("max_scan"), own.get("max_cost")
    try:
        max_scan_bytes = parse_size(scan) if scan is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-scan") from error
    try:
        max_cost_usd = amount(cost, is_text=True) if cost is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-cost") from error
    return SpendingLimits(max_scan_bytes, max_cost_usd)


def reuse(own: dict[str, Any]) -> "timedelta | None":
    """The age of a result that may be reused; None if none may.

    Raises:
        typer.BadParameter: it is not a duration.
    """
    from flowathena.inputs.window import parse_duration

    given = own.get("reuse")
    if given is None:
        return None
    age = parse_duration(given)
    if age is None:
        raise typer.BadParameter(f"{given!r} is not a duration such as 60m", param_hint="--reuse")
    return age


def show(estimate: "Estimate", *, as_json: bool) -> None:
    """Print an estimate."""
    from flowathena.cost.price import usd
    from flowathena.result.formats import to_json

    if as_json:
        terminal.text(to_json(estimate.to_json()))
        return
    rows: list[tuple[object, ...]] = [
        (
            each.table,
            each.file_format,
            each.partitions,
            each.objects,
            human_bytes(each.scanned_bytes),
        )
        for each in estimate.sources
    ]
    terminal.table(["table", "format", "partitions", "objects", "scan"], rows)
    cutoff = estimate.cutoff_bytes
    if cutoff is not None:
        terminal.say(f"the workgroup ends a query at {human_bytes(cutoff)}")
    terminal.text(
        f"would scan {human_bytes(estimate.scanned_bytes)}, {usd(estimate.cost_usd)} "
        f"({estimate.price.source})"
    )


def warn_of_limits(
    own: dict[str, Any], target: "Target", estimate: "Estimate | BatchEstimate"
) -> None:
    """Say if what is estimated would not be run, for it exceeds the limits.

    Raises:
        UsageError: there is a limit to its cost, but the price is not known.
    """
    from flowathena.cost.limits import SpendingLimits

    usual = SpendingLimits(target.max_scan, target.max_cost)
    exceeded = limits(own).or_else(usual).exceeded(estimate)
    if exceeded:
        terminal.warn(f"it would not be run: this is more than {exceeded}")


def parts(stats: "Stats") -> list[str]:
    """What a run has scanned and cost, beside what was expected, for its last line."""
    from flowathena.cost.price import usd

    if stats.scanned_bytes is None:
        return []
    exact = f" ({stats.scanned_bytes} bytes)" if terminal.is_verbose() else ""
    scan = f"{human_bytes(stats.scanned_bytes)} scanned{exact}"
    if stats.estimated_bytes is not None:
        scan += f" (estimated {human_bytes(stats.estimated_bytes)})"
    if stats.engine != "athena" or stats.cost_usd is None:
        return [scan]
    cost = usd(stats.cost_usd)
    if stats.estimated_usd is not None:
        cost += f" (estimated {usd(stats.estimated_usd)})"
    return [scan, cost]


def tell_of_reuse(stats: "Stats", about: str = "") -> None:
    """Say whether a result is an earlier one, if that was asked for; ``about`` stands in front."""
    if stats.reused:
        terminal.say(f"{about}an earlier result is given again: nothing was scanned")
    elif stats.reused is False:
        terminal.say(f"{about}Athena had no earlier result that is young enough: the query was run")


def show_batch(
    estimate: "BatchEstimate", *, as_json: bool, panels: "Mapping[str, str] | None" = None
) -> None:
    """Print what several queries would scan and cost, each and together.

    Args:
        estimate: the estimate.
        as_json: as JSON.
        panels: what each is for, by its name; None if that needs no words.
    """
    from flowathena.cost.price import usd
    from flowathena.result.formats import to_json

    if as_json:
        terminal.text(to_json(estimate.to_json()))
        return
    rows: list[tuple[object, ...]] = [
        (
            name,
            each.partitions,
            each.objects,
            human_bytes(each.scanned_bytes),
            usd(each.cost_usd),
            *([panels[name]] if panels else []),
        )
        for name, each in estimate.queries.items()
    ]
    last = ["panels"] if panels else []
    terminal.table(["query", "partitions", "objects", "scan", "cost", *last], rows)
    for name, reason in estimate.unable.items():
        terminal.warn(f"{name} cannot run: {reason}")
    if estimate.cutoff_bytes is not None:
        terminal.say(f"the workgroup ends a query at {human_bytes(estimate.cutoff_bytes)}")
    queries = counted(len(estimate.queries), "query", "queries")
    terminal.text(
        f"{queries} would scan {human_bytes(estimate.scanned_bytes)}, {usd(estimate.cost_usd)} "
        f"({estimate.price.source})"
    )
