"""Athena SQL to DuckDB SQL with Athena's semantics, or a refusal by name; pure.

sqlglot translates the syntax. What it translates to something that runs and means another thing
(integer division, date arithmetic, unmatched patterns, …) is mended on the typed tree, in
``mends``. A function that nobody has compared with Trino's documentation is refused: better no row
than a wrong one. Source: https://trino.io/docs/current/functions.html
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from flowathena import dialect
from flowathena.engines.mends import MENDS, TEXTS, is_a, missing
from flowathena.errors import EngineError

Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Hive types by database, table and column."""

_AGGREGATES = (
    *(exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.ArrayAgg, exp.ArgMax),
    *(exp.ArgMin, exp.AnyValue, exp.LogicalOr, exp.LogicalAnd, exp.Stddev, exp.StddevPop),
    *(exp.StddevSamp, exp.Variance, exp.VariancePop, exp.ApproxDistinct, exp.GroupConcat),
)
_WINDOWS = (
    *(exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.Ntile, exp.Lag, exp.Lead),
    *(exp.FirstValue, exp.LastValue),
)
_STRINGS = (
    *(exp.Lower, exp.Upper, exp.Length, exp.Trim, exp.Substring, exp.StrPosition, exp.Concat),
    *(exp.Replace, exp.Reverse, exp.Split, exp.SplitPart, exp.StartsWith, exp.RegexpLike),
    *(exp.RegexpExtract, exp.RegexpReplace, exp.Pad, exp.Chr),
)
_NUMBERS = (
    *(exp.Round, exp.Floor, exp.Ceil, exp.Abs, exp.Greatest, exp.Least, exp.Sqrt, exp.Ln, exp.Log),
    *(exp.Pow, exp.Exp, exp.Sign, exp.IsNan),
)
_TIMES = (
    *(exp.UnixToTime, exp.TimeToUnix, exp.TimestampTrunc, exp.DateTrunc, exp.DateDiff),
    *(exp.DateAdd, exp.Extract, exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.Second),
    *(exp.DayOfWeekIso, exp.DayOfYear, exp.WeekOfYear, exp.Quarter, exp.TimeToStr, exp.StrToTime),
    *(exp.CurrentDate, exp.CurrentTimestamp, exp.Date, exp.LastDay),
)
_OTHERS = (
    *(exp.Coalesce, exp.Nullif, exp.If, exp.Case, exp.Cast, exp.TryCast, exp.Try, exp.Array),
    *(exp.ArraySize, exp.ArrayContains, exp.ArraySort, exp.ArrayToString, exp.ArrayFilter),
    *(exp.ArrayMax, exp.ArrayMin, exp.GenerateSeries),
    *(exp.Transform, exp.Unnest, exp.And, exp.Or, exp.Xor, exp.Exists),
)
_KNOWN = (*_AGGREGATES, *_WINDOWS, *_STRINGS, *_NUMBERS, *_TIMES, *_OTHERS)
# Functions whose further arguments mean something else in DuckDB: what they may have.
_ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.StrPosition: frozenset({"this", "substr"}),
    exp.Split: frozenset({"this", "expression"}),
    exp.ArgMax: frozenset({"this", "expression"}),
    exp.ArgMin: frozenset({"this", "expression"}),
    exp.ArraySort: frozenset({"this", "nulls_first"}),
    exp.Max: frozenset({"this"}),
    exp.Min: frozenset({"this"}),
    exp.UnixToTime: frozenset({"this"}),
}
_CASTS = frozenset(
    {
        *exp.DataType.INTEGER_TYPES,
        *TEXTS,
        *(exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL, exp.DType.BOOLEAN),
        *(exp.DType.TIMESTAMP, exp.DType.DATE),
    }
)
# Types that sqlglot does not know, or gets wrong; everything else is as its Trino dialect says.
_BIGINT_FUNCTIONS = (
    *(exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.Second, exp.DayOfWeekIso),
    *(exp.DayOfYear, exp.WeekOfYear, exp.Quarter, exp.Extract, exp.DateDiff),
)
_FIRST_ARGUMENT = (
    *(exp.ArgMax, exp.ArgMin, exp.TimestampTrunc, exp.DateTrunc, exp.Replace, exp.Reverse),
    *(exp.Floor, exp.Ceil, exp.Round, exp.Pad),
)
_METADATA: dict[type[exp.Expr], dict[str, Any]] = {
    **Trino.EXPRESSION_METADATA,
    **{kind: {"returns": exp.DType.BIGINT} for kind in _BIGINT_FUNCTIONS},
    **{
        kind: {"annotator": lambda self, e: self._annotate_by_args(e, "this")}
        for kind in _FIRST_ARGUMENT
    },
    **{kind: {"returns": exp.DType.VARCHAR} for kind in (exp.SplitPart, exp.RegexpExtract)},
    exp.TimeToUnix: {"returns": exp.DType.DOUBLE},
    exp.UnixToTime: {"returns": exp.DType.TIMESTAMPTZ},
    exp.CurrentTimestamp: {"returns": exp.DType.TIMESTAMPTZ},
}
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_NAMELESS = "flowathena_nameless_{}"


