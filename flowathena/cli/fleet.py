"""Work on one target, or on several: each told under its name, one summary, the worst exit code."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, Protocol, TypeVar

import typer

from flowathena.cli import delivery, options, terminal
from flowathena.cli.options import ListFormat
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ConfigError, ExitCode, FlowathenaError, worst_code
from flowathena.target.choice import asks_for_several
from flowathena.text import counted, shortened

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.client.fleet import FleetProgress, FleetRun, TargetOutcome
    from flowathena.result.result import Progress

Value = TypeVar("Value")

_STATES = {
    ExitCode.DONE: "done",
    ExitCode.PARTIAL: "partial",
    ExitCode.DRIFT: "drift",
    ExitCode.REFUSED: "refused",
    ExitCode.INTERRUPTED: "stopped",
}

Targets = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        metavar="NAME|PATTERN|all",
        help="Target in the configuration (or FLOWATHENA_TARGET); several: 'prod-*', a,b or all.",
        autocompletion=options.complete_targets,
    ),
]
AtOnce = Annotated[
    int | None,
    typer.Option(
        "--at-once", metavar="N", min=1, max=32, help="Of several targets: how many (default: 4)."
    ),
]


class Turn(Protocol):
    """What follows the work on a target, and may stop it."""

    def watch(self, what: str, done: int, total: int, /) -> None:
        """Follow partitions."""
        ...

    def listen(self, progress: "Progress", /) -> None:
        """Follow a run."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


@dataclass(frozen=True)
class Summary:
    """What a summary of several targets says of one.

    Attributes:
        code: the exit code.
        counts: what was counted, by the name of its column.
        error: what went wrong first; empty if nothing did.
        state: a word for the code, if the usual one says too little.
    """

    code: int
    counts: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
    state: str = ""


class Work(Protocol[Value]):
    """What a command does with a target, and how it tells of it."""

    def check(self) -> None:
        """Refuse what no target could do, or what is for one alone; called for several.

        Raises:
            UsageError: the options are invalid.
        """
        ...

    def do(self, flows: "Client", turn: Turn, /) -> Value:
        """Do it; writes nothing to the terminal."""
        ...

    def partial(self, interrupt: BaseException, /) -> Value | None:
        """What was done before an interrupt; None if that is not known."""
        ...

    def show(self, value: Value, form: ListFormat) -> None:
        """Write messages, and a table if the format is one."""
        ...

    def to_json(self, value: Value) -> object:
        """The document of one target."""
        ...

    def summarize(self, value: Value) -> Summary:
        """What the summary says, the exit code included."""
        ...


class _Alone:
    """The turn of the only target: its progress is shown."""

    def watch(self, what: str, done: int, total: int, /) -> None:
        terminal.bar(what, done, total)

    def listen(self, progress: "Progress", /) -> None:
        delivery.show_progress(progress)

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)


def carry_out(
    work: Work[Value],
    target: str | None,
    config: Path | None,
    form: ListFormat,
    at_once: int | None = None,
    concurrency: int = CONCURRENCY,
) -> None:
    """Do something with the target, or with each of several; ends with the exit code.

    Args:
        work: what is done.
        target: what ``--target`` says.
        config: the file of ``--config``.
        form: how it is told.
        at_once: how many targets are worked on at once; None for the usual number.
        concurrency: calls to AWS under way at once, for each target.
    """
    several = _several(target, config)
    if several is None:
        _do_alone(work, options.client(target, config, concurrency), form)
        return
    work.check()
    from flowathena.client.fleet import AT_ONCE, Fleet

    fleet = Fleet(several, config_path=config, concurrency=concurrency, ask_code=terminal.ask_code)
    run = fleet.run(work.do, at_once=at_once or AT_ONCE, listener=_show_progress)
    _Report(work, form, run, fleet.names).follow()


def _several(target: str | None, config: Path | None) -> str | None:
    """What is asked for, if it is more than one target."""
    from flowathena.target import config as configs

    try:
        settings = configs.load(config, lenient=True)
    except ConfigError:
        return None  # whoever makes the client says everything that is wrong
    asked = target or settings.default_target
    if not asks_for_several(asked, settings.names):
        if asked == "all" and len(settings.names) > 1:
            terminal.say("the target named 'all' is meant; -t '*' means every target")
        return None
    return asked


def _do_alone(work: Work[Value], flows: "Client", form: ListFormat) -> None:
    terminal.progress(f"target {flows.target.name}")
    try:
        value = work.do(flows, _Alone())
    except KeyboardInterrupt as interrupt:
        done = work.partial(interrupt)
        if done is not None:
            _show(work, done, form)
        raise
    _show(work, value, form)
    code = work.summarize(value).code
    if code:
        raise typer.Exit(code)


def _show(work: Work[Value], value: Value, form: ListFormat) -> None:
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json(work.to_json(value)))
    work.show(value, form)


def _show_progress(progress: "FleetProgress") -> None:
    parts = [f"{progress.ended}/{progress.total}"]
    parts += [f"{progress.failed} failed"] if progress.failed else []
    parts += [f"{shortened(', '.join(progress.running), 40)} running"] if progress.running else []
    terminal.progress("targets", ", ".join(parts), progress.ended, progress.total)


class _Report(Generic[Value]):
    """Tells of each target under its name, in the order of the file; in the end of all together.

    Args:
        work: what is done.
        form: how it is told.
        run: the targets under way.
        names: all of them.
    """

    def __init__(
        self, work: Work[Value], form: ListFormat, run: "FleetRun[Value]", names: "list[str]"
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
        except KeyboardInterrupt:
            self._run.close()
            self._show_next()
            self._end()
            raise KeyboardInterrupt(self._run.describe()) from None
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
        sums = {
            name: sum(n for each in summaries if isinstance(n := each.counts.get(name), int))
            for name in _columns(summaries)
            if any(isinstance(each.counts.get(name), int) for each in summaries)
        }
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
