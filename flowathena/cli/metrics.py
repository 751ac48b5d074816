"""``flowathena metrics``: the numbers of queries as metrics of CloudWatch."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import cloudwatch, options, spending, terminal
from flowathena.cli.listing import complete_query
from flowathena.cli.options import ListFormat, client
from flowathena.errors import CostError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowathena.deploy.cloudwatch.published import MetricStatus, Published

app = typer.Typer(
    no_args_is_help=True,
    help="Publish the numbers of queries to CloudWatch; alarms, a dashboard, metric filters.",
)

_Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Queries with a [metric] (default: those of the configuration, or the packaged ones).",
        autocompletion=complete_query,
    ),
]
_Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Where the first publication of a query begins: 7d, yesterday, … (default: the "
        "query's). Later ones go on where the last ended.",
    ),
]


@app.command("publish")
def publish(
    names: _Names = None,
    target: options.Target = None,
    config: options.Config = None,
    since: _Since = None,
    max_scan: spending.MaxScan = None,
    max_cost: spending.MaxCost = None,
    dry_run: options.DryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Put the numbers of queries into CloudWatch as custom metrics, each value once.

    Publishes the buckets of time that are closed and not published yet, up to two weeks back. What
    is published is remembered in S3, so that any machine may run it, as often as it likes; values
    of which an earlier run left open whether they arrived are asked for first. --dry-run runs the
    queries and writes nothing. Exits 4 if some failed or are in doubt, 1 if all failed, 5 if all
    were refused because of their cost: --max-scan and --max-cost hold for each query.
    """
    from flowathena.result.formats import to_json

    flows = client(target, config)

    def tell(done: "Published") -> None:
        if form is ListFormat.TABLE or not done.is_whole:
            _tell(done)

    limits = spending.limits({"max_scan": max_scan, "max_cost": max_cost})
    results = flows.metrics.publish(
        names or (), since=since, dry_run=dry_run, spending_limits=limits, watch=tell
    )
    if form is ListFormat.JSON:
        terminal.text(to_json({"metrics": [each.to_json() for each in results]}))
    elif dry_run:
        _show_datums(results)
    _exit(results)


@app.command("status")
def status(
    names: _Names = None,
    target: options.Target = None,
    config: options.Config = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 if a query is not published up to now.")
    ] = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show up to where each query is published, gaps, and what is in doubt.

    Reads the table's columns and the ledger in S3; asks CloudWatch nothing.
    """
    from flowathena.result.formats import to_json

    metrics = client(target, config).metrics
    found = metrics.status(names or ())
    if form is ListFormat.JSON:
        terminal.text(to_json({"ledger": metrics.ledger, "metrics": [m.to_json() for m in found]}))
    else:
        _show_status(found)
        terminal.say(f"ledger: {metrics.ledger}")
    if exit_code and not all(each.is_current for each in found):
        raise typer.Exit(ExitCode.DRIFT)


app.command("alarms")(cloudwatch.alarms)
app.command("dashboard")(cloudwatch.dashboard)
app.command("filter")(cloudwatch.filter_)
app.command("remove")(cloudwatch.remove)


def _tell(done: "Published") -> None:
    from flowathena.deploy.cloudwatch.published import State

    (terminal.fail if done.state is State.FAILED else terminal.say)(done.summary)
    for doubt in done.doubts:
        terminal.warn(f"{done.query}: {doubt}")
    if done.reason and done.state is not State.LEFT:
        terminal.say(f"{done.query}: {done.reason}")


def _show_datums(results: "Sequence[Published]") -> None:
    from flowathena.text import iso

    rows = [
        (
            each.name,
            ", ".join(f"{name}={value}" for name, value in each.dimensions),
            iso(each.bucket),
            f"{each.value:.15g}",
            each.unit,
        )
        for done in results
        for each in done.datums
    ]
    terminal.table(["metric", "dimensions", "bucket", "value", "unit"], rows)


def _show_status(found: "Sequence[MetricStatus]") -> None:
    from flowathena.text import iso

    rows = [
        (
            each.query,
            iso(each.since) if each.since else "",
            iso(each.until) if each.until else "",
            iso(each.closed),
            "yes" if each.is_current else "no",
        )
        for each in found
    ]
    terminal.table(["query", "published from", "until", "due until", "current"], rows)
    for each in found:
        for what, ranges in (("never published", each.gaps), ("lost in doubt", each.lost)):
            for since, until in ranges:
                terminal.warn(
                    f"{each.query}: {what}, and too old now: {iso(since)} to {iso(until)}"
                )
        for doubt in each.doubts:
            terminal.warn(f"{each.query}: {doubt}")


def _exit(results: "Sequence[Published]") -> None:
    from flowathena.deploy.cloudwatch.published import State

    whole = [each for each in results if each.is_whole and each.state is not State.LEFT]
    partly = whole or any(each.values or each.doubts for each in results)
    failed = [each for each in results if not each.is_whole]
    if failed:
        refused = all(isinstance(each.error, CostError) for each in failed)
        worst = ExitCode.REFUSED if refused else ExitCode.ERROR
        raise typer.Exit(ExitCode.PARTIAL if partly else worst)
