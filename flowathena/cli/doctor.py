"""``flowathena doctor``: why does a query return nothing?"""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import fleet, options, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.target_work import Summary, Turn
from flowathena.errors import ExitCode
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.doctor.examine import Examination
    from flowathena.doctor.notes import Note

    _Told = tuple[str, Examination, tuple[Note, ...]]


def doctor(
    target: fleet.Targets = None,
    config: options.Config = None,
    notes: Annotated[
        bool,
        typer.Option("--notes", help="Also what to know of flow logs although nothing is wrong."),
    ] = False,
    form: options.Format = ListFormat.TABLE,
    at_once: fleet.AtOnce = None,
) -> None:
    """Find out why queries return nothing, or nonsense.

    Each finding says what is wrong, the evidence and how to fix it. Looks at the last 30 days of
    every account and Region, and at files of 32 of them. Changes nothing; exits 3 if there are
    findings.
    """
    fleet.carry_out(_Doctor(notes=notes), target, config, form, at_once)


class _Doctor:
    """Examines a target, and tells of what is wrong."""

    changes = False

    def __init__(self, *, notes: bool) -> None:
        self._has_notes = notes

    def check(self) -> None:
        """There are no options."""

    def do(self, flows: "Client", _turn: Turn, /) -> "_Told":
        """The target's name, what is wrong with it, and what is to be known."""
        from flowathena.doctor.notes import notes_on

        notes = tuple(notes_on(flows.target)) if self._has_notes else ()
        return flows.target.name, flows.doctor(), notes

    def partial(self, _interrupt: BaseException, /) -> None:
        """Nothing is done."""

    def show(self, value: "_Told", form: ListFormat) -> None:
        """Show the findings, and a judgement on stderr."""
        from flowathena.cli.show import calls_made

        name, findings, notes = value
        for finding in findings if form is ListFormat.TABLE else ():
            about = f"{finding.side} ({finding.table})" if finding.table else finding.side
            terminal.text(f"{about}: {finding.what}\n")
            terminal.text(f"  seen: {finding.evidence}\n  fix: {finding.fix}\n")
        for each in notes if form is ListFormat.TABLE else ():
            terminal.text(f"note, {each.about}: {each.text}\n")
        if findings.unseen:
            terminal.say(f"not looked at: {'; '.join(findings.unseen)}")
        for note in findings.notes:
            terminal.say(note)
        judged = counted(len(findings), "finding") if findings else "healthy"
        terminal.say(f"target {name}: {judged}{calls_made(findings.calls)}")

    def to_json(self, value: "_Told") -> object:
        """The findings; beside the notes, if they are asked for."""
        findings = [finding.to_json() for finding in value[1]]
        if not self._has_notes:
            return findings
        return {"findings": findings, "notes": [note.to_json() for note in value[2]]}

    def summarize(self, value: "_Told") -> Summary:
        """How many findings there are, and the first of them, which is to be fixed first."""
        findings = value[1]
        if not findings:
            return Summary(ExitCode.DONE, {"findings": 0}, state="healthy")
        first = next(iter(findings))
        return Summary(
            ExitCode.DRIFT,
            {"findings": len(findings)},
            f"{first.side}: {first.what}",
            state="findings",
        )
