"""Archiving runs that are killed, interrupted or out of disk: no reader ever sees a day otherwise.

Whatever happened, a run to the end archives everything, and in time nothing is left over.
"""

import json
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from tests.archives import ACCOUNTS, COUNT, DAYS, Laptop, body, new
from tests.portion import left_to_slow

_TIMES: dict[str, Any] = {"since": "2026-10-01", "until": "2026-10-08"}


class Worker:
    """A process whose children archive; see ``tests.archive_chaos``."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.archive_chaos", self._path],
            cwd=Path(__file__).resolve().parents[1],
            env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def archive(self, laptop: Laptop, fate: tuple[str, int] | None = None) -> str:
        """One run; how it ended."""
        config = str(laptop.folder / "flowathena.toml")
        asked = {"config": config, "archive": str(laptop.archive), "fate": fate}
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(self._path)
            wire.sendall(json.dumps(asked).encode() + b"\n")
            told = wire.makefile().read()
        return str(json.loads(told)["ended"]) if told else "killed"

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.communicate()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with tempfile.TemporaryDirectory() as folder:  # the path of a socket is short
        worker = Worker(Path(folder, "socket"))
        try:
            yield worker
        finally:
            worker.close()


def scene(folder: Path, chance: random.Random) -> tuple[Laptop, int]:
    """Logs of one or two accounts and some days, registered; how many partitions there are."""
    laptop = new(folder)
    places = [
        (account, day)
        for account in ACCOUNTS[: chance.randint(1, 2)]
        for day in DAYS[: chance.randint(1, 3)]
    ]
    for account, day in places:
        laptop.put(account, day, chance.randint(1, 20))
    client(laptop).partitions.sync(everything=True)
    return laptop, len(places)


def client(laptop: Laptop, later: timedelta = timedelta()) -> Client:
    return Client(
        config_path=laptop.folder / "flowathena.toml", clock=lambda: datetime.now(UTC) + later
    )


def look(laptop: Laptop) -> list[object]:
    """What a reader sees: a count of every day, and a packaged query."""
    reader = client(laptop)
    counted = reader.sql(COUNT, **_TIMES).data
    servers = reader.run("top_https_servers", **_TIMES).data
    return [*counted, *servers]


def grow(laptop: Laptop, chance: random.Random) -> None:
    """A late log without a record."""
    account, day = chance.choice(ACCOUNTS), chance.choice(DAYS)
    path = laptop.log(account, day, f"{chance.randrange(16**6):06x}")
    if path.parent.is_dir():
        path.write_bytes(body(account, day, 0))


def play(worker: Worker, folder: Path, seed: int) -> list[str]:
    """A few runs with something wrong, then runs to the end; how the first ones ended."""
    chance = random.Random(seed)  # noqa: S311 - the same for the same seed
    laptop, partitions = scene(folder / str(seed), chance)
    seen = look(laptop)
    assert seen
    ended = []
    for _ in range(chance.randint(1, 3)):
        fate = (chance.choice(["kill", "kill", "interrupt", "full"]), chance.randint(1, 60))
        ended.append(worker.archive(laptop, fate))
        assert look(laptop) == seen, (seed, ended)
        if chance.random() < 0.5:
            grow(laptop, chance)
    assert worker.archive(laptop) == "done", (seed, ended)
    assert look(laptop) == seen, (seed, ended)
    check_end(laptop, partitions)
    assert look(laptop) == seen, (seed, ended)
    return ended


def check_end(laptop: Laptop, partitions: int) -> None:
    """Two days on nothing is there that no partition reads, and everything is archived."""
    later = client(laptop, timedelta(days=2))
    later.archive.run(everything=True)
    planned = later.archive.plan(everything=True)
    assert planned.is_done
    assert {str(each.state) for each in planned.days} == {"archived"}
    entries = [each for day in planned.days for each in day.archived]
    assert len(entries) == partitions
    read = {Path(each.location, "records.parquet") for each in entries}
    manifests = {
        laptop.archive / "_manifests" / f"{Path(each.location).parents[2].name}.json"
        for each in entries
    }
    kept = {laptop.archive / name for name in laptop.files()}
    assert kept == read | manifests
    assert not any(each.different for each in later.archive.verify(everything=True))


SEEDS, PARTS = 60, 6


@left_to_slow
@pytest.mark.parametrize("seeds", [range(part, SEEDS, PARTS) for part in range(PARTS)], ids=str)
@pytest.mark.timeout(1200)
def test_whatever_happens_to_a_run_readers_see_every_day_once(
    worker: Worker, tmp_path: Path, seeds: range
) -> None:
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda seed: play(worker, tmp_path, seed), seeds))
    every = [how.partition(":")[0] for each in ended for how in each]
    assert "killed" in every, every


def test_a_reader_during_runs_sees_every_day_once(worker: Worker, tmp_path: Path) -> None:
    laptop, _ = scene(tmp_path / "0", random.Random(5))  # noqa: S311 - the same each time
    seen = look(laptop)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: [worker.archive(laptop) for _ in range(2)])
        looks = 0
        while not running.done():
            assert look(laptop) == seen
            looks += 1
    assert running.result() == ["done", "done"]
    assert looks > 1
