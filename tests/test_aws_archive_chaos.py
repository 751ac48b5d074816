"""Archiving runs in Athena that are denied, cut off, interrupted and killed: every day stays once.

A killed run is one in which a call to AWS raises, before it is sent or after it was answered, what
nothing catches; and so does every call after it.
"""

import random
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowathena import Client
from flowathena.errors import FlowathenaError
from flowathena.target.target import Target
from tests.archives import ACCOUNTS, COUNT, DAYS, body
from tests.aws import BUCKET, RESULTS, Place, create_bucket, pointed_at
from tests.portion import left_to_slow
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.compared_on_trino]

ARCHIVE = "archive-bucket"
TARGET = Target(
    "prod",
    f"s3://{BUCKET}/",
    "network",
    region="eu-west-1",
    output_location=f"s3://{RESULTS}/",
    archive_location=f"s3://{ARCHIVE}/flows/",
)
TABLE = "vpc_flow_logs_archive"
OPERATIONS = (
    *(("athena", op) for op in ("StartQueryExecution", "GetQueryExecution")),
    *(("glue", op) for op in ("GetTable", "GetTables", "GetPartitions", "CreateTable")),
    *(("glue", op) for op in ("BatchCreatePartition", "BatchUpdatePartition", "UpdateTable")),
    *(("glue", op) for op in ("DeleteTable", "BatchCreatePartition", "UpdateTable")),
    *(("s3", op) for op in ("ListObjectsV2", "PutObject", "GetObject", "DeleteObjects")),
)
KINDS = ("access_denied", "throttle", "internal", "reset", "lose", "lose")
_TIMES: dict[str, Any] = {"since": "2026-10-01", "until": "2026-10-08"}


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Ends a run before it makes a call, or after it was answered, or interrupts it there."""

    how: str
    calls: int
    made: int = 0

    def sending(self, **_: object) -> None:
        """A call is about to be sent."""
        self.made += 1
        if self.how == "killed after" and self.made > self.calls:
            raise Killed
        if self.how == "killed before" and self.made >= self.calls:
            raise Killed
        self._interrupt()

    def answered(self, **_: object) -> None:
        """A call was answered."""
        if self.how == "killed after" and self.made >= self.calls:
            raise Killed

    def _interrupt(self) -> None:
        is_main = threading.current_thread() is threading.main_thread()
        if self.how == "interrupted" and self.made >= self.calls and is_main:
            self.how = "was interrupted"
            raise KeyboardInterrupt


def client(later: timedelta = timedelta(), fate: Fate | None = None) -> Client:
    made = Client(TARGET, clock=lambda: datetime.now(UTC) + later)
    if fate:
        events = made._aws.session.events  # noqa: SLF001 - no public way to fail a call
        events.register("before-send", fate.sending)
        events.register("after-call", fate.answered)
    return made


def begin(rig: Rig, chance: random.Random) -> int:
    """Logs of one or two accounts and some days, registered; how many partitions there are."""
    for bucket in (BUCKET, RESULTS, ARCHIVE):
        create_bucket(rig, bucket)
    rig.settings(queue_polls=0)
    places = [
        Place(account, "eu-west-1", day)
        for account in ACCOUNTS[: chance.randint(1, 2)]
        for day in DAYS[: chance.randint(1, 3)]
    ]
    for place in places:
        rig.put_keys(BUCKET, [place.key], body(place.account, place.day, chance.randint(1, 20)))
    client().partitions.sync(everything=True)
    return len(places)


def faults(chance: random.Random) -> list[dict[str, object]]:
    """What goes wrong, a few times each."""
    made: list[dict[str, object]] = []
    for service, op in chance.sample(OPERATIONS, chance.randint(1, 4)):
        times, after = chance.choice([1, 2, 9]), chance.choice([0, 0, 1, 2])
        kind = chance.choice(KINDS)
        made.append({"service": service, "op": op, "kind": kind, "times": times, "after": after})
    return made


def try_to_run(rig: Rig, chance: random.Random) -> str:
    """Archive, perhaps not to the end; how it ended."""
    how = chance.choice(["killed before", "killed after", "interrupted", "", ""])
    fate = Fate(how, chance.randrange(1, 60)) if how else None
    if not fate or chance.random() < 0.3:
        rig.faults(faults(chance))
    try:
        done = client(fate=fate).archive.run(everything=True)
    except Killed:
        return "killed"
    except KeyboardInterrupt:
        return "interrupted"
    except FlowathenaError:
        return "error"
    finally:
        rig.clear_faults()
    return "done" if done.is_complete else "failed"


def look() -> list[object]:
    """What a reader sees: a count of every day, and a packaged query."""
    reader = client()
    counted = reader.sql(COUNT, **_TIMES).data
    return [*counted, *reader.run("top_https_servers", **_TIMES).data]


def grow(rig: Rig, chance: random.Random) -> None:
    """A late log without a record."""
    place = Place(chance.choice(ACCOUNTS), "eu-west-1", chance.choice(DAYS))
    found = rig.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=place.folder)
    if found["KeyCount"]:
        key = place.key.replace("c0ffee", f"{chance.randrange(16**6):06x}")
        rig.put_keys(BUCKET, [key], body(place.account, place.day, 0))


@left_to_slow
@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_to_a_run_readers_see_every_day_once(rig: Rig, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same for the same seed
    with pointed_at(rig):
        partitions = begin(rig, chance)
        seen = look()
        assert seen
        ended = []
        for _ in range(chance.randint(1, 3)):
            ended.append(try_to_run(rig, chance))
            assert look() == seen, ended
            if chance.random() < 0.5:
                grow(rig, chance)
        assert client().archive.run(everything=True).is_complete, ended
        assert look() == seen, ended
        check_end(rig, partitions)
        assert look() == seen, ended


def check_end(rig: Rig, partitions: int) -> None:
    """Two days on nothing is there that no partition reads, and everything is archived."""
    later = client(timedelta(days=2))
    later.archive.run(everything=True)
    planned = later.archive.plan(everything=True)
    assert planned.is_done
    assert {str(each.state) for each in planned.days} == {"archived"}
    entries = [each for day in planned.days for each in day.archived]
    assert len(entries) == partitions
    read = tuple(each.location for each in entries)
    manifests = {f"_manifests/{at.split('/')[4]}.json" for at in read}
    found = rig.client("s3").list_objects_v2(Bucket=ARCHIVE, Prefix="flows/")["Contents"]
    keys = {each["Key"].removeprefix("flows/") for each in found}
    kept = {key for key in keys if f"s3://{ARCHIVE}/flows/{key}".startswith(read)}
    assert keys - kept == manifests
    tables = rig.client("glue").get_tables(DatabaseName="network")["TableList"]
    assert sorted(each["Name"] for each in tables) == ["vpc_flow_logs", TABLE]
    assert not any(each.different for each in later.archive.verify(everything=True))


@left_to_slow
def test_a_table_that_a_killed_run_left_is_dropped_a_day_later(rig: Rig) -> None:
    with pointed_at(rig):
        begin(rig, random.Random(1))  # noqa: S311 - the same each time
        client().archive.run(everything=True)
        glue = rig.client("glue")
        names = [f"{TABLE}_verify_{'0' * 12}", f"{TABLE}_verify_theirs", f"{TABLE}_2"]
        for name in names:
            glue.create_table(DatabaseName="network", TableInput={"Name": name})
        assert client().archive.plan(everything=True).is_done
        soon, late = timedelta(hours=23, minutes=50), timedelta(days=1, minutes=1)
        assert client(soon).archive.plan(everything=True).leftovers == ()
        (lost,) = client(late).archive.plan(everything=True).leftovers
        assert lost.to_json() == {"table": names[0], "reason": "of a run that was killed"}
        assert client(late).archive.run(everything=True).removed == [lost]
        left = [each["Name"] for each in glue.get_tables(DatabaseName="network")["TableList"]]
        assert sorted(left) == ["vpc_flow_logs", TABLE, names[2], names[1]]
        assert client(late).archive.plan(everything=True).is_done
