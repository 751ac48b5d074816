"""The rules of ``lint``: what each objects to in the syntax tree of a query; pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp

from flowathena.logs.fields import FIELDS
from flowathena.logs.values import enumeration_of
from flowathena.query.derived import DERIVED
from flowathena.sql import dialect

_ADDRESSES = frozenset({"srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr"})
_COUNTERS = frozenset({"bytes", "packets"})
_NUMBERS = frozenset(
    {field.column for field in FIELDS if field.hive_type in {"int", "bigint"}}
    | {name for name, column in DERIVED.items() if column.hive_type in {"int", "bigint"}}
)
_TEXTS = frozenset(field.column for field in FIELDS if field.hive_type == "string")
# As many values as there are addresses, ports, interfaces or moments: no list that anybody reads.
_WIDE = frozenset(
    {
        *_ADDRESSES,
        *("srcport", "dstport", "interface_id", "instance_id", "start", "end", "start_time"),
        *("end_time", "ecs_task_id", "ecs_task_arn", "next_hop_interface_id"),
    }
)
_AGGREGATES = frozenset(
    {
        *("any_value", "approx_distinct", "approx_percentile", "arbitrary", "array_agg", "avg"),
        *("bool_and", "bool_or", "corr", "count", "count_if", "covar_pop", "covar_samp", "every"),
        *("geometric_mean", "histogram", "listagg", "map_agg", "max", "max_by", "min", "min_by"),
        *("multimap_agg", "stddev", "stddev_pop", "stddev_samp", "sum", "variance", "var_pop"),
        "var_samp",
    }
)
_RANGES = (exp.Between, exp.GT, exp.GTE, exp.LT, exp.LTE)
_COMPARISONS = (*_RANGES, exp.EQ, exp.NEQ, exp.In)
# Source: https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html (SELECT) and
# https://trino.io/docs/current/language/reserved.html.
RESERVED = frozenset(
    {
        *("alter", "and", "as", "between", "by", "case", "cast", "constraint", "create", "cross"),
        *("cube", "current_catalog", "current_date", "current_path", "current_schema"),
        *("current_time", "current_timestamp", "current_user", "deallocate", "delete", "describe"),
        *("distinct", "drop", "else", "escape", "except", "execute", "exists", "extract", "false"),
        *("for", "from", "full", "group", "grouping", "having", "in", "inner", "insert"),
        *("intersect", "into", "is", "join", "json_array", "json_exists", "json_object"),
        *("json_query", "json_table", "json_value", "left", "like", "listagg", "localtime"),
        *("localtimestamp", "natural", "normalize", "not", "null", "on", "or", "order", "outer"),
        *("prepare", "recursive", "right", "rollup", "select", "skip", "table", "then", "trim"),
        *("true", "uescape", "union", "unnest", "using", "values", "when", "where", "with"),
    }
)
"""What may not be a name without quotes; ``end`` is the concern of ``check``."""


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


_Found = Iterator[tuple[exp.Expr, str, str]]


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        severity: how bad what it finds is.
        meaning: what it finds, one line.
        look: the nodes it objects to, each with a message and a fix.
    """

    severity: Severity
    meaning: str
    look: Callable[[exp.Expr], _Found]


def _text_ranges(tree: exp.Expr) -> _Found:
    """As texts, '10.0.0.10' is less than '10.0.0.9'."""
    for node in tree.find_all(*_RANGES):
        for column in _sides(node):
            if isinstance(column, exp.Column) and column.name.lower() in _ADDRESSES:
                message = (
                    f"compares the address {column.name} as text, where '10.9' is above '10.10'"
                )
                yield (
                    node,
                    message,
                    f"write contains('10.0.0.0/8', TRY_CAST({column.name} AS ipaddress))",
                )
    for node in tree.find_all(exp.Like):
        pattern, column = node.expression, node.this
        if (
            isinstance(column, exp.Column)
            and column.name.lower() in _ADDRESSES
            and pattern.is_string
            and not pattern.name.endswith((".%", ":%"))
        ):
            message = f"LIKE '{pattern.name}' matches more or fewer addresses than a network has"
            yield (
                node,
                message,
                f"write contains('10.0.0.0/8', TRY_CAST({column.name} AS ipaddress))",
            )


def _sides(node: exp.Expr) -> Iterator[exp.Expr]:
    for side in (node.this, node.expression, node.args.get("low"), node.args.get("high")):
        if isinstance(side, exp.Expr):
            yield side.unnest()
    for side in node.expressions:
        yield side.unnest()


