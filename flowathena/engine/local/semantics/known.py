"""What the local engine knows: a rule of type for every kind of expression; pure.

A kind of node that is neither here nor in ``STRUCTURE`` is refused by name.
"""

from sqlglot import exp

from flowathena.engine.local.semantics import arithmetic, base
from flowathena.engine.local.semantics.base import Rule, signature

_INNER = (
    *(exp.Alias, exp.Paren, exp.Filter, exp.Window, exp.WithinGroup, exp.IgnoreNulls),
    *(exp.RespectNulls, exp.Try, exp.Escape, exp.Ordered, exp.Any, exp.All),
)
_COMPARED = (
    *(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ),
    *(exp.Between, exp.Is),
)
_FIRST = (exp.Min, exp.Max, exp.AnyValue, exp.ArgMax, exp.ArgMin, exp.FirstValue, exp.LastValue)
_PARTS = (
    *(exp.Year, exp.Month, exp.Day, exp.DayOfMonth, exp.Hour, exp.Minute, exp.Second),
    *(exp.DayOfWeekIso, exp.DayOfYear, exp.WeekOfYear, exp.Quarter),
)
_SIGNATURES: dict[type[exp.Expr], str] = {
    # conditions
    exp.And: "bool -> boolean",
    exp.Or: "bool -> boolean",
    exp.Not: "bool -> boolean",
    exp.Like: "text -> boolean",
    exp.Exists: "any -> boolean",
    exp.Boolean: "any -> boolean",
    # aggregates and windows
    exp.Grouping: "any -> integer",
    exp.Count: "any -> bigint",
    exp.CountIf: "bool -> bigint",
    exp.LogicalOr: "bool -> boolean",
    exp.LogicalAnd: "bool -> boolean",
    exp.ApproxDistinct: "any -> bigint",
    exp.GroupConcat: "text -> varchar",
    **dict.fromkeys((exp.Stddev, exp.StddevPop, exp.StddevSamp), "num -> double"),
    **dict.fromkeys((exp.Variance, exp.VariancePop), "num -> double"),
    **dict.fromkeys((exp.RowNumber, exp.Rank, exp.DenseRank), "any -> bigint"),
    **dict.fromkeys((exp.PercentRank, exp.CumeDist), "any -> double"),
    exp.Ntile: "int -> bigint",
    exp.NthValue: "any int -> 1",
    # texts
    **dict.fromkeys((exp.Lower, exp.Upper, exp.Reverse), "text -> varchar"),
    **dict.fromkeys((exp.Concat, exp.DPipe, exp.Trim), "text -> varchar"),
    exp.Replace: "text -> varchar",
    exp.Length: "text -> bigint",
    exp.Substring: "text int -> varchar",
    exp.StrPosition: "text -> bigint",
    exp.Split: "text -> array(varchar)",
    exp.SplitPart: "text text int -> varchar",
    exp.StartsWith: "text -> boolean",
    exp.RegexpLike: "text -> boolean",
    exp.RegexpExtract: "text text int -> varchar",
    exp.RegexpReplace: "text -> varchar",
    exp.Pad: "text int text -> varchar",
    exp.Chr: "int -> varchar",
    # numbers
    **dict.fromkeys((exp.Sqrt, exp.Ln, exp.Log, exp.Pow, exp.Exp), "num -> double"),
    exp.Abs: "num -> 1",
    exp.IsNan: "num -> boolean",
    **dict.fromkeys((exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor), "int -> bigint"),
    # times
    **dict.fromkeys(_PARTS, "time -> bigint"),
    exp.Extract: "time -> bigint",
    exp.UnixToTime: "num -> timestamp with time zone",
    exp.TimeToUnix: "time -> double",
    exp.TimestampTrunc: "time -> 1",
    exp.DateTrunc: "time -> 1",
    exp.DateDiff: "time -> bigint",
    exp.DateAdd: "time int -> 1",
    exp.TimeToStr: "time text -> varchar",
    exp.StrToTime: "text -> timestamp(3)",
    exp.CurrentDate: "any -> date",
    exp.CurrentTimestamp: "any -> timestamp with time zone",
    exp.Date: "any -> date",
    exp.LastDay: "time -> date",
    # arrays
    exp.ArraySize: "array -> bigint",
    exp.ArraySort: "array any -> 1",
    exp.ArrayToString: "array text -> varchar",
}

