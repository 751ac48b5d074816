"""``flowathena run NAME``: a command for each saved query, with the options its header declares."""

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from flowathena.cli import (
    commands,
    destinations,
    examples,
    options,
    parameters,
    pictures,
    spending,
    terminal,
    unloading,
)
from flowathena.cli.options import client, configuration
from flowathena.errors import ConfigError, FlowathenaError, UsageError
from flowathena.text import counted, human_bytes, printable

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.cost.estimate import Estimate
    from flowathena.query.library import Library
    from flowathena.query.query import Query
    from flowathena.query.render import Rendered
    from flowathena.result.formats import Format
    from flowathena.result.result import Progress, Result, Stats

_RUNNING = ("engine", "skip_bad_files")
_SELECTING = ("log_group", "since", "until", "account", "region", "flow_log")
RowFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="|".join(options.RESULT_FORMATS),
        help="Output format (default: by the ending of -o FILE, which may have .gz; else table).",
        autocompletion=options.complete_result_format,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL; run nothing.")]
SkipBadFiles = Annotated[
    bool,
    typer.Option("--skip-bad-files", help="Skip damaged files on the local engine and list them."),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="athena|local",
        help="Of logs in S3: Athena, or this machine, which fetches what it reads.",
        autocompletion=options.complete_engine,
    ),
]
Relative = Annotated[
    bool,
    typer.Option(
        "--relative",
        help="Compute the window from the time at which the SQL runs, to keep it (see publish).",
    ),
]


class QueryGroup(TyperGroup):
    """A group whose commands are the saved queries; ``action`` is what each of them does.

    Each has the query's parameters, the options that say what is read but those that ``without``
    names, of ``run``'s those that ``extra`` names, and those in the signature of ``further``.
    """

    action: "Callable[[str, dict[str, Any], dict[str, Any]], None]"
    extra: tuple[str, ...] = ()
    further: "Callable[..., None] | None" = None
    without: tuple[str, ...] = ()
    _config: Path | None = None

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's own types are private
        """The names of all queries, then their aliases."""
        library = self._library()
        return [*library.queries, *library.aliases]

    def get_command(self, ctx: Any, name: str) -> Any:  # noqa: ANN401 - typer's own types are private
        """The command of a query."""
        from flowathena.query.library import find

        query = find(name, self._paths(lenient=bool(ctx.resilient_parsing)))
        info = CommandInfo(
            name=name,
            cls=parameters.command_class(query),
            callback=_function(query, type(self).action, self._options()),
            help=printable(f"{query.title}.\n\n{query.description}", "\n"),
            short_help=printable(query.title),
        )
        made = get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)
        words = f"{ctx.command_path.partition(' ')[2]} {name}"
        return commands.dress(made, words, examples.of_query(words, parameters.required(query)))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own types are private
        """Find the query's command; a later ``--config`` says where its query is."""
        self._config = _peek(args)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - same
        """Write the queries of each topic; to make a command of each would take a second."""
        from flowathena.query.library import by_topic

        topics = by_topic(self._library().queries.values())
        width = max(
            (len(query.name) for queries in topics.values() for query in queries), default=0
        )
        for topic, queries in topics.items():
            with formatter.section(printable(topic or "other").capitalize()):
                formatter.write_dl([(q.name.ljust(width), printable(q.title)) for q in queries])

    def _options(self) -> list[inspect.Parameter]:
        """The options that the command of every query has."""
        shared = inspect.signature(_shared).parameters
        kept = [
            each
            for name, each in shared.items()
            if name in self.extra or not (name in _EXTRA or name in self.without)
        ]
        further = type(self).further
        return [*kept, *(inspect.signature(further).parameters.values() if further else ())]

    def _library(self) -> "Library":
        from flowathena.query.library import load

        return load(self._paths(lenient=True))

    def _paths(self, *, lenient: bool) -> "Sequence[Path]":
        try:
            return configuration(self._config).query_paths
        except ConfigError:
            if not lenient:
                raise
            return ()


def _peek(args: list[str]) -> Path | None:
    for position, argument in enumerate(args):
        if argument.startswith("--config="):
            return Path(argument.removeprefix("--config="))
        if argument == "--config" and position + 1 < len(args):
            return Path(args[position + 1])
    return None


