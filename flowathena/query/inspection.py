"""What a statement reads, found before it runs, or its problems with their lines.

It must be one statement that only reads, from ``flow_logs`` alone, and only fields that the table
has. sqlglot is lenient: Athena may refuse a statement that passes, but accepts none that fails.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from flowathena.errors import Problem
from flowathena.logs.fields import Field
from flowathena.query import gating, relation
from flowathena.query.query import Query
from flowathena.query.template import FilledQuery
from flowathena.sql import dialect, grammar, nodes
from flowathena.sql.qualify import qualify
from flowathena.sql.statement import Statement
from flowathena.text import closest

_RELATIONS = (relation.NAME, relation.NAME_BEFORE)
_WRITES = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Drop, exp.Alter, exp.Set)
_COLUMN = re.compile(r"Column '\"?([^'\"]+)\"?' could not be resolved|Unknown column: (\S+)")
_READS = re.compile(r"\s*\(*\s*(SELECT|WITH|VALUES|FROM)\b", re.IGNORECASE)
# Of a chain of operators sqlglot looks up all the way from each: 4,600 took 17 s, these 2 s.
_LEVELS = 1500
_TOO_DEEP = "is nested too deeply to be checked; instead of a long chain of OR write IN (…)"
_OPENS = "operator {"
_NO_PLACEHOLDERS = (
    "{{ … }} is a placeholder of saved queries ('flowathena queries new NAME' writes one); here "
    "write the value"
)


@dataclass(frozen=True)
class Inspection:
    """What a statement reads, or what is wrong with it.

    Attributes:
        problems: what is wrong.
        used: the columns used, for each relation that the statement reads.
        named: those among them that the text names; the others are what ``*`` stands for.
        missing: the record fields that it needs and the table lacks.
    """

    problems: tuple[Problem, ...]
    used: Mapping[str, frozenset[str]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    missing: tuple[Field, ...] = ()


def inspect(query: Query, filled: FilledQuery, columns: Mapping[str, str]) -> Inspection:
    """Inspect a statement whose placeholders are filled in.

    Args:
        query: the query it comes from, for file and line.
        filled: the statement.
        columns: Hive types of the columns of ``flow_logs``.
    """
    try:
        filled.statement.sql.encode()
    except UnicodeEncodeError:
        return Inspection((query.problem("contains half a character (a lone surrogate)"),))
    try:
        statements = _parse(filled.statement)
        refusals = filled.statement.refusals
        if statements and not refusals:
            refusals = filled.statement.tree_refusals
        if not query.is_template and any(_OPENS in reason for reason, _ in refusals):
            refusals = [(_NO_PLACEHOLDERS, line) for reason, line in refusals if _OPENS in reason]
        problems = [*_statement_problems(query, filled, statements)]
        problems += _at_lines(query, filled, refusals)
        if not statements and not problems:
            problems = [query.problem("contains no statement")]
        if problems:
            return Inspection(tuple(problems))
        return _resolve(query, filled, columns)
    except ParseError as error:
        return Inspection(tuple(_syntax_problems(query, filled, error)))
    except SqlglotError as error:
        return Inspection(
            (query.problem(f"cannot be read as SQL: {dialect.describe_error(error)}"),)
        )
    except RecursionError:
        return Inspection((query.problem(_TOO_DEEP),))


def _parse(statement: Statement) -> list[exp.Expr]:
    """The statements; empty if sqlglot cannot parse what Athena's grammar refuses anyway.

    Then the refusal is the better message.
    """
    try:
        return statement.trees
    except ParseError:
        if statement.refusals and _READS.match(statement.sql):
            return []
        raise


def _at_lines(
    query: Query, filled: FilledQuery, refusals: list[grammar.Refusal]
) -> Iterator[Problem]:
    """The refusals with lines of the query file."""
    for reason, line in refusals:
        yield query.problem(reason, filled.first_line + line - 1)


def _statement_problems(
    query: Query, filled: FilledQuery, statements: list[exp.Expr]
) -> Iterator[Problem]:
    if not statements:
        return
    if len(statements) != 1:
        message = f"contains {len(statements)} statements; write one"
        yield query.problem(message, filled.first_line)
        return
    statement, tree = filled.statement, statements[0]
    if len(statement.nodes) > _LEVELS and _is_deeper(tree, _LEVELS):
        yield query.problem(_TOO_DEEP)
        return
    if not isinstance(tree, exp.Query) or statement.find_all(*_WRITES):
        yield query.problem("is not a SELECT; a query may only read", filled.first_line)
        return
    for cte in statement.find_all(exp.CTE):
        if cte.alias.lower() in _RELATIONS:
            message = f"{cte.alias} is the name of the virtual table; choose another one"
            yield query.problem(message, _line_of(filled, cte.args["alias"]))
    for identifier in statement.find_all(exp.Identifier):
        if not identifier.quoted and identifier.name.lower() == "end":
            message = 'end is reserved in Athena; write "end"'
            yield query.problem(message, _line_of(filled, identifier))


def _line_of(filled: FilledQuery, node: exp.Expr) -> int:
    """The line of the first name in a node; where the statement begins, if it has none."""
    return filled.first_line + (nodes.line(node) or 1) - 1


def _resolve(query: Query, filled: FilledQuery, columns: Mapping[str, str]) -> Inspection:
    unknown = tuple(_unknown_tables(query, filled))
    if unknown:
        return Inspection(unknown)
    names = _names(filled.statement)
    scopes, problems, missing = _qualify(query, filled, names, columns)
    if scopes is None:
        return Inspection(problems, missing=missing)
    read = [table for scope in scopes for table in _relations(scope)]
    # sqlglot's scopes do not descend into ON: the columns used there would be missing.
    written = filter(_is_relation, filled.statement.find_all(exp.Table))
    if not {_place(table) for table in written} <= {_place(table) for table in read}:
        reason = "a subquery in a JOIN's ON is not supported; write it in WHERE or WITH"
        return Inspection((query.problem(reason),))
    used = {table.name.lower(): frozenset[str]() for table in read}
    for scope in scopes:
        for name, column in _used_columns(scope):
            used[name] |= {column}
    named = frozenset().union(*used.values()) & names.columns
    return Inspection(
        problems, {name: used[name] for name in _RELATIONS if name in used}, named, missing
    )


def _qualify(
    query: Query,
    filled: FilledQuery,
    names: "_Names",
    columns: Mapping[str, str],
) -> tuple[list[Scope] | None, tuple[Problem, ...], tuple[Field, ...]]:
    """The scopes with every column's table; the problems; the fields that the table lacks.

    sqlglot reports the first unknown column. So a field that the table lacks is added and the tree
    is read again: all of them are one problem. The scopes are None if there is another.
    """
    tree, visible = filled.statement.tree, _visible(names, columns)
    has_having = bool(filled.statement.find_all(exp.Having))
    absent: dict[str, int | None] = {}
    scopes: list[Scope] | None = None
    others: tuple[Problem, ...] = ()
    while scopes is None and not others:
        known = {**visible, **dict.fromkeys(absent, "string")}
        schema = MappingSchema(
            dict.fromkeys(_RELATIONS, known), dialect=dialect.NAME, normalize=False
        )
        try:
            scopes = qualify(tree.copy(), schema, is_lower=names.are_lower, has_having=has_having)
        except OptimizeError as error:
            name, line = _unresolved(filled, error)
            if gating.field_of(name) and name not in known:
                absent[name] = line
            else:
                traverse_scope(tree)  # raises if it is no column that is wrong, but a UNION
                reason = _unresolved_reason(tree, error, name, columns)
                others = (query.problem(reason, line),)
    missing = gating.needs(absent).fields
    if not missing:
        return scopes, others, ()
    first = min(filter(None, absent.values()), default=None)
    return scopes, (query.problem(gating.explain(missing, columns), first), *others), missing


@dataclass(frozen=True)
class _Names:
    """The names in a statement.

    Attributes:
        columns: those of columns.
        all: every name.
        has_star: whether columns are meant that the text does not name.
        are_lower: whether they are written in lower case.
    """

    columns: frozenset[str]
    all: frozenset[str]
    has_star: bool
    are_lower: bool


def _names(statement: Statement) -> _Names:
    columns: set[str] = set()
    every: set[str] = set()
    has_star = False
    for node in statement.nodes:
        if isinstance(node, exp.Column):
            columns.add(node.name.lower())
        elif isinstance(node, exp.Identifier):
            every.add(node.name)
        elif isinstance(node, exp.Star):
            has_star |= not isinstance(node.parent, exp.Count)
        elif isinstance(node, exp.Join):
            has_star |= node.method == "NATURAL"
    lower = frozenset(map(str.lower, every))
    return _Names(frozenset(columns), lower, has_star, lower == every)


def _visible(names: _Names, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns of ``flow_logs`` that a statement sees; sqlglot takes time for each."""
    seen = relation.columns_of_star(columns, names.columns)
    if not names.has_star:
        seen = [name for name in seen if name in names.all] or seen[:1]
    return {name: columns[name] for name in seen}


