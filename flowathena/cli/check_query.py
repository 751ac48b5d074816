"""``flowathena check NAME``: run a saved query, judge its rows, tell whoever has to know.

(``queries check``, which looks for problems in the text of queries, is in ``check``.)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import delivery, options, spending, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.query_group import QueryGroup
from flowathena.errors import ExitCode, FlowathenaError, QueryError, UsageError

if TYPE_CHECKING:
    from flowathena.check.notifier import Notifier, Telling
    from flowathena.check.result import CheckResult
    from flowathena.client import Client

_CRITERIA = ("max_rows", "min_rows", "where", "warn", "critical", "value")
_SCOPE = ("since", "until", "account", "region", "flow_log", "engine", "skip_bad_files")
_NAGIOS = "--nagios"
_NAGIOS_WARNING = 1
_NAGIOS_UNKNOWN = 3


def _options(
    max_rows: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="More rows are critical.")
    ] = None,
    min_rows: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Fewer rows are critical.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="SQL", help="Count only rows whose columns meet this: 'packets > 1000'."
        ),
    ] = None,
    warn: Annotated[
        str | None,
        typer.Option(
            metavar="RANGE", help="Rows outside of it are a warning: 10, 10:, ~:10, 10:20, @10:20."
        ),
    ] = None,
    critical: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Rows outside of it are critical.")
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Judge this column of the only row, not the number of rows."
        ),
    ] = None,
    nagios: Annotated[
        bool,
        typer.Option(_NAGIOS, help="Exit codes and output of a Nagios plugin: 0, 1, 2, 3."),
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Write the rows, too.")] = False,
    notify_sns: Annotated[
        list[str] | None,
        typer.Option(metavar="ARN", help="Tell this SNS topic; repeat for several."),
    ] = None,
    notify_slack_webhook_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Tell Slack, by the webhook whose URL is in the file."),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|s3://…", help="Remember what was told: tell changes of the state only."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run the query, but send and record nothing.")
    ] = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """The options of a check; only the signature is used."""


class _CheckGroup(QueryGroup):
    extra = ("engine", "skip_bad_files", "max_scan", "max_cost")
    further = staticmethod(_options)
    _is_plugin = False

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own types are private
        """Find the query's command; whether it is a plugin decides how an error is told."""
        self._is_plugin = _NAGIOS in args
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - same
        """Run the command; a plugin's errors are a state of their own."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if not self._is_plugin:
                raise
            reason = _reason(error)
            terminal.fail(reason)
            terminal.text(f"FLOWATHENA UNKNOWN - {reason.replace('|', ' ')}")
            raise typer.Exit(_NAGIOS_UNKNOWN) from error


def _reason(error: Exception) -> str:
    """What is wrong, for a monitor, to which nobody's bug may look like a warning."""
    if isinstance(error, FlowathenaError | typer.TyperException | OSError | UnicodeError):
        return _one_line(error)
    return (
        f"unexpected {type(error).__name__}; this is a bug of flowathena: run it without --nagios "
        "to report it"
    )


def _one_line(error: Exception) -> str:
    from flowathena.text import one_line, printable

    message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    return printable(one_line(message)) or type(error).__name__


