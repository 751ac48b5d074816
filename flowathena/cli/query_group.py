"""Groups whose commands are the saved queries, with the options that their headers declare."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    run_options,
    spending,
    unloading,
)
from flowathena.cli.options import configuration
from flowathena.errors import ConfigError, UsageError
from flowathena.text import printable

if TYPE_CHECKING:
    from flowathena.query.library import Library
    from flowathena.query.query import Query


class QueryGroup(TyperGroup):
    """A group whose commands are the saved queries; ``action`` is what each of them does.

    Each has the query's parameters, the options that say what is read but those that ``without``
    names, of ``run``'s those that ``extra`` names, and those in the signature of ``further``, which
    stand for shared ones of the same name.
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
        further = type(self).further
        own = dict(inspect.signature(further).parameters) if further else {}
        kept = [
            own.pop(name, each)
            for name, each in inspect.signature(_shared).parameters.items()
            if name in {*self.extra, *own} or not (name in _EXTRA or name in self.without)
        ]
        return [*kept, *own.values()]

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
    form: run_options.RowFormat = None,
    output: destinations.Output = None,
    chart: pictures.Chart = False,
    dry_run: run_options.DryRun = False,
    engine: run_options.Engine = None,
    skip_bad_files: run_options.SkipBadFiles = False,
    relative: run_options.Relative = False,
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
