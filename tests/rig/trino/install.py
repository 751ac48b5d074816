"""Trino on this machine: fetched once through Maven, unpacked into a cache folder."""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.rig.trino.java import TrinoMissingError, java_environment

VERSION = "470"
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_ARTIFACT = f"io.trino:trino-server:{VERSION}:tar.gz"
_ROOT = f"trino-server-{VERSION}"
_NEEDED = (f"{_ROOT}/lib/", f"{_ROOT}/plugin/hive/")


def folder() -> Path:
    """The unpacked server's place: below ``XDG_CACHE_HOME``, never in the repository."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "flowathena" / _ROOT


def ensure() -> Path:
    """Give the server's folder; fetch and unpack it (about 1 GB to download) when it is not there.

    Raises:
        TrinoMissingError: Maven is missing, or failed.
    """
    wanted = folder()
    if wanted.is_dir():
        return wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with _alone(wanted.parent / ".lock"):
        if not wanted.is_dir():
            _install(wanted)
    return wanted


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _install(wanted: Path) -> None:
    with TemporaryDirectory(dir=wanted.parent, prefix=".fetch-") as work:
        archive = _fetch(Path(work))
        _unpack(archive, Path(work))
        (Path(work) / _ROOT).rename(wanted)


def _fetch(work: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise TrinoMissingError(
            f"Maven (mvn) is needed once, to fetch Trino {VERSION}; it is not on PATH"
        )
    sys.stderr.write(f"fetching Trino {VERSION} through Maven (about 1 GB, once)\n")
    done = subprocess.run(
        [maven, "-q", "-B", _PLUGIN, f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={work}"],
        env=java_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    archive = work / f"{_ROOT}.tar.gz"
    if done.returncode or not archive.is_file():
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise TrinoMissingError(
            f"Maven gave no Trino {VERSION}: {said[0] if said else 'no reason'}"
        )
    return archive


def _unpack(archive: Path, into: Path) -> None:
    """Unpack the server and its Hive connector, a third of the whole.

    A jar of several connectors stands in the archive once; the others are hard links to it.
    """
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
        wanted = _wanted(members)
        for member in members:  # in the archive's order: a step back would unpack it all again
            places = wanted.get(member.name, ())
            stream = packed.extractfile(member) if places else None
            if stream is None:
                continue
            first, *others = [into / place for place in places]
            first.parent.mkdir(parents=True, exist_ok=True)
            with first.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
            for other in others:
                other.parent.mkdir(parents=True, exist_ok=True)
                other.hardlink_to(first)


def _wanted(members: list[tarfile.TarInfo]) -> Mapping[str, list[str]]:
    """The places to write, by the member that holds the content."""
    places: dict[str, list[str]] = defaultdict(list)
    for member in members:
        if member.name.startswith(_NEEDED) and (member.isreg() or member.islnk()):
            places[member.linkname if member.islnk() else member.name].append(member.name)
    return places
