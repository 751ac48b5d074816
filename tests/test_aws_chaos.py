"""Syncs under random faults, some killed: a few runs later the catalog is exactly as wanted."""

import json
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.aws import Place, create_bucket
from tests.rig.calls import ENGINE_KEY
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_SEEDS = 200
_PARTS = 8
_AT_ONCE = 4
_MORE_RUNS = 3
_TABLE = "vpc_flow_logs"
_TOML = """
[targets.prod]
location = "s3://{name}/"
database = "{name}"
table = "vpc_flow_logs"
region = "eu-west-1"
"""
_FAULTS = {
    ("s3", "ListObjectsV2"): ["slowdown", "internal", "reset", "stall", "truncate_body"],
    ("glue", "GetTable"): ["throttle", "internal", "reset", "stall"],
    ("glue", "GetPartitions"): ["throttle", "internal", "reset", "stall", "truncate_body"],
    ("glue", "CreateTable"): ["throttle", "reset", "stall"],
    ("glue", "BatchCreatePartition"): [
        *("throttle", "internal", "reset", "stall", "truncate_body", "partial")
    ],
    ("glue", "BatchUpdatePartition"): ["throttle", "reset", "stall", "partial"],
    ("glue", "BatchDeletePartition"): ["throttle", "reset", "stall", "partial", "truncate_body"],
}
_PASSING = ("InternalServiceException", "ThrottlingException")
_REFUSED = "InvalidInputException"  # not tried again in its run: once a scene at most
_Catalog = dict[tuple[str, ...], str]
_Kill = tuple[int, float]  # after how many calls, and how many seconds later


@dataclass(frozen=True)
class _Ended:
    """How a sync ended (done, failed, error, killed), and what it told."""

    ended: str
    told: str


@dataclass(frozen=True)
class Scene:
    """One seed: what is stored, what was registered before, and what goes wrong."""

    name: str
    stored: list[Place]
    before: _Catalog
    faults: list[dict[str, Any]]
    kills: list[_Kill | None]

    @property
    def wanted(self) -> _Catalog:
        """The catalog as it must be in the end."""
        return {tuple(p.values.values()): f"s3://{self.name}/{p.folder}" for p in self.stored}


def _scene(seed: int) -> Scene:
    chance = random.Random(seed)  # noqa: S311 - no secret
    name = f"chaos-{seed:04d}"
    every = [
        Place(account, region, date(2026, 10, 1) + timedelta(days=n))
        for account in ("111122223333", "444455556666", "777788889999")[: chance.randint(1, 3)]
        for region in ("eu-west-1", "us-east-1", "us-gov-west-1")[: chance.randint(1, 3)]
        for n in range(chance.randint(1, 20))
    ]
    stored = [place for place in every if chance.random() < 0.8] or every[:1]
    known = [place for place in every if chance.random() < chance.choice([0.0, 0.3, 0.9])]
    before = {
        tuple(place.values.values()): chance.choice(
            [f"s3://{name}/{place.folder}"] * 3 + [f"s3://{name}-gone/x/"]
        )
        for place in known
    }
    faults = [_fault(chance, name) for _ in range(chance.randint(1, 5))]
    kills = [_kill(chance), _kill(chance)]
    if chance.random() < 0.2:
        faults[0] |= {"service": "glue", "op": "BatchCreatePartition", "kind": "partial"}
        faults[0] |= {"code": _REFUSED, "after": 0, "times": 1}
        kills[0] = None
    return Scene(name, stored, before, faults, kills)


def _kill(chance: random.Random) -> _Kill | None:
    """In every second run: as one of its calls begins, or some time later."""
    calls, seconds = chance.randint(1, 12), chance.choice([0.0, chance.uniform(0.001, 0.1)])
    return chance.choice([None, (calls, seconds)])


def _fault(chance: random.Random, name: str) -> dict[str, Any]:
    service, op = chance.choice(list(_FAULTS))
    return {
        "service": service,
        "op": op,
        "kind": chance.choice(_FAULTS[service, op]),
        "match": name,
        "after": chance.randint(0, 3),
        "times": chance.randint(1, 3),
        "seconds": chance.choice([0.1, 0.7]),
        "count": chance.randint(1, 30),
        "code": chance.choice(_PASSING),
    }


