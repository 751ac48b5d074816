"""SQL of DuckDB that writes rows as CSV and JSON, each byte as Python's writers put it.

``flowathena.result.formats`` says what a value's text is; ``tests/test_lines.py`` compares the two
over every type. What is not known here, nested values and intervals among it, Python writes.
"""

import csv as python_csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain

from flowathena.sql.quoting import literal

_AS_THEY_ARE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "BOOLEAN"}
)
_TIMES = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"})
_NUMBERS = frozenset({"FLOAT", "DOUBLE"})
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_WIDEST = 38
# What Python has; infinite ones are outside.
_DAYS = "DATE '0001-01-01' AND DATE '9999-12-31'"
_MOMENTS = "TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"
_CONTROLS = {chr(code): json.dumps(chr(code))[1:-1] for code in range(32)}


def known(types: Sequence[str]) -> bool:
    """Whether rows of these DuckDB types can be written."""
    return all(_known(kind) for kind in types)


def outside_calendar(types: Mapping[int, str]) -> str:
    """A condition for rows with a date that Python has not; empty if no column has dates."""
    dates = [f"c{n} NOT BETWEEN {_DAYS}" for n, kind in types.items() if kind == "DATE"]
    times = [f"{_moment(f'c{n}')} NOT BETWEEN {_MOMENTS}" for n, k in types.items() if k in _TIMES]
    return " OR ".join([*dates, *times])


def csv(types: Sequence[str]) -> str:
    """The expression of a row as a line of CSV."""
    fields = [_field(f"c{n}", kind) for n, kind in enumerate(types)]
    if len(fields) > 1:
        return _joined([fields[0], *(part for field in fields[1:] for part in ("','", field))])
    # A line of one NULL would be an empty line.
    return f"coalesce({fields[0]}, '\"\"')"


def json_object(names: Sequence[str], types: Sequence[str]) -> str:
    """The expression of a row as a JSON object."""
    keys = [json.dumps(name, ensure_ascii=False) for name in names]
    values = [f"coalesce({_json(f'c{n}', kind)}, 'null')" for n, kind in enumerate(types)]
    marks = [literal(f"{', ' if n else '{'}{key}: ") for n, key in enumerate(keys)]
    return _joined([*chain.from_iterable(zip(marks, values, strict=True)), "'}'"])


def _joined(parts: Iterable[str]) -> str:
    """The texts as one, NULL as nothing. A chain of || would copy a long row for every column."""
    return f"concat({', '.join(parts)})"


def _known(kind: str) -> bool:
    decimal = _DECIMAL.fullmatch(kind)
    if decimal:
        return int(decimal[2]) < _WIDEST
    return kind in {*_AS_THEY_ARE, *_TIMES, *_NUMBERS, "VARCHAR", "DATE", "BLOB"}


def _field(name: str, kind: str) -> str:
    """The text of a value in CSV, NULL for NULL."""
    if kind == "VARCHAR":
        doubled = _joined(["'\"'", f"replace({name}, '\"', '\"\"')", "'\"'"])
        return f"CASE WHEN {name} = '' OR {_quoted(name)} THEN {doubled} ELSE {name} END"
    if kind == "BLOB":
        return f"CASE WHEN octet_length({name}) = 0 THEN '\"\"' ELSE {_text(name, kind)} END"
    return _text(name, kind)


def _json(name: str, kind: str) -> str:
    """The JSON of a value, NULL for NULL and for what is not a number."""
    if kind == "VARCHAR":
        quoted = f"CAST(to_json({name}) AS VARCHAR)"
        plain = f"strlen({quoted}) = strlen({name}) + 2"
        return f"CASE WHEN {plain} THEN {quoted} ELSE {_escaped(name)} END"
    if kind in _NUMBERS:
        return f"CASE WHEN isfinite({name}) THEN {_text(name, kind)} END"
    if _DECIMAL.fullmatch(kind):
        # By its text: a conversion of the number itself rounds twice.
        double = f"CAST(CAST({_text(name, kind)} AS DOUBLE) AS VARCHAR)"
        whole = f"CAST(CAST(trunc({name}) AS DECIMAL(38, 0)) AS VARCHAR)"
        return f"CASE WHEN {name} = trunc({name}) THEN {whole} ELSE {double} END"
    if kind in _AS_THEY_ARE:
        return _text(name, kind)
    return f"'\"' || {_text(name, kind)} || '\"'"


def _text(name: str, kind: str) -> str:
    """The text of a value that needs no quotes, NULL for NULL."""
    if kind in _NUMBERS:
        text = f"CAST(CAST({name} AS DOUBLE) AS VARCHAR)"  # as Python, which has no other floats
        return f"CASE WHEN isnan({name}) THEN 'nan' ELSE {text} END"
    decimal = _DECIMAL.fullmatch(kind)
    if decimal:
        # One digit more: DECIMAL(2,2) has no place for the 0 of 0.25.
        precision = min(int(decimal[1]) + 1, _WIDEST)
        return f"CAST(CAST({name} AS DECIMAL({precision}, {decimal[2]})) AS VARCHAR)"
    if kind in _TIMES:
        time = _moment(name)
        whole, exact = (f"strftime({time}, '%Y-%m-%dT%H:%M:%S{end}')" for end in ("Z", ".%fZ"))
        return f"CASE WHEN microsecond({time}) % 1000000 <> 0 THEN {exact} ELSE {whole} END"
    if kind == "BLOB":
        return f"lower(hex({name}))"
    return f"CAST({name} AS VARCHAR)"


def _moment(name: str) -> str:
    """A date or a time to the microsecond, zoned ones in UTC; strftime cannot read every type."""
    return f"CAST({name} AS TIMESTAMP)"


def _quoted(name: str) -> str:
    return " OR ".join(f"contains({name}, {_character(char)})" for char in _quoting())


@cache
def _quoting() -> tuple[str, ...]:
    """The characters whose fields csv quotes: from Python 3.13 on a carriage return is one."""
    return tuple(char for char in ',"\n\r' if _written(char).startswith('"'))


def _written(field: str) -> str:
    text = io.StringIO()
    python_csv.writer(text, lineterminator="\n").writerow([field, ""])
    return text.getvalue()


def _escaped(name: str) -> str:
    """The text as a JSON string, character by character: to_json has other escapes."""
    text = f"replace(replace({name}, '\\', '\\\\'), '\"', '\\\"')"
    for char, escape in _CONTROLS.items():
        text = f"replace({text}, {_character(char)}, {literal(escape)})"
    return f"'\"' || {text} || '\"'"


def _character(char: str) -> str:
    return f"chr({ord(char)})"
