"""Copies of objects on this machine, without AWS."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ObjectError
from flowathena.storage import Object
from flowathena.storage.mirror import Fetched, Mirror
from flowathena.target.config import cache_folder

_MUCH = 10**9
AT = datetime(2026, 11, 1, tzinfo=UTC)


class Bucket:
    """Objects in memory; ``fetched`` has the keys that were read."""

    bucket = "logs"

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def fetch(self, found: Object) -> Iterator[bytes]:
        self.fetched.append(found.key)
        yield b"x" * found.size_bytes


def stored(key: str, size_bytes: int = 5, etag: str = '"1"') -> Object:
    return Object(key, size_bytes, AT, etag=etag)


def visible(folder: Path) -> list[str]:
    paths = (path.relative_to(folder) for path in folder.rglob("[!.]*") if path.is_file())
    return sorted(map(str, paths))


def fetch(kept: Mirror, bucket: Bucket, *objects: Object) -> Fetched:
    return kept.fetch([(bucket, found) for found in objects])


def test_what_is_new_or_changed_is_fetched_and_nothing_is_removed(tmp_path: Path) -> None:
    kept, bucket = Mirror(tmp_path / "kept", _MUCH), Bucket()
    assert fetch(kept, bucket, stored("a/1.gz"), stored("a/2.gz")) == Fetched(2, 10, 0)
    then = stored("a/2.gz", etag='"2"'), stored("a/b/3.gz", 7)
    assert fetch(kept, bucket, *then) == Fetched(2, 12, 0)
    assert fetch(kept, bucket, *then) == Fetched(0, 0, 2)
    assert visible(kept.folder) == ["logs/a/1.gz", "logs/a/2.gz", "logs/a/b/3.gz"]
    assert sorted(bucket.fetched) == ["a/1.gz", "a/2.gz", "a/2.gz", "a/b/3.gz"]


def test_objects_of_all_folders_are_fetched_at_once(tmp_path: Path) -> None:
    """Each of 16 hours has one object; none is sent before all of them are asked for."""
    gate = threading.Barrier(CONCURRENCY)

    class Together(Bucket):
        def fetch(self, found: Object) -> Iterator[bytes]:
            gate.wait(60)
            yield from super().fetch(found)

    told: list[tuple[int, int]] = []
    hours = [(Together(), stored(f"{hour:02d}/1.gz")) for hour in range(CONCURRENCY)]
    fetched = Mirror(tmp_path, _MUCH).fetch(hours, lambda *done: told.append(done))
    assert fetched == Fetched(CONCURRENCY, 5 * CONCURRENCY, 0)
    assert told == [(5 * n, 5 * CONCURRENCY) for n in range(1, CONCURRENCY + 1)]


@pytest.mark.parametrize(
    "key", ["a/../../x.gz", "a//x.gz", "/x.gz", "a/./x.gz", "a/" + "x" * 250, "a/\0.gz"]
)
def test_a_key_that_is_no_path_is_refused(tmp_path: Path, key: str) -> None:
    bucket = Bucket()
    with pytest.raises(ObjectError, match="its key cannot be a file's path"):
        fetch(Mirror(tmp_path / "kept", _MUCH), bucket, stored(key))
    assert bucket.fetched == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "location", ["s3://logs/../../kept/", "s3://logs//a/", "s3://../a/", "s3://"]
)
def test_a_location_that_is_no_path_is_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(ObjectError, match="cannot be a folder's path"):
        Mirror(tmp_path / "cache" / "objects", _MUCH).location(location)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    kept = Mirror(tmp_path, limit_bytes=10)
    objects = [stored(f"a/{name}.gz") for name in "pqrs"]
    fetch(kept, Bucket(), *objects)
    hours = {"p": 9, "q": 12, "r": 5, "s": 0}
    for name, ago in hours.items():
        moment = time.time() - 3_600 * ago
        os.utime(tmp_path / f"logs/a/{name}.gz", (moment, moment))
    kept.trim()
    assert visible(tmp_path) == ["logs/a/r.gz", "logs/a/s.gz"]


def test_what_is_in_use_is_not_removed(tmp_path: Path) -> None:
    kept = Mirror(tmp_path, limit_bytes=1)
    fetch(kept, Bucket(), stored("a/1.gz"), stored("a/2.gz"))
    kept.trim()
    assert visible(tmp_path) == ["logs/a/1.gz", "logs/a/2.gz"]


def test_what_an_interrupted_run_left_goes_later(tmp_path: Path) -> None:
    kept = Mirror(tmp_path, _MUCH)
    fetch(kept, Bucket(), stored("a/1.gz"))
    old, new = (tmp_path / f"logs/a/.flowathena-{name}" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    moment = time.time() - 7_200
    os.utime(old, (moment, moment))
    kept.trim()
    assert (old.exists(), new.exists()) == (False, True)


def test_a_user_without_a_folder_of_his_own_has_the_usual_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "flowathena"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the standard says to ignore
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache/flowathena"
