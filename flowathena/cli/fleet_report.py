"""What is written of several targets: each under its name, in the end a summary of all."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic

import typer

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.target_work import Summary, Value, Work
from flowathena.errors import ExitCode, FlowathenaError, worst_code
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.client.turns import FleetRun, TargetOutcome


_STATES = {
    ExitCode.DONE: "done",
    ExitCode.PARTIAL: "partial",
    ExitCode.DRIFT: "drift",
    ExitCode.REFUSED: "refused",
    ExitCode.INTERRUPTED: "stopped",
}


class Report(Generic[Value]):
    """Tells of each target under its name, in the order of the file; in the end of all together.

    Args:
        work: what is done.
        form: how it is told.
        run: the targets under way.
        names: all of them.
    """

    def __init__(
        self, work: Work[Value], form: ListFormat, run: "FleetRun[Value]", names: Sequence[str]
    ) -> None:
        self._work = work
        self._form = form
        self._run = run
        self._names = names
        self._shown: set[str] = set()

    def follow(self) -> None:
        """Tell of all targets; ends with the worst exit code.

        Raises:
            KeyboardInterrupt: interrupted; everything that is known has been told.
        """
        terminal.begin_sections()
        try:
            with self._run:
                for _ in self._run:
                    self._show_next()
            self._end()
        except KeyboardInterrupt as interrupt:
            told = self._run.interrupted(interrupt)
            self._show_next()
            self._end()
            raise told from None
        self._raise_bug()
        code = worst_code(self._summary(each).code for each in self._ended.values())
        if code:
            raise typer.Exit(code)

    @property
    def _ended(self) -> "dict[str, TargetOutcome[Value]]":
        return {each.target: each for each in self._run.outcomes}

    def _show_next(self) -> None:
        """Tell of the targets whose turn has come."""
        ended = self._ended
        for name in self._names:
            if name not in ended:
                return
            if name not in self._shown:
                with terminal.about(name):
                    self._show(ended[name])
                self._shown.add(name)

    def _show(self, outcome: "TargetOutcome[Value]") -> None:
        value = self._value(outcome)
        if value is not None:
            self._work.show(value, self._form)
        if outcome.state == "failed":
            for problem in getattr(outcome.error, "problems", None) or [outcome.reason]:
                terminal.fail(str(problem))

    def _value(self, outcome: "TargetOutcome[Value]") -> Value | None:
        if outcome.state == "done":
            return outcome.value
        return self._work.partial(outcome.error) if outcome.error else None

    def _summary(self, outcome: "TargetOutcome[Value]") -> Summary:
        value = self._value(outcome)
        known = self._work.summarize(value) if value is not None else Summary(ExitCode.DONE)
        if outcome.state == "done":
            return known
        code: int = ExitCode.INTERRUPTED
        if outcome.state == "failed":
            is_ours = isinstance(outcome.error, FlowathenaError)
            code = outcome.error.exit_code if is_ours else ExitCode.ERROR  # type: ignore[union-attr] # it is
        return Summary(code, known.counts, outcome.reason)

    def _end(self) -> None:
        """Write the summary."""
        from flowathena.result.formats import to_json

        ended = self._ended
        found = [(ended[name], self._summary(ended[name])) for name in self._names if name in ended]
        if self._form is ListFormat.JSON:
            entries = [self._entry(outcome, summary) for outcome, summary in found]
            code = worst_code(summary.code for _, summary in found)
            terminal.text(to_json({"targets": entries, "exit_code": code}))
        else:
            with terminal.about("", heading="summary" if terminal.has_written() else ""):
                self._write_table(found)
        self._say_sum([summary for _, summary in found])

    def _entry(self, outcome: "TargetOutcome[Value]", summary: Summary) -> dict[str, Any]:
        value = self._value(outcome)
        return {
            "target": outcome.target,
            "state": _state(summary),
            "exit_code": summary.code,
            "seconds": round(outcome.seconds, 3),
            "error": summary.error,
            "counts": dict(summary.counts),
            "result": None if value is None else self._work.to_json(value),
        }

    def _write_table(self, found: "list[tuple[TargetOutcome[Value], Summary]]") -> None:
        counts = _columns(summary for _, summary in found)
        rows = [
            [
                outcome.target,
                _state(summary),
                *(summary.counts.get(name) for name in counts),
                round(outcome.seconds, 1),
                summary.error,
            ]
            for outcome, summary in found
        ]
        terminal.table(
            ["target", "state", *counts, "seconds", "error"], rows, wrap=("error",), spare=counts
        )

    def _say_sum(self, summaries: "list[Summary]") -> None:
        states = [_state(each) for each in summaries]
        parts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
        summed = [each.counts for each in summaries if each.is_summed]
        numbers = {
            name: [n for counts in summed if isinstance(n := counts.get(name), int)]
            for name in _columns(summaries)
        }
        sums = {name: sum(each) for name, each in numbers.items() if each}
        told = (
            f"; {', '.join(f'{name} {n}' for name, n in sums.items())}".replace("_", " ")
            if sums
            else ""
        )
        terminal.say(f"{counted(len(summaries), 'target')}: {', '.join(parts)}{told}")

    def _raise_bug(self) -> None:
        """Report what nobody foresaw as what it is."""
        for outcome in self._ended.values():
            error = outcome.error
            if isinstance(error, Exception) and not isinstance(error, FlowathenaError | OSError):
                raise error


def _state(summary: Summary) -> str:
    return summary.state or _STATES.get(ExitCode(summary.code), "failed")


def _columns(summaries: Iterable[Summary]) -> list[str]:
    """The names of what was counted, of any target."""
    return list(dict.fromkeys(name for each in summaries for name in each.counts))
