"""Athena SQL to DuckDB SQL with Athena's semantics, or a refusal by name; pure.

sqlglot translates the syntax. What it translates to something that runs and means another thing
(integer division, date arithmetic, unmatched patterns, …) is mended here, on the typed tree. A
function that nobody has compared with Trino's documentation is refused: better no row than a wrong
one. Source: https://trino.io/docs/current/functions.html
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from flowathena import dialect
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
_TEXTS = (
    *(exp.Lower, exp.Upper, exp.Length, exp.Trim, exp.Substring, exp.StrPosition, exp.Concat),
    *(exp.Replace, exp.Reverse, exp.Split, exp.SplitPart, exp.StartsWith, exp.RegexpLike),
    *(exp.RegexpExtract, exp.RegexpReplace, exp.Pad, exp.Chr),
)
_NUMBERS = (
    *(exp.Round, exp.Floor, exp.Ceil, exp.Abs, exp.Greatest, exp.Least, exp.Sqrt, exp.Ln, exp.Log),
    *(exp.Pow, exp.Exp, exp.Sign, exp.IsNan),
)
_TIMES = (
    *(exp.UnixToTime, exp.TimeToUnix, exp.TimestampTrunc, exp.DateDiff, exp.DateAdd, exp.Extract),
    *(exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.Second, exp.DayOfWeekIso),
    *(exp.DayOfYear, exp.WeekOfYear, exp.Quarter, exp.TimeToStr, exp.StrToTime, exp.CurrentDate),
    *(exp.CurrentTimestamp, exp.Date, exp.LastDay),
)
_OTHERS = (
    *(exp.Coalesce, exp.Nullif, exp.If, exp.Case, exp.Cast, exp.TryCast, exp.Try, exp.Array),
    *(exp.ArraySize, exp.ArrayContains, exp.ArrayMax, exp.ArrayMin, exp.ArraySort),
    *(exp.ArrayToString, exp.ArrayFilter, exp.Transform, exp.Unnest, exp.And, exp.Or, exp.Xor),
    *(exp.GenerateSeries, exp.Exists),
)
_KNOWN = (*_AGGREGATES, *_WINDOWS, *_TEXTS, *_NUMBERS, *_TIMES, *_OTHERS)
_INTEGERS = exp.DataType.INTEGER_TYPES
_FLOATS = frozenset({exp.DType.DOUBLE, exp.DType.FLOAT})
_TIMESTAMPS = frozenset({exp.DType.TIMESTAMP, exp.DType.DATETIME})
_CASTS = (
    _INTEGERS
    | _FLOATS
    | _TIMESTAMPS
    | {exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.BOOLEAN, exp.DType.DATE, exp.DType.DECIMAL}
)
# Types that sqlglot does not know, or gets wrong; everything else is as its Trino dialect says.
_BIGINT_FUNCTIONS = (
    *(exp.Year, exp.Month, exp.Day, exp.Hour, exp.Minute, exp.Second, exp.DayOfWeekIso),
    *(exp.DayOfYear, exp.WeekOfYear, exp.Quarter, exp.Extract, exp.DateDiff),
)
_FIRST_ARGUMENT = (exp.ArgMax, exp.ArgMin, exp.TimestampTrunc, exp.Replace, exp.Reverse)
_METADATA: dict[type[exp.Expr], dict[str, Any]] = {
    **Trino.EXPRESSION_METADATA,
    **{kind: {"returns": exp.DType.BIGINT} for kind in _BIGINT_FUNCTIONS},
    **{
        kind: {"annotator": lambda self, e: self._annotate_by_args(e, "this")}
        for kind in _FIRST_ARGUMENT
    },
    exp.TimeToUnix: {"returns": exp.DType.DOUBLE},
}


def to_duckdb(sql: str, schema: Schema, now: datetime) -> str:
    """Translate one Athena statement.

    Args:
        sql: the statement.
        schema: the real tables it reads.
        now: what the statement's ``current_timestamp`` is, aware.

    Raises:
        EngineError: it uses what the local engine does not have; names it.
    """
    tree = dialect.parse(sql)[0]
    _name_outputs(tree)
    nested = {db: {name: dict(columns) for name, columns in t.items()} for db, t in schema.items()}
    try:
        tree = qualify(tree, schema=dict(nested), dialect=dialect.NAME)
        annotate_types(
            tree, schema=dict(nested), dialect=dialect.NAME, expression_metadata=_METADATA
        )
    except SqlglotError as error:
        raise EngineError(f"local engine: {' '.join(str(error).split())}") from error
    _refuse_unknown(tree)
    mended = tree.transform(lambda node: _mended(node, now))
    return mended.sql(dialect="duckdb")


def _name_outputs(tree: exp.Expr) -> None:
    """Call nameless outputs ``_col0``, ``_col1``, … by position, as Athena does."""
    select = tree
    while not isinstance(select, exp.Select):
        if not isinstance(select.this, exp.Expr):
            return
        select = select.this
    for position, output in enumerate(select.selects):
        if not isinstance(output, exp.Alias | exp.Column | exp.Star):
            output.replace(exp.alias_(output.copy(), f"_col{position}"))


def _refuse_unknown(tree: exp.Expr) -> None:
    for node in tree.find_all(exp.Func):
        if not isinstance(node, _KNOWN):
            raise _missing(f"function {_function_name(node)}")
    for cast in tree.find_all(exp.Cast):
        if cast.to.this not in _CASTS:
            raise _missing(f"type {cast.to.sql(dialect.NAME).lower()}")
    if tree.find(exp.AtTimeZone):
        raise _missing("AT TIME ZONE")


def _function_name(node: exp.Func) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return node.sql(dialect.NAME).partition("(")[0].lower()


def _missing(what: str) -> EngineError:
    return EngineError(f"the local engine has no {what}; it runs on Athena only")


def _mended(node: exp.Expr, now: datetime) -> exp.Expr:
    mend = _MENDS.get(type(node))
    if mend:
        return mend(node)
    if isinstance(node, exp.CurrentTimestamp):
        moment = now.astimezone(UTC).replace(
            tzinfo=None, microsecond=now.microsecond // 1000 * 1000
        )
        return exp.cast(exp.Literal.string(moment.isoformat(" ")), "timestamp")
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(now.astimezone(UTC).date().isoformat()), "date")
    return node


def _division(node: exp.Expr) -> exp.Expr:
    """Trino divides integers to an integer, towards zero; so does DuckDB's ``//``."""
    if _is(node.this, _INTEGERS) and _is(node.expression, _INTEGERS):
        return exp.Paren(this=exp.IntDiv(this=node.this, expression=node.expression))
    operands = (node.this, node.expression)
    if any(_is_decimal(operand) for operand in operands):
        # Trino keeps the operands' few decimals, DuckDB goes on in double precision.
        raise _missing("division of decimals (write 100e0, or cast to double)")
    if not any(_is(operand, _FLOATS) for operand in operands):
        raise _missing(
            f"division of operands of unknown type ({node.sql(dialect.NAME)}: cast them)"
        )
    return node


