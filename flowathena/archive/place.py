"""Where an archive is: what flowathena itself writes, lists and removes there."""

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from botocore.exceptions import ClientError

from flowathena.archive.record import Manifest, ManifestError
from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.aws.unload import remove
from flowathena.concurrency import map_concurrently
from flowathena.errors import EngineError
from flowathena.files import UNFINISHED
from flowathena.storage import S3Storage
from flowathena.storage.objects import write_object
from flowathena.target.location import split_location
from flowathena.target.target import Target

_MANIFESTS = "_manifests/"
"""Hidden from Athena by its name, as from Hive and Spark."""
_ENDING = ".json"
_NO_KEY = "NoSuchKey"
_READERS = 8


class Place(Protocol):
    """The folder of an archive; keys are relative to it."""

    location: str
    """The folder, with its slash."""

    def make(self) -> None:
        """Make the folder, if there is none; a bucket has none.

        Raises:
            FlowathenaError: it cannot be made.
        """
        ...

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """The size of every file under a prefix, by key; hidden ones too.

        Raises:
            FlowathenaError: they cannot be listed.
        """
        ...

    def folders(self) -> list[str]:
        """The names of the folders directly below it.

        Raises:
            FlowathenaError: they cannot be listed.
        """
        ...

    def read(self, key: str) -> bytes | None:
        """A file; None if it is not there.

        Raises:
            FlowathenaError: it cannot be read.
        """
        ...

    def write(self, key: str, content: bytes, folder: str) -> None:
        """Write a file, whole or not at all.

        Args:
            key: the file.
            content: what it contains.
            folder: where what is not whole yet may be left if the process is killed.

        Raises:
            FlowathenaError: it cannot be written.
        """
        ...

    def remove(self, prefix: str) -> None:
        """Remove a file or a folder; what is not there is removed already.

        Raises:
            FlowathenaError: it cannot be removed.
        """
        ...


def open_place(archive: Target, aws: Aws) -> Place:
    """The place of an archive.

    Args:
        archive: the target of its table.
        aws: the clients.
    """
    if archive.is_local:
        return FolderPlace(Path(archive.location))
    return BucketPlace(archive, aws)


class FolderPlace:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.location = f"{root.as_posix().rstrip('/')}/"

    def make(self) -> None:
        """Make the folder."""
        with _translate(self._root):
            self._root.mkdir(parents=True, exist_ok=True)

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """The size of every file under a prefix."""
        folder = self._root / prefix
        with _translate(folder):
            return {
                each.relative_to(self._root).as_posix(): each.stat().st_size
                for each in sorted(folder.rglob("*"))
                if each.is_file()
            }

    def folders(self) -> list[str]:
        """The names of the folders directly below it."""
        with _translate(self._root):
            if not self._root.is_dir():
                return []
            return sorted(each.name for each in self._root.iterdir() if each.is_dir())

    def read(self, key: str) -> bytes | None:
        """A file."""
        with _translate(self._root / key):
            try:
                return (self._root / key).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, key: str, content: bytes, folder: str) -> None:
        """Write a file."""
        path = self._root / key
        unfinished = self._root / folder / f"{UNFINISHED}{path.name}"
        with _translate(path):
            for each in (path, unfinished):
                each.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(content)
            unfinished.replace(path)

    def remove(self, prefix: str) -> None:
        """Remove a file or a folder, which another process may be removing, too."""
        path = self._root / prefix
        with _translate(path):
            while path.is_dir():
                with suppress(FileNotFoundError):
                    shutil.rmtree(path)
            path.unlink(missing_ok=True)


class BucketPlace:
    """A prefix of a bucket."""

    def __init__(self, archive: Target, aws: Aws) -> None:
        self._aws = aws
        self.location = f"{archive.location.rstrip('/')}/"
        bucket, self._prefix = split_location(self.location)
        self._bucket = bucket
        self._storage = S3Storage(bucket, aws)

    def make(self) -> None:
        """There is nothing to make."""

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """The size of every object under a prefix."""
        found = self._storage.objects(f"{self._prefix}{prefix}")
        return {each.key.removeprefix(self._prefix): each.size_bytes for each in found}

    def folders(self) -> list[str]:
        """The names of the prefixes directly below it."""
        return self._storage.folders(self._prefix)

    def read(self, key: str) -> bytes | None:
        """An object."""
        with translate_errors(f"cannot read {self.location}{key}", EngineError):
            try:
                answer = self._aws.s3.get_object(Bucket=self._bucket, Key=f"{self._prefix}{key}")
            except ClientError as error:
                if error_code(error) != _NO_KEY:
                    raise
                return None
            return answer["Body"].read()

    def write(self, key: str, content: bytes, folder: str) -> None:
        """Write an object, of which S3 keeps nothing before it is whole."""
        del folder
        write_object(self._aws, f"{self.location}{key}", lambda stream: stream.write(content))

    def remove(self, prefix: str) -> None:
        """Remove the objects under a prefix."""
        remove(self._aws.s3, f"{self.location}{prefix}")


def write_manifest(place: Place, manifest: Manifest) -> None:
    """Write the manifest of a run.

    Raises:
        FlowathenaError: it cannot be written.
    """
    content = manifest.encode(place.location)
    place.write(_key(manifest.run), content, f"{manifest.run}/")


def read_manifests(place: Place) -> tuple[list[Manifest], list[ManifestError]]:
    """The manifests of all runs, in their order; and what is wrong with others.

    Raises:
        FlowathenaError: one is of a newer release, or cannot be fetched.
    """
    keys = sorted(each for each in place.sizes(_MANIFESTS) if each.endswith(_ENDING))
    found = list(map_concurrently(lambda key: _try_to_read(place, key), keys, _READERS))
    manifests = [each for each in found if isinstance(each, Manifest)]
    return manifests, [each for each in found if isinstance(each, ManifestError)]


def _try_to_read(place: Place, key: str) -> Manifest | ManifestError | None:
    try:
        return _read(place, key)
    except ManifestError as error:
        return error


def forget(place: Place, run: str, folders: Collection[str]) -> None:
    """Take partitions that are removed out of the manifest of a run.

    Args:
        place: the archive's.
        run: the run.
        folders: the folders of the partitions, relative to the archive.

    Raises:
        FlowathenaError: it cannot be read or written.
    """
    manifest = _read(place, _key(run))
    if manifest is None:
        return
    gone = {f"{place.location}{each}" for each in folders}
    kept = tuple(each for each in manifest.partitions if each.location not in gone)
    write_manifest(place, replace(manifest, partitions=kept))


def remove_manifest(place: Place, run: str) -> None:
    """Remove the manifest of a run; there may be none.

    Raises:
        FlowathenaError: it cannot be removed.
    """
    place.remove(_key(run))


def _read(place: Place, key: str) -> Manifest | None:
    """A manifest; None of one that another run has removed since."""
    content = place.read(key)
    if content is None:
        return None
    return Manifest.decode(content, f"{place.location}{key}", place.location)


def _key(run: str) -> str:
    return f"{_MANIFESTS}{run}{_ENDING}"


@contextmanager
def _translate(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(f"archive: {path}: {error.strerror}") from error
