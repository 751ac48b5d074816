"""A saved query in the language of CloudWatch Logs Insights, where it has a form there; pure.

A SELECT over ``flow_logs`` becomes a pipeline: ``parse`` (records of another than the default
format), ``filter`` (WHERE), ``stats … by …`` (aggregates and GROUP BY), ``filter`` (HAVING),
``sort``, ``limit``. A SELECT over another (WITH, FROM (…)) continues the pipeline of that one.

What makes no difference to the rows but one column less is left out and told; whatever else has no
form refuses the whole.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlglot import exp

from flowathena.errors import QueryError
from flowathena.logs.fields import DEFAULT_FORMAT, column_name
from flowathena.query.derived import DERIVED
from flowathena.query.insights import conditions
from flowathena.query.insights.aggregates import is_aggregate
from flowathena.query.insights.fields import ACCOUNT, RefusalError, Scope, Term, base_scope, key_of
from flowathena.query.insights.grouping import Grouping, Stage
from flowathena.query.insights.indicators import computed
from flowathena.query.insights.public import PublicColumnError
from flowathena.query.insights.statement import Column, InsightsQuery, notes_of_distinct
from flowathena.query.query import Query
from flowathena.query.relation import NAME, NAME_BEFORE
from flowathena.sql.dialect import written
from flowathena.sql.statement import Statement

MOST_ROWS = 10_000
"""Rows that Insights gives at most, and without a limit."""
MOST_CHARACTERS = 10_000
"""Characters that the text of a query may have."""

_PARSE_LOG = f'parse @log "*:*" as {ACCOUNT}, log_group'
_KNOWN = frozenset({"expressions", "from_", "where", "group", "having", "order", "limit", "with_"})
_OF_SOURCES = frozenset({"this", "alias"})
_CLAUSES = {
    "sample": "TABLESAMPLE",
    "joins": "a join (JOIN, CROSS JOIN UNNEST)",
    "distinct": "SELECT DISTINCT",
    "offset": "OFFSET",
}
_INNER_CLAUSES = {"order": "ORDER BY within a subquery", "limit": "LIMIT within a subquery"}


def translate(
    query: Query,
    statement: Statement,
    log_format: Sequence[str],
    region: str = "",
    own_networks: Sequence[str] = (),
) -> InsightsQuery:
    """The form that a statement has in Insights.

    Args:
        query: the query that it is from.
        statement: the statement, its placeholders filled in and checked.
        log_format: the fields of the records, in order.
        region: the Region of the log group; empty if it is not known.
        own_networks: networks that are not public to the target, as CIDRs.

    Raises:
        QueryError: it has none; says why.
    """
    scope = _with_public(base_scope(log_format, region), own_networks)
    try:
        made = _Translation(query.name, scope).query(statement.tree)
    except RefusalError as error:
        raise QueryError(f"{query.name} has no form in Logs Insights: {error}") from error
    made = replace(made, commands=(*_parsing(made.commands, log_format), *made.commands))
    if len(made.text) > MOST_CHARACTERS:
        raise QueryError(
            f"{query.name} has {len(made.text):,} characters in Logs Insights, which takes "
            f"{MOST_CHARACTERS:,}: give its lists fewer values"
        )
    return made


def _with_public(scope: Scope, own_networks: Sequence[str]) -> Scope:
    """The same with the columns that say whether an address is public."""
    made = dict(scope)
    for name, derived in DERIVED.items():
        address = scope.get(derived.field)
        if name.endswith("_public") and isinstance(address, Term):
            made[name] = PublicColumnError(name, address, own_networks)
    return made


def _parsing(commands: Sequence[str], log_format: Sequence[str]) -> Iterator[str]:
    if tuple(log_format) != DEFAULT_FORMAT:
        globs = " ".join("*" for _ in log_format)
        names = ", ".join(map(column_name, log_format))
        yield f'parse @message "{globs}" as {names}'
    if any(ACCOUNT in each for each in commands):
        yield _PARSE_LOG


class _Translation:
    def __init__(self, name: str, base: Scope) -> None:
        self._name = name
        self._base = base
        self._ctes: dict[str, exp.Expr] = {}

    def query(self, tree: exp.Expr) -> InsightsQuery:
        """The pipeline of a whole statement."""
        if not isinstance(tree, exp.Select):
            raise RefusalError(f"{type(tree).__name__.upper()} has no counterpart in Logs Insights")
        if with_ := tree.args.get("with_"):
            if with_.args.get("recursive"):
                raise RefusalError("WITH RECURSIVE has no counterpart in Logs Insights")
            for cte in with_.expressions:
                _refuse_clauses(cte, _OF_SOURCES)
                self._ctes[cte.alias.lower()] = cte.this
        stage = self._select(tree)
        chosen = _chosen(stage)
        if not stage.stats:
            chosen = _show(chosen, stage)
        self._order(tree, stage)
        self._limit(tree, stage)
        columns = tuple(_column(name, term) for name, term in chosen)
        notes = (*notes_of_distinct(stage.commands), *stage.notes)
        return InsightsQuery(self._name, tuple(stage.commands), columns, notes)

    def _select(self, select: exp.Expr) -> Stage:
        if not isinstance(select, exp.Select):
            raise RefusalError(f"{type(select).__name__.upper()} has no counterpart")
        _refuse_clauses(select, _KNOWN)
        stage = self._source(select)
        scope: Scope = stage.outputs
        if where := select.args.get("where"):
            scope = self._filter(where.this, stage)
        items = _items(select, scope)
        if select.args.get("group") or any(is_aggregate(each) for each in items.values()):
            Grouping(select, items, scope).apply(stage)
        else:
            stage.outputs = {name: _attempt(each, scope) for name, each in items.items()}
        return stage

    def _source(self, select: exp.Select) -> Stage:
        from_ = select.args.get("from_")
        if from_ is None:
            raise RefusalError("a statement without FROM has no counterpart in Logs Insights")
        source = from_.this
        _refuse_clauses(source, _OF_SOURCES)
        if isinstance(source, exp.Subquery):
            return self._inner(source.this)
        name = source.name.lower()
        if name == NAME_BEFORE:
            raise RefusalError(f"{NAME_BEFORE}, a second window, has no counterpart")
        if name == NAME:
            return Stage([], dict(self._base))
        return self._inner(self._ctes[name])

    def _inner(self, select: exp.Expr) -> Stage:
        for clause, words in _INNER_CLAUSES.items():
            if select.args.get(clause):
                raise RefusalError(f"{words} has no counterpart in Logs Insights")
        return self._select(select)

    def _filter(self, where: exp.Expr, stage: Stage) -> Scope:
        """Write a WHERE; what the columns are in the rows that it keeps."""
        text, scope = conditions.where(where, stage.outputs)
        if text:
            stage.commands.append(f"filter {text}")
        return scope

    def _order(self, select: exp.Select, stage: Stage) -> None:
        order = select.args.get("order")
        sorts = []
        for position, each in enumerate(order.expressions if order else ()):
            try:
                term = _sorted_by(each.this, stage.outputs)
            except RefusalError as error:
                name = _name_of(each.this, stage.outputs)
                if position == 0:
                    raise RefusalError(f"it is sorted by {name}: {error}") from None
                stage.notes.append(f"not sorted by {name} where the rest is equal")
                continue
            if term.text:
                sorts.append(f"{term.text} {'desc' if each.args.get('desc') else 'asc'}")
        if sorts:
            stage.commands.append(f"sort {', '.join(dict.fromkeys(sorts))}")

    def _limit(self, select: exp.Select, stage: Stage) -> None:
        limit = select.args.get("limit")
        rows = MOST_ROWS
        if limit is not None:
            count = limit.args.get("expression") or limit.args.get("count")
            if not isinstance(count, exp.Literal) or limit.args.get("limit_options"):
                raise RefusalError(f"{written(limit)} has no counterpart in Logs Insights")
            rows = int(count.name)
        else:
            stage.notes.append(f"at most {MOST_ROWS:,} rows, as many as Logs Insights gives")
        if not 0 < rows <= MOST_ROWS:
            raise RefusalError(f"a limit of {rows:,} rows; it gives {MOST_ROWS:,} at most")
        stage.commands.append(f"limit {rows}")


def _refuse_clauses(node: exp.Expr, known: Collection[str]) -> None:
    """Refuse what a part of a statement has besides what is looked at."""
    for clause, given in node.args.items():
        if given and clause not in known:
            words = _CLAUSES.get(clause, clause.strip("_").upper())
            raise RefusalError(f"{words} has no counterpart in Logs Insights")
        if clause == "alias" and given and given.args.get("columns"):
            raise RefusalError(f"a list of columns ({written(given)}) has no counterpart")


def _items(select: exp.Select, scope: Scope) -> dict[str, exp.Expr]:
    """The columns of a SELECT by name; ``*`` is what is there."""
    found: dict[str, exp.Expr] = {}
    for position, each in enumerate(select.expressions, 1):
        if isinstance(each, exp.Star) or (isinstance(each, exp.Column) and each.is_star):
            hidden = ("file", "delivery_time", "flow_log")
            names = [n for n in scope if n not in hidden and not n.endswith("_public")]
            found |= {name: exp.column(exp.to_identifier(name, quoted=True)) for name in names}
        else:
            found[each.alias_or_name.lower() or f"column_{position}"] = each.unalias()
    return found


def _attempt(node: exp.Expr, scope: Scope) -> Term | RefusalError:
    try:
        return computed(node, scope)
    except RefusalError as error:
        return error


def _chosen(stage: Stage) -> list[tuple[str, Term]]:
    """The columns that the answer has; the others are told."""
    chosen = []
    for name, term in stage.outputs.items():
        if isinstance(term, RefusalError):
            stage.notes.append(f"without {name}: {term}")
        else:
            chosen.append((name, term))
    if not any(term.text for _, term in chosen):
        raise RefusalError("; ".join(str(e) for e in stage.outputs.values())[:200])
    return chosen


def _show(chosen: Sequence[tuple[str, Term]], stage: Stage) -> list[tuple[str, Term]]:
    """Write the columns of rows that are not aggregated; by name, what they are from then on."""
    shown: dict[str, None] = {}
    named = []
    for name, term in chosen:
        if term.text:
            shown[term.text if term.is_field else f"{term.text} as {name}"] = None
        is_computed = term.text and not term.is_field
        named.append((name, replace(term, text=name, is_field=True) if is_computed else term))
    stage.commands.append(f"fields {', '.join(shown)}")
    stage.outputs.update(named)
    return named


def _sorted_by(node: exp.Expr, outputs: Mapping[str, Term | RefusalError]) -> Term:
    if isinstance(node, exp.Literal) and not node.is_string:
        found: Term | RefusalError | None = list(outputs.values())[int(node.name) - 1]
    else:
        found = outputs.get(key_of(node))
    if isinstance(found, RefusalError):
        raise found
    if found is None:
        raise RefusalError("it is no column of the answer")
    if found.names:
        raise RefusalError("Logs Insights has the number only")
    return found


def _name_of(node: exp.Expr, outputs: Mapping[str, object]) -> str:
    if isinstance(node, exp.Literal) and not node.is_string:
        return list(outputs)[int(node.name) - 1]
    return written(node)


def _column(name: str, term: Term) -> Column:
    is_protocol = bool(term.names)
    return Column(
        name, term.type, term.text, term.constant, term.nullable, is_protocol, term.is_count
    )
