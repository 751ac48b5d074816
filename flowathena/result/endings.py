"""Which format a file's name asks for: ``x.csv``, ``x.jsonl.gz``. Pure."""

from dataclasses import dataclass
from pathlib import Path

from flowathena.errors import UsageError
from flowathena.result.formats import BINARY, PICTURES, Format

_FORMATS = {
    "txt": Format.TABLE,
    "csv": Format.CSV,
    "tsv": Format.TSV,
    "json": Format.JSON,
    "jsonl": Format.JSONL,
    "ndjson": Format.JSONL,
    "md": Format.MARKDOWN,
    "markdown": Format.MARKDOWN,
    "parquet": Format.PARQUET,
    "svg": Format.SVG,
    "png": Format.PNG,
    "html": Format.HTML,
    "htm": Format.HTML,
    "xlsx": Format.XLSX,
}
_GZIP = "gz"
_KNOWN = (
    f"known endings: {', '.join(f'.{ending}' for ending in _FORMATS)}, and .{_GZIP} after any of "
    "them but .parquet, .png and .xlsx; --format NAME writes any other"
)
_SPREADSHEETS = frozenset({"xls", "xlsm", "xlsb", "ods"})


@dataclass(frozen=True)
class Output:
    """How rows are written into a file."""

    form: Format
    gzip: bool = False


def choose(path: Path, form: Format | None) -> Output:
    """How to write a file.

    Its ending says it, or the format that is given; a table without either.

    Args:
        path: the file.
        form: the format that is asked for; None to go by the name.

    Raises:
        UsageError: the ending is unknown, or says something else than the format.
    """
    endings = path.name.lower().lstrip(".").split(".")[1:]
    is_gzip = endings[-1:] == [_GZIP]
    ending = (endings[:-1] if is_gzip else endings)[-1:]
    meant = _FORMATS.get(ending[0]) if ending else None
    if form is None and meant is None and (ending or is_gzip):
        raise UsageError(f"cannot write {path}: {_objection(ending)}")
    if form is not None and meant is not None and not _agree(ending[0], meant, form):
        raise UsageError(
            f"cannot write {path}: its name says {meant}, --format says {form}; leave one out"
        )
    form = form or meant or Format.TABLE
    if is_gzip and form in BINARY:
        name = form.value.capitalize() if form is Format.PARQUET else form.value.upper()
        raise UsageError(f"cannot write {path}: {name} is compressed already; leave out .{_GZIP}")
    return Output(form, is_gzip)


def check_statement(path: Path) -> None:
    """Make sure that a file may get SQL, not the rows that its name promises.

    Raises:
        UsageError: its ending is that of a format of rows, or of something else.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in {"", "sql", "txt"}:
        raise UsageError(
            f"cannot write {path}: --dry-run writes SQL; leave out -o, or name a .sql file"
        )


def _agree(ending: str, meant: Format, form: Format) -> bool:
    """Whether a format may have an ending; .txt is that of any text."""
    return meant is form or (ending == "txt" and form not in BINARY | PICTURES)


def _objection(ending: list[str]) -> str:
    if not ending:
        return f"its name says no format; {_KNOWN}"
    if ending[0] in _SPREADSHEETS:
        return f".{ending[0]} is not supported; spreadsheets open .xlsx and .csv; {_KNOWN}"
    return f".{ending[0]} is not supported; {_KNOWN}"