def _check(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    flows = options.client(own["target"], own["config"])
    notifier = flows.notifier(
        sns=own["notify_sns"] or (),
        slack_webhook_file=own["notify_slack_webhook_file"],
        state=own["state"],
    )
    for warning in notifier.warnings:
        terminal.warn(warning)
    result = _judge(flows, name, own, values)
    _Report(own["form"], own["nagios"], own["show"], own["dry_run"]).end(result, notifier)


def _judge(
    flows: "Client", name: str, own: dict[str, Any], values: dict[str, Any]
) -> "CheckResult":
    """What the check found; UNKNOWN if the query fails for a reason that is none of the caller's.

    Raises:
        UsageError: the request is invalid.
    """
    from flowathena.check.criteria import Criteria
    from flowathena.check.result import unknown

    given = {key: own[key] for key in _CRITERIA if own[key] is not None}
    criteria = Criteria.of(**given)
    scope = {key: own[key] for key in _SCOPE} | {"spending_limits": spending.limits(own)}
    try:
        result = flows.check(name, **given, **scope, listener=delivery.show_progress, **values)
    except FlowathenaError as error:
        if isinstance(error, UsageError) and not isinstance(error, QueryError):
            raise
        return unknown(name, flows.target.name, criteria, error)
    if result.rows is not None:
        delivery.report(result.rows.stats)
    return result


@dataclass(frozen=True)
class _Report:
    """How a result is written, and with which code the command ends."""

    form: ListFormat
    is_plugin: bool
    with_rows: bool
    is_dry: bool

    def end(self, result: "CheckResult", notifier: "Notifier") -> None:
        """Tell who has to know, write the result, and exit with its code."""
        if result.error:
            terminal.fail(_one_line(result.error))
        telling = notifier.tell(result, dry_run=self.is_dry)
        self._tell_of(telling)
        self._write(result, telling)
        raise typer.Exit(self._code(result, telling))

    def _tell_of(self, telling: "Telling") -> None:
        for problem in telling.problems:
            terminal.fail(problem)
        if telling.due and telling.notice:
            terminal.say(f"not notified: {telling.notice}")
        elif self.is_dry:
            for name in telling.due:
                terminal.say(f"would notify {name}: {telling.message.subject}")
            if telling.due:
                terminal.block(telling.message.text.rstrip("\n"))
            else:
                terminal.say("would notify nobody")
        for name in telling.sent:
            terminal.say(f"notified {name}")

    def _write(self, result: "CheckResult", telling: "Telling") -> None:
        from flowathena.result.formats import Format, to_json

        if self.form is ListFormat.JSON:
            shown = {"data": list(result.rows or ())} if self.with_rows else {}
            told = {
                "due": list(telling.due),
                "notified": list(telling.sent),
                "problems": list(telling.problems),
            }
            terminal.text(to_json({**result.to_json(), **told, **shown}))
            return
        line = result.nagios if self.is_plugin else result.summary
        terminal.text(self._worsened(line, telling))
        if self.with_rows and result.rows is not None and len(result.rows):
            delivery.show(result.rows, Format.TABLE)

    def _worsened(self, line: str, telling: "Telling") -> str:
        """The line of a plugin, whose first word is what its exit code says."""
        if not (self.is_plugin and telling.problems):
            return line
        told, bar, performance = line.partition(" | ")
        told = told.replace("FLOWATHENA OK - ", "FLOWATHENA WARNING - ", 1)
        reason = telling.problems[0].replace("|", " ")
        return f"{told} ({reason}){bar}{performance}"

    def _code(self, result: "CheckResult", telling: "Telling") -> int:
        """The check's own code; one that is 0 becomes 1 if somebody could not be told."""
        code = result.state.nagios_code if self.is_plugin else _plain_code(result)
        return code or (_NAGIOS_WARNING if telling.problems else 0)


def _plain_code(result: "CheckResult") -> int:
    from flowathena.check.criteria import CheckState

    if result.state is CheckState.UNKNOWN:
        return result.error.exit_code if result.error else ExitCode.ERROR
    return ExitCode.DONE if result.state is CheckState.OK else ExitCode.DRIFT


class _Checks(_CheckGroup):
    action = staticmethod(_check)


_HELP = """Run a saved query, judge its rows, and notify of what is wrong.

'flowathena check NAME --help' shows its options. Exit codes: 0 all right, 3 not, 1 unknown; with
--nagios 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
app = typer.Typer(cls=_Checks, help=_HELP, no_args_is_help=True)


@app.callback()
def check() -> None:
    """Check the rows of a saved query; 'flowathena check NAME --help' shows its options."""
