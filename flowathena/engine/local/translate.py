"""Athena SQL to DuckDB SQL with Athena's semantics, or a refusal by name; pure.

sqlglot translates the syntax. What it would turn into something that runs but means something else
(integer division, date arithmetic, unmatched patterns, …) gets a DuckDB form of our own, chosen by
type: see ``semantics``. What nobody has compared with Trino is refused: no row is better than a
wrong one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlglot import exp

# By name sqlglot would load it at the first use, and hand other threads half of it meanwhile.
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from flowathena.engine.local import semantics
from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.intervals import describe
from flowathena.engine.local.semantics.types import (
    INTERVAL,
    TIMESTAMP_TZ,
    of,
    spelled,
    unsupported,
)
from flowathena.engine.local.typing import Schema, annotate
from flowathena.errors import EngineError
from flowathena.sql import dialect
from flowathena.sql.statement import Statement
from flowathena.sql.swap import swap

_MOMENTS = exp.CurrentTimestamp, exp.Localtimestamp, exp.Localtime, exp.CurrentDate


@dataclass(frozen=True)
class Translation:
    """A statement as DuckDB runs it.

    Attributes:
        sql: the statement.
        types: Trino's types of its columns, those that DuckDB has no equal of: times with a zone,
            which are kept in UTC, intervals, kept as numbers, and addresses; None for the others.
        names: every name in it, in lower case: a column of another name is not read. None if it
            reads all columns of a table.
    """

    sql: str
    types: tuple[exp.DataType | None, ...]
    names: frozenset[str] | None = None

    def name(self, place: int) -> str:
        """Athena's name of a column's type; empty if DuckDB's type says it."""
        kind = self.types[place]
        return re.sub(r"\([0-9]+\)", "", spelled(kind)) if kind else ""

    def decoder(self, place: int) -> Callable[[object], object] | None:
        """What makes Athena's value of DuckDB's, for columns whose values differ."""
        kind = self.types[place]
        if kind is None or kind.this not in INTERVAL:
            return None
        return lambda value: describe(value, kind) if isinstance(value, int) else value


def to_duckdb(statement: Statement, schema: Schema, now: datetime) -> str:
    """The SQL of a translation."""
    return translate(statement, schema, now).sql


def translate(statement: Statement, schema: Schema, now: datetime) -> Translation:
    """Translate one Athena statement.

    Args:
        statement: the statement.
        schema: the real tables it reads.
        now: the statement's ``current_timestamp``, aware.

    Raises:
        EngineError: it uses what the local engine does not support; names it.
    """
    try:
        tree = annotate(_check(statement).copy(), schema)
        outputs = tree.selects if isinstance(tree, exp.Query) else []
        kinds = [of(output).copy() for output in outputs]
        own, names = tuple(map(_own_type, kinds)), _names(tree)
        sql = _shown(_translate(tree, now), kinds).sql(dialect=DuckDB, copy=False)
        return Translation(sql, own, names)
    except SqlglotError as error:
        raise EngineError(f"local engine: {dialect.describe_error(error)}") from error
    except RecursionError:
        raise EngineError("local engine: the statement is nested too deeply") from None


def _check(statement: Statement) -> exp.Expr:
    for reason, _ in statement.refusals:
        raise EngineError(f"Athena refuses this: {reason}")
    for reason, _ in statement.tree_refusals:
        raise EngineError(f"Athena refuses this: {reason}")
    for number in statement.odd_numbers:
        raise unsupported(f"number written {number}")
    return statement.tree


def _names(tree: exp.Expr) -> frozenset[str] | None:
    """Every name in a statement whose stars are written out, in lower case."""
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        return None
    return frozenset(name.this.lower() for name in tree.find_all(exp.Identifier))


def _own_type(kind: exp.DataType) -> exp.DataType | None:
    """The type of a column, if DuckDB has none such."""
    if kind.this not in INTERVAL and any(part.this in INTERVAL for part in types.inside(kind)):
        raise unsupported("interval inside of a value")
    addresses = any(part.this in types.ADDRESS for part in types.inside(kind))
    return kind if addresses or kind.this in INTERVAL | TIMESTAMP_TZ else None


def _translate(tree: exp.Expr, now: datetime) -> exp.Expr:
    """Give every node its DuckDB form, from the inside out; the form keeps the node's type."""
    for node in reversed(list(tree.walk(bfs=True))):
        kind, moment = node.type, _moment(node, now)
        form = swap(node, moment) if moment else semantics.to_duckdb(node)
        if form is not node:
            form.type = kind
    return tree


def _shown(tree: exp.Expr, kinds: list[exp.DataType]) -> exp.Expr:
    """The statement with its addresses as texts, which are kept as digits until the end."""
    shown = [_as_text(kind) for kind in kinds]
    if shown == kinds or not isinstance(tree, exp.Query):
        return tree
    names = [exp.to_identifier(f"fa_{place}") for place in range(len(kinds))]
    outputs = []
    for output, name, kind, text in zip(tree.selects, names, kinds, shown, strict=True):
        value: exp.Expr = exp.column(name.copy())
        if text != kind:
            value.type = kind
            cast = exp.Cast(this=value, to=text)
            cast.type = text
            value = semantics.to_duckdb(cast)
        outputs.append(exp.alias_(value, output.alias_or_name, quoted=True))
    alias = exp.TableAlias(this=exp.to_identifier("fa_rows"), columns=names)
    source = exp.Subquery(this=tree, alias=alias)
    return exp.Select(expressions=outputs).from_(source, copy=False)


def _as_text(kind: exp.DataType) -> exp.DataType:
    """The type with texts in the place of addresses."""
    text = kind.copy()
    for part in types.inside(text):
        if part.this in types.ADDRESS:
            part.set("this", exp.DType.VARCHAR)
    return text


def _moment(node: exp.Expr, now: datetime) -> exp.Expr | None:
    """The literal that stands for the current date or timestamp: Athena's clock is in UTC."""
    if not isinstance(node, _MOMENTS):
        return None
    utc = now.astimezone(UTC).replace(tzinfo=None)
    if isinstance(node, exp.CurrentTimestamp | exp.Localtimestamp):
        return exp.cast(
            exp.Literal.string(utc.isoformat(" ", timespec="milliseconds")), "timestamp"
        )
    if isinstance(node, exp.Localtime):
        clock = utc.time().isoformat(timespec="milliseconds")
        return exp.cast(exp.Literal.string(clock), "time")
    return exp.cast(exp.Literal.string(utc.date().isoformat()), "date")