def _function(
    query: "Query",
    action: "Callable[[str, dict[str, Any], dict[str, Any]], None]",
    shared: Sequence[inspect.Parameter],
) -> Callable[..., None]:
    """A function with the query's parameters and the shared options in its signature.

    Raises:
        UsageError: a parameter has the name of a shared option.
    """
    names = [each.name for each in shared]
    for param in query.params:
        if param.name in names:
            raise UsageError(
                f"the parameter {param.name} of query {query.name!r} has the name of an option of "
                "this command; rename the parameter to use the query here"
            )

    def command(**given: Any) -> None:  # noqa: ANN401 - whatever typer parsed
        own = {name: given.pop(name) for name in names}
        given |= {param.name: parameters.value(param, given[param.name]) for param in query.params}
        action(query.name, own, {name: value for name, value in given.items() if value is not None})

    options_ = [*map(parameters.option, query.params), *shared]
    command.__signature__ = inspect.Signature(options_)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in options_}
    return command


_EXTRA = frozenset(
    {
        *("form", "output", "dry_run", "skip_bad_files", "relative", "log_group", "engine"),
        *("quicksight_manifest", "chart"),
        *spending.NAMES,
        *unloading.NAMES,
    }
)


def _shared(
    target: options.Target = None,
    config: options.Config = None,
    log_group: options.LogGroup = None,
    since: options.Since = None,
    until: options.Until = None,
    account: options.Accounts = None,
    region: options.Regions = None,
    flow_log: options.FlowLogs = None,
    form: RowFormat = None,
    output: destinations.Output = None,
    chart: pictures.Chart = False,
    dry_run: DryRun = False,
    engine: Engine = None,
    skip_bad_files: SkipBadFiles = False,
    relative: Relative = False,
    quicksight_manifest: destinations.Manifest = False,
    estimate: spending.Estimated = False,
    max_scan: spending.MaxScan = None,
    max_cost: spending.MaxCost = None,
    reuse: spending.Reuse = None,
    no_wait: spending.NoWait = False,
    unload: unloading.Location = None,
    keep_unloaded: unloading.Keep = False,
) -> None:
    """The options of every query's command; only the signature is used."""


def _run(name: str, own: dict[str, Any], values: dict[str, Any]) -> None:
    answer(
        own,
        lambda flows, scope: flows.render(name, **scope, **values),
        lambda flows, scope: flows.estimate(name, **scope, **values),
        lambda flows, scope: flows.run(name, **scope, **values),
    )


def selected(own: dict[str, Any]) -> dict[str, Any]:
    """The options that say what is read, by name."""
    return {key: own[key] for key in _SELECTING if key in own}


def answer(
    own: dict[str, Any],
    render: "Callable[[Client, dict[str, Any]], Rendered]",
    estimate: "Callable[[Client, dict[str, Any]], Estimate]",
    run: "Callable[[Client, dict[str, Any]], Result]",
) -> None:
    """Run a statement and write its rows; or its SQL, or what it would cost, if that is asked for.

    Args:
        own: the options of the run, by name.
        render: makes the statement with a client, for what the other options select.
        estimate: what it would cost, with ``listener`` besides.
        run: runs it, with ``listener`` (and what else its options say) besides.
    """
    scope = selected(own)
    spending.refuse_contradictions(own)
    unloads = unloading.is_asked(own)
    if own["dry_run"]:
        print_statement(own, lambda flows: unloading.text(own, flows, render(flows, scope)))
    elif own["estimate"]:
        form = _given_format(own)
        flows = client(own["target"], own["config"])
        found = estimate(flows, {**scope, "engine": own["engine"], "listener": show_progress})
        spending.show(found, as_json=form is not None and form.value == "json")
    elif own["no_wait"]:
        flows = client(own["target"], own["config"])
        terminal.text(_start(own, flows, render(flows, scope)))
    elif unloads:
        deliver(own, lambda flows: unloading.run(own, flows, render(flows, scope), show_progress))
    else:
        further = {
            **{key: own[key] for key in _RUNNING},
            "spending_limits": spending.limits(own),
            "reuse": spending.reuse(own),
            "listener": show_progress,
        }
        deliver(own, lambda flows: run(flows, {**scope, **further}))


def _start(own: dict[str, Any], flows: "Client", rendered: "Rendered") -> str:
    """Start a statement in Athena; its id."""
    query_id = flows.start(
        rendered,
        spending_limits=spending.limits(own),
        reuse=spending.reuse(own),
        listener=show_progress,
    )
    terminal.say(f"started; '{flows.target.command(f'results {query_id}')}' has its rows")
    return query_id


def print_statement(own: dict[str, Any], render: "Callable[[Client], str]") -> None:
    """Print the text of a statement, or write it to a file; runs nothing.

    Args:
        own: the options, by name.
        render: makes the text with a client.
    """
    from flowathena import files
    from flowathena.result import endings

    destination = None if destinations.remote(own) else destinations.local(own["output"])
    given = _given_format(own)
    pictures.check(given, is_drawn=bool(own.get("chart")), has_file=False, is_dry=True)
    if destination:
        files.check_destination(destination)
        endings.check_statement(destination)
    sql = render(client(own["target"], own["config"]))
    if destination:
        files.write(f"{sql}\n".encode(), destination)
    else:
        terminal.text(sql)


