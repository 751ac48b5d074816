"""Trino's types: the common type of two, and the casts between them; pure.

Source: https://trino.io/docs/current/language/types.html, checked on Trino 470. A type is a
``DataType`` of sqlglot's tree. ``UNKNOWN`` is the type of what cannot be typed, ``NULL`` that of a
bare ``NULL``.
"""

from collections.abc import Collection

from sqlglot import exp

from flowathena.errors import EngineError
from flowathena.sql import dialect

INTEGERS = frozenset({exp.DType.INT, exp.DType.BIGINT})
DOUBLE = frozenset({exp.DType.DOUBLE})
DECIMAL = frozenset({exp.DType.DECIMAL})
NUMBERS = INTEGERS | DOUBLE | DECIMAL
TEXTS = frozenset({exp.DType.VARCHAR})
BOOLEAN = frozenset({exp.DType.BOOLEAN})
DATE = frozenset({exp.DType.DATE})
TIMESTAMP = frozenset({exp.DType.TIMESTAMP})
TIMESTAMP_TZ = frozenset({exp.DType.TIMESTAMPTZ})
TIMES = DATE | TIMESTAMP | TIMESTAMP_TZ
ARRAY = frozenset({exp.DType.ARRAY})
INTERVAL = frozenset({exp.DType.INTERVAL})
ADDRESS = frozenset({exp.DType.IPADDRESS})
OPEN = frozenset({exp.DType.UNKNOWN, exp.DType.NULL})

_MOST_DIGITS = 38
_TIME_ORDER = (exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ)


def invalid(name: str, what: str) -> EngineError:
    """The error for what Athena refuses too, under the name of Trino's error."""
    return EngineError(f"{name}: {what}")


def unsupported(what: str) -> EngineError:
    """The error for what Athena supports and the local engine does not."""
    return EngineError(f"the local engine does not support {what}; it runs on Athena only")


def of(node: exp.Expr) -> exp.DataType:
    """The node's type."""
    return node.type if isinstance(node.type, exp.DataType) else exp.DType.UNKNOWN.into_expr()


def is_a(node: exp.Expr, kinds: Collection[exp.DType]) -> bool:
    """Whether the node is known to be of one of the types."""
    return of(node).this in kinds


def spelled(kind: exp.DataType) -> str:
    """The type as Athena spells it."""
    return "null" if kind.this is exp.DType.NULL else kind.sql(dialect.NAME).lower()


def sizes(kind: exp.DataType) -> tuple[int, ...]:
    """The numbers in a type's parentheses."""
    return tuple(int(size.name) for size in kind.expressions)


def decimal(precision: int, scale: int) -> exp.DataType:
    """A decimal type."""
    if precision > _MOST_DIGITS:
        raise unsupported(f"decimal of {precision} digits (cast the operands to fewer)")
    return exp.DataType.build(f"decimal({precision}, {scale})", dialect=dialect.NAME)


def timestamp(precision: int) -> exp.DataType:
    """A timestamp type."""
    return exp.DataType.build(f"timestamp({precision})", dialect=dialect.NAME)


def array(of_what: exp.DataType) -> exp.DataType:
    """An array type."""
    return exp.DataType(this=exp.DType.ARRAY, expressions=[of_what.copy()], nested=True)


def element(kind: exp.DataType) -> exp.DataType:
    """The type of an array's elements."""
    inside = kind.expressions[0] if kind.expressions else None
    return inside if isinstance(inside, exp.DataType) else exp.DType.UNKNOWN.into_expr()


def digits(kind: exp.DataType) -> tuple[int, int]:
    """Precision and scale of a decimal, or of an integer taken as one."""
    if kind.this is exp.DType.DECIMAL:
        precision, scale = (*sizes(kind), 0)[:2]
        return precision, scale
    # As many digits as the greatest bigint and the greatest integer have.
    return (19, 0) if kind.this is exp.DType.BIGINT else (10, 0)


def precision_of(kind: exp.DataType) -> int:
    """The number of digits of a second that a timestamp has; 3 by default."""
    return (*sizes(kind), 3)[0]


def common(left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    """The type to which Trino brings two values that are compared or mixed, if there is one."""
    pair = {left.this, right.this}
    if exp.DType.NULL in pair:
        return right if left.this is exp.DType.NULL else left
    if exp.DType.UNKNOWN in pair:
        return exp.DType.UNKNOWN.into_expr()
    if left == right or pair <= TEXTS:
        return left
    if pair <= NUMBERS:
        return _common_number(left, right)
    if pair <= TIMES:
        return _common_time(left, right)
    elements = common(element(left), element(right)) if pair <= ARRAY else None
    return array(elements) if elements else None


def _common_number(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    kinds = {left.this, right.this}
    if kinds & DOUBLE:
        return exp.DType.DOUBLE.into_expr()
    if kinds <= INTEGERS:
        return exp.DType.BIGINT.into_expr()
    (precision, scale), (other_precision, other_scale) = digits(left), digits(right)
    whole = max(precision - scale, other_precision - other_scale)
    most = max(scale, other_scale)
    return decimal(min(_MOST_DIGITS, whole + most), most)


def _common_time(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    later = max(left, right, key=lambda kind: _TIME_ORDER.index(kind.this))
    if left.this is right.this is exp.DType.TIMESTAMP:
        return timestamp(max(precision_of(left), precision_of(right)))
    return later


def castable(source: exp.DataType, to: exp.DataType) -> bool:
    """Whether Trino has the cast."""
    pair = {source.this, to.this}
    if source.this in OPEN or len(pair) == 1:
        return True
    if pair & TEXTS:
        return not pair & ARRAY
    return pair <= TIMES or pair <= NUMBERS | BOOLEAN
