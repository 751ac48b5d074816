"""Arrays made of arrays and numbers: pieces, sequences, repetitions, combinations."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.arrays import whole
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    cast,
    duckdb,
    fail,
    guarded,
    let,
    named,
    operands,
    require,
    shown,
    signature,
)
from flowathena.engine.local.semantics.types import (
    array,
    common,
    element,
    invalid,
    is_a,
    is_of_months,
    of,
    spelled,
    unsupported,
)

_DAY = 86_400_000
_MOST_ENTRIES = 10_000
"""The most entries that Trino gives a sequence."""


# Type rules


def _sequence_type(node: exp.Expr) -> exp.DataType:
    start, stop, *step = operands(node)
    if not is_a(start, types.TIMES) and not is_a(stop, types.TIMES):
        return signature("int -> array(bigint)")(node)
    dates = is_a(start, types.DATE) and is_a(stop, types.DATE)
    kind = common(of(start), of(stop))
    plain = kind is not None and kind.this in types.DATE | types.TIMESTAMP
    if not plain or (step and not is_a(step[0], types.INTERVAL)) or not (step or dates):
        raise invalid("TYPE_MISMATCH", f"{shown(node)}: such a sequence")
    return array(kind if kind is not None and not dates else exp.DType.DATE.into_expr())


def _flatten_type(node: exp.Expr) -> exp.DataType:
    inner = _first_array(node)
    if inner.this not in types.ARRAY | types.OPEN:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} does not take {spelled(inner)}")
    return inner


def _first_array(node: exp.Expr) -> exp.DataType:
    """The type of the elements of the first operand."""
    require(node, node.expressions[0], "array")
    return element(of(node.expressions[0]))


def _nested_type(node: exp.Expr) -> exp.DataType:
    """``ngrams`` and ``combinations``: arrays of elements."""
    require(node, node.expressions[1], "int")
    return array(array(_first_array(node)))


def _repeat_type(node: exp.Expr) -> exp.DataType:
    require(node, node.expressions[1], "int")
    return array(of(node.expressions[0]))


# DuckDB forms


def _sequence(node: exp.Expr) -> exp.Expr:
    """Without a step, a sequence counts down if it must; a step in the wrong direction fails."""
    start, stop, step = (node.args.get(name) for name in ("start", "end", "step"))
    assert isinstance(start, exp.Expr)  # noqa: S101 - Trino's grammar
    assert isinstance(stop, exp.Expr)  # noqa: S101 - same
    if element(of(node)).this in types.TIMES:
        return _times(node, start, stop, step)
    if step is None:
        step = duckdb("CASE WHEN :a <= :z THEN 1 ELSE -1 END", a=start, z=stop)
    bad = duckdb("(:z - :a) * sign(:s) < 0 OR :s = 0", a=start, z=stop, s=step)
    long = duckdb(f"abs(:z - :a) // abs(:s) >= {_MOST_ENTRIES}", a=start, z=stop, s=step)
    limited = guarded(
        long,
        "INVALID_FUNCTION_ARGUMENT",
        f"result of sequence function must not have more than {_MOST_ENTRIES} entries",
        call("generate_series", start, stop, step),
    )
    message = "sequence stop value should be on the side of start to which step goes"
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", message, limited)


def _times(node: exp.Expr, start: exp.Expr, stop: exp.Expr, step: exp.Expr | None) -> exp.Expr:
    """Each is so many steps from the start: months are not added to one another."""
    dates, months = element(of(node)).this in types.DATE, step is not None and _of_months(step)
    if step is None:
        step = duckdb(f"CASE WHEN :a <= :z THEN {_DAY} ELSE -{_DAY} END", a=start, z=stop)
    unit = "to_months(CAST(fa_n * fa_s AS INTEGER))" if months else "to_milliseconds(fa_n * fa_s)"
    months_between = "(year(fa_z) - year(fa_a)) * 12 + month(fa_z) - month(fa_a)"
    span = months_between if months else "(epoch_us(fa_z) - epoch_us(fa_a)) // 1000"
    kind = "DATE" if dates else "TIMESTAMP"
    wrong = "(fa_z > fa_a AND fa_s < 0) OR (fa_z < fa_a AND fa_s > 0) OR fa_s = 0"
    made = (
        "CASE WHEN fa_a IS NULL OR fa_z IS NULL OR fa_s IS NULL THEN NULL "
        + ("" if months or not dates else f"WHEN fa_s % {_DAY} <> 0 THEN :part ")
        + f"WHEN {wrong} THEN :wrong "
        f"WHEN abs({span}) // abs(fa_s) >= {_MOST_ENTRIES} THEN :long ELSE "
        f"list_filter(list_transform(generate_series(0, abs({span}) // abs(fa_s)), "
        f"lambda fa_n: CAST(fa_a + {unit} AS {kind})), "
        "lambda fa_t: CASE WHEN fa_s > 0 THEN fa_t <= fa_z ELSE fa_t >= fa_z END) END"
    )
    errors = {
        "part": "sequence step must be a day interval if start and end values are dates",
        "wrong": "sequence stop value should be greater than or equal to start value if step "
        "is greater than zero otherwise stop should be less than or equal to start",
        "long": f"result of sequence function must not have more than {_MOST_ENTRIES} entries",
    }
    parts = {
        name: fail("INVALID_FUNCTION_ARGUMENT", told)
        for name, told in errors.items()
        if f":{name}" in made
    }
    body = duckdb(made, **parts)
    for name, value in (("fa_s", step), ("fa_z", cast(stop, kind)), ("fa_a", cast(start, kind))):
        body = let(name, value, body)
    return body


def _of_months(step: exp.Expr) -> bool:
    return is_of_months(of(step))


def _slice(node: exp.Expr) -> exp.Expr:
    """A start below 0 counts from the end; a start before the array gives nothing."""
    values, start, size = node.args["this"], node.args["start"], node.args["end"]
    part = duckdb(
        "CASE WHEN :s < -len(:v) THEN :v[1:0] "
        "ELSE list_slice(:v, if(:s < 0, len(:v) + :s + 1, :s), "
        "if(:s < 0, len(:v) + :s + 1, :s) + :n - 1) END",
        v=values,
        s=start,
        n=size,
    )
    zero = guarded(
        duckdb(":s = 0", s=start),
        "INVALID_FUNCTION_ARGUMENT",
        "SQL array indices start at 1",
        part,
    )
    less = duckdb(":n < 0", n=size)
    message = "length must be greater than or equal to 0"
    return whole(guarded(less, "INVALID_FUNCTION_ARGUMENT", message, zero), values, start, size)


def _trim(node: exp.Expr) -> exp.Expr:
    values, size = node.expressions
    kept = duckdb("list_slice(:v, 1, len(:v) - :n)", v=values, n=size)
    bad = duckdb(":n < 0 OR :n > len(:v)", v=values, n=size)
    message = "size must not be negative or exceed array cardinality"
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", message, whole(kept, values, size))


def _repeat(node: exp.Expr) -> exp.Expr:
    value, count = node.expressions
    many = duckdb("list_transform(range(:n), lambda fa_i: :v)", n=count, v=value)
    error, bound = "INVALID_FUNCTION_ARGUMENT", "count argument of repeat function must be"
    most = f"{bound} less than or equal to {_MOST_ENTRIES}"
    limited = guarded(duckdb(f":n > {_MOST_ENTRIES}", n=count), error, most, whole(many, count))
    least = f"{bound} greater than or equal to 0"
    return guarded(duckdb(":n < 0", n=count), error, least, limited)


def _ngrams(node: exp.Expr) -> exp.Expr:
    """Of a shorter array, the whole of it."""
    values, size = node.expressions
    found = duckdb(
        "CASE WHEN len(:v) <= :n THEN [:v] ELSE list_transform("
        "range(1, len(:v) - :n + 2), lambda fa_i: list_slice(:v, fa_i, fa_i + :n - 1)) END",
        v=values,
        n=size,
    )
    bad = duckdb(":n <= 0", n=size)
    return guarded(
        bad, "INVALID_FUNCTION_ARGUMENT", "N must be positive", whole(found, *(values, size))
    )


def _flatten(node: exp.Expr) -> exp.Expr:
    return call("flatten", node.expressions[0])


def _combinations(node: exp.Expr) -> exp.Expr:
    """In the order of the places of the last element, then of the one before it."""
    values, size = node.expressions
    count = int(size.name) if isinstance(size, exp.Literal) and size.is_int else -1
    if not 0 <= count <= 3:  # noqa: PLR2004 - as far as it is written out here
        raise unsupported("combinations of more than 3 or a computed number of elements")
    sql = {
        0: "[:v[1:0]]",
        1: "list_transform(:v, lambda fa_a: [fa_a])",
        2: (
            "flatten(list_transform(range(2, len(:v) + 1), lambda fa_b: "
            "list_transform(range(1, fa_b), lambda fa_a: [:v[fa_a], :v[fa_b]])))"
        ),
        3: (
            "flatten(list_transform(range(3, len(:v) + 1), lambda fa_c: "
            "flatten(list_transform(range(2, fa_c), lambda fa_b: list_transform("
            "range(1, fa_b), lambda fa_a: [:v[fa_a], :v[fa_b], :v[fa_c]])))))"
        ),
    }[count]
    return whole(duckdb(sql, v=values), values)


ROWS = (
    Function(exp.GenerateSeries, "sequence", _sequence_type, _sequence),
    Function(exp.ArraySlice, "slice", "array int -> 1", _slice, arguments="this start end"),
    Function(named("trim_array"), "trim_array", "array int -> 1", _trim),
    Function(named("repeat"), "repeat", _repeat_type, _repeat),
    Function(named("flatten"), "flatten", _flatten_type, _flatten),
    Function(named("ngrams"), "ngrams", _nested_type, _ngrams),
    Function(named("combinations"), "combinations", _nested_type, _combinations),
)
