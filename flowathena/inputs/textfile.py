"""Text that people write: UTF-8, of a bounded size."""

import codecs
from pathlib import Path

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class TextFileError(ValueError):
    """Raised for content that is no such text; ``line`` is the line, if it is one line's fault."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read(file: Path, most_bytes: int) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        OSError: it cannot be read.
        TextFileError: it is too large, or not UTF-8.
    """
    with file.open("rb") as stream:  # bounded: it may be a device without an end
        return decode(stream.read(most_bytes + 1), most_bytes)


def decode(content: bytes, most_bytes: int) -> str:
    """The text of bytes, without a byte order mark.

    Raises:
        TextFileError: there are too many of them, or they are not UTF-8.
    """
    if len(content) > most_bytes:
        raise TextFileError(f"is larger than {most_bytes // 1_000_000} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        utf16 = " but UTF-16; save it as UTF-8" if content.startswith(_UTF16) else ""
        line = content.count(b"\n", 0, error.start) + 1
        raise TextFileError(f"is not UTF-8 text{utf16}", line) from error
