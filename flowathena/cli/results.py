"""``flowathena results ID``: the rows of an Athena query that was started before."""

from typing import Annotated

import typer

from flowathena.cli import delivery, destinations, options, run_options


def results(
    query_id: Annotated[str, typer.Argument(metavar="ID", help="Athena's id of the query.")],
    target: options.Target = None,
    config: options.Config = None,
    form: run_options.RowFormat = None,
    output: destinations.Output = None,
    quicksight_manifest: destinations.Manifest = False,
) -> None:
    """Fetch the rows of a query that was started before, with 'run --no-wait' for instance.

    Waits if it is still running; an interrupt cancels it then, if flowathena has started it.
    Athena keeps what it knows of a query for 45 days; its rows are where the workgroup puts them.
    """
    own = {
        "target": target,
        "config": config,
        "form": form,
        "output": output,
        "dry_run": False,
        "quicksight_manifest": quicksight_manifest,
    }
    delivery.deliver(own, lambda flows: flows.results(query_id, listener=delivery.show_progress))