def _is_deeper(tree: exp.Expr, levels: int) -> bool:
    """Whether a tree has more levels."""
    level = [tree]
    for _ in range(levels):
        level = [child for node in level for child in node.iter_expressions()]
    return bool(level)


def _unknown_tables(query: Query, filled: FilledQuery) -> Iterator[Problem]:
    """Problems with tables that are neither relations nor the statement's own CTEs."""
    own = {cte.alias.lower() for cte in filled.statement.find_all(exp.CTE)}
    for table in filled.statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            yield query.problem("reads from a table function; a query reads flow_logs")
        elif not _is_relation(table) and (table.db or table.name.lower() not in own):
            name = ".".join(part.name for part in table.parts)
            message = f"reads unknown table {name!r}; a query reads flow_logs (or flow_logs_before)"
            yield query.problem(message, _line_of(filled, table))
    for lateral in filled.statement.find_all(exp.Lateral):
        if not isinstance(lateral.this, exp.Subquery | exp.Unnest):
            yield query.problem("reads from a table function; a query reads flow_logs")


def _is_relation(table: exp.Table) -> bool:
    return not table.db and table.name.lower() in _RELATIONS


def _relations(scope: Scope) -> Iterator[exp.Table]:
    for source in scope.sources.values():
        if isinstance(source, exp.Table) and _is_relation(source):
            yield source


