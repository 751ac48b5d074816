"""``flowathena table adopt``: a target for a table that is there already."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal

if TYPE_CHECKING:
    from flowathena.onboard.table import Adoption


def adopt(
    table: Annotated[
        str, typer.Argument(metavar="DATABASE.TABLE", help="A flow-log table in Glue.")
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target", "-t", metavar="NAME", help="Name of the new target; the table's else."
        ),
    ] = None,
    config: options.Config = None,
    region: Annotated[
        str | None,
        typer.Option(help="Region of Glue and Athena; else AWS's own.", metavar="REGION"),
    ] = None,
    workgroup: Annotated[str | None, typer.Option(help="Athena workgroup.", metavar="NAME")] = None,
    output_location: Annotated[
        str | None,
        typer.Option(
            "--output-location", metavar="S3-URI", help="Where Athena writes query results."
        ),
    ] = None,
) -> None:
    """Write a target for a table made by the AWS console, a guide, Terraform or flowathena.

    Reads the table from Glue, shows what its columns and partition keys stand for and writes that
    into flowathena.toml. Changes nothing in AWS.
    """
    from flowathena.onboard.table import adopt_table

    given = {"region": region, "workgroup": workgroup, "output_location": output_location}
    settings = {key: value for key, value in given.items() if value is not None}
    done = adopt_table(table, target, config, Path.cwd(), settings)
    _show(done)
    for column in done.adopted.unmapped:
        terminal.warn(f"column {column} stands for no field; queries can use it by its own name")
    for warning in done.adopted.warnings:
        terminal.warn(warning)
    verb = "wrote" if done.written else "nothing to write,"
    terminal.say(f"{verb} target {done.target.name!r} in {done.path}")
    terminal.say(f"next: flowathena run top_https_servers -t {done.target.name}")


def _show(done: "Adoption") -> None:
    from flowathena.result.formats import table as written
    from flowathena.shape.key import Role

    shape, target = done.adopted.shape, done.target
    lines = {
        "table": done.table.full_name,
        "location": target.location,
        "layout": target.layout,
        "format": target.file_format,
        "partitions": target.partitioning,
    }
    fields = {real: column for column, real in shape.columns.items()}
    strange = set(done.adopted.unmapped)
    rows = [
        (column.name, column.type, "" if column.name in strange else fields[column.name])
        for column in done.table.columns
    ]
    rows += [
        (key.name, key.type, f"key: {key.role} {key.form if key.role is Role.DAY else ''}".rstrip())
        for key in shape.keys
    ]
    told = "".join(f"{name:<11}{text}\n" for name, text in lines.items())
    terminal.text(told + written(["column", "type", "stands for"], rows))
