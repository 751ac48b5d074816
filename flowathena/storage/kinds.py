"""What kind of file it is, told by its first bytes and never by its name. Pure."""

import codecs

GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
LONGEST_SIGN = 512
"""So many first bytes tell the kind."""

PARQUET = "a Parquet file"
# How other files begin that get a log's name: an export, a download that was refused, a backup.
_KINDS = {
    GZIP_MAGIC: "a gzip file",
    PARQUET_MAGIC: PARQUET,
    b"PARE": "an encrypted Parquet file",
    b"PK\x03\x04": "a zip archive",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"\xfd7zXZ\x00": "an xz file",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"%PDF-": "a PDF file",
    b"SQLite format 3\x00": "an SQLite file",
    codecs.BOM_UTF16_LE: "UTF-16 text",
    codecs.BOM_UTF16_BE: "UTF-16 text",
}
_MARKUP = {
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"<?xml": "an XML document",
    b"<error": "an XML document",
    b"{": "a JSON document",
    b"[": "a JSON document",
}
# One search for all: thousands of files are looked at.
_SIGNS, _MARKUP_SIGNS = tuple(_KINDS), tuple(_MARKUP)


def kind_of(start: bytes) -> str | None:
    """What a file is that is no text of records; None for all that may be one.

    Args:
        start: its first bytes, unzipped or not.
    """
    if start.startswith(_SIGNS):
        return next(kind for sign, kind in _KINDS.items() if start.startswith(sign))
    markup = start[:LONGEST_SIGN].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if markup.startswith(_MARKUP_SIGNS):
        return next(kind for sign, kind in _MARKUP.items() if markup.startswith(sign))
    return None
