"""Runs at random moments, throttled, killed and cut off: each value is in CloudWatch once.

A killed run is one in which a call to AWS raises, before it is sent or after it was answered, what
nothing catches. What CloudWatch shows lags behind as AWS says: by minutes, hours or two days.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena.client import Client
from flowathena.errors import FlowathenaError
from tests.aws import pointed_at
from tests.metrics import Flow, configured, deliver, expected, put
from tests.portion import left_to_slow
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.compared_on_trino]

BEGIN = datetime(2026, 11, 10, tzinfo=UTC)
QUERIES = ("metric_rejected_packets", "metric_rejected_tcp")
METRICS = ("RejectedPackets", "RejectedTcpFlows", "RejectedTcpPackets")
LEDGER = "flowathena-metrics"
FAULTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "cloudwatch",
        "PutMetricData",
        ("throttle", "reset", "lose", "lose", "internal", "access_denied", "truncate_body"),
    ),
    ("cloudwatch", "GetMetricStatistics", ("throttle", "internal", "reset", "access_denied")),
    ("s3", "PutObject", ("lose", "reset", "internal", "slowdown", "access_denied")),
    ("s3", "GetObject", ("reset", "internal")),
    ("s3", "ListObjectsV2", ("reset", "slowdown", "access_denied")),
)


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Ends a run before it makes a call, or after it was answered."""

    calls: int | None
    after: bool
    made: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sending(self, **_: object) -> None:
        """A call is about to be sent."""
        with self.lock:
            self.made += 1
        self._end(after=False)

    def answered(self, **_: object) -> None:
        """A call was answered."""
        self._end(after=True)

    def _end(self, *, after: bool) -> None:
        # The dead make no further calls, whatever their threads try.
        if self.calls is not None and self.made >= self.calls + (self.after and not after):
            raise Killed


@dataclass
class Stage:
    """One seed: records that arrive in time, and runs that mostly go wrong."""

    rig: Rig
    config: Path
    chance: random.Random
    flows: list[Flow] = field(default_factory=list)
    delivered: int = 0
    killed: int = 0
    in_doubt: int = 0

    def write(self, until: datetime) -> None:
        """Have records of random moments; each arrives before its bucket is due."""
        hours = int((until - BEGIN) / timedelta(hours=1))
        for _ in range(6 * hours):
            start = BEGIN + timedelta(seconds=self.chance.randrange(hours * 3600))
            end = start + timedelta(seconds=900 - start.timestamp() % 900)
            arrives = end + timedelta(minutes=self.chance.choice([0, 1, 5, 29]))
            protocol = self.chance.choice([6, 6, 6, 17, 1, 253])
            action = self.chance.choice(["REJECT", "REJECT", "ACCEPT"])
            packets = self.chance.randint(1, 1_000)
            self.flows.append(Flow(start, arrives, packets, protocol, action=action))
        self.flows.sort(key=lambda each: each.arrives)

    def arrive(self, now: datetime) -> None:
        """Deliver what has arrived, and register it."""
        ready = [each for each in self.flows[self.delivered :] if each.arrives <= now]
        if ready:
            deliver(self.rig, ready, f"{self.delivered:06x}")
            self.delivered += len(ready)
        self.client(lambda: now, Fate(None, after=False)).partitions.sync(since="30d")

    def run(self, now: datetime) -> None:
        """Run once, or on two machines at once, with whatever goes wrong."""
        slow = timedelta(minutes=self.chance.choice([0, 2, 9]))
        self.arrive(now + slow)
        self.rig.settings(now=now.timestamp())
        if self.chance.random() < 0.75:
            self.rig.faults([self._fault() for _ in range(self.chance.randint(1, 3))])
        machines = [
            threading.Thread(target=self._publish, args=(self._clock(now, slow), self._fate()))
            for _ in range(self.chance.choice([1, 1, 1, 2]))
        ]
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.join()
        self.rig.clear_faults()

    def calm(self, now: datetime) -> int:
        """Run once undisturbed; how many values are in doubt afterwards."""
        self.arrive(now)
        self.rig.settings(now=now.timestamp())
        client = self.client(lambda: now, Fate(None, after=False))
        results = client.metrics.publish(QUERIES, since=BEGIN)
        assert [each.error for each in results] == [None, None]
        return sum(doubt.values for each in results for doubt in each.doubts)

    def _publish(self, clock: Callable[[], datetime], fate: Fate) -> None:
        try:
            results = self.client(clock, fate).metrics.publish(QUERIES, since=BEGIN)
            self.in_doubt += sum(len(each.doubts) for each in results)
        except Killed:
            self.killed += 1
        except FlowathenaError:
            pass  # the ledger cannot be read, or the account not be asked

    def client(self, clock: Callable[[], datetime], fate: Fate) -> Client:
        """A machine's client, whose calls its fate counts."""
        client = Client("prod", config_path=self.config, clock=clock)
        events = client._aws.session.events  # noqa: SLF001 - no public way to fail a call
        events.register("before-send", fate.sending)
        events.register("after-call", fate.answered)
        return client

    def _clock(self, now: datetime, slow: timedelta) -> Callable[[], datetime]:
        """A clock that goes on a little whenever it is looked at."""
        looked = 0

        def look() -> datetime:
            nonlocal looked
            looked += 1
            return now + min(slow, slow * looked / 40)

        return look

    def _fate(self) -> Fate:
        calls = self.chance.choice([None, self.chance.randint(1, 12), self.chance.randint(12, 60)])
        return Fate(calls, after=self.chance.random() < 0.5)

    def _fault(self) -> dict[str, Any]:
        service, op, kinds = self.chance.choice(FAULTS)
        return {
            "service": service,
            "op": op,
            "kind": self.chance.choice(kinds),
            "after": self.chance.randint(0, 2),
            "times": self.chance.choice([1, 1, 3, 30]),
            **({"match": LEDGER} if service == "s3" else {}),
        }


