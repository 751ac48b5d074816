"""The fields of a layout, as DuckDB reads them from the path of a file."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena.engine.local.paths import field_in_path, is_readable, split_location
from flowathena.logs.layout import Layout, Partition
from tests.portion import EXAMPLES
from tests.test_layout_template import cases


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        yield connection


def values(partition: Partition) -> dict[str, str]:
    year, month, day = partition.day.isoformat().split("-")
    texts = {
        "org": partition.organization,
        "account": partition.account,
        "region": partition.region,
        "year": year,
        "month": month,
        "day": day,
    }
    return texts if partition.hour is None else {**texts, "hour": f"{partition.hour:02d}"}


@settings(max_examples=2 * EXAMPLES)
@given(case=cases(), above=st.sampled_from(["/", "/logs/", "/a/AWSLogs/2026/"]))
def test_duckdb_reads_what_the_folders_say(
    database: duckdb.DuckDBPyConnection, case: tuple[Layout, Partition], above: str
) -> None:
    layout, partition = case
    layout = Layout(hourly=layout.hourly, template=layout.template)
    location = above + layout.prefix_of(partition)
    base, key = split_location(location, layout)
    assert (base, layout.parse(key)) == (above, partition)
    if not is_readable(layout):
        return
    first = f"{base}{layout.root}".count("/") + 1
    expected = values(partition)
    for name in layout.folders.fields:
        sql = f"SELECT {field_in_path(layout, name, first)} FROM (SELECT ? AS filename)"
        found = database.execute(sql, [f"{location}sub/x.gz"]).fetchone()
        assert found == (expected[name],)


def test_a_location_with_too_few_folders_has_none_of_the_template() -> None:
    assert split_location("/a/", Layout(template="{year}/{month}/{day}")) == ("", "")
