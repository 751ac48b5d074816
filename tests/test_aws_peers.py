"""What other partition managers got wrong, each once: over AWS's wire, by the real parts.

The list is of bugs seen in public tools: an unpaginated listing, one day counter for all Regions,
Regions looked for once, days thought contiguous, GovCloud's names, errors swallowed, runs that
fail when repeated, partitions that fail for one another.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.catalog import Status
from tests.aws import BUCKET, Place, configured, create_bucket, pointed_at, registered
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_FIRST = date(2026, 10, 1)
_ACCOUNT = "111122223333"
_REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1", "cn-north-1")


class Nights:
    """A client whose clock goes on a day at a time."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.today = _FIRST
        self._client = Client("prod", config_path=folder / "flowathena.toml", clock=self._now)

    def _now(self) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 3, tzinfo=UTC)

    def pass_by(self, *stored: Place) -> int:
        """Store logs, sync as every night, go on by a day; how many partitions were added."""
        self.rig.put_keys(BUCKET, [place.key for place in stored])
        synced = self._client.partitions.sync(since="3d")
        assert not synced.failed
        self.today += timedelta(days=1)
        return synced.count(Status.ADDED)


@pytest.fixture
def nights(rig: Rig, tmp_path: Path) -> Iterator[Nights]:
    create_bucket(rig, BUCKET)
    configured(tmp_path, rig)
    with pointed_at(rig):
        yield Nights(rig, tmp_path)


def _located(found: list[Place]) -> dict[tuple[str, ...], str]:
    return {tuple(p.values.values()): f"s3://{BUCKET}/{p.folder}" for p in found}


def test_each_region_has_its_own_days(rig: Rig, nights: Nights) -> None:
    """A counter of days shared by the Regions of an account made the later ones miss nights."""
    stored: list[Place] = []
    for night in range(6):
        # each Region is silent on another night
        new = [
            Place(_ACCOUNT, region, nights.today)
            for number, region in enumerate(_REGIONS)
            if night % 4 != number
        ]
        stored += new
        assert nights.pass_by(*new) == len(new)
    assert registered(rig) == _located(stored)


def test_accounts_and_regions_that_come_later_are_seen(rig: Rig, nights: Nights) -> None:
    """Others asked the catalog, or a list written by hand, which Regions there are."""
    nights.pass_by(Place(_ACCOUNT, "eu-west-1", nights.today))
    later = [
        Place(_ACCOUNT, "mx-central-1", nights.today),
        Place("999900001111", "eusc-de-east-1", nights.today),
        Place("888800001111", "eu-west-1", nights.today, organization="o-exampleorgid"),
    ]
    assert nights.pass_by(*later) == 3
    assert set(_located(later).items()) <= set(registered(rig).items())


def test_days_are_not_thought_to_be_contiguous(rig: Rig, nights: Nights) -> None:
    """Others registered every day since the first, or stopped at the first day they knew."""
    nights.today = _FIRST + timedelta(days=3)
    holes = [Place(_ACCOUNT, "eu-west-1", _FIRST + timedelta(days=n)) for n in (0, 1, 3)]
    assert nights.pass_by(*holes) == 3
    # a day that was late arrives between days that are registered
    late = Place(_ACCOUNT, "eu-west-1", _FIRST + timedelta(days=2))
    assert nights.pass_by(late) == 1
    assert registered(rig) == _located([*holes, late])


def test_a_night_that_was_missed_is_caught_up(rig: Rig, nights: Nights) -> None:
    """Others added today, and nothing else."""
    nights.pass_by(Place(_ACCOUNT, "eu-west-1", nights.today))
    missed = [Place(_ACCOUNT, "eu-west-1", nights.today + timedelta(days=n)) for n in range(3)]
    nights.today += timedelta(days=2)
    assert nights.pass_by(*missed) == 3
    assert len(registered(rig)) == 4


def test_running_again_is_no_error(nights: Nights) -> None:
    """ADD PARTITION without IF NOT EXISTS failed on the second run."""
    assert nights.pass_by(Place(_ACCOUNT, "eu-west-1", nights.today)) == 1
    assert [nights.pass_by() for _ in range(2)] == [0, 0]


def test_one_refusal_keeps_no_other_partition_out_and_is_told(rig: Rig, nights: Nights) -> None:
    """Others ignored the errors inside a successful answer, or stopped at the first."""
    stored = [Place(_ACCOUNT, region, nights.today) for region in _REGIONS]
    nights.pass_by(stored[0])
    nights.today = _FIRST
    fault = {"service": "glue", "op": "BatchCreatePartition", "kind": "partial", "count": 1}
    rig.faults([{**fault, "code": "InvalidInputException"}])
    rig.put_keys(BUCKET, [place.key for place in stored])
    with pytest.raises(AssertionError):
        nights.pass_by()
    assert len(registered(rig)) == 3
    rig.clear_faults()
    nights.today = _FIRST
    nights.pass_by()
    assert registered(rig) == _located(stored)


def test_names_that_begin_alike_are_not_mixed_up(rig: Rig, nights: Nights) -> None:
    """A prefix without its slash takes in its neighbours: 2026/1 and 2026/10, us-gov-west-1 …"""
    stored = [
        Place(_ACCOUNT, "ap-southeast-1", _FIRST),
        Place(_ACCOUNT, "ap-southeast-2", _FIRST),
        Place("111122223334", "ap-southeast-1", _FIRST),
    ]
    rig.put_keys(BUCKET, [f"AWSLogs/{_ACCOUNT}/vpcflowlogs/ap-southeast-10x/2026/10/01/a_b.log.gz"])
    rig.put_keys(BUCKET, [f"AWSLogs/{_ACCOUNT}/vpcflowlogs2/ap-southeast-1/2026/10/01/a_b.log.gz"])
    rig.put_keys(BUCKET, [f"AWSLogs2/{_ACCOUNT}/vpcflowlogs/eu-west-1/2026/10/01/a_b.log.gz"])
    assert nights.pass_by(*stored) == 3
    assert registered(rig) == _located(stored)
