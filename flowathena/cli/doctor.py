"""``flowathena doctor``: why does a query return nothing?"""

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.errors import ExitCode
from flowathena.text import counted


def doctor(
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Find out why queries return nothing, or nonsense.

    Each finding says what is wrong, the evidence and how to fix it. Looks at the last 30 days of
    every account and Region, and at files of 32 of them. Changes nothing; exits 3 if there are
    findings.
    """
    from flowathena.cli.show import calls_made
    from flowathena.result.formats import to_json

    flows = client(target, config)
    name = flows.target.name
    terminal.progress(f"examining target {name}")
    findings = flows.doctor()
    if form is ListFormat.JSON:
        terminal.text(to_json([finding.to_json() for finding in findings]))
    for finding in findings if form is ListFormat.TABLE else ():
        about = f"{finding.side} ({finding.table})" if finding.table else finding.side
        terminal.text(f"{about}: {finding.what}\n")
        terminal.text(f"  seen: {finding.evidence}\n  fix: {finding.fix}\n")
    if findings.unseen:
        terminal.say(f"not looked at: {'; '.join(findings.unseen)}")
    for note in findings.notes:
        terminal.say(note)
    judged = counted(len(findings), "finding") if findings else "healthy"
    terminal.say(f"target {name}: {judged}{calls_made(findings.calls)}")
    if findings:
        raise typer.Exit(ExitCode.DRIFT)
