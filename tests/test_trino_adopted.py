"""What Trino reads of tables whose keys others made: the partitions of the window alone."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.aws import BUCKET, pointed_at
from tests.rig.client import Rig
from tests.rig.trino.client import Trino
from tests.rig.trino.server import STRICT
from tests.test_aws_adopt_others import Site

pytestmark = pytest.mark.trino

_TODAY = datetime.now(UTC).date()
_DAYS = [_TODAY - timedelta(days=number) for number in range(70)]


def _kept(trino: Trino, sql: str) -> dict[str, set[str]]:
    """Partition values that Trino's plan reads, by key."""
    ((text,),) = trino.rows(f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}", catalog=STRICT)
    (table,) = json.loads(text)["inputTableColumnInfos"]
    return {
        column["columnName"]: {span["low"]["value"] for span in column["domain"]["ranges"]}
        for column in table["constraint"]["columnConstraints"]
    }


def _days(first: date, last: date) -> list[date]:
    return [day for day in _DAYS if first <= day <= last]


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize(
    ("keys", "form"),
    [
        ("year month day", "{0.year} {0.month} {0.day}"),
        ("dt", "{0.year}-{0.month}-{0.day}"),
        ("dt", "{0:%Y/%m/%d/13}"),
        ("dt", "{0:%Y%m%d13}"),
    ],
)
def test_days_outside_of_the_window_are_not_read(
    rig: Rig, tmp_path: Path, trino: Trino, keys: str, form: str, *, relative: bool
) -> None:
    site = Site(rig, tmp_path)
    values = {day: tuple(form.format(day).split()) for day in _DAYS}
    places = {each: f"s3://{BUCKET}/copies/{'/'.join(each)}/" for each in values.values()}
    for each in places:
        site.put("2026-11-05", 1, folder=f"copies/{'/'.join(each)}/")
    site.table(dict.fromkeys(keys.split(), "string"), places, location=f"s3://{BUCKET}/copies/")
    site.adopt()
    first = _TODAY - timedelta(days=40)
    since, until = ("40d", None) if relative else (str(first), str(_TODAY))
    with pointed_at(rig):
        rendered = site.client().render(
            "top_https_servers", since=since, until=until, relative=relative
        )
    kept = _kept(trino, rendered.sql)
    wanted = [values[day] for day in _days(first, _TODAY)]
    assert kept == {
        name: {each[place] for each in wanted} for place, name in enumerate(keys.split())
    }
