"""Where the rows of several queries and their summary go: a folder, or a prefix of a bucket."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowathena import files
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.result.result import Stream

Write = Callable[["Stream"], object]
"""Writes the content of a file into a stream."""


class Output(Protocol):
    """Takes files; each appears whole or not at all, and replaces one that was there."""

    def make(self) -> None:
        """Make sure that it can take files.

        Raises:
            UsageError: it cannot.
        """
        ...

    def put(self, name: str, write: Write) -> None:
        """Write a file.

        Raises:
            FlowathenaError: it cannot be written.
        """
        ...


class Folder:
    """A folder of this machine; it is made if there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def make(self) -> None:
        """Make the folder.

        Raises:
            UsageError: that is not possible.
        """
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot make the folder {self._path}: {error.strerror}") from error

    def put(self, name: str, write: Write) -> None:
        """Write a file of it."""
        with files.writing(self._path / name) as file:
            write(file)


class Prefix:
    """What the keys of objects begin with: ``s3://bucket/prefix/``."""

    def __init__(self, location: str, flows: "Client") -> None:
        from flowathena.client.arguments import s3_folder

        self._location = f"{s3_folder(location).rstrip('/')}/"
        self._flows = flows

    def make(self) -> None:
        """Nothing has to be made."""

    def put(self, name: str, write: Write) -> None:
        """Write an object."""
        self._flows.write_object(f"{self._location}{name}", write)


def output(given: str, flows: "Client") -> Output:
    """What ``-o`` names.

    Raises:
        UsageError: it is not the location of a bucket.
    """
    return Prefix(given, flows) if given.startswith("s3:") else Folder(Path(given))