class Worker:
    """A process whose children sync; see ``tests.chaos``."""

    def __init__(self, rig: Rig, socket_path: Path) -> None:
        self._socket = str(socket_path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos", self._socket],
            env={"PATH": "/usr/bin:/bin", **rig.env()},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def sync(self, config: Path, kill: _Kill | None = None, *, patient: bool = True) -> _Ended:
        """Run one sync; how it ended."""
        asked = {"config": str(config), "kill": kill, "patient": patient}
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(self._socket)
            wire.sendall(json.dumps(asked).encode() + b"\n")
            told = wire.makefile().read()
        return _Ended(**json.loads(told)) if told else _Ended("killed", "")

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.communicate()


@pytest.fixture(scope="module")
def worker(rig_server: Rig) -> Iterator[Worker]:
    # The path of a socket is short, a tmp_path may not be.
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(rig_server, Path(folder, "socket"))
        try:
            yield worker
        finally:
            worker.close()


def _set(rig: Rig, scene: Scene, folder: Path) -> Path:
    create_bucket(rig, scene.name)
    rig.put_keys(scene.name, [place.key for place in scene.stored])
    config = folder / f"{scene.name}.toml"
    config.write_text(_TOML.format(name=scene.name))
    return config


@cache
def _glue(rig: Rig) -> Any:  # noqa: ANN401 - boto3 builds each client's class when it runs
    """A client that no fault strikes."""
    return boto3.client(
        "glue",
        endpoint_url=rig.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=ENGINE_KEY,
        aws_secret_access_key=ENGINE_KEY,
    )


def _register(rig: Rig, scene: Scene) -> None:
    """What another tool has left: a descriptor of its own, some of it at a wrong place."""
    glue = _glue(rig)
    items = list(scene.before.items())
    for at in range(0, len(items), 100):
        glue.batch_create_partition(
            DatabaseName=scene.name,
            TableName=_TABLE,
            PartitionInputList=[
                {"Values": list(values), "StorageDescriptor": {"Location": location}}
                for values, location in items[at : at + 100]
            ],
        )


def _registered(rig: Rig, scene: Scene) -> _Catalog:
    pages = _glue(rig).get_paginator("get_partitions")
    found = [
        (tuple(entry["Values"]), entry["StorageDescriptor"]["Location"])
        for page in pages.paginate(DatabaseName=scene.name, TableName=_TABLE)
        for entry in page["Partitions"]
    ]
    assert len(found) == len(dict(found)), f"{scene.name}: a partition is there twice"
    return dict(found)


def _play(rig: Rig, worker: Worker, folder: Path, seed: int) -> str:
    scene = _scene(seed)
    config = _set(rig, scene, folder)
    if scene.before:
        assert worker.sync(config).ended == "done"  # makes the table
        _forget(rig, scene)
        _register(rig, scene)
    rig.faults(scene.faults)
    ended = [worker.sync(config, scene.kills[0], patient=False)]
    for kill in [*scene.kills[1:], None, None][:_MORE_RUNS]:
        ended.append(worker.sync(config, kill))
        if ended[-1].ended == "done":
            break
    found = _registered(rig, scene)
    assert found == scene.wanted, f"seed {seed}: {ended}"
    return ended[0].ended


def _forget(rig: Rig, scene: Scene) -> None:
    items = [{"Values": list(values)} for values in _registered(rig, scene)]
    for at in range(0, len(items), 25):
        _glue(rig).batch_delete_partition(
            DatabaseName=scene.name, TableName=_TABLE, PartitionsToDelete=items[at : at + 25]
        )


_SOME = range(0, _SEEDS, 20)


@pytest.mark.parametrize(
    "seeds",
    [
        _SOME,
        *(
            pytest.param(range(part, _SEEDS, _PARTS), marks=pytest.mark.slow)
            for part in range(_PARTS)
        ),
    ],
    ids=str,
)
def test_a_few_runs_after_any_fault_the_catalog_is_exactly_as_wanted(
    rig: Rig, worker: Worker, tmp_path: Path, seeds: range
) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        play = partial(_play, rig, worker, tmp_path)
        ended = list(pool.map(play, seeds))
    assert len(ended) == len(seeds)
    # The faults bite: without them every first run would be done.
    assert ended.count("killed") >= len(ended) // 10, ended
    assert "failed" in ended, ended