def to_duckdb(sql: str, schema: Schema, now: datetime) -> str:
    """Translate one Athena statement.

    Args:
        sql: the statement.
        schema: the real tables it reads.
        now: what the statement's ``current_timestamp`` is, aware.

    Raises:
        EngineError: it uses what the local engine does not have; names it.
    """
    try:
        return _mended(_typed(dialect.parse(sql)[0], schema), now).sql(dialect="duckdb")
    except SqlglotError as error:
        raise EngineError(f"local engine: {' '.join(str(error).split())}") from error
    except RecursionError:
        raise EngineError("local engine: the statement is nested too deeply") from None


def _typed(tree: exp.Expr, schema: Schema) -> exp.Expr:
    """Every column with its table, every node with its type, every output with its name."""
    _prepare(tree)
    nested: dict[str, object] = {
        database: {name: dict(columns) for name, columns in tables.items()}
        for database, tables in schema.items()
    }
    tree = qualify(tree, schema=nested, dialect=dialect.NAME, expand_alias_refs=False)
    annotate_types(tree, schema=nested, dialect=dialect.NAME, expression_metadata=_METADATA)
    _name_outputs(tree)
    _refuse(tree)
    return tree


def _prepare(tree: exp.Expr) -> None:
    """Mark nameless outputs; refuse what qualifying would change silently."""
    numbers = count()
    for select in tree.find_all(exp.Select):
        for output in select.expressions:
            bare = output.unnest()
            if isinstance(bare, exp.Column):
                output.replace(bare)
            elif not isinstance(output, exp.Alias | exp.Star):
                output.replace(exp.alias_(output.copy(), _NAMELESS.format(next(numbers))))
        _refuse_output_names_in_order(select)
    for fetch in tree.find_all(exp.Fetch):
        options = fetch.args.get("limit_options")
        if options is not None and options.args.get("with_ties"):
            raise missing("FETCH FIRST … WITH TIES")


def _refuse_output_names_in_order(select: exp.Select) -> None:
    """In ``ORDER BY a + 0`` Trino means the output ``a``, sqlglot the column below it."""
    order = select.args.get("order")
    names = {
        output.alias
        for output in select.expressions
        if isinstance(output, exp.Alias) and output.this.name != output.alias
    }
    for ordered in order.expressions if order else ():
        if isinstance(ordered.this, exp.Column):
            continue
        for column in ordered.find_all(exp.Column):
            if not column.table and column.name in names:
                raise missing(f"ORDER BY an expression over the output {column.name}")


def _name_outputs(tree: exp.Expr) -> None:
    """A nameless output is called ``_col0``, ``_col1``, … by its place, as Athena does."""
    names = {
        output.alias: f"_col{place}"
        for select in tree.find_all(exp.Select)
        for place, output in enumerate(select.expressions)
        if output.alias.startswith(_NAMELESS.format(""))
    }
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", names.get(identifier.name, identifier.name))


def _refuse(tree: exp.Expr) -> None:
    for node in tree.find_all(exp.Func):
        if not isinstance(node, _KNOWN):
            raise missing(f"function {_function_name(node)}")
        given = {name for name, value in node.args.items() if value not in (None, [], False)}
        if not given <= _ARGUMENTS.get(type(node), given):
            raise missing(f"function {_function_name(node)} with these arguments")
    for cast in tree.find_all(exp.Cast):
        if cast.to.this not in _CASTS:
            raise missing(f"type {cast.to.sql(dialect.NAME).lower()}")
        if cast.to.this is exp.DType.DECIMAL and not cast.to.expressions:
            raise missing("decimal without precision and scale (write decimal(18, 2))")
    if tree.find(exp.AtTimeZone):
        raise missing("AT TIME ZONE")
    for left, right in _compared(tree):
        _refuse_mixed(left, right)


def _compared(tree: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    for comparison in tree.find_all(*_COMPARISONS):
        yield comparison.this, comparison.expression
    for between in tree.find_all(exp.Between):
        yield between.this, between.args["low"]
        yield between.this, between.args["high"]
    for among in tree.find_all(exp.In):
        for value in among.expressions:
            yield among.this, value


def _refuse_mixed(left: exp.Expr, right: exp.Expr) -> None:
    """DuckDB casts what Trino refuses to compare."""
    for text, other in ((left, right), (right, left)):
        if is_a(text, TEXTS) and is_a(other, exp.DataType.NUMERIC_TYPES | _TEMPORAL):
            kind = other.type.sql(dialect.NAME).lower() if other.type else "another type"
            raise EngineError(f"Athena does not compare varchar with {kind}: {text.sql('trino')}")


_TEMPORAL = {exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ}


def _function_name(node: exp.Func) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return node.sql(dialect.NAME).partition("(")[0].lower()


def _mended(tree: exp.Expr, now: datetime) -> exp.Expr:
    """Mend every node, those inside before those around them; a mended node keeps its type."""
    for node in reversed(list(tree.walk(bfs=True))):
        mended = _mend(node, now)
        if mended is not node:
            mended.type = node.type
            node.replace(mended)
    return tree


def _mend(node: exp.Expr, now: datetime) -> exp.Expr:
    if isinstance(node, exp.CurrentTimestamp):
        utc = now.astimezone(UTC).replace(tzinfo=None)
        text = utc.isoformat(" ", timespec="milliseconds")
        return exp.cast(exp.Literal.string(text), "timestamp")
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(now.astimezone(UTC).date().isoformat()), "date")
    mend = MENDS.get(type(node))
    # A copy: the mended node may hold the old one, which is about to be replaced.
    return mend(node.copy()) if mend else node
