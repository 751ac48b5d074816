"""The days stored around a scope, and the words for them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena.errors import StorageError
from flowathena.inputs.window import Window
from flowathena.logs.layout import Layout, Origin, Partition, Scope
from flowathena.partitions.absence import describe_registered, describe_surroundings
from flowathena.storage import LocalStorage
from flowathena.storage.surroundings import (
    MOST_PLACES,
    Surroundings,
    find_surroundings,
    look_around,
)

A, B = "111122223333", "444455556666"
HOME = Origin("", A, "eu-west-1")
NOVEMBER = Scope(date(2026, 11, 1), date(2026, 11, 30))


def store(root: Path, *days: date, account: str = A, region: str = "eu-west-1") -> None:
    for day in days:
        folder = root / Layout().prefix_of(Partition(account, region, day))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a_b.log.gz").touch()


def measured(root: Path, scope: Scope = NOVEMBER) -> Surroundings:
    return look_around(LocalStorage(str(root)), Layout(), scope, [HOME])


few_days = st.sets(st.dates(date(2024, 12, 25), date(2026, 3, 5)), max_size=12)
foreign = st.sets(
    st.sampled_from(["2025/02/30", "2025/13/01", "0000/01/01", "2025/1/1", "x/01/01", "2027/11/31"])
)


@settings(max_examples=40)  # a folder of files each
@given(few_days, st.sets(st.dates(date(2025, 1, 1), date(2025, 12, 31)), max_size=2), foreign)
def test_the_nearest_days_are_those_that_a_look_at_all_finds(
    days: set[date], hidden: set[date], others: set[str]
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        store(root, *days)
        region = Layout().region_prefix(A, "eu-west-1")
        for text in (*others, *(f"{day:%Y/%m/%d}" for day in hidden)):
            (root / region / text).mkdir(parents=True, exist_ok=True)
            (root / region / text / "_SUCCESS").touch()
        for first, last in ((None, None), (date(2025, 6, 1), None), (date(2025, 6, 1),) * 2):
            found = measured(root, Scope(first, last))
            earlier = [day for day in days if first and day < first]
            inside = [day for day in days if Scope(first, last).includes_day(day)]
            later = [day for day in days if last and day > last]
            assert found.before == max(earlier, default=None)
            assert found.inside == min(inside, default=None)
            assert found.after == (None if inside else min(later, default=None))
            assert found.oldest == min(days, default=None)


def test_the_nearest_of_all_places_counts(tmp_path: Path) -> None:
    store(tmp_path, date(2026, 2, 1), date(2026, 2, 20))
    store(tmp_path, date(2026, 1, 5), date(2026, 2, 28), account=B, region="us-east-1")
    found = find_surroundings(LocalStorage(str(tmp_path)), Layout(), NOVEMBER)
    assert found == Surroundings(
        before=date(2026, 2, 28), oldest=date(2026, 1, 5), examined=2, places=2
    )


def test_few_of_many_places_are_looked_at(tmp_path: Path) -> None:
    accounts = [f"{number:012d}" for number in range(40)]
    for account in accounts:
        store(tmp_path, date(2026, 2, 1), account=account)
    storage = LocalStorage(str(tmp_path))
    found = find_surroundings(storage, Layout(), NOVEMBER)
    assert (found.examined, found.places) == (MOST_PLACES, 40)
    # The root and the Regions of 8 accounts; of each place year, month and day, a look into the
    # day, the days from the window on, and the oldest.
    assert storage.calls["ListFolder"] == 1 + 8 + 8 * 6


def test_places_that_are_not_selected_are_named_if_the_selected_have_nothing(
    tmp_path: Path,
) -> None:
    store(tmp_path, date(2026, 2, 1))
    storage = LocalStorage(str(tmp_path))
    for accounts, regions in (({B}, set()), ({A}, {"us-east-1"}), (set(), {"us-east-1"})):
        scope = Scope(None, None, frozenset(accounts), frozenset(regions))
        assert find_surroundings(storage, Layout(), scope).others == (f"{A} eu-west-1",)


def test_a_folder_without_logs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="contains no AWSLogs/ folder"):
        find_surroundings(LocalStorage(str(tmp_path)), Layout(), NOVEMBER)


def test_a_storage_without_a_day_is_empty(tmp_path: Path) -> None:
    (tmp_path / Layout().region_prefix(A, "eu-west-1") / "2026").mkdir(parents=True)
    assert find_surroundings(LocalStorage(str(tmp_path)), Layout(), NOVEMBER).is_empty


def window(first: date, last: date) -> Window:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC)
    return Window(start, end + timedelta(days=1))


AUTUMN = window(date(2026, 8, 30), date(2026, 11, 28))


@pytest.mark.parametrize(
    ("around", "told"),
    [
        (
            Surroundings(before=date(2026, 2, 28), oldest=date(2026, 2, 1), examined=1, places=1),
            (
                "newest logs 2026-02-28, before the window 2026-08-30..2026-11-28; "
                "use --all or --since 2026-02-01"
            ),
        ),
        (  # of a long history, the 30 days that end with the newest
            Surroundings(
                before=date(2026, 2, 28), oldest=date(2021, 5, 1), examined=8, places=1204
            ),
            (
                "newest logs 2026-02-28, before the window 2026-08-30..2026-11-28; "
                "use --all or --since 2026-01-30 (8 of 1204 accounts and Regions examined)"
            ),
        ),
        (
            Surroundings(after=date(2026, 12, 3), oldest=date(2026, 12, 3), examined=1, places=1),
            (
                "oldest logs 2026-12-03, after the window 2026-08-30..2026-11-28; "
                "use --all or --since 2026-12-03 --until 2027-01-02"
            ),
        ),
        (
            Surroundings(
                before=date(2026, 8, 1),
                after=date(2026, 12, 3),
                oldest=date(2026, 8, 1),
                examined=1,
                places=1,
            ),
            (
                "no logs in the window 2026-08-30..2026-11-28: the newest before it are of "
                "2026-08-01, the oldest after it of 2026-12-03; use --all or --since 2026-08-01"
            ),
        ),
        (
            Surroundings(inside=date(2026, 11, 3), oldest=date(2026, 11, 3), examined=1, places=1),
            (
                "logs of 2026-11-03 are in day folders, but a partition is an hour; "
                "set granularity = 'day' in the target"
            ),
        ),
        (
            Surroundings(others=("1 a", "2 b", "3 c", "4 d")),
            "the selected accounts and Regions have no logs; there are those of 1 a, 2 b, 3 c, …",
        ),
        (
            Surroundings(),
            (
                "no logs found in s3://b/AWSLogs/; correct the location, or wait for the first "
                "delivery"
            ),
        ),
    ],
)
def test_what_is_there_is_said_with_the_options_that_show_it(
    around: Surroundings, told: str
) -> None:
    assert describe_surroundings(around, "s3://b/AWSLogs/", AUTUMN, has_all=True) == told
    without = told.replace("--all or ", "")
    assert describe_surroundings(around, "s3://b/AWSLogs/", AUTUMN, has_all=False) == without


@pytest.mark.parametrize(
    ("days", "others", "complete", "told"),
    [
        (
            [date(2026, 2, 28), date(2026, 2, 1)],
            (),
            True,
            "registered days are 2026-02-01..2026-02-28, none in 2026-08-30..2026-11-28; use --all",
        ),
        (
            [date(2026, 2, 1)],
            (),
            False,
            (
                "registered days are 2026-02-01 (of the first thousands), none in "
                "2026-08-30..2026-11-28; use --all"
            ),
        ),
        (
            [],
            (f"{B} us-east-1",),
            True,
            (
                "no partition of the selected accounts and Regions is registered; there are those "
                f"of {B} us-east-1"
            ),
        ),
        (
            [],
            (),
            True,
            "no partition is registered; 'PLAN' shows what is stored",
        ),
    ],
)
def test_what_is_registered_instead_is_said(
    days: list[date], others: tuple[str, ...], complete: bool, told: str
) -> None:
    assert describe_registered(days, others, AUTUMN, "PLAN", complete=complete) == told


def test_nothing_is_said_of_places_that_could_not_be_looked_at() -> None:
    assert not describe_surroundings(
        Surroundings(places=3), "s3://b/AWSLogs/", AUTUMN, has_all=True
    )