def _is(node: exp.Expr, kinds: object) -> bool:
    kind = node.type
    return kind is not None and kind.this in kinds  # type: ignore[operator]


def _is_decimal(node: exp.Expr) -> bool:
    bare = node.unnest()
    if isinstance(bare, exp.Cast):
        return _is(bare, {exp.DType.DECIMAL})
    if isinstance(bare, exp.Literal):
        return bare.is_number and "." in bare.name and "e" not in bare.name.lower()
    if isinstance(bare, exp.Column) or _is(bare, {exp.DType.DECIMAL}):
        return _is(bare, {exp.DType.DECIMAL})
    return isinstance(bare, exp.Binary | exp.Neg) and any(
        _is_decimal(child) for child in bare.iter_expressions()
    )


def _date_stays_date(node: exp.Expr) -> exp.Expr:
    """A date plus days is a date in Trino, a timestamp in DuckDB."""
    return exp.cast(node, "date") if _is(node, {exp.DType.DATE}) else node


def _plus(node: exp.Expr) -> exp.Expr:
    return _date_stays_date(node) if node.find(exp.Interval) else node


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Trino counts whole units, DuckDB's ``date_diff`` the boundaries between."""
    unit = exp.Literal.string(node.text("unit").lower())
    return _call("date_sub", unit, node.expression, node.this)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    return _date_stays_date(node) if _is(node.this, {exp.DType.DATE}) else node


def _extract(node: exp.Expr) -> exp.Expr:
    """Sunday is 7 in Trino, 0 in DuckDB."""
    if node.this.name.upper() in {"DOW", "DAYOFWEEK", "DAY_OF_WEEK"}:
        return _call("isodow", node.expression)
    return node


def _split_part(node: exp.Expr) -> exp.Expr:
    """A part that is not there is NULL in Trino, an empty text in DuckDB."""
    parts = _call("string_split", node.this, node.args["delimiter"])
    return _call("list_extract", parts, node.args["part_index"])


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    """No match is NULL in Trino, an empty text in DuckDB."""
    matches = _call("regexp_matches", node.this.copy(), node.expression.copy())
    return exp.Case().when(matches, node)


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    r"""A group is ``$1`` in Trino, ``\1`` in DuckDB."""
    replacement = node.args.get("replacement")
    if replacement is None:
        node.set("replacement", exp.Literal.string(""))
    elif isinstance(replacement, exp.Literal):
        if "\\" in replacement.name or "${" in replacement.name:
            raise _missing("regexp_replace with an escape or a named group in the replacement")
        replacement.set("this", replacement.name.replace("$", "\\"))
    else:
        raise _missing("regexp_replace with a computed replacement")
    return node


def _cast(node: exp.Expr) -> exp.Expr:
    """The text of a timestamp has milliseconds in Trino; that of a double has its own form."""
    assert isinstance(node, exp.Cast)  # noqa: S101 - narrows the type, see _MENDS
    if node.to.this not in {exp.DType.VARCHAR, exp.DType.TEXT}:
        return node
    if _is(node.this, _TIMESTAMPS):
        return _call("strftime", node.this, exp.Literal.string("%Y-%m-%d %H:%M:%S.%g"))
    if _is(node.this, _FLOATS):
        raise _missing("cast of a double to varchar (round and cast to decimal first)")
    return node


def _from_unixtime(node: exp.Expr) -> exp.Expr:
    """UTC without a zone on the value, so that no session setting can shift it."""
    if node.args.get("zone") or node.args.get("hours"):
        raise _missing("from_unixtime with a zone")
    return _call("timezone", exp.Literal.string("UTC"), _call("to_timestamp", node.this))


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a DuckDB function, out of reach of sqlglot's own ideas of it."""
    return exp.Anonymous(this=name, expressions=list(arguments))


_MENDS: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Div: _division,
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.DateAdd: _date_stays_date,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _date_trunc,
    exp.Extract: _extract,
    exp.SplitPart: _split_part,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.UnixToTime: _from_unixtime,
}
