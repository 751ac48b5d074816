"""``flowathena check NAME``: run a saved query, judge its rows, tell whoever has to know.

(``queries check``, which looks for problems in the text of queries, is in ``check``.)
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from flowathena.cli import fleet, options, terminal
from flowathena.cli.check_work import NAGIOS, NAGIOS_UNKNOWN, CheckWork, one_line_of
from flowathena.cli.options import ListFormat
from flowathena.cli.query_group import QueryGroup
from flowathena.errors import FlowathenaError


def _options(
    target: fleet.Targets = None,
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
        typer.Option(NAGIOS, help="Exit codes and output of a Nagios plugin: 0, 1, 2, 3."),
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
            metavar="FILE|s3://…",
            help="Remember what was told: tell changes of the state only. {target} is its name.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run the query, but send and record nothing.")
    ] = False,
    form: options.Format = ListFormat.TABLE,
    at_once: fleet.AtOnce = None,
) -> None:
    """The options of a check; only the signature is used."""


class _CheckGroup(QueryGroup):
    extra = ("engine", "skip_bad_files", "max_scan", "max_cost")
    further = staticmethod(_options)
    _is_plugin = False

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own types are private
        """Find the query's command; whether it is a plugin decides how an error is told."""
        self._is_plugin = NAGIOS in args
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
            raise typer.Exit(NAGIOS_UNKNOWN) from error


def _reason(error: Exception) -> str:
    """What is wrong, for a monitor, to which nobody's bug may look like a warning."""
    if isinstance(error, FlowathenaError | typer.TyperException | OSError | UnicodeError):
        return one_line_of(error)
    return (
        f"unexpected {type(error).__name__}; this is a bug of flowathena: run it without --nagios "
        "to report it"
    )


def _check(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    work = CheckWork(name, own, values)
    fleet.carry_out(work, own["target"], own["config"], own["form"], own["at_once"])


class _Checks(_CheckGroup):
    action = staticmethod(_check)


_HELP = """Run a saved query, judge its rows, and notify of what is wrong.

'flowathena check NAME --help' shows its options. Exit codes: 0 all right, 3 not, 1 unknown; with
--nagios 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
app = typer.Typer(cls=_Checks, help=_HELP, no_args_is_help=True)


@app.callback()
def check() -> None:
    """Check the rows of a saved query; 'flowathena check NAME --help' shows its options."""
