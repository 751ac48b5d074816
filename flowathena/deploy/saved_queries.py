"""The saved queries of one target in Athena: published from the library, pulled into files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from flowathena.aws.session import Aws, concerns_every_call
from flowathena.deploy import publication, pulled
from flowathena.deploy.named_queries import NamedQueries, NamedQuery
from flowathena.deploy.publication import LeftOut, Live, Publication
from flowathena.deploy.pulled import PulledFile
from flowathena.deploy.request import Request, value_options, without_value
from flowathena.engine.gates import gates
from flowathena.errors import FlowathenaError, ParameterError, QueryError, UsageError, WindowError
from flowathena.inputs.selection import Names
from flowathena.inputs.window import When
from flowathena.query import gating
from flowathena.query.library import Library
from flowathena.query.query import Query
from flowathena.reconcile import Operation, OperationResult, Resources, State, apply, plan
from flowathena.shape.shape import FlowTable
from flowathena.target.target import Target


class SavedQueries:
    """The saved queries in the workgroup of one target.

    Args:
        target: the target.
        aws: its clients.
        library: gives the queries.
        source: gives the target's table; raises a ``TableMissingError`` if there is none.
        clock: returns the current time, aware.
        query_paths: the folders of the library's own queries.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        *,
        library: Callable[[], Library],
        source: Callable[[], FlowTable],
        clock: Callable[[], datetime],
        query_paths: Sequence[Path] = (),
    ) -> None:
        self._target = target
        self._query_paths = query_paths
        self._library = library
        self._source = source
        self._clock = clock
        self._named = NamedQueries(aws, target.workgroup)

    def publish(  # noqa: PLR0913 - keyword options of one call
        self,
        names: Sequence[str] = (),
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        values: Mapping[str, object] | None = None,
        label: str = "",
        confirm: Callable[[Publication], bool] = lambda _: True,
        dry_run: bool = False,
    ) -> Publication:
        """Create or update queries of the library as saved queries of the workgroup.

        Each computes its window from the time at which it runs. One that is as wanted stays; a
        saved query that flowathena did not publish is never changed, and none is ever deleted. A
        query that cannot be created or updated leaves the others: its result says why.

        Args:
            names: the queries; none for all that the table can answer without being given values.
            since: start of the windows, a duration or a word (``yesterday``); None for each
                query's default.
            until: end of the windows, in the same forms (default: now).
            account: account ids to look at.
            region: Regions to look at.
            flow_log: the ids of the flow logs whose records are read.
            values: parameters of the one query that is named; others have their defaults.
            label: tells this one apart from another of the same query.
            confirm: asked once, with what would become of each, if there is anything to change.
            dry_run: neither ask nor change anything.

        Raises:
            UsageError: the target is local, or values or a label are given for several queries.
            QueryError: there is no such query, or one that is named does not run on the table.
            ParameterError: a value is wrong, or one that is named needs a value.
            WindowError: since or until does not move with the clock.
            TableMissingError: the table does not exist.
            FlowathenaError: the saved queries cannot be read.
            ApplyInterruptedError: interrupted; carries what became of each.
        """
        self._refuse_local()
        request = Request(
            since, until, account, region, flow_log, values or {}, label, self._clock()
        )
        request.check(names)
        library = self._library()
        chosen = [library.get(name) for name in dict.fromkeys(names)]
        for query in chosen:
            request.bind(query)  # before AWS is asked anything
        wanted, left_out = self._make(
            request, chosen or [*library.queries.values()], strict=bool(chosen)
        )
        table = self._target.table_name
        live = publication.sort_out(self._named.read(), table)
        resources = _Publications(self._named, wanted, live)
        operations = plan(resources)
        taken = {name: other for name in wanted if (other := live.taken(name))}
        outcomes = {
            each.operation.name: each for each in apply(resources, operations, dry_run=True)
        }
        outcomes |= {
            each.name: OperationResult(each, State.FAILED, _refusal(taken[each.name]))
            for each in operations
            if each.name in taken
        }
        gone = () if chosen else tuple(_obsolete(live, library, table))
        planned = Publication(tuple(outcomes.values()), left_out, live, gone)
        if dry_run:
            return planned
        free = [each for each in operations if each.name not in taken]
        done = apply(resources, free, confirm=lambda _: confirm(planned))
        outcomes |= {each.operation.name: each for each in done}
        return replace(planned, results=tuple(outcomes.values()))

    def pull(
        self, folder: str | Path, *, include_published: bool = False
    ) -> tuple[PulledFile, ...]:
        """Write the saved queries of the workgroup into files, one each.

        They are Athena SQL over real tables, not queries on ``flow_logs``. A file that exists with
        another content is left as it is.

        Args:
            folder: where to; it is made if it does not exist.
            include_published: also those that flowathena has published.

        Raises:
            UsageError: the target is local, the folder is a file, or the library reads it.
            FlowathenaError: the saved queries cannot be read, or a file cannot be written.
        """
        self._refuse_local()
        folder = Path(folder)
        self._refuse_library(folder)
        queries = [
            query
            for query in self._named.read()
            if include_published or not publication.mark_of(query)
        ]
        return pulled.write(queries, folder, self._target.workgroup)

    def deletion(self, query: NamedQuery) -> str:
        """The command that deletes a saved query, for messages: flowathena deletes none."""
        return self._named.deletion(query.id)

    def _make(
        self, request: Request, queries: Sequence[Query], *, strict: bool
    ) -> tuple[dict[str, NamedQuery], tuple[LeftOut, ...]]:
        """The named queries that should be, and the queries that cannot be; strict: raise."""
        source = self._source()
        wanted, left_out = {}, []
        for query in queries:
            try:
                made = self._make_one(request, query, source)
            except (QueryError, ParameterError, WindowError) as error:
                if strict:
                    raise
                left_out.append(self._left_out(query, error, source))
            else:
                wanted[made.name] = made
        return wanted, tuple(left_out)

    def _make_one(self, request: Request, query: Query, source: FlowTable) -> NamedQuery:
        name = publication.published_name(self._target.table_name, query.name, request.label)
        rendered = request.render(query, source)
        made = publication.make(name, query, rendered.sql, self._target.database)
        if obstacle := publication.obstacle(made):
            raise QueryError(obstacle)
        return made

    def _left_out(self, query: Query, error: FlowathenaError, source: FlowTable) -> LeftOut:
        without = without_value(query, {}) if isinstance(error, ParameterError) else []
        lacks = ""
        if isinstance(error, QueryError):
            gate = gates([query], source)[query.name]
            without = [gate.given] if gate.is_open and gate.given else []
            if not source.unread.issuperset(field.column for field in gate.missing):
                lacks = gating.lacks(gate.missing)
        return LeftOut(query.name, self._reason(query, error, without), lacks)

    def _reason(self, query: Query, error: FlowathenaError, without: Sequence[str]) -> str:
        if without:
            words = f"queries publish {query.name} {value_options(without)}"
            names = " and ".join(without)
            return f"needs a value for {names}: '{self._target.command(words)}' publishes it"
        if not isinstance(error, QueryError):
            return str(error)
        first, *more = (problem.message for problem in error.problems)
        return f"{first} (and {len(more)} more)" if more else first

    def _refuse_library(self, folder: Path) -> None:
        for path in self._query_paths:
            if folder.resolve().is_relative_to(path.resolve()):
                raise UsageError(
                    f"{folder} is in query_paths, and saved queries of Athena are none of the "
                    "library's, which read flow_logs: choose another --folder"
                )

    def _refuse_local(self) -> None:
        if self._target.is_local:
            raise UsageError(
                f"saved queries live in Athena, and target {self._target.name!r} is a folder: "
                "'flowathena run' runs the queries of the library there"
            )


