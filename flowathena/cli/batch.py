"""``flowathena run`` with several queries: names, a tag or a topic; a file each and a summary.

One name is a command of its own, which ``run`` makes of the query; everything else comes here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command_from_info
from typer.models import CommandInfo

from flowathena.cli import (
    batch_run,
    combinations,
    commands,
    listing,
    options,
    parameters,
    run,
    run_options,
    spending,
    terminal,
    unloading,
)
from flowathena.cli.batch_report import SUMMARY
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from flowathena.query.query import Query

NAME = "--tag TAG"
"""What the command is called in help and hints; 'run --tag TAG --help' shows it."""
USAGE = "(NAME NAME... | --tag TAG | --topic TOPIC) [OPTIONS]"
EXAMPLES = (
    "flowathena run top_talkers ssh_rejects --since 24h",
    "flowathena run --tag security --since 24h -o reports",
    "flowathena run --topic rejects -o reports --format parquet",
    "flowathena run --tag security --since 30d --estimate",
)

_SEVERAL = "several"
"""The word by which the group hands on what asks for several queries; nobody types it."""


class _Group(run.RunGroup):
    _is_batch = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own types are private
        """Parse the group's own options; what asks for several queries has none of them."""
        self._is_batch = _asks_for_several(args)
        parsed: list[str] = super().parse_args(ctx, [_SEVERAL, *args] if self._is_batch else args)
        return parsed

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - same
        """Find the query's command, or that of several queries."""
        if self._is_batch:
            return NAME, _command(), args[1:]
        return super().resolve_command(ctx, args)


def _asks_for_several(args: Sequence[str]) -> bool:
    """Whether two names come first, or none does and a tag or topic is given.

    After one name, ``--tag`` is an option of that query.
    """
    first = next((n for n, each in enumerate(args) if each.startswith("-")), len(args))
    chosen = any(each.partition("=")[0] in {"--tag", "--topic"} for each in args)
    return first > 1 or (first == 0 and chosen)


class _BatchCommand(TyperCommand):
    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types are private
        """Write how it is called, which is not by a name of its own."""
        formatter.write_usage(ctx.parent.command_path, USAGE)


def _command() -> Any:  # noqa: ANN401 - same
    """The command of several queries."""
    info = CommandInfo(NAME, cls=_BatchCommand, callback=run_several)
    made = get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)
    return commands.dress(made, f"run {NAME}", EXAMPLES)


def run_several(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", autocompletion=listing.complete_query, hidden=True),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TAG",
            help="All with this tag; repeat for those with all.",
            autocompletion=listing.complete_tag,
        ),
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option(
            metavar="TOPIC", help="All of a topic.", autocompletion=listing.complete_topic
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUE",
            help="A parameter, for all queries that have it; repeatable. A list: NAME=A,B or "
            "NAME=@FILE.",
        ),
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    account: options.Accounts = None,
    region: options.Regions = None,
    flow_log: options.FlowLogs = None,
    engine: run_options.Engine = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(options.RESULT_FORMATS),
            help="Output format (default: csv with -o, else table).",
            autocompletion=options.complete_result_format,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help=f"Write a file for each query and {SUMMARY} into this folder, which is made if "
            "there is none, or below s3://BUCKET/PREFIX/.",
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=100, help="Queries at once (default: 5 on Athena, 1 locally)."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the SQL of each; run nothing.")
    ] = False,
    skip_bad_files: run_options.SkipBadFiles = False,
    estimate: spending.Estimated = False,
    max_scan: spending.MaxScan = None,
    max_cost: spending.MaxCost = None,
    reuse: spending.Reuse = None,
    no_wait: spending.NoWait = False,
    unload: unloading.Location = None,
    keep_unloaded: unloading.Keep = False,
) -> None:
    """Run several saved queries, a few at a time: by name, or all of a tag or topic.

    Without -o, the rows of each are shown below its title. One that fails does not stop the others.
    A query is skipped, with the reason, if a parameter has no value or if the target lacks a field.
    Every query has its own default window, unless --since is given. --max-scan and --max-cost hold
    for all together: if they would exceed them, none is run. Ends with a table of all of them; exit
    code 4 if some failed, or were named and skipped; if all failed, that of the first.
    """
    own = dict(locals())
    combinations.check_batch(own)
    queries = _queries(names or [], tag or [], topic, config)
    own["form"] = batch_run.check_form(own)
    batch_run.carry_out(own, [query.name for query in queries], _values(param or [], queries))


def _queries(
    names: Sequence[str], tags: Sequence[str], topic: str | None, config: Path | None
) -> "list[Query]":
    """The queries that are asked for.

    Raises:
        UsageError: names are given and a tag or topic, or no query has it.
    """
    known = options.library(config)
    if names:
        if tags or topic:
            raise UsageError("give names, or --tag and --topic, not both")
        return list({query.name: query for query in map(known.get, names)}.values())
    for problem in known.problems:
        terminal.warn(str(problem))
    found = listing.choose(known, topic, tags, "")
    if not found:
        raise UsageError("no query has all of these; 'flowathena queries list' lists them all")
    return found


def _values(given: Sequence[str], queries: "Sequence[Query]") -> dict[str, Any]:
    """What is given for parameters, by name; of a list the values, files read.

    Raises:
        UsageError: it is not of the form NAME=VALUE.
        ParameterError: several are given for one value, or a file cannot be read.
    """
    texts: dict[str, list[str]] = {}
    for each in given:
        name, mark, text = each.partition("=")
        if not (mark and name.strip()):
            raise UsageError(f"--param: {each!r} is not of the form NAME=VALUE")
        texts.setdefault(name.strip().replace("-", "_"), []).append(text)
    known = {param.name: param for query in queries for param in query.params}
    return {
        name: parameters.value(known[name], some) if name in known else some
        for name, some in texts.items()
    }


_HELP = """Run a saved query, or several.

'flowathena run NAME --help' shows what a query answers and its options, 'flowathena run --tag TAG
--help' how several run at once: 'flowathena run NAME NAME...', '--tag TAG' or '--topic TOPIC'."""
app = typer.Typer(cls=_Group, help=_HELP, no_args_is_help=True)


@app.callback()
def _run_group() -> None:
    """Run a saved query, or several; 'flowathena run NAME --help' shows its options."""
