"""The extent of stored logs, against a plain look at every key, and in how many calls."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.errors import PlaceError, StorageError
from flowathena.logs.layout import Layout, Level, Origin
from flowathena.storage import Object, extent
from flowathena.storage.extent import Extent, Misnamed, find_extent
from flowathena.storage.newest import find_newest
from flowathena.storage.origins import find_accounts

SINCE = date(2026, 10, 29)
PAGE = 5


class Bucket:
    """Keys in memory, listed as S3 lists them: ``PAGE`` folders per call."""

    def __init__(self, keys: list[str], denied: str = "", page: int = PAGE) -> None:
        self.keys = sorted(keys)
        self.calls: Counter[str] = Counter()
        self._denied = denied
        self._page = page

    def _list(self, prefix: str) -> None:
        self.calls["ListObjectsV2"] += 1
        if self._denied and (prefix in self._denied or self._denied in prefix):
            raise PlaceError(f"{prefix}: access denied")

    def folders(self, prefix: str, starting: str = "") -> list[str]:
        self.calls["ListObjectsV2"] += 1
        tails = [key[len(prefix) :] for key in self.keys if key.startswith(prefix + starting)]
        return sorted({tail.partition("/")[0] for tail in tails if "/" in tail})

    def log_folders(self, prefix: str, after: str = "") -> Iterator[str]:
        self._list(prefix)
        found: dict[str, None] = {}
        for key in self.keys:
            tail = key[len(prefix) :]
            group = tail.partition("_")[0]
            if key.startswith(prefix) and tail > after:
                found[group] = None
        for number, group in enumerate(found):
            if number and number % self._page == 0:
                self.calls["ListObjectsV2"] += 1
            yield group[: group.rfind("/") + 1]

    def has_folder(self, prefix: str) -> bool:
        return any(key.startswith(prefix) for key in self.keys)

    def is_empty(self, location: str) -> bool:
        return not any(key.startswith(location) for key in self.keys)

    def objects(self, prefix: str) -> Iterator[Object]:
        for key in self.keys:
            if key.startswith(prefix):
                yield Object(key, 1, datetime(2026, 11, 1, tzinfo=UTC))

    def common_prefixes(self, prefix: str, delimiter: str) -> Iterator[str]:
        raise NotImplementedError

    def first_bytes(self, key: str, size_bytes: int) -> bytes:
        raise NotImplementedError

    last_bytes = first_bytes

    def location(self, prefix: str) -> str:
        return prefix


class OwnFoldersAlone(Bucket):
    """One whose listing across accounts is denied."""

    def _list(self, prefix: str) -> None:
        super()._list(prefix)
        if "vpcflowlogs" not in prefix:
            raise PlaceError(f"{prefix}: access denied")


def key(account: str, region: str, day: date, hour: int | None = None, above: str = "") -> str:
    """Written out by hand."""
    hours = "" if hour is None else f"{hour:02d}/"
    return (
        f"AWSLogs/{above}{account}/vpcflowlogs/{region}/{day:%Y/%m/%d}/{hours}"
        f"{account}_vpcflowlogs_{region}_fl-0a_{day:%Y%m%d}T0000Z_c0ffee.log.gz"
    )


def look(bucket: Bucket, layout: Layout | None = None, **options: frozenset[str]) -> Extent:
    folders = find_accounts(bucket, "")
    return find_extent(bucket, layout or Layout(), folders, SINCE, workers=2, **options)


ACCOUNTS = [f"{n:012d}" for n in range(1, 8)]
REGIONS = ["ap-south-1", "eu-west-1", "us-east-1"]
DAYS = st.sets(st.dates(SINCE - timedelta(days=60), SINCE + timedelta(days=31)), max_size=30)
PLACES = st.dictionaries(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(REGIONS)), DAYS, max_size=8
)


@given(PLACES, st.sampled_from(["", "CloudTrail", "z"]), st.booleans())
def test_every_place_has_its_days(
    stored: dict[tuple[str, str], set[date]], beside: str, denied: bool
) -> None:
    keys = [key(*place, day) for place, days in stored.items() for day in days]
    if beside:  # another service's logs, more than a call lists
        for account in {account for account, _ in stored}:
            keys += [
                f"AWSLogs/{account}/{beside}/eu-west-1/2026/{n:02d}/a_b.json" for n in range(12)
            ]
    present = {place: days for place, days in stored.items() if days}
    # A policy may allow the accounts' own folders alone.
    bucket = (OwnFoldersAlone if denied else Bucket)(keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extent, "_PAGE", PAGE)
        if not keys:
            with pytest.raises(StorageError, match="contains no AWSLogs/ folder"):
                look(bucket)
            return
        found = look(bucket)
    assert {(p.origin.account, p.origin.region) for p in found.places} == present.keys()
    for place in found.places:
        days = sorted(present[place.origin.account, place.origin.region])
        assert [moment.day for moment in place.recent] == [day for day in days if day >= SINCE]
        assert place.oldest
        assert place.oldest.day == days[0]
        newest = place.newest or find_newest(bucket, Layout(), place.prefix)
        assert newest
        assert newest.day == days[-1]
    assert (found.misnamed, found.unlisted) == ((), ())


def test_1204_places_take_a_call_for_every_thousand_folders() -> None:
    accounts = [f"{n:012d}" for n in range(1204)]
    days = [SINCE + timedelta(days=n) for n in range(3)]
    bucket = Bucket([key(a, "eu-west-1", day) for a in accounts for day in days], page=1000)
    folders = find_accounts(bucket, "")
    found = find_extent(bucket, Layout(), folders, SINCE, workers=16)
    assert len(found.places) == 1204
    # One for AWSLogs/, one for each of 16 parts with 76 accounts and 228 folders.
    assert bucket.calls["ListObjectsV2"] <= 1 + 16 * 4  # a part reads to the end of its last call


def test_years_of_history_are_skipped() -> None:
    days = [SINCE - timedelta(days=n) for n in range(-30, 3000)]
    bucket = Bucket(
        [key(ACCOUNTS[0], region, day) for region in REGIONS for day in days], page=1000
    )
    found = look(bucket)
    assert [len(place.recent) for place in found.places] == [31, 31, 31]
    # One for AWSLogs/; of 3,030 days of each Region the first thousand, then from SINCE on into
    # the next Region.
    assert bucket.calls["ListObjectsV2"] == 1 + 1 + 3


def test_an_organization_folder_and_accounts_beside_it() -> None:
    above = "o-abcdefghij/"
    bucket = Bucket(
        [key(ACCOUNTS[0], "eu-west-1", SINCE, above=above), key(ACCOUNTS[1], "eu-west-1", SINCE)]
    )
    assert [place.origin for place in look(bucket).places] == [
        Origin("", ACCOUNTS[1], "eu-west-1"),
        Origin("o-abcdefghij", ACCOUNTS[0], "eu-west-1"),
    ]


def test_one_account_that_cannot_be_listed_hides_no_other() -> None:
    keys = [key(account, "eu-west-1", SINCE) for account in ACCOUNTS[:4]]
    found = look(Bucket(keys, denied=f"AWSLogs/{ACCOUNTS[1]}/vpcflowlogs/"))
    assert [place.origin.account for place in found.places] == [
        *(ACCOUNTS[0], ACCOUNTS[2], ACCOUNTS[3])
    ]
    assert [each.origin for each in found.unlisted] == [Origin("", ACCOUNTS[1])]


def test_only_some_accounts_and_regions() -> None:
    keys = [key(account, region, SINCE) for account in ACCOUNTS for region in REGIONS]
    found = look(Bucket(keys), accounts=frozenset(ACCOUNTS[:1]), regions=frozenset(["eu-west-1"]))
    assert [place.origin for place in found.places] == [Origin("", ACCOUNTS[0], "eu-west-1")]


@pytest.mark.parametrize(
    ("folder", "level"),
    [
        ("AWSLogs/000000000001/vpcflowlogs/eu-west-1/2026/11/31/", Level.DAY),
        ("AWSLogs/000000000001/vpcflowlogs/eu-west-1/2026/13/01/", Level.DAY),
        ("AWSLogs/000000000001/vpcflowlogs/eu-west-1/2026/02/29/", Level.DAY),
        ("AWSLogs/000000000001/vpcflowlogs/eu-west-1/2026/11/", Level.DAY),
        ("AWSLogs/000000000001/vpcflowlogs/eu-west-1/", Level.DAY),
        ("AWSLogs/000000000001/vpcflowlogs/EU-WEST-1/2026/11/01/", Level.REGION),
        ("AWSLogs/000000000001/vpcflowlogs/frankfurt/2026/11/01/", Level.REGION),
        ("AWSLogs/000000000001/vpcflowlogs/", Level.REGION),
        ("AWSLogs/123/", Level.ACCOUNT),
    ],
)
def test_folders_that_are_no_account_region_or_day(folder: str, level: Level) -> None:
    inside = "vpcflowlogs/eu-west-1/2026/11/01/" if level is Level.ACCOUNT else ""
    good = key(ACCOUNTS[0], "eu-west-1", SINCE)
    found = look(Bucket([good, f"{folder}{inside}1_vpcflowlogs_x_fl-0a_20261101T0000Z_a.log.gz"]))
    assert found.misnamed == (Misnamed(folder, level),)
    assert [moment.day for moment in found.places[0].recent] == [SINCE]
    # A file that is no log is no matter.
    assert look(Bucket([good, f"{folder}{inside}README.txt"])).misnamed == ()


def test_the_newest_day_is_not_a_31st_of_november() -> None:
    days = ["2026/11/30", "2026/11/31"]
    bucket = Bucket([f"AWSLogs/{ACCOUNTS[0]}/vpcflowlogs/eu-west-1/{day}/a.log" for day in days])
    (place,) = look(bucket).places
    newest = find_newest(bucket, Layout(), place.prefix)
    assert newest
    assert newest.day == date(2026, 11, 30)


def test_days_without_hours_in_an_hourly_layout() -> None:
    hourly = Layout(hourly=True)
    keys = [key(ACCOUNTS[0], "eu-west-1", SINCE, hour) for hour in (0, 23)]
    (place,) = look(Bucket(keys), hourly).places
    assert [(moment.day, moment.hour) for moment in place.recent] == [(SINCE, 0), (SINCE, 23)]
    assert not place.daily
    (place,) = look(Bucket([*keys, key(ACCOUNTS[0], "eu-west-1", SINCE)]), hourly).places
    assert place.daily


def test_which_layouts_there_are() -> None:
    plain, hive = f"AWSLogs/{ACCOUNTS[0]}/a/b", f"AWSLogs/aws-account-id={ACCOUNTS[0]}/a/b"
    both = find_accounts(Bucket([plain, hive]), "")
    assert both.layouts(Layout(hive=True)) == (True, False)
    assert find_accounts(Bucket([plain]), "").layouts(Layout(hive=True)) == (False,)
    below = Bucket([f"AWSLogs/o-abcdefghij/aws-account-id={ACCOUNTS[0]}/a/b"])
    assert find_accounts(below, "").layouts(Layout()) == (True,)