@dataclass
class _Publications(Resources[NamedQuery]):
    """Published queries by name. Those that are live and not wanted are none of them."""

    named: NamedQueries
    made: Mapping[str, NamedQuery]
    found: Live
    kind: str = field(default="saved query", init=False)
    stops_on_failure: bool = field(default=False, init=False)

    def wanted(self) -> Mapping[str, NamedQuery]:
        return self.made

    def live(self) -> Mapping[str, NamedQuery]:
        return {name: query for name, query in self.found.ours.items() if name in self.made}

    def same(self, wanted: NamedQuery, live: NamedQuery) -> bool:
        return publication.same(wanted, live)

    def describe(self, operation: Operation[NamedQuery]) -> str:
        if operation.wanted is None or operation.live is None:
            return ""
        return publication.describe(operation.wanted, operation.live)

    def do(self, operation: Operation[NamedQuery]) -> None:
        if operation.wanted is None:
            return
        try:
            if operation.live is None:
                self.named.create(operation.wanted)
            else:
                self.named.update(operation.live.id, operation.wanted)
        except FlowathenaError as error:
            # Without credentials or a network each of the others would wait for six attempts.
            self.stops_on_failure = concerns_every_call(error.__cause__)
            raise


def _refusal(other: NamedQuery) -> FlowathenaError:
    return FlowathenaError(
        f"there is a saved query of this name that flowathena did not publish for this table (id "
        f"{other.id}); it is left alone: rename it, or publish with --as LABEL"
    )


def _obsolete(live: Live, library: Library, table: str) -> list[str]:
    """Published queries that are no longer in the library."""
    names = live.ours
    return [name for name in names if publication.base_query(table, name) not in library.queries]
