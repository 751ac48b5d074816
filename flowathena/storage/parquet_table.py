"""The table that Parquet files ask for, whoever wrote them; pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from flowathena.logs.fields import BY_COLUMN, Field
from flowathena.shape.key import is_digits
from flowathena.shape.recognition import name_fields
from flowathena.sql.casts import TIMESTAMP, UNSIGNED, can_read
from flowathena.storage.parquet_schema import ParquetColumn
from flowathena.text import counted

_UNKNOWN = re.compile(r"[a-z0-9_]+")
_LAST_SECOND = 32_503_680_000  # the year 3000; what is larger are milliseconds or finer


@dataclass
class ParquetSettings:
    """What a target says of its Parquet files.

    Attributes:
        fields: the fields in the order of the columns.
        columns: the names of columns by field, where they are not the field's own.
        types: the types of columns by field, where they are not the field's own.
        omitted: columns that are left out of the table, with their types.
    """

    fields: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    omitted: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, object]:
        """The settings of a target besides ``log_format``; without those that are defaults."""
        made = {"columns": self.columns, "types": self.types}
        return {name: value for name, value in made.items() if value}

    @property
    def warnings(self) -> Iterator[str]:
        """What the user should know."""
        if self.omitted:
            count = counted(len(self.omitted), "column")
            yield f"left out {count} that no query can use: {', '.join(self.omitted)}"


def table_settings(columns: Sequence[ParquetColumn]) -> ParquetSettings:
    """What a target says of files with some columns.

    Raises:
        ValueError: a column has a type that its field cannot be read from; names it.
    """
    by_name = {each.name.lower(): each for each in columns}
    if len(by_name) < len(columns):
        raise ValueError("two of its columns have one name in Athena, which ignores case")
    made = ParquetSettings()
    for column, real in sorted(name_fields(by_name, {}).items(), key=_place_in(by_name)):
        known, each = BY_COLUMN.get(column), by_name[real]
        if known is None and not (each.hive_type and _UNKNOWN.fullmatch(real)):
            made.omitted.append(f"{each.name} ({each.written})")
            continue
        made.fields.append(known.name if known else real.replace("_", "-"))
        if real != column:
            made.columns[column] = real
        kind = _column_type(known, each) if known else each.hive_type
        if kind != (known.hive_type if known else "string"):
            made.types[column] = kind
    return made


def _place_in(by_name: Iterable[str]) -> Callable[[tuple[str, str]], int]:
    places = {name: place for place, name in enumerate(by_name)}
    return lambda pair: places[pair[1]]


def _column_type(field: Field, column: ParquetColumn) -> str:
    """The type of a field's column in the table: the field's own where that reads the same."""
    kind = column.hive_type
    if not kind or not can_read(field, kind):
        raise ValueError(
            f"its column {column.name} is {column.written}, which cannot be read as "
            f"{field.name}, a {'text' if field.hive_type == 'string' else 'whole number'}; write "
            "the files with another type, or without this column"
        )
    _refuse_other_times(field, column)
    if field.hive_type == "string":
        return "bigint" if kind in {"int", UNSIGNED} else kind
    if kind == "int" or (kind == UNSIGNED and field.hive_type == "int"):
        return field.hive_type  # no port has 32 bits
    return kind


def _refuse_other_times(field: Field, column: ParquetColumn) -> None:
    """Refuse times that are neither Unix seconds nor timestamps: no record would be in a window."""
    if field.column not in {"start", "end"} or column.hive_type == TIMESTAMP or not column.largest:
        return
    digits = column.largest.partition(".")[0]
    if not is_digits(digits):
        kind = "no Unix seconds"
    elif int(digits) > _LAST_SECOND:
        kind = "no Unix seconds but of a finer unit"
    else:
        return
    raise ValueError(
        f"its column {column.name} has times such as {column.largest}, which are {kind}; write "
        "the files with Unix seconds, or with timestamps"
    )
