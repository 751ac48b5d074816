"""Athena's types of result columns: read from their names, and what Arrow and pandas call them.

Trino writes ``decimal(10,2)``, ``array(bigint)``, ``map(varchar, bigint)``, ``row(a bigint, b
varchar)``, ``timestamp(3) with time zone``. Athena's API names nested types without their parts:
``array``. https://trino.io/docs/current/language/types.html
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[(),]|[^\s(),"]+)')
_NUMBER = re.compile(r"[0-9]+")
_PARAMETERS = frozenset({"decimal", "varchar", "char", "timestamp", "time"})

_TWO_WORDS = frozenset(
    {("timestamp", "with"), ("time", "with"), ("interval", "day"), ("interval", "year")}
)


@dataclass(frozen=True)
class AthenaType:
    """A type.

    Attributes:
        name: its name without parameters, in lower case: ``timestamp with time zone``.
        numbers: precision and scale, length or digits; empty if none are given.
        parts: the type of an array's items, of a map's keys and values, of a row's fields.
        fields: the names of a row's fields; empty text for one without a name.
    """

    name: str
    numbers: tuple[int, ...] = ()
    parts: "tuple[AthenaType, ...]" = ()
    fields: tuple[str, ...] = ()


def parse(text: str) -> AthenaType:
    """The type of a name; what is no name of a type is one without parts."""
    tokens = _TOKEN.findall(text)
    reader = _Reader(tokens)
    try:
        found = reader.type()
    except (IndexError, ValueError):
        return AthenaType(text.strip().lower())
    return found if reader.is_at_end else AthenaType(text.strip().lower())


class _Reader:
    """Reads a type from its tokens, by recursive descent."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._tokens)

    def type(self) -> AthenaType:
        words: list[str] = [self._next().lower()]
        numbers: tuple[int, ...] = ()
        if words == ["row"] and self._peek() == "(":
            names, parts = zip(*self._list(self._field), strict=True)
            return AthenaType("row", parts=parts, fields=names)
        if words[0] in {"array", "map"} and self._peek() == "(":
            return AthenaType(words[0], parts=tuple(self._list(self.type)))
        if words[0] in _PARAMETERS and self._peek() == "(":
            numbers = tuple(self._list(lambda: int(self._next())))
        while self._peek() not in {"", "(", ")", ","}:
            words.append(self._next().lower())  # with time zone, day to second
        return AthenaType(" ".join(words), numbers)

    def _field(self) -> tuple[str, AthenaType]:
        first, following = self._tokens[self._at : self._at + 2]
        if following in {")", ",", "("} or (first, following) in _TWO_WORDS:
            return "", self.type()
        name = self._next()
        quoted = name.startswith('"')
        return (name[1:-1].replace('""', '"') if quoted else name), self.type()

    def _list(self, item: Callable[[], _Item]) -> list[_Item]:
        self._expect("(")
        items = [item()]
        while self._peek() == ",":
            self._next()
            items.append(item())
        self._expect(")")
        return items

    def _peek(self) -> str:
        return "" if self.is_at_end else self._tokens[self._at]

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise ValueError(token)


_ARROW: dict[str, Callable[[Any], Any]] = {
    "boolean": lambda pa: pa.bool_(),
    "tinyint": lambda pa: pa.int8(),
    "smallint": lambda pa: pa.int16(),
    "int": lambda pa: pa.int32(),
    "integer": lambda pa: pa.int32(),
    "bigint": lambda pa: pa.int64(),
    "float": lambda pa: pa.float32(),  # as Athena's API calls real
    "real": lambda pa: pa.float32(),
    "double": lambda pa: pa.float64(),
    "varchar": lambda pa: pa.string(),
    "char": lambda pa: pa.string(),
    "date": lambda pa: pa.date32(),
    "time": lambda pa: pa.time64("us"),
    "timestamp": lambda pa: pa.timestamp("us", tz="UTC"),
    "timestamp with time zone": lambda pa: pa.timestamp("us", tz="UTC"),
    "varbinary": lambda pa: pa.binary(),
}
_PANDAS = {
    "boolean": "boolean",
    "tinyint": "Int8",
    "smallint": "Int16",
    "int": "Int32",
    "integer": "Int32",
    "bigint": "Int64",
    "float": "Float32",
    "real": "Float32",
    "double": "Float64",
    "varchar": "string",
    "char": "string",
    "timestamp": "datetime64[us, UTC]",
    "timestamp with time zone": "datetime64[us, UTC]",
}


def pandas_type(kind: AthenaType) -> str | None:
    """Pandas' own nullable type; None if it has none: decimals, dates, lists."""
    return _PANDAS.get(kind.name)


def arrow_type(pa: Any, kind: AthenaType) -> Any:  # noqa: ANN401 - pyarrow has no types here
    """Arrow's type; None where the name does not say it, as Athena's ``array`` alone."""
    if kind.name in _ARROW:
        return _ARROW[kind.name](pa)
    if kind.name == "decimal":
        return pa.decimal128(*kind.numbers) if kind.numbers else None
    parts = [arrow_type(pa, part) for part in kind.parts]
    if not parts or None in parts:
        return None
    if kind.name == "row":
        names = (name or f"field{n}" for n, name in enumerate(kind.fields))
        return pa.struct(list(zip(names, parts, strict=True)))
    return pa.list_(*parts) if kind.name == "array" else pa.map_(*parts)


def arrow_array(
    pa: Any,  # noqa: ANN401 - same
    values: Iterable[object],
    kind: AthenaType,
    wanted: Any = None,  # noqa: ANN401 - same
) -> Any:  # noqa: ANN401 - same
    """The values of a column as an Arrow array.

    Where the type's name does not say what is inside, it is ``wanted`` or follows from the values.

    Raises:
        ValueError, OverflowError: a value does not fit the type.
    """
    named = arrow_type(pa, kind)
    if named is not None:
        return pa.array(values, type=named)
    items = list(values)
    if wanted == pa.string():
        items = [None if item is None else str(item) for item in items]
    if wanted is not None:
        return pa.array(items, type=wanted)
    if kind.name == "map":
        return pa.array(items, type=_inferred_map(pa, items))
    try:
        made = pa.array(items)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array([None if item is None else str(item) for item in items])
    unknown = pa.types.is_null(made.type)
    return made.cast(_EMPTY[kind.name](pa)) if unknown and kind.name in _EMPTY else made


_EMPTY: dict[str, Callable[[Any], Any]] = {
    "array": lambda pa: pa.list_(pa.null()),
    "map": lambda pa: pa.map_(pa.string(), pa.null()),
    "decimal": lambda pa: pa.decimal128(38, 0),
    "json": lambda pa: pa.string(),
    "time with time zone": lambda pa: pa.time64("us"),
    "interval day to second": lambda pa: pa.string(),
    "interval year to month": lambda pa: pa.string(),
}
"""Types of columns that hold nothing but NULL, where the name does not say all."""


def _inferred_map(pa: Any, items: Sequence[object]) -> Any:  # noqa: ANN401 - same
    """The type of maps: pyarrow would take dicts for rows."""
    maps = [item for item in items if isinstance(item, dict)]
    keys = pa.array([key for each in maps for key in each]).type
    values = pa.array([value for each in maps for value in each.values()]).type
    return pa.map_(pa.string() if pa.types.is_null(keys) else keys, values)