def _mixed_types(tree: exp.Expr) -> _Found:
    """Trino compares no number with a text."""
    for node in tree.find_all(*_COMPARISONS):
        if node.args.get("query"):
            continue
        sides = list(_sides(node))
        names = {side.name.lower() for side in sides if isinstance(side, exp.Column)}
        if (names & _NUMBERS) and any(side.is_string for side in sides):
            (name, *_) = sorted(names & _NUMBERS)
            text = next(side.name for side in sides if side.is_string)
            fix = f"write {text}" if text.isdigit() else "write its number: flowathena fields " + (
                name.replace("_", "-")
            )  # fmt: skip
            yield (
                node,
                f"{name} is a number and {text!r} a text, which Athena does not compare",
                fix,
            )
        if (names & _TEXTS) and any(side.is_number for side in sides):
            (name, *_) = sorted(names & _TEXTS)
            number = next(side.name for side in sides if side.is_number)
            message = f"{name} is a text and {number} a number, which Athena does not compare"
            yield node, message, f"write '{number}'"


def _unknown_values(tree: exp.Expr) -> _Found:
    """A value that no record has: the comparison is never true."""
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.In):
        sides = list(_sides(node))
        for column in sides:
            if not isinstance(column, exp.Column) or column.name.lower() not in _TEXTS:
                continue
            known = _values_of(column.name.lower())
            for side in sides:
                if known and side.is_string and side.name not in known:
                    message = f"no record has {side.name!r} as {column.name}"
                    yield node, message, f"it is one of {', '.join(known)}"


def _values_of(column: str) -> tuple[str, ...]:
    """The values of a field whose list is closed; empty if it is open."""
    if column not in {"action", "log_status", "flow_direction", "type"}:
        return ()
    known = enumeration_of(column.replace("_", "-"))
    return tuple(str(each.value) for each in known.values) if known else ()


def _divisions(tree: exp.Expr) -> _Found:
    for node in tree.find_all(exp.Div, exp.Mod):
        divisor = node.expression.unnest()
        if not _is_never_zero(divisor, node):
            written = dialect.written(divisor)
            yield node, f"divides by {written}, which may be 0", f"write nullif({written}, 0)"


def _is_never_zero(divisor: exp.Expr, node: exp.Expr) -> bool:
    name, arguments = _call(divisor)
    if isinstance(divisor, exp.Literal):
        never = divisor.is_number and float(divisor.name) != 0
    elif name == "nullif":
        never = arguments[-1].name == "0"
    elif name == "greatest":
        never = any(_is_positive(each) for each in arguments)
    elif name == "count":
        # Every group has a record; a whole relation, or one that is filtered, may have none.
        select = node.find_ancestor(exp.Select)
        grouped = bool(select and select.args.get("group"))
        never = grouped and isinstance(arguments[0], exp.Star) and not _is_filtered(divisor)
    elif isinstance(divisor, exp.Mul):
        never = all(_is_never_zero(side, node) for side in _sides(divisor))
    elif isinstance(divisor, exp.Cast | exp.TryCast | exp.Neg):
        never = _is_never_zero(divisor.this.unnest(), node)
    else:
        never = False
    return never


