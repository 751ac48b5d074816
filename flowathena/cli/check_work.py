"""What ``check NAME`` does with a target: judges, tells whoever has to know, writes the result."""

import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import typer

from flowathena.cli import delivery, spending, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.target_work import Summary, Turn
from flowathena.errors import ExitCode, FlowathenaError, QueryError, UsageError
from flowathena.text import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowathena.check.notifier import Notifier, Telling
    from flowathena.check.result import CheckResult
    from flowathena.client import Client

NAGIOS = "--nagios"
NAGIOS_UNKNOWN = 3
_NAGIOS_WARNING = 1
_CRITERIA = ("max_rows", "min_rows", "where", "warn", "critical", "value")
_SCOPE = ("since", "until", "account", "region", "flow_log", "engine", "skip_bad_files")
_TARGET = "{target}"
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Checked:
    """A check of a target, and who was told of it.

    Attributes:
        result: what was found.
        telling: what became of the message.
        warnings: what is wrong with the way to tell.
    """

    result: "CheckResult"
    telling: "Telling"
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class CheckWork:
    """A check, as options ask for it.

    Attributes:
        name: the query.
        own: the options, by name.
        values: the query's parameters.
    """

    name: str
    own: dict[str, Any]
    values: dict[str, Any]
    changes: ClassVar[bool] = True
    _here: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _warned: set[str] = field(default_factory=set, repr=False)

    def check(self) -> None:
        """Refuse for several what is for one target, and criteria that are malformed."""
        from flowathena.check.criteria import Criteria

        if self.own["nagios"]:
            raise UsageError(f"{NAGIOS} is for one target: a service of the monitor for each")
        if self.own["state"] is not None and _TARGET not in self.own["state"]:
            raise UsageError(
                f"--state is the memory of one check: with several targets give each its own, with "
                f"{_TARGET} in its name: --state 's3://BUCKET/{self.name}-{_TARGET}.json'"
            )
        Criteria.of(**self._given)

    def do(self, flows: "Client", turn: Turn, /) -> Checked:
        """Run the query, judge its rows and tell of them."""
        notifier = self._notifier(flows)
        is_here = flows.target.is_local or self.own["engine"] == "local"
        with self._alone(turn) if is_here else nullcontext():
            result = self._judge(flows, turn)
        turn.sleep(0)  # what is stopped now has told nobody; what tells is not stopped
        return Checked(
            result,
            notifier.tell(result, dry_run=self.own["dry_run"]),
            tuple(notifier.warnings),
        )

    def partial(self, _interrupt: BaseException, /) -> None:
        """A check that is not done has told nobody."""

    def show(self, checked: Checked, form: ListFormat) -> None:
        """Write the result, and who was told."""
        for warning in checked.warnings:
            if warning not in self._warned:
                terminal.warn(warning)
            self._warned.add(warning)
        result = checked.result
        if result.rows is not None:
            delivery.report(result.rows.stats)
        if result.error:
            terminal.fail(one_line_of(result.error))
        self._show_telling(checked.telling)
        if form is not ListFormat.JSON:
            self._write(result, checked.telling)

    def to_json(self, checked: Checked) -> object:
        """The result and who was told; with ``--show`` the rows."""
        result, telling = checked.result, checked.telling
        shown = {"data": list(result.rows or ())} if self.own["show"] else {}
        told = {
            "due": list(telling.due),
            "notified": list(telling.sent),
            "problems": list(telling.problems),
        }
        return {**result.to_json(), **told, **shown}

    def summarize(self, checked: Checked) -> Summary:
        """The state, and the number that was judged."""
        result, problems = checked.result, checked.telling.problems
        error = one_line_of(result.error) if result.error else next(iter(problems), "")
        counts = {"check": str(result.state), "value": result.number}
        code = self._code(result, checked.telling)
        state = "alert" if code == ExitCode.DRIFT else ""
        return Summary(code, counts, error, state, is_summed=False)

    @property
    def _given(self) -> dict[str, Any]:
        return {key: self.own[key] for key in _CRITERIA if self.own[key] is not None}

    def _notifier(self, flows: "Client") -> "Notifier":
        place = self.own["state"]
        return flows.notifier(
            sns=self.own["notify_sns"] or (),
            slack_webhook_file=self.own["notify_slack_webhook_file"],
            state=None if place is None else place.replace(_TARGET, flows.target.name),
        )

    @contextmanager
    def _alone(self, turn: Turn) -> "Iterator[None]":
        """One at a time: DuckDB uses every processor, and most of the memory, for one query."""
        while not self._here.acquire(timeout=_LOOK_SECONDS):
            turn.sleep(0)
        try:
            yield
        finally:
            self._here.release()

    def _judge(self, flows: "Client", turn: Turn) -> "CheckResult":
        """What the check found; UNKNOWN if the query fails and the request is not at fault.

        Raises:
            UsageError: the request is invalid.
        """
        from flowathena.check.criteria import Criteria
        from flowathena.check.result import unknown

        criteria = Criteria.of(**self._given)
        scope = {key: self.own[key] for key in _SCOPE}
        scope |= {"spending_limits": spending.limits(self.own)}
        try:
            return flows.check(
                self.name, **self._given, **scope, listener=turn.listen, **self.values
            )
        except FlowathenaError as error:
            if isinstance(error, UsageError) and not isinstance(error, QueryError):
                raise
            return unknown(self.name, flows.target.name, criteria, error)

    def _show_telling(self, telling: "Telling") -> None:
        for problem in telling.problems:
            terminal.fail(problem)
        if telling.due and telling.notice:
            terminal.say(f"not notified: {telling.notice}")
        elif self.own["dry_run"]:
            for name in telling.due:
                terminal.say(f"would notify {name}: {telling.message.subject}")
            if telling.due:
                terminal.block(telling.message.text.rstrip("\n"))
            else:
                terminal.say("would notify nobody")
        for name in telling.sent:
            terminal.say(f"notified {name}")

    def _write(self, result: "CheckResult", telling: "Telling") -> None:
        from flowathena.result.formats import Format

        line = result.nagios if self.own["nagios"] else result.summary
        terminal.text(self._worsened(line, telling))
        if self.own["show"] and result.rows is not None and len(result.rows):
            delivery.show(result.rows, Format.TABLE)

    def _worsened(self, line: str, telling: "Telling") -> str:
        """The line of a plugin, whose first word is what its exit code says."""
        if not (self.own["nagios"] and telling.problems):
            return line
        told, bar, performance = line.partition(" | ")
        told = told.replace("FLOWATHENA OK - ", "FLOWATHENA WARNING - ", 1)
        reason = telling.problems[0].replace("|", " ")
        return f"{told} ({reason}){bar}{performance}"

    def _code(self, result: "CheckResult", telling: "Telling") -> int:
        """The check's own code; one that is 0 becomes 1 if somebody could not be told."""
        code = result.state.nagios_code if self.own["nagios"] else _plain_code(result)
        return code or (_NAGIOS_WARNING if telling.problems else 0)


def one_line_of(error: Exception) -> str:
    """An error's message on one line, whatever is in it."""
    message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    return printable(one_line(message)) or type(error).__name__


def _plain_code(result: "CheckResult") -> int:
    from flowathena.check.criteria import CheckState

    if result.state is CheckState.UNKNOWN:
        return result.error.exit_code if result.error else ExitCode.ERROR
    return ExitCode.DONE if result.state is CheckState.OK else ExitCode.DRIFT
