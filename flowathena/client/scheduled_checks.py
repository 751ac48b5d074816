"""What of a schedule would fail at every run, found before it is rendered; asks AWS for nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flowathena.catalog import wanted
from flowathena.catalog.flow_logs import joined
from flowathena.check.criteria import Criteria
from flowathena.check.destination import match_topic
from flowathena.deploy.schedule.tasks import (
    ARCHIVE,
    CHECK,
    CRITERIA,
    METRICS,
    QUICKSIGHT,
    ROLLUP,
    SCOPE,
    ScheduledCheck,
    Tasks,
)
from flowathena.errors import UsageError
from flowathena.inputs.params import bind
from flowathena.inputs.selection import select
from flowathena.query import relation
from flowathena.query.condition import Condition, output_names
from flowathena.query.library import Library
from flowathena.query.render import render
from flowathena.target.target import Target
from flowathena.text import did_you_mean

_WORKGROUP = "primary"
"""That of every account, which has no place for results unless somebody has given it one."""


def refuse_failing(target: Target, library: Library, tasks: Tasks, now: datetime) -> None:
    """Refuse tasks that would fail at every run.

    Args:
        target: the target.
        library: its queries.
        tasks: what runs.
        now: the current time, aware.

    Raises:
        UsageError: a task cannot run on the target, or a check cannot be.
        QueryError: there is no such query, or the target's records lack one of its fields.
    """
    if not target.is_local:
        _refuse_without_results(target, tasks)
    if QUICKSIGHT in tasks.names and target.feed.quicksight is None:
        raise UsageError(
            f"--quicksight: target {target.name} has no section "
            f"[targets.{target.name}.quicksight], and so no data set to refresh"
        )
    for each in tasks.checks:
        try:
            _refuse_check(target, library, each, now)
        except UsageError as error:
            raise UsageError(f"check {each.query}: {error}") from error


def _refuse_without_results(target: Target, tasks: Tasks) -> None:
    """Refuse queries of Athena's own workgroup, which has no place for results of its own."""
    asking = [name for name in (CHECK, METRICS, ARCHIVE, ROLLUP) if name in tasks.names]
    if asking and not target.output_location and target.workgroup == _WORKGROUP:
        raise UsageError(
            f"--{asking[0]}: Athena has no place for the results of target {target.name}: set "
            "output_location, or a workgroup that has one"
        )


def _refuse_check(target: Target, library: Library, check: ScheduledCheck, now: datetime) -> None:
    query, options = library.get(check.query), check.options
    criteria = Criteria.of(**_chosen(options, CRITERIA))
    for topic in check.notify_sns:
        match_topic(topic, target.region or "")
    selection = select(now, query.since, **_chosen(options, SCOPE))
    tables = [wanted.target_table(wanted.wanted_table(each), each) for each in target.tables]
    source, values = joined(tables), bind(query.params, check.values)
    condition = Condition.parse(criteria.where) if criteria.where else None
    rendered = render(query, values, selection, source, condition=condition)
    criteria.refuse_unreachable(rendered.limit)
    plain = render(query, values, selection, source).statement.tree if criteria.value else None
    names = output_names(plain, relation.column_types(source)) if plain else None
    if names is not None and criteria.value.lower() not in names:
        hint = did_you_mean(criteria.value, names)
        raise UsageError(
            f"--value: no column {criteria.value!r}; {hint}columns: {', '.join(names)}"
        )


def _chosen(options: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: options[name] for name in names if name in options}
