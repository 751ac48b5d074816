"""``flowathena fields``: the fields of flow-log records and the meaning of their values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import options, terminal
from flowathena.errors import UsageError
from flowathena.logs import transit_gateway
from flowathena.logs.fields import BY_NAME, EVERY_FIELD, FIELDS, Field
from flowathena.text import did_you_mean

if TYPE_CHECKING:
    from flowathena.result.formats import Format

_LISTED = ("name", "version", "hive_type", "meaning")


def _complete_name(incomplete: str) -> list[str]:
    return [field.name for field in EVERY_FIELD if field.name.startswith(incomplete)]


def fields(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Field to show, by its name or its column's: pkt-srcaddr, pkt_srcaddr.",
            autocompletion=_complete_name,
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            "--version",
            metavar="N",
            help="Only fields of this record version and earlier ones.",
        ),
    ] = None,
    of_gateway: Annotated[
        bool,
        typer.Option("--transit-gateway", help="The fields of transit gateway flow logs."),
    ] = False,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="|".join(options.ROW_FORMATS),
            help="Output format.",
            autocompletion=options.complete_row_format,
        ),
    ] = "table",
) -> None:
    """List the fields of flow logs, or show one and its values."""
    chosen = options.result_format(form, options.ROW_FORMATS)
    if name is None:
        listed = transit_gateway.FIELDS if of_gateway else FIELDS
        _list(_up_to(listed, version), chosen)
    elif version is not None or of_gateway:
        option = "--transit-gateway" if of_gateway else "--version"
        raise UsageError(f"a field name and {option} cannot be combined")
    else:
        _show(_find(name), chosen)


def _up_to(fields: Sequence[Field], version: int | None) -> list[Field]:
    versions = [field.version for field in fields]
    first, last = min(versions), max(versions)
    if version is not None and not first <= version <= last:
        raise UsageError(f"--version: flow logs have versions {first} to {last}, not {version}")
    return [field for field in fields if version is None or field.version <= version]


def _find(name: str) -> Field:
    field = name.lower().replace("_", "-")
    if field in BY_NAME:
        return BY_NAME[field]
    hint = did_you_mean(field, BY_NAME)
    raise UsageError(f"unknown field {name!r}; {hint}'flowathena fields' lists them all")


def _list(listed: list[Field], form: "Format") -> None:
    from flowathena.result.formats import Format

    rows = [_describe(field) for field in listed]
    if form is Format.TABLE:
        cells = [[row[key] for key in _LISTED] for row in rows]
        terminal.table(_LISTED, cells, wrap=("meaning",), spare=("version", "hive_type"))
    else:
        _write(rows, form)


def _show(field: Field, form: "Format") -> None:
    from flowathena.result.formats import Format, to_json

    row = {**_describe(field), **_values(field)}
    if form is Format.TABLE:
        _show_page(field)
    elif form is Format.JSON:
        terminal.text(to_json(row))
    else:
        _write([row], form)


def _show_page(field: Field) -> None:
    lines = [
        f"{field.name}: {field.meaning}",
        f"column: {field.column}",
        f"version: {field.version}",
        f"type: {field.hive_type}; in Parquet files {field.parquet_type}",
    ]
    values = field.enumeration
    if values is None:
        terminal.prose("\n".join(lines))
        return
    lines += [f"source: {values.source}", *filter(None, [values.note]), ""]
    columns = ["value", "name", "meaning"] if values.has_names else ["value", "meaning"]
    rows = [[getattr(each, column) for column in columns] for each in values.values]
    terminal.prose("\n".join(lines))
    terminal.text("")
    terminal.table(columns, rows, wrap=("meaning",))


def _describe(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "column": field.column,
        "version": field.version,
        "hive_type": field.hive_type,
        "parquet_type": field.parquet_type,
        "parquet_hive_type": field.parquet_hive_type,
        "meaning": field.meaning,
    }


def _values(field: Field) -> dict[str, Any]:
    enumeration = field.enumeration
    if enumeration is None:
        return {"values": None, "note": None, "source": None}
    values = [asdict(each) for each in enumeration.values]
    return {"values": values, "note": enumeration.note or None, "source": enumeration.source}


def _write(rows: list[dict[str, Any]], form: "Format") -> None:
    from flowathena.result.formats import BINARY, Format, write
    from flowathena.result.result import Result, Stats

    if form is Format.RECORD:
        terminal.records(list(rows[0]), [list(row.values()) for row in rows])
        return
    kinds = {"version": "integer", "values": ""}  # an empty type is inferred from the values
    columns = [(key, kinds.get(key, "varchar")) for key in rows[0]]
    stats = Stats("registry", len(rows), 0.0)
    result = Result(columns, [row.values() for row in rows], stats)
    with terminal.output(binary=form in BINARY) as stream:
        write(result, form, stream)
