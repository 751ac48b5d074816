"""``flowathena config``: show and validate the configuration, and print its schema."""

from itertools import chain, combinations
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, configuration
from flowathena.errors import ConfigError
from flowathena.logs.formats import unknown_fields
from flowathena.target.settings import SETTINGS, SOURCE_SETTINGS
from flowathena.target.target import differences, has_same_table
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.target.config import Config
    from flowathena.target.target import Target

app = typer.Typer(help="Show and validate the configuration, and print its schema.")


@app.command()
def show(
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show the effective settings of a target, or of all targets, and where each comes from.

    That is a line of the file, an environment variable, or the default.
    """
    from flowathena.result.formats import to_json
    from flowathena.target.file import value_text

    settings = configuration(config)
    targets = [settings.target(target)] if target else list(settings.targets.values())
    if form is ListFormat.JSON:
        document = {
            "path": str(settings.path) if settings.path else None,
            "default_target": settings.default_target,
            "query_paths": [str(path) for path in settings.query_paths],
            "targets": {each.name: _settings(each) for each in targets},
            "sources": {
                "path": _found_by(settings, config) if settings.path else None,
                **_provenance(settings, targets),
            },
        }
        terminal.text(to_json(document))
        return
    terminal.say(
        f"{settings.path} ({_found_by(settings, config)})"
        if settings.path
        else "no configuration file"
    )
    if settings.default_target:
        source = settings.source("default_target")
        terminal.say(f"default target: {settings.default_target} ({source})")
    rows = [
        (each.name, key, value_text(value), str(settings.source("targets", each.name, key)))
        for each in targets
        for key, value in each.settings.items()
        if key != "name" and value not in (None, {}, ())
    ]
    terminal.table(["target", "setting", "value", "from"], rows, wrap=("value",))
    further = [
        (
            f"{each.name}: {source.table}",
            key,
            value_text(value),
            str(settings.source_of_table(each.name, position, key)),
        )
        for each in targets
        for position, source in enumerate(each.sources)
        for key, value in each.source_settings(source).items()
        if value not in (None, {}, ())
    ]
    if further:
        terminal.say("further tables of a target, with what they have of their own:")
        terminal.table(["source", "setting", "value", "from"], further, wrap=("value",))


def _found_by(settings: "Config", flag: Path | None) -> str:
    """What chose the file: ``--config``, ``FLOWATHENA_CONFIG`` or ``search``."""
    variable = "FLOWATHENA_CONFIG"
    return "--config" if flag else variable if variable in settings.variables else "search"


def _settings(target: "Target") -> dict[str, object]:
    """All settings of a target, and of each of its sources."""
    sources = [
        {key: value for key, value in each.settings.items() if key in SOURCE_SETTINGS}
        for each in target.sources
    ]
    return {**target.settings, "sources": sources}


def _provenance(settings: "Config", targets: "list[Target]") -> dict[str, object]:
    """Where the values come from, in the shape of the values."""
    return {
        "default_target": settings.source("default_target").to_json(),
        "query_paths": settings.source("query_paths").to_json(),
        "targets": {
            each.name: {
                **{key: settings.source("targets", each.name, key).to_json() for key in SETTINGS},
                "sources": [
                    {
                        key: settings.source_of_table(each.name, position, key).to_json()
                        for key in SOURCE_SETTINGS
                    }
                    for position in range(len(each.sources))
                ],
            }
            for each in targets
        },
    }


@app.command()
def schema() -> None:
    """Print the JSON Schema of flowathena.toml, with which editors complete and check it.

    'flowathena init' writes it beside a new file, whose first line names it.
    """
    from flowathena.result.formats import to_json
    from flowathena.target.schema import schema as whole

    terminal.text(to_json(whole()))


@app.command()
def validate(target: options.Target = None, config: options.Config = None) -> None:
    """Check the configuration file.

    Reports every problem, and exits 2 if there are any.
    """
    settings = configuration(config)
    if settings.path is None:
        raise ConfigError(
            "no flowathena.toml here or in a folder above; 'flowathena init LOCATION' writes one"
        )
    if target:
        settings.target(target)
    for each in settings.targets.values():
        for field in unknown_fields(chain.from_iterable(own.log_format for own in each.tables)):
            terminal.warn(
                f"target {each.name!r}: log_format names {field}, which is not a field of "
                "versions 2 to 11; it becomes a text column"
            )
    tables = chain.from_iterable(each.tables for each in settings.targets.values())
    for one, other in combinations(tables, 2):
        if has_same_table(one, other) and (names := differences(one, other)):
            terminal.warn(
                f"targets {one.name!r} and {other.name!r} have one table, {one.table_name}, but "
                f"differ in {', '.join(names)}: set another table for one of them"
            )
    terminal.text(f"{settings.path}: {counted(len(settings.targets), 'target')}, no problems")
