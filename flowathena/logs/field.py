"""A field of flow-log records: its name, column, types and meaning."""

from dataclasses import dataclass

from flowathena.logs import values

# Each Hive type corresponds to the Parquet type that AWS documents for the field.
_PARQUET = {"int": "INT_32", "bigint": "INT_64", "string": "STRING"}


def column_name(field: str) -> str:
    """The column of a field, known or not: its name with ``_`` for ``-``."""
    return field.replace("-", "_")


@dataclass(frozen=True)
class Field:
    """One field of a flow-log record.

    Attributes:
        name: its name in header lines and format strings (``pkt-srcaddr``).
        version: the flow-log version that introduced it.
        hive_type: ``int``, ``bigint`` or ``string``: its column's type in a table of text files.
        meaning: one line of explanation.
    """

    name: str
    version: int
    hive_type: str
    meaning: str

    @property
    def column(self) -> str:
        """Its column name."""
        return column_name(self.name)

    @property
    def parquet_type(self) -> str:
        """Its type in Parquet files in AWS's terms: ``INT_32``, ``INT_64`` or ``STRING``.

        In Parquet's terms: physical INT32, physical INT64, BYTE_ARRAY of logical type String.
        """
        return _PARQUET[self.hive_type]

    @property
    def parquet_hive_type(self) -> str:
        """Its column's type in a table of Parquet files: the same as for text files.

        In AWS's statement, ``protocol`` is ``bigint``, which Athena accepts for INT_32 and Spark
        does not.
        """
        return self.hive_type

    @property
    def enumeration(self) -> values.Enumeration | None:
        """What its values mean; None if they need no explanation."""
        return values.enumeration_of(self.name)


def parse_fields(registry: str) -> tuple[Field, ...]:
    """The fields of a registry: a line each, of name, version, Hive type and meaning."""
    return tuple(map(_parse, registry.strip().splitlines()))


def _parse(line: str) -> Field:
    name, version, hive_type, meaning = line.split(maxsplit=3)
    return Field(name, int(version), hive_type, meaning)
