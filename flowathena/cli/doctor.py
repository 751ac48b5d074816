"""``flowathena doctor``: why does a query find nothing?"""

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.errors import ExitCode


def doctor(
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Look for what makes queries find nothing, or nonsense; changes nothing.

    Each finding tells what is wrong, what was seen and what mends it. Exits 3 when there are any.
    """
    from flowathena.result.formats import to_json

    flows = client(target, config)
    findings = flows.doctor()
    if form is ListFormat.JSON:
        terminal.text(to_json([finding.to_json() for finding in findings]))
    for finding in findings if form is ListFormat.TABLE else ():
        terminal.text(f"{finding.side}: {finding.what}\n")
        terminal.text(f"  seen: {finding.evidence}\n  fix: {finding.fix}\n")
    name = flows.target.name
    terminal.say(f"target {name}: {len(findings)} findings" if findings else f"target {name}: well")
    if findings:
        raise typer.Exit(ExitCode.DRIFT)
