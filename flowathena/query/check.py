"""What is wrong with a statement, before anything runs it: a list of problems, with lines.

One statement, read-only, over ``flow_logs`` alone, with fields that this log's format has.
sqlglot is lenient, so a statement that passes may still be refused by Athena; one that fails is
wrong for certain.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from flowathena.errors import Problem, QueryError
from flowathena.inputs.params import Param, Value
from flowathena.logs.fields import BY_COLUMN
from flowathena.query import relation, template
from flowathena.query.library import Query
from flowathena.query.template import FilledQuery
from flowathena.sql import dialect, grammar
from flowathena.sql.statement import Statement
from flowathena.text import closest

_RELATIONS = (relation.NAME, relation.NAME_BEFORE)
_WRITES = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Drop, exp.Alter, exp.Set)
_NAMED = re.compile(r"Column '\"?([^'\"]+)\"?' could not be resolved|Unknown column: (\S+)")
_READS = re.compile(r"\s*\(*\s*(SELECT|WITH|VALUES|FROM)\b", re.IGNORECASE)
_SAMPLES: dict[str, Value] = {
    "account": "111122223333",
    "cidr": "10.0.0.0/8",
    "ip": "10.0.0.1",
    "region": "eu-west-1",
    "text": "x' OR 1=1 --",
}


@dataclass(frozen=True)
class Inspection:
    """What was found in a statement.

    Attributes:
        problems: what is wrong.
        used: the columns used of each relation that the statement reads.
    """

    problems: tuple[Problem, ...]
    used: Mapping[str, frozenset[str]] = field(default_factory=dict)


def inspect(query: Query, filled: FilledQuery, columns: Mapping[str, str]) -> Inspection:
    """Look at a statement whose placeholders are filled in.

    Args:
        query: the query it comes from, for file and line.
        filled: the statement.
        columns: Hive types of the columns of ``flow_logs``.
    """
    try:
        filled.statement.sql.encode()
    except UnicodeEncodeError:
        return Inspection((query.problem("holds half a character (a lone surrogate)"),))
    try:
        refused = filled.statement.refusals
        statements = _read(filled.statement)
        refused = refused or filled.statement.tree_refusals if statements else refused
        problems = [*_shape(query, statements), *_refused(query, filled, refused)]
        if not statements and not problems:
            problems = [query.problem("holds no statement")]
        if problems:
            return Inspection(tuple(problems))
        return _resolved(query, filled, statements[0], columns)
    except ParseError as error:
        return Inspection(tuple(_syntax(query, filled, error)))
    except SqlglotError as error:
        return Inspection((query.problem(f"cannot be read as SQL: {_line(error)}"),))
    except RecursionError:
        return Inspection((query.problem("is nested too deeply to be read here"),))


def check_parameters(query: Query) -> list[Problem]:
    """Parameters used and not declared, or declared and not used."""
    try:
        used = template.placeholders(query)
    except QueryError as error:
        return list(error.problems)
    names = {param.name for param in query.params}
    undeclared = [f"{name!r} is used and not declared in the header" for name in used - names]
    unused = [f"parameter {name!r} is declared and not used" for name in names - used]
    return [query.problem(message) for message in sorted(undeclared + unused)]


def check_query(query: Query, columns: Mapping[str, str]) -> list[Problem]:
    """Everything that can be said of a saved query without running it.

    It is filled in with its defaults, and with hostile texts where there are none.
    """
    problems = check_parameters(query)
    if problems:
        return problems
    values = {param.name: _sample(param) for param in query.params}
    try:
        filled = template.fill(query, values, len(columns))
        return list(inspect(query, filled, columns).problems)
    except QueryError as error:
        return list(error.problems)


def _sample(param: Param) -> Value:
    if param.default is not None:
        return param.default
    if param.choices:
        return param.parse(param.choices[0])
    if param.item_type in _SAMPLES:
        return param.parse(_SAMPLES[param.item_type])
    texts = {"date": "2026-11-01", "timestamp": "2026-11-01T00:00:00Z", "duration": "1h"}
    return param.parse(
        texts.get(param.item_type, param.minimum if param.minimum is not None else 1)
    )


def _read(statement: Statement) -> list[exp.Expr]:
    """The statements; none where the text is wrong already and sqlglot minds it too."""
    try:
        return statement.trees
    except ParseError:
        if statement.refusals and _READS.match(statement.sql):
            return []
        raise


def _refused(
    query: Query, filled: FilledQuery, refusals: list[grammar.Refusal]
) -> Iterator[Problem]:
    for reason, line in refusals:
        yield query.problem(reason, filled.first_line + line - 1)


def _shape(query: Query, statements: list[exp.Expr]) -> Iterator[Problem]:
    if not statements:
        return
    if len(statements) != 1:
        yield query.problem(f"holds {len(statements)} statements; write one")
        return
    tree = statements[0]
    if not isinstance(tree, exp.Query) or any(tree.find_all(*_WRITES)):
        yield query.problem("is no SELECT; a query only reads")
        return
    for cte in tree.find_all(exp.CTE):
        if cte.alias.lower() in _RELATIONS:
            yield query.problem(f"{cte.alias} is the virtual table; choose another name")
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.quoted and identifier.name.lower() == "end":
            yield query.problem('end is reserved in Athena; write "end"')


def _resolved(
    query: Query, filled: FilledQuery, tree: exp.Expr, columns: Mapping[str, str]
) -> Inspection:
    problems = list(_strangers(query, tree))
    if problems:
        return Inspection(tuple(problems))
    tables = list(_relations(tree))
    schema: dict[str, object] = {name: dict(columns) for name in _RELATIONS}
    try:
        qualified = qualify(
            tree.copy(),
            dialect=dialect.NAME,
            schema=schema,
            quote_identifiers=False,
            expand_alias_refs=False,
        )
    except OptimizeError as error:
        return Inspection((_unresolved(query, filled, str(error), columns),))
    if len(tables) < sum(map(_is_relation, tree.find_all(exp.Table))):
        where = "a subquery in a JOIN's ON is not supported; write it in WHERE or WITH"
        return Inspection((query.problem(where),))
    used = {table.name.lower(): frozenset[str]() for table in tables}
    for name, column in _columns_of_relations(qualified):
        used[name] |= {column}
    return Inspection((), {name: used[name] for name in _RELATIONS if name in used})


def _strangers(query: Query, tree: exp.Expr) -> Iterator[Problem]:
    """Whatever is read and is neither a relation nor one of the statement's own tables."""
    own = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            yield query.problem("reads from a table function; a query reads flow_logs")
        elif not _is_relation(table) and (table.db or table.name.lower() not in own):
            name = ".".join(part.name for part in table.parts)
            yield query.problem(
                f"reads unknown table {name!r}; a query reads flow_logs (or flow_logs_before)"
            )
    for lateral in tree.find_all(exp.Lateral):
        if not isinstance(lateral.this, exp.Subquery | exp.Unnest):
            yield query.problem("reads from a table function; a query reads flow_logs")


