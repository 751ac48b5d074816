"""A CSV file as Athena writes it, kept as many small files of whole rows.

DuckDB reads several files at once. One file it would have to divide, and where a value has newlines
it guesses where a row begins. Here a row ends at a newline behind an even number of quotes: a quote
in a value is doubled.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

SHORT_BYTES = 6_000_000
"""No part has more, unless it is a single row. Files to 8 MB DuckDB does not divide."""
_PART_BYTES = 4_000_000
_STEP_BYTES = 1 << 20  # of what is looked through for the end of a row
_FOLDER = "texts"


class Parts:
    """Takes the bytes of the file and makes parts of them, without the header.

    Args:
        folder: where the parts go, into a folder of their own; those of another file are removed.
        finished: called with each part as soon as it is complete.
    """

    def __init__(self, folder: Path, finished: Callable[[Path], object] = Path) -> None:
        self._finished = finished
        self._folder = folder / _FOLDER
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        self._taken = 0
        self._header: bytes | None = b""
        self._files = 0
        self._open_part()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the last part, which is finished unless there was an error."""
        self._file.close()
        if kind is None:
            self._finished(self._path)

    @property
    def ends_in_value(self) -> bool:
        """Whether what was taken ends before the quote that ends a value."""
        return self._quotes % 2 == 1

    def tell(self) -> int:
        """How many bytes were taken."""
        return self._taken

    def write(self, content: bytes) -> None:
        """Take the next bytes."""
        self._taken += len(content)
        if self._header is not None:
            content = self._without_header(self._header + content)
        for start in range(0, len(content), _STEP_BYTES):
            piece = content[start : start + _STEP_BYTES]
            if self._size + len(piece) > _PART_BYTES:
                piece = self._divide(piece)
            self._put(piece)

    def _without_header(self, content: bytes) -> bytes:
        end = content.find(b"\n")
        while end >= 0 and content.count(b'"', 0, end) % 2:
            end = content.find(b"\n", end + 1)
        self._header = content if end < 0 else None
        return content[end + 1 :] if end >= 0 else b""

    def _divide(self, content: bytes) -> bytes:
        """End the part behind the last row that ends here; what is left of the bytes."""
        odd = (self._quotes + content.count(b'"')) % 2
        after, end = len(content), content.rfind(b"\n")
        while end >= 0:
            odd = (odd + content.count(b'"', end, after)) % 2
            if not odd:
                self._put(content[: end + 1])
                self._file.close()
                self._finished(self._path)
                self._open_part()
                return content[end + 1 :]
            after, end = end, content.rfind(b"\n", 0, end)
        return content

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._size += len(content)
        self._quotes += content.count(b'"')

    def _open_part(self) -> None:
        self._path = self._folder / f"{self._files:08}.csv"
        self._file: BinaryIO = self._path.open("wb")
        self._files += 1
        self._size = self._quotes = 0


def files(folder: Path) -> list[Path]:
    """The parts in a folder, in the order of their rows."""
    return sorted((folder / _FOLDER).iterdir())


def remove(folder: Path) -> None:
    """Remove the parts."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)