def play(rig: Rig, folder: Path, seed: int) -> Stage:
    """Play one seed to its end, when nothing is in doubt; what CloudWatch has must be right."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    stage = Stage(rig, configured(folder, rig), chance)
    moments = [BEGIN + timedelta(hours=chance.uniform(1, 20))]
    for _ in range(11):
        gap = chance.choice(
            [timedelta(minutes=chance.uniform(1, 40)), timedelta(hours=chance.uniform(1, 9))]
        )
        moments.append(moments[-1] + gap)
    last = moments[-1] + timedelta(hours=62)
    stage.write(last)
    rig.arrange("cloudwatch", lag=None)
    for moment in moments:
        stage.run(moment)
    stage.calm(moments[-1] + timedelta(hours=1))
    assert stage.calm(last) == 0
    minutes = timedelta(
        minutes=last.minute % 15, seconds=last.second, microseconds=last.microsecond
    )
    until = last - minutes - timedelta(minutes=30)
    wanted = expected(stage.flows, BEGIN, until)
    assert put(rig) == {key: [value] for key, value in wanted.items() if key[0] in METRICS}
    client = stage.client(lambda: last, Fate(None, after=False))
    for each in client.metrics.status(QUERIES):
        assert (each.since, each.until, each.is_current) == (BEGIN, until, True)
        assert (each.gaps, each.lost) == ((), ())
    rig.clear_journal()
    assert stage.calm(last) == 0
    assert not rig.journal("cloudwatch", "PutMetricData")
    assert not [each for each in rig.journal("s3", "PutObject") if LEDGER in str(each["params"])]
    return stage


@left_to_slow
@pytest.mark.parametrize("seed", range(3))
def test_every_value_is_put_once_whatever_happens(rig: Rig, tmp_path: Path, seed: int) -> None:
    with pointed_at(rig):
        play(rig, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_every_value_is_put_once_in_thirty_seeds(rig: Rig, tmp_path: Path, seed: int) -> None:
    with pointed_at(rig):
        play(rig, tmp_path, seed)
