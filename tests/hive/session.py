"""Spark with Hive support on the loopback interface alone, and the Hive that it carries."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hive.statement import Row

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LEAST_JAVA = 17
_SYSTEM = Path("/usr/lib/jvm")


class Hive:
    """Hive's own driver, and Spark over the same metastore."""

    def __init__(self, spark: "SparkSession") -> None:
        self.spark = spark
        # No public way leads to Hive's driver; Spark's own tests take this one.
        catalog = spark._jsparkSession.sharedState().externalCatalog()  # noqa: SLF001
        self._client: Any = catalog.unwrapped().client()

    def __call__(self, sql: str) -> list[tuple[str, ...]]:
        """Execute a statement by Hive; what it answers, as text, cell by cell."""
        lines = self._client.runSqlHive(sql)
        cells = (lines.apply(i).split("\t") for i in range(lines.size()))
        return [tuple(cell.strip() for cell in line) for line in cells]

    def by_spark(self, sql: str) -> list[Row]:
        """Execute a statement by Spark; its rows in the order of their text."""
        return sorted((tuple(row) for row in self.spark.sql(sql).collect()), key=str)


@contextmanager
def session(folder: Path) -> Iterator[Hive]:
    """Start Spark; what it and Hive write goes into the folder, the metastore into memory.

    Where there is no Java for it, the whole run ends, with one line that says so.
    """
    home = _java_home()
    if home is None:
        pytest.exit(
            f"error: Spark needs Java {_LEAST_JAVA} or newer; there is none in JAVA_HOME, "
            f"on PATH or in {_SYSTEM}",
            returncode=1,
        )
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(home))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.delenv("SPARK_HOME", raising=False)  # the Spark of the extra
        settings = _settings(folder)
        spark = SparkSession.builder.config(map=settings).enableHiveSupport().getOrCreate()
    try:
        yield Hive(spark)
    finally:
        spark.stop()


def _settings(folder: Path) -> dict[str, bool | float | int | str | None]:
    options = [
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        f"-Djava.io.tmpdir={folder}",
        f"-Dderby.stream.error.file={folder}/derby.log",
        "-Dspark.testing=true",  # else Hive's driver is closed
    ]
    return {
        "spark.master": "local[2]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "768m",
        "spark.driver.extraJavaOptions": " ".join(options),
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        # Parquet by the SerDe that the statement names, not by Spark's own reader.
        "spark.sql.hive.convertMetastoreParquet": "false",
        "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:metastore;create=true",
        "spark.hadoop.hive.exec.scratchdir": f"{folder}/scratch",
    }


def _java_home() -> Path | None:
    """The first JDK that is new enough; it says its version in a file."""
    named = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    homes = [Path(named)] if named else []
    homes += [Path(on_path).resolve().parents[1]] if on_path else []
    for home in (*homes, *sorted(_SYSTEM.glob("*"))):
        release = home / "release"
        text = release.read_text() if release.is_file() else ""
        version = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE)
        if version and int(version[1]) >= _LEAST_JAVA and (home / "bin" / "java").is_file():
            return home
    return None
