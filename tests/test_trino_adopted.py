"""What Trino reads of tables whose keys others made: the partitions of the window alone."""

from datetime import UTC, datetime, timedelta
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
    folders = {day: f"copies/{'/'.join(each)}/" for day, each in values.items()}
    first = _TODAY - timedelta(days=40)
    for day, folder in folders.items():
        if day >= first:
            site.put(str(day), 1, folder=folder)
        else:  # whoever reads it fails
            rig.put_keys(BUCKET, [f"{folder}damaged.log.gz"], b"no gzip")
    places = {values[day]: f"s3://{BUCKET}/{folder}" for day, folder in folders.items()}
    site.table(dict.fromkeys(keys.split(), "string"), places, location=f"s3://{BUCKET}/copies/")
    site.adopt()
    since, until = ("40d", None) if relative else (str(first), str(_TODAY))
    with pointed_at(rig):
        rendered = site.client().render(
            "top_https_servers", since=since, until=until, relative=relative
        )
    ((_, _, _, flows, _),) = trino.rows(rendered.sql, catalog=STRICT)
    # At noon of each day: a window that ends now has that of today, or else that of the first.
    assert flows == 40
