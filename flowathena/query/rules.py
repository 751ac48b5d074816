"""The rules of ``lint``: what each objects to in the syntax tree of a query; pure."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from flowathena.logs.fields import EVERY_FIELD, NUMBERS
from flowathena.logs.values import enumeration_of
from flowathena.query import divisions
from flowathena.query.finding import Severity
from flowathena.query.rule import Objections, Rule
from flowathena.sql import dialect
from flowathena.sql.nodes import call, sides
from flowathena.sql.quoting import RESERVED

_ADDRESSES = frozenset({"srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr"})
_TEXTS = frozenset(field.column for field in EVERY_FIELD if field.hive_type == "string")
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


def _text_ranges(tree: exp.Expr) -> Objections:
    """As texts, '10.0.0.10' is less than '10.0.0.9'."""
    for node in tree.find_all(*_RANGES):
        for column in sides(node):
            if isinstance(column, exp.Column) and column.name.lower() in _ADDRESSES:
                message = (
                    f"compares the address {column.name} as text, where '10.9' is above '10.10'"
                )
                yield node, message, _as_network(column)
    for node in tree.find_all(exp.Like):
        pattern, column = node.expression, node.this
        if (
            isinstance(column, exp.Column)
            and column.name.lower() in _ADDRESSES
            and pattern.is_string
            and not pattern.name.endswith((".%", ":%"))
        ):
            message = f"LIKE '{pattern.name}' matches more or fewer addresses than a network has"
            yield node, message, _as_network(column)


def _as_network(column: exp.Expr) -> str:
    return f"write contains('10.0.0.0/8', TRY_CAST({column.name} AS ipaddress))"


def _mixed_types(tree: exp.Expr) -> Objections:
    """Trino compares no number with a text."""
    for node in tree.find_all(*_COMPARISONS):
        if node.args.get("query"):
            continue
        operands = list(sides(node))
        names = {side.name.lower() for side in operands if isinstance(side, exp.Column)}
        if (names & NUMBERS) and any(side.is_string for side in operands):
            (name, *_) = sorted(names & NUMBERS)
            text = next(side.name for side in operands if side.is_string)
            message = f"{name} is a number and {text!r} a text, which Athena does not compare"
            field = name.replace("_", "-")
            number = text if text.isdigit() else f"its number: flowathena fields {field}"
            yield node, message, f"write {number}"
        if (names & _TEXTS) and any(side.is_number for side in operands):
            (name, *_) = sorted(names & _TEXTS)
            number = next(side.name for side in operands if side.is_number)
            message = f"{name} is a text and {number} a number, which Athena does not compare"
            yield node, message, f"write '{number}'"


def _unknown_values(tree: exp.Expr) -> Objections:
    """A value that no record has: the comparison is never true."""
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.In):
        operands = list(sides(node))
        for column in operands:
            if not isinstance(column, exp.Column) or column.name.lower() not in _TEXTS:
                continue
            known = _values_of(column.name.lower())
            for side in operands:
                if known and side.is_string and side.name not in known:
                    message = f"no record has {side.name!r} as {column.name}"
                    yield node, message, f"it is one of {', '.join(known)}"


def _values_of(column: str) -> tuple[str, ...]:
    """The values of a field whose list is closed; empty if it is open."""
    if column not in {"action", "log_status", "flow_direction", "type"}:
        return ()
    known = enumeration_of(column.replace("_", "-"))
    return tuple(str(each.value) for each in known.values) if known else ()


def _limits(tree: exp.Expr) -> Objections:
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
    return any(call(part)[0] in _AGGREGATES for part in parts) or not any(
        isinstance(part, exp.Column | exp.Star) for part in parts
    )


def _unbounded(tree: exp.Expr) -> Objections:
    if not isinstance(tree, exp.Select) or tree.args.get("limit") or tree.args.get("fetch"):
        return
    if not tree.args.get("from_") or _is_one_row(tree):
        return
    group = tree.args.get("group")
    if group is None and not tree.args.get("distinct"):
        yield tree, "gives a row per record, without a limit", "add ORDER BY … LIMIT 100"
        return
    keys = [*_group_keys(tree, group)] if group else tree.selects
    wide = sorted({
        column.name.lower() for key in keys for column in key.find_all(exp.Column)
        if column.name.lower() in _WIDE and _is_bare(column, key)
    })  # fmt: skip
    if wide:
        message = f"gives a row per {', '.join(wide)}, without a limit"
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


def _reserved_words(tree: exp.Expr) -> Objections:
    for node in tree.find_all(exp.Identifier):
        if not node.quoted and node.name.lower() in RESERVED:
            yield node, f"{node.name} is reserved in Athena", f'write "{node.name}"'


def _exact_counts(tree: exp.Expr) -> Objections:
    for node in tree.find_all(exp.Anonymous):
        name, arguments = call(node)
        if name == "count" and arguments and isinstance(arguments[0], exp.Distinct):
            names = ", ".join(dialect.written(each) for each in arguments[0].expressions)
            message = f"count(DISTINCT {names}) keeps every value in memory"
            fix = (
                f"approx_distinct({names}) has a standard error of 2.3 % and is quicker on many "
                "records"
            )
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
        Severity.ERROR, "a divisor may be 0, which ends the query", divisions.by_zero
    ),
    "integer-division": Rule(
        Severity.WARNING, "whole numbers are divided, which cuts the fraction off",
        divisions.of_integers,
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
