"""Plain copies of gzip files, which DuckDB would unzip again, and slowly.

Every text file is read to its end before a statement runs, to see whether it is sound; of 3 million
records, ISA-L unzips all in 0.3 s, DuckDB reads and unzips them in 2.0 s (``benchmarks/local.py``).
So the text is kept in a temporary folder while the statement runs: the files of one partition in
one copy, without their header lines, because each file that DuckDB opens takes time.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from flowathena.engine.local.content import Head, examine_text

_MOST_BYTES = 8 << 30
"""Of all copies of a statement: 70 million records. DuckDB unzips what is beyond."""
_PART_OF_ROOM = 4
"""They take this part of the free space at most, because others write to that disk as well."""
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Use:
    """What a file is read for.

    Attributes:
        place: the place of the table among those of the statement.
        values: the partition values.
        location: the partition's folder.
        skips_line: whether its first line is no record.
    """

    place: int
    values: tuple[str, ...]
    location: str
    skips_line: bool


@dataclass
class Copy:
    """The texts of files of one partition that have the same fields and are for the same table.

    Attributes:
        path: where it is.
        location: its folder, which ends like that of the partition.
        head: what each of the files contains; the copy has no header line.
        use: what they are read for.
        paths: the files.
        size_bytes: its size.
    """

    path: str
    location: str
    head: Head
    use: Use
    paths: list[str] = field(default_factory=list)
    size_bytes: int = 0


class Copies:
    """The copies that a statement reads.

    Args:
        folder: an empty folder for them.
        use_of: what a file is read for, by its path and what it contains; None if for nothing.
    """

    def __init__(self, folder: Path, use_of: Callable[[str, Head], Use | None]) -> None:
        self.folder = folder
        self.all: list[Copy] = []
        self._use_of = use_of
        self._lock = threading.Lock()
        self._left_bytes = min(_MOST_BYTES, shutil.disk_usage(folder).free // _PART_OF_ROOM)
        self._is_stopped = False
        self._batches = 0

    @contextmanager
    def batch(self) -> Iterator["Batch"]:
        """Begin to copy some files, in one thread; others may do the same at once."""
        with self._lock:
            self._batches += 1
            name = str(self._batches)
        with ExitStack() as streams:
            batch = Batch(self.folder, name, self._use_of, self._take, streams)
            yield batch
        with self._lock:
            self.all += batch.copies

    def stop(self) -> None:
        """Copy nothing more: threads may still be reading files when a run is interrupted."""
        with self._lock:
            self._is_stopped = True

    def _take(self, size_bytes: int) -> bool:
        """Take so much of the room; whether there was as much. A negative size gives it back."""
        with self._lock:
            if self._is_stopped or size_bytes > self._left_bytes:
                return False
            self._left_bytes -= size_bytes
            return True


class Batch:
    """The copies of some files: one for each kind of them."""

    def __init__(
        self,
        folder: Path,
        name: str,
        use_of: Callable[[str, Head], Use | None],
        take: Callable[[int], bool],
        streams: ExitStack,
    ) -> None:
        self.take = take
        self._folder = folder
        self._name = name
        self._use_of = use_of
        self._streams = streams
        self._open: dict[tuple[Head, Use], tuple[Copy, FileIO]] = {}

    @property
    def copies(self) -> list[Copy]:
        """Those that contain something."""
        return [copy for copy, _ in self._open.values() if copy.size_bytes]

    def copy(self, path: str) -> Head:
        """Read a text file to its end, and copy it; of a damaged one nothing remains.

        Raises:
            DamageError: it is damaged; see ``content.examine_text``.
        """
        text = Text(self, path)
        try:
            head = examine_text(path, text.write)
        except BaseException:
            text.abandon()
            raise
        text.end()
        return head

    def use_of(self, path: str, head: Head) -> Use | None:
        """What a file is read for; None if it is not to be copied: a plain one is read as it is."""
        return self._use_of(path, head) if head.gzip else None

    def open(self, head: Head, use: Use) -> tuple[Copy, FileIO]:
        """The copy of files of a kind."""
        if (head, use) not in self._open:
            location = f"{self._folder}{use.location}"
            Path(location).mkdir(parents=True, exist_ok=True)
            path = f"{location}{self._name}-{len(self._open)}.log"
            stream = self._streams.enter_context(FileIO(path, "w"))
            self._open[head, use] = Copy(path, location, head, use), stream
        return self._open[head, use]


class Text:
    """A file's text on its way into a copy."""

    def __init__(self, batch: Batch, path: str) -> None:
        self._batch = batch
        self._path = path
        self._open: tuple[Copy, FileIO] | None = None
        self._is_new = True
        self._size_bytes = 0
        self._taken_bytes = 0
        self._ends_line = True

    def write(self, head: Head, piece: bytes) -> None:
        """Add the next piece.

        Args:
            head: what the file contains; the first piece contains all of its first line.
            piece: the text.
        """
        if self._is_new:
            self._is_new = False
            piece = self._begin(head, piece)
        if not self._open or not piece:
            return
        # A copy has one kind of line ending.
        if b"\r" in piece or not self._batch.take(len(piece)):
            self.abandon()
            return
        self._taken_bytes += len(piece)
        if not _write(self._open[1], piece):
            self.abandon()
            return
        self._size_bytes += len(piece)
        self._ends_line = piece.endswith(b"\n")

    def _begin(self, head: Head, piece: bytes) -> bytes:
        """Find the copy that it belongs to; what remains of the first piece."""
        use = self._batch.use_of(self._path, head)
        if use is None or piece.startswith(_MARK):
            return b""
        line, end, rest = piece.partition(b"\n") if use.skips_line else (b"", b"\n", piece)
        if not end or b"\r" in line:
            return b""
        try:
            self._open = self._batch.open(head, use)
        except OSError:
            return b""
        return rest

    def end(self) -> None:
        """The file is sound: its text stays."""
        if self._open and not self._ends_line:
            self.write(self._open[0].head, b"\n")
        if self._open:
            copy, _ = self._open
            copy.paths.append(self._path)
            copy.size_bytes += self._size_bytes

    def abandon(self) -> None:
        """Take away what is in the copy of it: it is read as it is, or not at all."""
        if self._open:
            copy, stream = self._open
            stream.seek(copy.size_bytes)
            stream.truncate()
            self._open = None
            self._batch.take(-self._taken_bytes)


def _write(stream: FileIO, piece: bytes) -> bool:
    """Whether all of it was written: the disk may be full."""
    try:
        return stream.write(piece) == len(piece)
    except OSError:
        return False