def _is_relation(table: exp.Table) -> bool:
    return not table.db and table.name.lower() in _RELATIONS


def _relations(tree: exp.Expr) -> Iterator[exp.Table]:
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and _is_relation(source):
                yield source


def _columns_of_relations(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    for scope in traverse_scope(tree):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                yield source.name.lower(), column.name


def _syntax(query: Query, filled: FilledQuery, error: ParseError) -> Iterator[Problem]:
    for detail in error.errors:
        line = filled.first_line + int(detail.get("line") or 1) - 1
        near = f" near {detail['highlight']!r}" if detail.get("highlight") else ""
        yield query.problem(f"cannot be read as SQL: {detail['description']}{near}", line)


def _unresolved(
    query: Query, filled: FilledQuery, message: str, columns: Collection[str]
) -> Problem:
    at = re.search(r"Line: (\d+)", message)
    line = filled.first_line + int(at[1]) - 1 if at else None
    found = _NAMED.search(message)
    if not found:
        return query.problem(f"cannot be resolved: {message}", line)
    name = (found[1] or found[2]).rpartition(".")[2].strip('"')
    if name in columns:
        told = f"field {name!r} is ambiguous, or its table is not joined here; write table.{name}"
    elif name in BY_COLUMN:
        version = BY_COLUMN[name].version
        told = f"field {name!r} (flow logs version {version}) is not in this table's format"
    else:
        similar = closest(name, columns)
        told = f"unknown field {name!r}" + (f"; did you mean {similar!r}?" if similar else "")
    return query.problem(told, line)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
