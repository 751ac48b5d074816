"""How the columns of a table that exists fit those of its Parquet files; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_COLUMN
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table
from flowathena.sql.casts import TIMESTAMP, UNSIGNED, base_type
from flowathena.sql.quoting import WHOLE_NUMBERS
from flowathena.storage.samples import FileHead


@dataclass(frozen=True)
class ParquetFit:
    """How an existing table's columns fit those of its files.

    Attributes:
        types: the ``types`` that a target needs.
        missing: columns that the files lack, which read as NULL.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def warnings(self) -> Iterator[str]:
        """What the user should know."""
        if self.missing:
            yield f"the newest file lacks columns, which read as NULL: {', '.join(self.missing)}"


def compare_with_files(table: Table, shape: Shape, head: FileHead) -> ParquetFit:
    """How an existing table's columns fit those of a Parquet file.

    Raises:
        TableMismatchError: the table reads times as numbers that are not Unix seconds.
    """
    own = {each.name.lower(): each for each in head.columns}
    live = {column.name: base_type(column.type) for column in table.columns}
    unsigned, missing = [], []
    for column, real in shape.columns.items():
        each, known = own.get(real), BY_COLUMN.get(column)
        if each is None:
            missing.append(real)
        elif known and live[real] in WHOLE_NUMBERS and each.hive_type == TIMESTAMP:
            raise TableMismatchError(
                f"table {table.full_name} reads column {real} as {live[real]}, and "
                f"{head.key} has {each.written} there, which would read as another "
                "unit than seconds: make a table whose column is a timestamp; "
                "'flowathena init' does"
            )
        elif known and known.hive_type == "bigint" and each.hive_type == UNSIGNED:
            unsigned.append(column)
    return ParquetFit(dict.fromkeys(unsigned, UNSIGNED), tuple(missing))
