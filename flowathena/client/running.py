"""Runs queries over one target, and looks up what runs cost."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flowathena.client import arguments
from flowathena.client.opened import OpenedTarget
from flowathena.client.runs import RunSettings
from flowathena.cost.estimate import Estimate
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.engine import Listener
from flowathena.errors import UsageError
from flowathena.inputs.selection import Names
from flowathena.inputs.window import When
from flowathena.query import header
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.result.result import Result

if TYPE_CHECKING:
    from flowathena.aws.unload import Unload
    from flowathena.client.batch import Batch
    from flowathena.client.outcome import BatchProgress
    from flowathena.cost.history import PastRun


class Running(OpenedTarget):
    """Runs queries over one target."""

    def run(  # noqa: PLR0913 - keyword options of one call
        self,
        name: str,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        skip_bad_files: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        listener: Listener | None = None,
        **values: object,
    ) -> Result:
        """Run a saved query.

        Args:
            name: the query's name.
            since: start of the window (default: the query's): a text as on the command line
                (``7d``, ``2026-11-01``, ``yesterday``), an aware datetime, a date (its midnight,
                UTC), or a timedelta before until.
            until: end of the window, exclusive, in the same forms (default: now).
            account: account ids to look at, one or several; texts or whole numbers.
            region: Regions to look at, one or several.
            flow_log: the ids of the flow logs whose records are read, one or several.
            engine: ``local`` for DuckDB on this machine, which fetches the objects that Athena
                would read; ``athena``; None for the target's own.
            skip_bad_files: omit damaged files on the local engine; ``stats.skipped_files`` names
                them.
            spending_limits: what it may scan and cost; the target's hold where these say nothing.
            reuse: how old an earlier result of the same statement may be that Athena gives again,
                which costs nothing; only of a window whose days are over, as far as logs may come.
            listener: called while the run is under way.
            values: the query's parameters.

        Raises:
            CostError: it would scan or cost more than its limits allow, and has not been run.
            QueryError: there is no such query, or its text is invalid.
            ParameterError: a value has the wrong type, is unknown or is missing.
            WindowError: since and until do not make a window, or a datetime has no time zone.
            TableMissingError: the table does not exist.
            EngineError: the engine refused the statement or failed.
        """
        query = self._query(name)
        selection = self._select(query, since, until, account, region, flow_log)
        settings = RunSettings(engine, skip_bad_files, spending_limits, reuse)
        return self._run(query, values, selection, settings, listener)

    def run_all(  # noqa: PLR0913 - keyword options of one call
        self,
        names: Iterable[str],
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        skip_bad_files: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        unload: str | None = None,
        keep_unloaded: bool = False,
        concurrency: int | None = None,
        listener: "Callable[[BatchProgress], None] | None" = None,
        **values: object,
    ) -> "Batch":
        """Run several saved queries, a few at a time; iterate over what becomes of each.

        One that fails does not stop the others. One is skipped if a parameter has no value, or if
        the target lacks a field. Nothing runs before the first is asked for; ``with`` stops, at its
        end, what still runs. ``estimate`` of the batch looks what they would scan and cost;
        ``start`` starts them in Athena and leaves them there.

        Args:
            names: the queries' names.
            since: start of every window, as of ``run`` (default: each query's own).
            until: end of every window, exclusive.
            account: account ids to look at.
            region: Regions to look at.
            flow_log: the ids of the flow logs whose records are read.
            engine: as of ``run``.
            skip_bad_files: omit damaged files on the local engine.
            spending_limits: what they may scan and cost together; the target's hold where these say
                nothing. If they exceed it, a ``CostError`` is raised before the first runs.
            reuse: as of ``run``, for each.
            unload: ``s3://bucket/prefix/`` below which Athena writes the rows of each as Parquet,
                in a folder of its name, as ``unload`` does.
            keep_unloaded: leave these files.
            concurrency: how many run at once (default: 5 on Athena, 1 on the local engine).
            listener: called while queries run, in the thread that iterates.
            values: parameters; each goes to the queries that have it.

        Raises:
            QueryError: there is no query of a name.
            ParameterError: a value is invalid, or no query has such a parameter.
            WindowError: as of ``run``.
            TableMissingError: the table does not exist.
            UsageError: the target cannot be run over so, or what is given contradicts itself.
        """
        from flowathena.client import batch, jobs  # noqa: PLC0415 - for few commands
        from flowathena.client.batch_statements import BatchStatements  # noqa: PLC0415 - same

        place = self.unloading(unload, keep=keep_unloaded) if unload is not None else None
        settings = RunSettings(engine, skip_bad_files, spending_limits, reuse, place)
        settings.check()
        self._runs.engines.open(engine, skip=skip_bad_files)  # refused before anything runs

        is_local = self.target.is_local or engine == "local"
        usual = batch.ON_LOCAL if is_local else batch.ON_ATHENA
        at_once = usual if concurrency is None else concurrency
        if type(at_once) is not int or at_once < 1:
            raise UsageError(f"concurrency: {at_once!r} is not a number of queries, 1 or more")
        chosen = [self._query(name) for name in ((names,) if isinstance(names, str) else names)]
        source = self._runs.source(required=True)

        def render(query: Query, own: Mapping[str, object]) -> Rendered:
            selection = self._select(query, since, until, account, region, flow_log)
            return jobs.as_one_of_several(self._runs.render(query, own, selection, source))

        runner = BatchStatements(self._runs, source, settings)
        return batch.Batch(jobs.plan(chosen, values, render), runner, at_once, listener)

    def sql(  # noqa: PLR0913 - keyword options of one call
        self,
        statement: str | Path,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        skip_bad_files: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        listener: Listener | None = None,
    ) -> Result:
        """Run a SELECT over ``flow_logs``, given as text or as its file; else the same as ``run``.

        It has no placeholders: two braces in it are two braces. The default window is 7 days.
        """
        query = header.statement(statement)
        selection = self._select(query, since, until, account, region, flow_log)
        settings = RunSettings(engine, skip_bad_files, spending_limits, reuse)
        return self._run(query, {}, selection, settings, listener)

    def estimate(  # noqa: PLR0913 - keyword options of one call
        self,
        name: str,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        listener: Listener | None = None,
        **values: object,
    ) -> Estimate:
        """What ``run`` would scan and cost; runs nothing. Arguments as of ``run``.

        Lists the objects of the partitions that the statement keeps.

        Raises:
            StorageError: a folder cannot be listed.
            FlowathenaError: as of ``run``.
        """
        self._runs.engines.open(engine)
        query = self._query(name)
        selection = self._select(query, since, until, account, region, flow_log)
        source = self._runs.source(required=True)
        rendered = self._runs.render(query, values, selection, source)
        return self._runs.spending_of(engine).estimate(rendered, listener)

    def estimate_sql(  # noqa: PLR0913 - keyword options of one call
        self,
        statement: str | Path,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        listener: Listener | None = None,
    ) -> Estimate:
        """What ``sql`` would scan and cost; runs nothing, as ``estimate``."""
        query = header.statement(statement)
        selection = self._select(query, since, until, account, region, flow_log)
        self._runs.engines.open(engine)
        rendered = self._runs.render(query, {}, selection, self._runs.source(required=True))
        return self._runs.spending_of(engine).estimate(rendered, listener)

    def start(
        self,
        rendered: Rendered,
        *,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        listener: Listener | None = None,
    ) -> str:
        """Start a statement in Athena and leave it there; its id, for ``results``.

        Args:
            rendered: the statement, from ``render`` or ``render_sql``.
            spending_limits: as of ``run``.
            reuse: as of ``run``.
            listener: called while its limits are checked.

        Raises:
            CostError: as of ``run``.
            EngineError: Athena refuses it.
            UsageError: the target is a folder.
        """
        self._runs.engines.athena()  # a folder has none
        if reuse is not None:
            arguments.reuse_minutes(reuse)
        self._runs.spending.admit(rendered, spending_limits, listener)
        return self._runs.start(rendered, reuse)

    def results(self, query_id: str, *, listener: Listener | None = None) -> Result:
        """The rows of an Athena query that was started before, waiting for its end.

        Args:
            query_id: its id: of ``start``, or of any query of Athena.
            listener: called with every state seen.

        Raises:
            EngineError: there is no such query, it has failed, or it was cancelled.
            UsageError: the target is a folder.
        """
        self._runs.engines.athena()
        from flowathena.aws.athena import Athena  # noqa: PLC0415 - 60 ms

        spending = self._runs.spending
        result = Athena(self._aws, self.target).fetch(query_id, spending.follow(listener))
        spending.account(result, None)
        return result

    def history(self, limit: int = 20) -> list["PastRun"]:
        """The last queries of the target's workgroup, the newest first, whoever ran them.

        Args:
            limit: how many at most.

        Raises:
            EngineError: Athena does not list them.
            UsageError: the target is a folder.
        """
        self._runs.engines.athena()
        from flowathena.cost.history import read_history  # noqa: PLC0415 - for few commands

        return read_history(self._aws, self.target.workgroup, self._runs.spending.price, limit)

    def unload(  # noqa: PLR0913 - keyword options of one call
        self,
        query: str | Rendered,
        location: str,
        *,
        keep: bool = False,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        spending_limits: SpendingLimits = NO_LIMITS,
        listener: Listener | None = None,
        **values: object,
    ) -> Result:
        """Run a saved query on Athena by UNLOAD: for large results, whose order does not matter.

        Athena writes the rows as Parquet, several files at once, into a folder of this run below
        the location; they are read from there, and removed unless ``keep`` says otherwise. What a
        query that fails has written is removed; what Athena has completed but cannot be read here
        stays, and the error names the folder.

        Args:
            query: the query's name; or a statement from ``render`` or ``render_sql``.
            location: ``s3://bucket/prefix/``.
            keep: leave the files; ``stats.unloaded`` says where, ``remove_unloaded`` removes them.
            since: as of ``run``, and so are the others.
            until: the end of the window.
            account: account ids.
            region: Regions.
            flow_log: the ids of flow logs.
            spending_limits: what it may scan and cost, as of ``run``.
            listener: called while the run is under way.
            values: the query's parameters.

        Raises:
            UsageError: the target is a folder, or the location is not in S3.
            FlowathenaError: as of ``run``.
        """
        settings = RunSettings(
            spending_limits=spending_limits, unload=self.unloading(location, keep=keep)
        )
        source = self._runs.source(required=True)
        if isinstance(query, Rendered):
            rendered = query
        else:
            saved = self._query(query)
            selection = self._select(saved, since, until, account, region, flow_log)
            rendered = self._runs.render(saved, values, selection, source)
        return self._runs.run(rendered, source, settings, listener)

    def remove_unloaded(self, result: Result) -> None:
        """Remove the Parquet files that are left of a result.

        Raises:
            EngineError: S3 refuses it.
        """
        from flowathena.aws.unload import remove  # noqa: PLC0415 - for few commands

        if result.stats.unloaded:
            remove(self._aws.s3, result.stats.unloaded)
            result.stats = replace(result.stats, unloaded="")

    def unloading(self, location: str, run_id: str = "", *, keep: bool = False) -> "Unload":
        """Where ``unload`` has rows written: ``wrap`` shows the statement that it sends.

        Args:
            location: ``s3://bucket/prefix/``.
            run_id: the name of the folder below it; empty for a new one.
            keep: leave the files.

        Raises:
            UsageError: the target is a folder, or the location is not in S3.
        """
        from flowathena.aws.unload import Unload  # noqa: PLC0415 - for few commands

        if self.target.is_local:
            raise UsageError("unload is for targets in AWS: a local run writes files at once")
        place = Unload(arguments.s3_folder(location), keep)
        return replace(place, run_id=run_id) if run_id else place