def _given_format(own: dict[str, Any]) -> "Format | None":
    return options.result_format(own["form"]) if own["form"] is not None else None


def deliver(own: dict[str, Any], run: "Callable[[Client], Result]") -> None:
    """Get rows and write them where the options say.

    Args:
        own: the options, by name.
        run: gets the rows with a client.
    """
    from flowathena import files
    from flowathena.result import endings, formats
    from flowathena.result.formats import BINARY, Format

    remote = destinations.remote(own)
    destination = None if remote else destinations.local(own["output"])
    given = _given_format(own)
    is_drawn = bool(own.get("chart"))
    if destination:
        files.check_destination(destination)
    named = Path(remote) if remote else destination
    output = endings.choose(named, given) if named else None
    if given in BINARY and not named:
        terminal.refuse_binary()
    form = output.form if output else given
    pictures.check(form, is_drawn=is_drawn, has_file=bool(named), is_dry=False)
    flows = client(own["target"], own["config"])
    result = run(flows)
    with _naming_what_is_kept(result.stats):
        if remote and output:
            written = flows.write(
                result,
                remote,
                output.form,
                gzip=output.gzip,
                quicksight_manifest=bool(own.get("quicksight_manifest")),
            )
            terminal.say(f"wrote {' and '.join(written)}")
        elif destination and output:
            write = formats.write_gzip if output.gzip else formats.write
            with files.writing(destination) as file:
                write(result, output.form, file)
        elif given or not is_drawn:
            show(result, given or Format.TABLE)
        if is_drawn:
            is_there = bool(named or given)
            pictures.draw(result, lambda: None if is_there else show(result, Format.TABLE))
    report(result.stats)


@contextlib.contextmanager
def _naming_what_is_kept(stats: "Stats") -> Iterator[None]:
    """If a result cannot be written, say where Athena keeps it: the query is paid for."""
    try:
        yield
    except FlowathenaError as error:
        if stats.query_id and stats.engine == "athena":
            shows = f"aws athena get-query-results --query-execution-id {stats.query_id}"
            error.args = (f"{error}; query {stats.query_id} SUCCEEDED, '{shows}' shows its rows",)
        raise


def show(result: "Result", form: "Format") -> None:
    """Write rows to standard output, as a terminal wants them if it is one."""
    from flowathena.result import formats

    names = [column.name for column in result.columns]
    if form is formats.Format.TABLE:
        terminal.results(names, result.data)
    elif form is formats.Format.RECORD and terminal.on_screen():
        terminal.records(names, result.data)
    else:
        with terminal.output(binary=form in formats.BINARY) as stream:
            formats.write(result, form, stream)


def show_progress(progress: "Progress") -> None:
    """Show how far a run is; the line itself has the time."""
    from flowathena.cost.price import usd

    detail = f"{human_bytes(progress.scanned_bytes)} scanned"
    if progress.cost_usd:
        detail = f"{detail}, {usd(progress.cost_usd)}"
    if progress.state == "ESTIMATING":
        detail = "folders listed"
    if progress.share is None:
        terminal.progress(progress.state, detail)
    else:
        percent = int(progress.share * 100)
        terminal.progress(progress.state, f"{percent} %, {detail}", percent, 100)


def report(stats: "Stats") -> None:
    """Say how a run went."""
    for file, reason in sorted(stats.skipped_files.items()):
        terminal.warn(f"skipped damaged file {file}: {reason}")
    for warning in stats.warnings:
        terminal.warn(warning)
    for notice in stats.notices:
        terminal.say(notice)
    spending.tell_of_reuse(stats)
    parts = [counted(stats.rows, "row")]
    if stats.files is not None:
        parts.append(counted(stats.files, "file"))
    parts += spending.parts(stats)
    parts.append(f"{stats.seconds:.1f} s")
    if stats.query_id:
        service = "Athena" if stats.engine == "athena" else "Logs Insights"
        parts.append(f"{service} query {stats.query_id} SUCCEEDED")
    terminal.say(", ".join(parts))


class RunGroup(QueryGroup):
    """The group of ``run``; ``batch`` adds the command of several queries to it."""

    action = staticmethod(_run)
    extra = (
        *("form", "output", "chart", "dry_run", *_RUNNING, "quicksight_manifest"),
        *spending.NAMES,
        *unloading.NAMES,
    )