RULES: dict[type[exp.Expr], Rule] = {
    **{kind: signature(text) for kind, text in _SIGNATURES.items()},
    **dict.fromkeys(_INNER, base.inner),
    **dict.fromkeys(_COMPARED, base.compared),
    **dict.fromkeys(_FIRST, base.first),
    **dict.fromkeys((exp.Coalesce, exp.Greatest, exp.Least), base.same),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), arithmetic.arithmetic),
    **dict.fromkeys((exp.Case, exp.If), base.choice),
    **dict.fromkeys((exp.Cast, exp.TryCast), base.converted),
    **dict.fromkeys((exp.Floor, exp.Ceil), arithmetic.decimal_result(arithmetic.whole)),
    **dict.fromkeys((exp.Lag, exp.Lead), base.shifted),
    **dict.fromkeys((exp.ArrayMax, exp.ArrayMin, exp.Bracket, exp.Unnest), base.held),
    exp.Null: lambda _: exp.DType.NULL.into_expr(),
    exp.Literal: arithmetic.literal,
    exp.Neg: arithmetic.negative,
    exp.Interval: arithmetic.interval,
    exp.ConcatWs: base.separated,
    exp.GenerateSeries: base.sequence,
    exp.Nullif: base.nullif,
    exp.In: base.among,
    exp.Round: arithmetic.decimal_result(arithmetic.rounded),
    exp.Sign: arithmetic.decimal_result(lambda _: (1, 0)),
    exp.Sum: arithmetic.summed,
    exp.Avg: arithmetic.averaged,
    exp.Array: base.listed,
    exp.ArrayAgg: base.listed,
    exp.ArrayContains: base.member,
    exp.ArrayFilter: base.filtered,
    exp.Transform: base.transformed,
    exp.Subquery: base.scalar,
}
"""How the type of each kind of expression is found."""

STRUCTURE = (
    *(exp.Select, exp.Union, exp.Except, exp.Intersect, exp.With, exp.CTE, exp.From, exp.Join),
    *(exp.Where, exp.Group, exp.Having, exp.Order, exp.Limit, exp.Offset, exp.Fetch, exp.Table),
    *(exp.TableAlias, exp.Identifier, exp.Column, exp.Star, exp.Values, exp.Tuple, exp.Distinct),
    *(exp.WindowSpec, exp.Lambda, exp.Lateral, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Var),
    *(exp.DataType, exp.DataTypeParam, exp.LimitOptions),
)
"""Nodes that are no expressions, or whose types are found by their place."""

ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.StrPosition: frozenset({"this", "substr"}),
    exp.Split: frozenset({"this", "expression"}),
    exp.ArgMax: frozenset({"this", "expression"}),
    exp.ArgMin: frozenset({"this", "expression"}),
    exp.ArraySort: frozenset({"this", "nulls_first"}),
    exp.Max: frozenset({"this"}),
    exp.Min: frozenset({"this"}),
    exp.UnixToTime: frozenset({"this"}),
    exp.ApproxDistinct: frozenset({"this"}),
    exp.Group: frozenset({"expressions", "grouping_sets", "cube", "rollup"}),
    exp.CurrentTimestamp: frozenset(),
    exp.GroupConcat: frozenset({"this", "separator"}),
    exp.Table: frozenset({"this", "db", "catalog", "alias"}),
    exp.Join: frozenset({"this", "side", "kind", "on", "using"}),
    exp.Select: frozenset(
        {
            *("with_", "expressions", "from_", "joins", "laterals", "where", "group", "having"),
            *("windows", "order", "limit", "offset", "distinct"),
        }
    ),
    exp.Distinct: frozenset({"expressions"}),
    exp.With: frozenset({"expressions"}),
    exp.CTE: frozenset({"this", "alias"}),
}
"""Nodes whose further arguments mean something else in DuckDB: what they may have."""
