"""Finding the day folders of a local folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena.errors import PlaceError, StorageError
from flowathena.logs.layout import Layout, Origin, Partition, Scope
from flowathena.storage import LocalStorage, Object
from flowathena.storage.origins import Unlisted, find_origins
from flowathena.storage.walk import StoredPartitions, walk

# LocalStorage.folders leaves its scandir iterators to the garbage collector.
A, B = "111122223333", "444455556666"
NOVEMBER = Scope(date(2026, 11, 1), date(2026, 11, 30))
ORGANIZATION = "o-abcdefghij"


def store(root: Path, *partitions: Partition, layout: Layout | None = None) -> None:
    for partition in partitions:
        folder = root / (layout or Layout()).prefix_of(partition)
        folder.mkdir(parents=True)
        (folder / "a.log.gz").touch()


def day(number: int, account: str = A, region: str = "eu-west-1", month: int = 11) -> Partition:
    return Partition(account, region, date(2026, month, number))


def walked(root: Path, scope: Scope = NOVEMBER) -> StoredPartitions:
    return walk(LocalStorage(str(root)), Layout(), scope)


def found(root: Path, scope: Scope = NOVEMBER) -> list[tuple[str, ...]]:
    return sorted(walked(root, scope).locations)


def test_every_day_of_every_account_and_region_is_found(tmp_path: Path) -> None:
    stored = [day(1), day(2), day(1, B), day(3, A, "us-gov-west-1")]
    store(tmp_path, *stored)
    assert found(tmp_path) == sorted(partition.values for partition in stored)


def test_a_day_has_its_folder_as_location(tmp_path: Path) -> None:
    store(tmp_path, day(1))
    assert walked(tmp_path).locations == {
        day(1).values: f"{tmp_path}/AWSLogs/{A}/vpcflowlogs/eu-west-1/2026/11/01/"
    }


def test_accounts_below_an_organization_are_found(tmp_path: Path) -> None:
    partition = Partition(A, "eu-west-1", date(2026, 11, 1), None, ORGANIZATION)
    store(tmp_path, partition, day(2, B))
    assert walked(tmp_path).locations == {
        partition.values: (
            f"{tmp_path}/AWSLogs/{ORGANIZATION}/{A}/vpcflowlogs/eu-west-1/2026/11/01/"
        ),
        day(2, B).values: f"{tmp_path}/AWSLogs/{B}/vpcflowlogs/eu-west-1/2026/11/02/",
    }


@pytest.mark.parametrize(
    "foreign",
    [
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/01/x",
        "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/11/01/x",
        "AWSLogs/CloudTrail/eu-west-1/2026/11/01/x",
        "AWSLogs/11112222333/vpcflowlogs/eu-west-1/2026/11/01/x",
        "AWSLogs/o-short/999900001111/vpcflowlogs/eu-west-1/2026/11/01/x",
        "AWSLogs/111122223333/vpcflowlogs/everywhere/2026/11/01/x",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/32/x",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/_temporary/x",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/7/x",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/x",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/02",
        "AWSLogs/999900001111",
        "999900001111/vpcflowlogs/eu-west-1/2026/11/01/x",
    ],
)
def test_foreign_folders_and_files_are_passed_over(tmp_path: Path, foreign: str) -> None:
    store(tmp_path, day(1))
    path = tmp_path / foreign
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert found(tmp_path) == [day(1).values]


def test_an_empty_day_folder_is_not_found(tmp_path: Path) -> None:
    store(tmp_path, day(1))
    (tmp_path / Layout().prefix_of(day(2))).mkdir()
    assert found(tmp_path) == [day(1).values]


@pytest.mark.parametrize("file", ["_SUCCESS", ".crc", "_temporary/a.log.gz", ".tmp/x/a.log.gz"])
def test_a_day_with_nothing_that_athena_reads_is_not_found(tmp_path: Path, file: str) -> None:
    store(tmp_path, day(1))
    path = tmp_path / Layout().prefix_of(day(2)) / file
    path.parent.mkdir(parents=True)
    path.touch()
    assert found(tmp_path) == [day(1).values]


names = st.sampled_from(
    [
        *("a.log.gz", "1_x.log.gz", "a.log", "a.log.parquet", "sub/a_b.gz"),
        *("_SUCCESS", ".hidden", "_t/x.log.gz"),
        *("notes.txt", "a.log.gz.a1B2c3D4", "a.log.gz.part", "sub/a.tmp", "README"),
    ]
)
tails = st.builds(
    "/".join,
    st.tuples(
        st.sampled_from(["2025", "2026", "20260"]),
        st.sampled_from(["02", "11", "12", "1"]),
        st.sampled_from(["01", "02", "29", "30", "31", "_01"]),
        st.one_of(
            names, st.sampled_from(["00/", "23/", "24/"]).flatmap(lambda h: st.just(h + "x.gz"))
        ),
    ),
)
days = st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2026, 12, 31)))


@settings(max_examples=50)  # a folder of files each
@given(st.sets(tails, max_size=25), days, days, st.booleans())
def test_what_is_found_is_what_a_look_at_every_file_says(
    files: set[str], first: date | None, last: date | None, hourly: bool
) -> None:
    layout, scope = Layout(hourly=hourly), Scope(first, last)
    region = layout.region_prefix(A, "eu-west-1")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for file in {"2000/01/01/a.gz", *files}:
            (root / region / file).parent.mkdir(parents=True, exist_ok=True)
            (root / region / file).touch()
        expected = set()
        for path in (path for path in root.rglob("*") if path.is_file()):
            key = path.relative_to(root).as_posix()
            partition = layout.parse(key)
            hidden = any(part[0] in "_." for part in key.removeprefix(region).split("/"))
            named = path.suffix in {".log", ".gz", ".parquet"}
            if partition and named and not hidden and scope.includes_day(partition.day):
                expected.add(partition.values)
        assert set(walk(LocalStorage(folder), layout, scope).locations) == expected


def test_what_is_listed_is_told(tmp_path: Path) -> None:
    store(tmp_path, day(1), day(1, B), day(1, B, "us-east-1"))
    told: list[tuple[int, int]] = []
    walk(
        LocalStorage(str(tmp_path)),
        Layout(),
        NOVEMBER,
        watch=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_places_that_hold_a_day_in_scope_are_told(tmp_path: Path) -> None:
    below = Partition(B, "us-east-1", date(2026, 11, 2), None, ORGANIZATION)
    store(tmp_path, day(1), day(31, A, "us-east-1", month=10), below)
    assert walked(tmp_path).newest_days == {
        Origin("", A, "eu-west-1"): date(2026, 11, 1),
        Origin(ORGANIZATION, B, "us-east-1"): date(2026, 11, 2),
    }


def test_a_location_is_empty_where_athena_reads_nothing(tmp_path: Path) -> None:
    store(tmp_path, day(1))
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "_x").touch()
    storage = LocalStorage(str(tmp_path))
    assert not storage.is_empty(f"{tmp_path}/AWSLogs/")
    assert storage.is_empty(f"{tmp_path}/hidden/")
    assert storage.is_empty(f"{tmp_path}/nowhere/")


def test_days_out_of_the_window_are_not_found(tmp_path: Path) -> None:
    stored = [day(31, month=10), day(1), day(2), day(3), day(1, month=12)]
    store(tmp_path, *stored)
    scope = Scope(date(2026, 11, 2), date(2026, 11, 2))
    assert found(tmp_path, scope) == [day(2).values]


def test_a_window_over_the_turn_of_a_month_finds_both(tmp_path: Path) -> None:
    store(tmp_path, day(31, month=10), day(1))
    scope = Scope(date(2026, 10, 31), date(2026, 11, 1))
    assert found(tmp_path, scope) == [day(31, month=10).values, day(1).values]


def test_a_window_over_the_turn_of_a_year_finds_both(tmp_path: Path) -> None:
    last = Partition(A, "eu-west-1", date(2025, 12, 31))
    first = Partition(A, "eu-west-1", date(2026, 1, 1))
    store(tmp_path, last, first)
    assert found(tmp_path, Scope(last.day, first.day)) == [last.values, first.values]


def test_all_of_time_finds_every_day(tmp_path: Path) -> None:
    stored = [Partition(A, "eu-west-1", date(1999, 2, 28)), day(1), day(29, month=12)]
    store(tmp_path, *stored)
    assert found(tmp_path, Scope()) == sorted(partition.values for partition in stored)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(first=date(2026, 11, 1)), [day(1), day(1, month=12)]),
        (Scope(last=date(2026, 11, 1)), [day(1, month=10), day(1)]),
    ],
)
def test_a_window_may_have_one_bound(
    tmp_path: Path, scope: Scope, expected: list[Partition]
) -> None:
    store(tmp_path, day(1, month=10), day(1), day(1, month=12))
    assert found(tmp_path, scope) == [partition.values for partition in expected]


def test_only_the_accounts_in_scope_are_found(tmp_path: Path) -> None:
    store(tmp_path, day(1), day(1, B))
    scope = Scope(NOVEMBER.first, NOVEMBER.last, accounts=frozenset({B}))
    assert found(tmp_path, scope) == [day(1, B).values]


def test_only_the_regions_in_scope_are_found(tmp_path: Path) -> None:
    store(tmp_path, day(1), day(1, A, "us-east-1"))
    scope = Scope(NOVEMBER.first, NOVEMBER.last, regions=frozenset({"us-east-1"}))
    assert found(tmp_path, scope) == [day(1, A, "us-east-1").values]


def calls(root: Path, scope: Scope) -> int:
    storage = LocalStorage(str(root))
    walk(storage, Layout(), scope)
    return storage.calls["ListFolder"]


def test_calls_are_one_and_the_accounts_and_each_region(tmp_path: Path) -> None:
    store(
        tmp_path,
        *(
            day(n, a, r)
            for n in (1, 2, 3)
            for a in (A, B)
            for r in ("eu-west-1", "us-east-1", "cn-north-1")
        ),
    )
    scope = Scope(date(2026, 10, 15), date(2026, 12, 1))
    assert calls(tmp_path, scope) == 1 + 2 + 2 * 3


def test_an_organization_is_one_call_more(tmp_path: Path) -> None:
    store(tmp_path, Partition(A, "eu-west-1", date(2026, 11, 1), None, ORGANIZATION))
    assert calls(tmp_path, NOVEMBER) == 1 + 1 + 1 + 1


def test_accounts_out_of_scope_cost_no_call(tmp_path: Path) -> None:
    store(tmp_path, day(1), day(1, B))
    scope = Scope(NOVEMBER.first, NOVEMBER.last, accounts=frozenset({B}))
    assert calls(tmp_path, scope) == 1 + 1 + 1


def test_an_account_both_below_an_organization_and_beside_it_is_a_duplicate(
    tmp_path: Path,
) -> None:
    below = Partition(A, "eu-west-1", date(2026, 11, 1), None, ORGANIZATION)
    store(tmp_path, day(1), below)
    stored = walked(tmp_path)
    both = [f"{tmp_path}/{Layout().prefix_of(partition)}" for partition in (day(1), below)]
    assert sorted([*stored.locations.values(), *stored.duplicates]) == sorted(both)
    assert len(stored.duplicates) == 1


def test_a_folder_without_awslogs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=f"{tmp_path}/ contains no AWSLogs/ folder"):
        walked(tmp_path)


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere is not a folder"):
        walked(tmp_path / "nowhere")


def test_a_hive_tree_is_no_plain_tree(tmp_path: Path) -> None:
    store(tmp_path, day(1), layout=Layout(hive=True))
    told = r"contains hive-daily folders \(aws-account-id=111122223333/\), not plain-daily ones"
    with pytest.raises(StorageError, match=told):
        walked(tmp_path)


def test_a_plain_tree_is_no_hive_tree(tmp_path: Path) -> None:
    store(tmp_path, day(1))
    told = r"contains plain-daily folders \(111122223333/\), not hive-daily ones"
    with pytest.raises(StorageError, match=told):
        walk(LocalStorage(str(tmp_path)), Layout(hive=True), NOVEMBER)


@pytest.mark.parametrize("hive", [False, True])
@pytest.mark.parametrize("scope", [NOVEMBER, Scope()])
def test_every_hour_is_found(tmp_path: Path, hive: bool, scope: Scope) -> None:
    layout = Layout(hive=hive, hourly=True)
    hours = [Partition(A, "eu-west-1", date(2026, 11, n), hour) for n in (1, 2) for hour in (0, 23)]
    store(tmp_path, *hours, layout=layout)
    found_hours = walk(LocalStorage(str(tmp_path)), layout, scope).locations
    assert found_hours == {hour.values: f"{tmp_path}/{layout.prefix_of(hour)}" for hour in hours}


def test_days_of_hours_are_found_as_days(tmp_path: Path) -> None:
    store(tmp_path, Partition(A, "eu-west-1", date(2026, 11, 1), 7), layout=Layout(hourly=True))
    assert found(tmp_path) == [day(1).values]


def test_hours_out_of_the_window_are_not_looked_for(tmp_path: Path) -> None:
    layout = Layout(hourly=True)
    hours = [Partition(A, "eu-west-1", date(2026, 11, n), 7) for n in (1, 2, 3)]
    store(tmp_path, *hours, layout=layout)
    storage = LocalStorage(str(tmp_path))
    stored = walk(storage, layout, Scope(date(2026, 11, 2), date(2026, 11, 2)))
    assert list(stored.locations) == [hours[1].values]
    assert storage.calls["ListFolder"] == 1 + 1 + 1  # root, account, Region


def test_a_table_may_write_the_values_another_way(tmp_path: Path) -> None:
    store(tmp_path, day(1))
    stored = walk(LocalStorage(str(tmp_path)), Layout(), NOVEMBER, lambda p: (str(p.day.day),))
    assert list(stored.locations) == [("1",)]


def test_a_tree_with_a_prefix(tmp_path: Path) -> None:
    layout = Layout("logs/vpc")
    store(tmp_path, day(1), layout=layout)
    assert list(walk(LocalStorage(str(tmp_path)), layout, NOVEMBER).locations) == [day(1).values]


def test_places_are_accounts_and_regions(tmp_path: Path) -> None:
    store(tmp_path, day(1), day(2, B, "us-east-1"))
    found_places = find_origins(LocalStorage(str(tmp_path)), Layout(), Scope())
    assert [(place.account, place.region) for place in found_places] == [
        (A, "eu-west-1"),
        (B, "us-east-1"),
    ]


def test_objects_are_every_file_in_key_order(tmp_path: Path) -> None:
    for name, size in (("b/x", 2), ("a/y", 1), ("a/b/z", 0)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    written = datetime(2026, 11, 7, 12, 30, tzinfo=UTC)
    for path in tmp_path.rglob("?"):
        os.utime(path, (written.timestamp(), written.timestamp()))
    assert list(LocalStorage(str(tmp_path)).objects("")) == [
        Object("a/b/z", 0, written),
        Object("a/y", 1, written),
        Object("b/x", 2, written),
    ]


def test_first_bytes_are_no_more_than_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abcdef")
    storage = LocalStorage(str(tmp_path))
    assert (storage.first_bytes("a", 3), storage.first_bytes("a", 99)) == (b"abc", b"abcdef")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*/a: No such file or directory"):
        LocalStorage(str(tmp_path)).first_bytes("a", 3)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Without root's right to read everything, where tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that others than its owner reach, unlike tmp_path."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        yield root
        for path in root.rglob("*"):
            if path.is_dir():
                path.chmod(0o755)


@pytest.mark.parametrize(
    ("closed", "name"),
    [
        (f"AWSLogs/{B}", B),
        (f"AWSLogs/{B}/vpcflowlogs", B),
        (f"AWSLogs/{B}/vpcflowlogs/us-east-1", f"{B} us-east-1"),
        (f"AWSLogs/{B}/vpcflowlogs/us-east-1/2026/11", f"{B} us-east-1"),
        (f"AWSLogs/{B}/vpcflowlogs/us-east-1/2026/11/02", f"{B} us-east-1"),
    ],
)
def test_a_folder_that_may_not_be_read_leaves_the_rest(
    readable: Path, closed: str, name: str
) -> None:
    store(readable, day(1), day(2, B, "us-east-1"))
    (readable / closed).chmod(0)
    with unprivileged():
        stored = walked(readable)
        with pytest.raises(StorageError, match="Permission denied"):
            walk(LocalStorage(str(readable)), Layout(), Scope(accounts=frozenset({B})))
    assert list(stored.locations) == [day(1).values]
    (place,) = stored.unlisted
    assert place.name == name
    assert str(place.error).startswith(f"cannot read {readable / closed}")
    assert str(place.error).endswith(": Permission denied")


def test_an_organization_that_may_not_be_read_leaves_the_rest(readable: Path) -> None:
    store(readable, day(1), Partition(B, "eu-west-1", date(2026, 11, 1), None, ORGANIZATION))
    (readable / "AWSLogs" / ORGANIZATION).chmod(0)
    with unprivileged():
        stored = walked(readable)
    assert list(stored.locations) == [day(1).values]
    (place,) = stored.unlisted
    assert place.origin == Origin(ORGANIZATION, "")
    assert place.covers("999900001111", "eu-west-1")


@pytest.mark.parametrize(
    ("origin", "account", "region", "location", "covered"),
    [
        (Origin("", A, "eu-west-1"), A, "eu-west-1", "", True),
        (Origin("", A, "eu-west-1"), A, "us-east-1", "", False),
        (Origin("", A, "eu-west-1"), B, "eu-west-1", "", False),
        (Origin("", A, "eu-west-1"), B, "eu-west-1", "s3://b/x/2026/11/01/", True),
        (Origin("", A, "eu-west-1"), "", "", "s3://other/", True),  # the table has no such keys
        (Origin("", A), A, "us-east-1", "", True),
        (Origin("", A), B, "us-east-1", "", False),
        (Origin(ORGANIZATION, ""), B, "us-east-1", "s3://other/", True),
    ],
)
def test_what_a_place_that_was_not_listed_may_contain(
    origin: Origin, account: str, region: str, location: str, covered: bool
) -> None:
    place = Unlisted(origin, "s3://b/x/", PlaceError("denied"))
    assert place.covers(account, region, location) is covered


def test_named_accounts_and_regions_are_one_call_each_and_one_for_organizations(
    tmp_path: Path,
) -> None:
    store(tmp_path, *(day(1, a, r) for a in (A, B) for r in ("eu-west-1", "us-east-1")))
    scope = Scope(accounts=frozenset({A, B}), regions=frozenset({"eu-west-1"}))
    assert calls(tmp_path, scope) == 1 + 2
    assert found(tmp_path, scope) == [day(1, A).values, day(1, B).values]


def test_named_places_without_a_day_in_scope_cost_a_look_at_the_root(tmp_path: Path) -> None:
    store(tmp_path, day(1))
    scope = Scope(accounts=frozenset({B}), regions=frozenset({"eu-west-1"}))
    assert calls(tmp_path, scope) == 1 + 1 + 1
    assert found(tmp_path, scope) == []


def test_an_empty_root_is_not_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "AWSLogs").mkdir()
    with pytest.raises(StorageError, match=f"{tmp_path}/AWSLogs/ contains no account folder"):
        walked(tmp_path)