def _place(table: exp.Table) -> int:
    """Where its name is in the text; a copy, such as ``GROUP BY 1`` makes, has the same place."""
    return int(table.this.meta["start"])


def _used_columns(scope: Scope) -> Iterator[tuple[str, str]]:
    for column in scope.columns:
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            yield source.name.lower(), column.name


def _syntax_problems(query: Query, filled: FilledQuery, error: ParseError) -> Iterator[Problem]:
    for reason, line in dialect.syntax_errors(error):
        yield query.problem(f"cannot be read as SQL: {reason}", filled.first_line + line - 1)


def _unresolved(filled: FilledQuery, error: OptimizeError) -> tuple[str, int | None]:
    """The column that cannot be resolved, empty if it is something else; and its line."""
    message = dialect.describe_error(error)
    at = re.search(r"Line: (\d+)", message)
    line = filled.first_line + int(at[1]) - 1 if at else None
    column = _COLUMN.search(message)
    return (column[1] or column[2]).rpartition(".")[2].strip('"') if column else "", line


def _unresolved_reason(
    tree: exp.Expr, error: OptimizeError, name: str, columns: Collection[str]
) -> str:
    """Why a column is none, and what was meant."""
    if not name:
        return f"cannot be resolved: {dialect.describe_error(error)}"
    if tree.find(exp.From) is None:
        return f"has no FROM, so that it has no field {name!r}; write FROM flow_logs"
    if name in columns:
        return f"field {name!r} is ambiguous, or its table is not joined here; write table.{name}"
    similar = closest(name, columns)
    if similar:
        return f"unknown field {name!r}; did you mean {similar!r}?"
    for identifier in tree.find_all(exp.Identifier):
        # sqlglot's message has a name with a dot only in part.
        if identifier.quoted and identifier.name.rpartition(".")[2].lower() == name.lower():
            text = identifier.name.replace("'", "''")
            return f"unknown field \"{identifier.name}\"; a text has single quotes: '{text}'"
    return f"unknown field {name!r}"