def _is_positive(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_number and float(node.name) > 0


def _is_filtered(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Filter)


def _call(node: exp.Expr) -> tuple[str, list[exp.Expr]]:
    """The name of a function that is called, in lower case, and its arguments; or an empty name."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower(), [each.unnest() for each in node.expressions]
    return "", []


def _integer_divisions(tree: exp.Expr) -> _Found:
    """3 bytes of 2 packets are 1 each, and 999 of 1000 are 0 per cent."""
    for node in tree.find_all(exp.Div):
        counter = _counter(node.this)
        both = counter and _is_whole(node.this) and _is_whole(node.expression)
        if both and not _is_rounding(node):
            message = f"divides a whole number of {counter}, which cuts the fraction off"
            yield node, message, "write CAST(… AS double) / …"


def _is_rounding(node: exp.Expr) -> bool:
    """``bytes / 100 * 100``: what is cut off is meant to be."""
    outer = node.parent
    while isinstance(outer, exp.Paren):
        outer = outer.parent
    return isinstance(outer, exp.Mul) and node.expression.unnest() in list(_sides(outer))


def _counter(node: exp.Expr) -> str:
    for part in node.walk():
        if _call(part)[0] == "count":
            return "records"
        if isinstance(part, exp.Column) and part.name.lower() in _COUNTERS:
            return part.name.lower()
    return ""


def _is_whole(node: exp.Expr) -> bool:
    """Whether an expression is certainly a whole number."""
    node = node.unnest()
    name, arguments = _call(node)
    if isinstance(node, exp.Literal):
        whole = node.is_int
    elif isinstance(node, exp.Column):
        whole = node.name.lower() in _NUMBERS
    elif name in {"sum", "min", "max", "nullif", "abs"}:
        whole = _is_whole(arguments[0])
    elif isinstance(node, exp.Filter | exp.Neg | exp.Window):
        whole = _is_whole(node.this)
    elif isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        whole = all(map(_is_whole, _sides(node)))
    elif isinstance(node, exp.Cast):
        whole = node.to.this in exp.DataType.INTEGER_TYPES
    else:
        whole = name in {"count", "count_if", "approx_distinct", "cardinality", "length"}
    return whole


def _limits(tree: exp.Expr) -> _Found:
    for node in tree.find_all(exp.Limit, exp.Fetch):
        query = node.parent
        if isinstance(query, exp.Query) and not query.args.get("order") and not _is_one_row(query):
            message = "LIMIT without ORDER BY: other rows at every run"
            yield query, message, "add ORDER BY with columns that tell all rows apart"


def _is_one_row(query: exp.Expr) -> bool:
    if not isinstance(query, exp.Select) or query.args.get("group"):
        return False
    return bool(query.selects) and all(_is_aggregate(item) for item in query.selects)


def _is_aggregate(item: exp.Expr) -> bool:
    """Whether a column of a SELECT without GROUP BY has one value, whatever the records."""
    parts = list(item.walk())
    if any(isinstance(part, exp.Window) for part in parts):
        return False
    return any(_call(part)[0] in _AGGREGATES for part in parts) or not any(
        isinstance(part, exp.Column | exp.Star) for part in parts
    )


def _unbounded(tree: exp.Expr) -> _Found:
    if not isinstance(tree, exp.Select) or tree.args.get("limit") or tree.args.get("fetch"):
        return
    if not tree.args.get("from_") or _is_one_row(tree):
        return
    group = tree.args.get("group")
    if group is None and not tree.args.get("distinct"):
        yield tree, "gives a row a record, without a limit", "add ORDER BY … LIMIT 100"
        return
    keys = [*_group_keys(tree, group)] if group else tree.selects
    wide = sorted({
        column.name.lower() for key in keys for column in key.find_all(exp.Column)
        if column.name.lower() in _WIDE and _is_bare(column, key)
    })  # fmt: skip
    if wide:
        message = f"gives a row for every {', '.join(wide)}, without a limit"
        yield tree, message, "add ORDER BY … LIMIT 100"


def _is_bare(column: exp.Expr, key: exp.Expr) -> bool:
    """Whether a key is the column itself: of an hour of it there are few."""
    return key.unalias().unnest() is column


def _group_keys(tree: exp.Select, group: exp.Expr) -> Iterator[exp.Expr]:
    for key in group.expressions:
        if key.is_int and 0 < int(key.name) <= len(tree.selects):
            yield tree.selects[int(key.name) - 1]
        else:
            yield key


def _reserved_words(tree: exp.Expr) -> _Found:
    for node in tree.find_all(exp.Identifier):
        if not node.quoted and node.name.lower() in RESERVED:
            yield node, f"{node.name} is reserved in Athena", f'write "{node.name}"'


def _exact_counts(tree: exp.Expr) -> _Found:
    for node in tree.find_all(exp.Anonymous):
        name, arguments = _call(node)
        if name == "count" and arguments and isinstance(arguments[0], exp.Distinct):
            names = ", ".join(dialect.written(each) for each in arguments[0].expressions)
            message = f"count(DISTINCT {names}) keeps every value in memory"
            fix = f"approx_distinct({names}) is off by 2.3 % and quicker on many records"
            yield node, message, fix


RULES: Mapping[str, Rule] = {
    "text-range": Rule(
        Severity.ERROR, "an address is compared as text, not as an address", _text_ranges
    ),
    "mixed-types": Rule(
        Severity.ERROR, "a number is compared with a text, which Athena refuses", _mixed_types
    ),
    "reserved-word": Rule(Severity.ERROR, "a name that Athena reserves", _reserved_words),
    "unknown-value": Rule(
        Severity.ERROR, "a field is compared with a value that it never has", _unknown_values
    ),
    "division-by-zero": Rule(
        Severity.ERROR, "a divisor may be 0, which ends the query", _divisions
    ),
    "integer-division": Rule(
        Severity.WARNING, "whole numbers are divided, which cuts the fraction off",
        _integer_divisions,
    ),
    "limit-without-order": Rule(
        Severity.WARNING, "LIMIT without ORDER BY: the rows vary", _limits
    ),
    "unbounded-result": Rule(
        Severity.WARNING, "as many rows as there are records or addresses", _unbounded
    ),
    "exact-count": Rule(
        Severity.HINT, "count(DISTINCT …), where approx_distinct may do", _exact_counts
    ),
}  # fmt: skip
"""Every rule by its name."""
