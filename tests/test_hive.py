"""Every statement of ``tests/ddl``, executed by Hive, and what Hive and Spark read in its table."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from flowathena.catalog import Change
from flowathena.catalog.ddl import add_partitions, create_database
from flowathena.shape.table import Column, Table
from tests.hive.session import Hive, session
from tests.hive.statement import TABLE, Part, Row, Statement

pytestmark = pytest.mark.hive

_FOLDER = Path(__file__).with_name("ddl")
_SNAPSHOTS = sorted(_FOLDER.glob("*.sql"))
_HIVE_KEYED = [path for path in _SNAPSHOTS if "`aws-account-id` string" in path.read_text()]
_PARQUET = _FOLDER / "parquet-registered-daily-default.sql"
_EXTERNAL = "'EXTERNAL' = 'TRUE'"


def _stem(path: Path) -> str:
    return path.stem


@dataclass(frozen=True)
class Created:
    """A table that Hive made of a statement, with two partitions and the records in each."""

    statement: Statement
    root: Path
    parts: Sequence[Part]
    records: Sequence[Sequence[Row]]

    def rows(self, *first: Row) -> list[list[Row]]:
        """What is found in each partition, where every file begins with the first rows."""
        return [
            [(*record, *part.values.values()) for record in (*first, *records)]
            for part, records in zip(self.parts, self.records, strict=True)
        ]


@pytest.fixture(scope="module")
def hive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hive]:
    with session(tmp_path_factory.mktemp("hive")) as started:
        started(create_database(Table("network", "vpc_flow_logs", (), (), "")))
        yield started


@pytest.fixture(params=_SNAPSHOTS, ids=_stem)
def statement(request: pytest.FixtureRequest, hive: Hive) -> Iterator[Statement]:
    yield Statement(request.param.read_text())
    hive(f"DROP TABLE IF EXISTS {TABLE}")


@pytest.fixture
def created(hive: Hive, statement: Statement, tmp_path: Path) -> Created:
    hive(statement.below(tmp_path))
    parts = statement.parts()
    records = [[statement.record(100), statement.dashes], [statement.record(200)]]
    for part, rows in zip(parts, records, strict=True):
        _write(statement, tmp_path / part.folder, rows)
    hive(_added(statement, parts, tmp_path))
    return Created(statement, tmp_path, parts, records)


def _added(statement: Statement, parts: Sequence[Part], root: Path) -> str:
    keys = tuple(Column(*key) for key in statement.keys)
    changes = [
        Change(tuple(part.values[key.name] for key in keys), f"{root.as_uri()}/{part.folder}")
        for part in parts
    ]
    return add_partitions(Table("network", "vpc_flow_logs", (), keys, ""), changes)


def _write(statement: Statement, folder: Path, rows: Sequence[Row]) -> None:
    folder.mkdir(parents=True)
    names = [name for name, _ in statement.columns]
    if statement.is_text:
        lines = [names, *(["-" if cell is None else str(cell) for cell in row] for row in rows)]
        with gzip.open(folder / "a.log.gz", "wt") as file:
            file.writelines(" ".join(line) + "\n" for line in lines)
        return
    columns = ", ".join(f'"{name}" {kind}' for name, kind in statement.columns)
    # Parquet is read by name: the columns of the file stand in another order than the table's.
    backwards = ", ".join(f'"{name}"' for name in reversed(names))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE logs ({columns})")
        connection.executemany(f"INSERT INTO logs VALUES ({', '.join('?' * len(names))})", rows)
        connection.execute(f"COPY (SELECT {backwards} FROM logs) TO '{folder}/a.log.parquet'")


def test_hive_describes_the_table_that_the_statement_names(hive: Hive, created: Created) -> None:
    columns, keys = created.statement.columns, created.statement.keys
    assert len(columns) >= 14
    assert keys
    described = [line[:2] for line in hive(f"DESCRIBE {TABLE}")]
    title = described.index(("# Partition Information", ""))
    assert [line for line in described[:title] if any(line)] == columns + keys
    assert [line for line in described[title + 2 :] if any(line)] == keys
    assert hive.spark.table(TABLE).dtypes == columns + keys
    told = [line[:2] for line in hive(f"DESCRIBE FORMATTED {TABLE}")]
    assert ("Table Type:", "EXTERNAL_TABLE") in told
    kept = {line[0]: line[1] for line in hive(f"SHOW TBLPROPERTIES {TABLE}")}
    said = created.statement.properties(created.root)
    assert said
    assert {name: kept.get(name) for name in said} == said


def _told(created: Created) -> list[tuple[str, ...]]:
    rows = [row for rows in created.rows() for row in rows]
    return sorted(tuple("NULL" if cell is None else str(cell) for cell in row) for row in rows)


def test_hive_reads_all_and_spark_what_a_predicate_asks_for(hive: Hive, created: Created) -> None:
    """Spark has no ``skip.header.line.count``: it takes the first line for a record."""
    assert sorted(hive(f"SELECT * FROM {TABLE}")) == _told(created)
    header = [created.statement.header] if created.statement.is_text else []
    expected = created.rows(*header)
    both = [row for rows in expected for row in rows]
    assert hive.by_spark(f"SELECT * FROM {TABLE}") == sorted(both, key=str)
    for part, rows in zip(created.parts, expected, strict=True):
        key, value = list(part.values.items())[-1]
        found = hive.by_spark(f"SELECT * FROM {TABLE} WHERE `{key}` = '{value}'")
        assert found == sorted(rows, key=str)


@pytest.mark.parametrize("statement", _HIVE_KEYED, ids=_stem, indirect=True)
def test_hive_finds_the_partitions_of_hive_compatible_folders(hive: Hive, created: Created) -> None:
    hive(f"DROP TABLE {TABLE}")
    hive(created.statement.below(created.root))
    assert hive(f"SELECT * FROM {TABLE}") == []
    hive(f"MSCK REPAIR TABLE {TABLE}")
    assert sorted(hive(f"SELECT * FROM {TABLE}")) == _told(created)


def test_spark_takes_the_statement_too(hive: Hive, statement: Statement, tmp_path: Path) -> None:
    """But for the property that says EXTERNAL again: it is one that Spark lets nobody set."""
    sql = statement.below(tmp_path)
    assert sql.count(_EXTERNAL) == 1
    hive.spark.sql(sql.replace(_EXTERNAL, "'also' = 'TRUE'"))
    assert hive.spark.table(TABLE).dtypes == statement.columns + statement.keys
    hive.spark.sql(_added(statement, statement.parts(), tmp_path))
    assert len(hive.by_spark(f"SHOW PARTITIONS {TABLE}")) == 2


@pytest.mark.parametrize("statement", [_PARQUET], ids=_stem, indirect=True)
@pytest.mark.parametrize(
    ("text", "wrong", "why"),
    [
        ("`end` bigint", "end bigint", "ParseException .* near 'end'"),
        ("`bytes` bigint", "`bytes` bignum", "ParseException .* near 'bignum'"),
        ("`day` string", "`end` string", "Column repeated in partitioning columns"),
        (".ParquetHiveSerDe'", ".ParquetSerDe'", "Cannot validate serde: .*ParquetSerDe"),
        (_EXTERNAL, "'EXTERNAL' 'TRUE'", "ParseException .* near ''EXTERNAL''"),
    ],
    ids=["reserved", "type", "repeated", "serde", "property"],
)
def test_hive_refuses_what_is_wrong(
    hive: Hive, statement: Statement, tmp_path: Path, text: str, wrong: str, why: str
) -> None:
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra

    sql = statement.below(tmp_path)
    assert sql.count(text) == 1
    with pytest.raises(PySparkException, match=why):
        hive(sql.replace(text, wrong))
