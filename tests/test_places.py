"""The walk over the folders of a template."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena.errors import StorageError
from flowathena.logs.layout import Layout, Origin, Partition, Scope
from flowathena.logs.template import parse_template
from flowathena.storage import LocalStorage
from flowathena.storage.newest import find_newest
from flowathena.storage.walk import walk
from tests.test_layout_template import FIREHOSE, SECURITY_LAKE, templates

A, B = "111122223333", "444455556666"
DAY = date(2026, 11, 3)


def store(root: Path, layout: Layout, *partitions: Partition) -> None:
    for partition in partitions:
        folder = root / layout.prefix_of(partition)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.log.gz").touch()


@st.composite
def trees(draw: st.DrawFn) -> tuple[Layout, list[Partition]]:
    """A template with hours, and partitions of which several share folders."""
    text = draw(templates())
    fields = parse_template(text).fields
    hourly = "hour" in fields
    accounts = [A, B] if "account" in fields else [""]
    regions = ["eu-west-1", "us-gov-east-1"] if "region" in fields else [""]
    organizations = ["o-aaaaaaaaaa", "o-bbbbbbbbbbbb"] if "org" in fields else [""]
    partition = st.builds(
        Partition,
        st.sampled_from(accounts),
        st.sampled_from(regions),
        st.sampled_from([DAY + timedelta(days=n) for n in (-400, -31, -1, 0, 1, 30, 366)]),
        st.sampled_from([0, 4, 23]) if hourly else st.none(),
        st.sampled_from(organizations),
    )
    found = draw(st.lists(partition, min_size=1, max_size=8, unique=True))
    return Layout(hourly=hourly, template=text), found


bounds = st.none() | st.sampled_from([DAY + timedelta(days=n) for n in (-31, -1, 0, 1, 31)])


@settings(max_examples=60)
@given(trees(), bounds, bounds, st.booleans())
def test_what_is_found_is_what_was_stored(
    tree: tuple[Layout, list[Partition]], first: date | None, last: date | None, one_account: bool
) -> None:
    layout, partitions = tree
    names = frozenset({A}) if one_account and "account" in layout.folders.fields else frozenset()
    with TemporaryDirectory() as folder:
        store(Path(folder), layout, *partitions)
        (Path(folder) / layout.root / "notes").mkdir(exist_ok=True)
        (Path(folder) / layout.root / "notes" / "x.gz").touch()
        scope = Scope(first, last, names)
        walked = walk(LocalStorage(folder), layout, scope, lambda p: (p.organization, *p.values))
        expected = {
            (each.organization, *each.values): f"{folder}/{layout.prefix_of(each)}"
            for each in partitions
            if scope.includes_day(each.day) and (not names or each.account in names)
        }
        assert walked.locations == expected
        for origin, day in walked.newest_days.items():
            assert day == max(
                each.day
                for each in partitions
                if (each.organization, each.account, each.region)
                == (origin.organization, origin.account, origin.region)
                and scope.includes_day(each.day)
            )


@settings(max_examples=30)
@given(trees(), bounds)
def test_the_newest_day_is_the_last_one_before_another(
    tree: tuple[Layout, list[Partition]], before: date | None
) -> None:
    layout, partitions = tree
    one = partitions[0]
    place = layout.region_prefix(one.account, one.region, one.organization)
    days = [
        each.day
        for each in partitions
        if layout.prefix_of(each).startswith(place) and (before is None or each.day < before)
    ]
    with TemporaryDirectory() as folder:
        store(Path(folder), layout, *partitions)
        found = find_newest(LocalStorage(folder), layout, place, before)
        assert (found.day if found else None) == max(days, default=None)


class Listed(LocalStorage):
    """Remembers what is listed."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.listed: Counter[str] = Counter()

    def folders(self, prefix: str, starting: str = "") -> list[str]:
        self.listed[prefix + starting] += 1
        return super().folders(prefix, starting)


def firehose(root: Path, days: int) -> Layout:
    layout = Layout(template=FIREHOSE)
    store(root, layout, *(Partition("", "", DAY - timedelta(days=n)) for n in range(days)))
    return layout


@pytest.mark.parametrize(
    ("first", "last", "listed"),
    [
        (DAY, DAY, ["2026/11/03"]),
        (DAY - timedelta(days=2), DAY, ["2026/11/0"]),
        # October has two digits that November shares one of.
        (DAY - timedelta(days=9), DAY, ["2026/1", "2026/10/", "2026/11/"]),
        (None, None, ["", "2026/", "2026/10/", "2026/11/", "2026/09/"]),
        (DAY + timedelta(days=30), None, ["", "2026/"]),
    ],
)
def test_only_what_the_window_does_not_decide_is_listed(
    tmp_path: Path, first: date | None, last: date | None, listed: list[str]
) -> None:
    layout, storage = firehose(tmp_path, 40), Listed(tmp_path)
    walk(storage, layout, Scope(first, last))
    if first and first > DAY:
        assert storage.listed.pop("") == 2  # the second time to see that there are days at all
        listed = listed[1:]
    assert sorted(storage.listed) == sorted(listed)
    assert set(storage.listed.values()) <= {1}


def test_named_accounts_and_regions_are_not_looked_for(tmp_path: Path) -> None:
    layout, storage = Layout(template=SECURITY_LAKE), Listed(tmp_path)
    store(tmp_path, layout, Partition(A, "eu-west-1", DAY), Partition(B, "eu-west-1", DAY))
    scope = Scope(DAY, DAY, frozenset({A}), frozenset({"eu-west-1", "us-east-1"}))
    walked = walk(storage, layout, scope)
    assert sorted(storage.listed) == [
        f"region=eu-west-1/accountId={A}/eventDay=20261103",
        f"region=us-east-1/accountId={A}/eventDay=20261103",
    ]
    assert list(walked.locations) == [(A, "eu-west-1", "2026-11-03")]


def test_the_constants_of_a_target_are_its_origin(tmp_path: Path) -> None:
    layout = firehose(tmp_path, 1)
    scope = Scope(DAY, DAY, frozenset({A}), frozenset({"eu-west-1"}))
    walked = walk(LocalStorage(str(tmp_path)), layout, scope)
    assert walked.newest_days == {Origin("", A, "eu-west-1"): DAY}
    assert walk(LocalStorage(str(tmp_path)), layout, Scope()).newest_days == {
        Origin("", "", ""): DAY
    }


@pytest.mark.parametrize("template", [FIREHOSE, SECURITY_LAKE])
def test_a_location_without_such_folders_is_an_error(tmp_path: Path, template: str) -> None:
    (tmp_path / "AWSLogs" / A).mkdir(parents=True)
    (tmp_path / "AWSLogs" / A / "x").touch()
    with pytest.raises(StorageError, match="contains no folders") as error:
        walk(LocalStorage(str(tmp_path)), Layout(template=template), Scope())
    assert "correct the target's layout, or its location" in str(error.value)
