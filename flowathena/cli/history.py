"""``flowathena history``: the last queries of the workgroup, and what they have cost."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.text import counted, human_bytes, iso, shortened

if TYPE_CHECKING:
    from flowathena.cost.history import PastRun

_HEADINGS = ("submitted", "by", "query", "state", "scan", "cost", "seconds", "id")


def history(
    target: options.Target = None,
    config: options.Config = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="How many queries.")
    ] = 20,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """List the last queries of the target's workgroup: state, bytes, cost and duration.

    Those of flowathena have the name of their query; of others the kind of statement is shown.
    Athena keeps 45 days, and does not say which person ran a query (CloudTrail does).
    """
    from flowathena.cost.history import total_usd
    from flowathena.cost.price import usd
    from flowathena.result.formats import to_json

    flows = client(target, config)
    terminal.progress(f"listing the queries of workgroup {flows.target.workgroup}")
    runs = flows.history(limit)
    if form is ListFormat.JSON:
        terminal.text(to_json([each.to_json() for each in runs]))
        return
    terminal.table(list(_HEADINGS), [_row(each) for each in runs], spare=["by"])
    for each in runs:
        if each.reason:
            terminal.detail(f"{each.query_id}: {each.reason}")
    scanned = human_bytes(sum(each.scanned_bytes for each in runs))
    found = counted(len(runs), "query", "queries")
    terminal.say(
        f"{found} of workgroup {flows.target.workgroup}: {scanned}, {usd(total_usd(runs))}"
    )


def _row(run: "PastRun") -> tuple[object, ...]:
    from flowathena.cost.price import usd

    return (
        iso(run.submitted.replace(microsecond=0)),
        run.by,
        run.query or shortened(run.kind.replace("_", " ")),
        run.state,
        human_bytes(run.scanned_bytes),
        usd(run.cost_usd),
        f"{run.seconds:.1f}",
        run.query_id,
    )
