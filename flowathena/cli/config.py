"""``flowathena config``: show and validate the configuration, and print its schema."""

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, configuration
from flowathena.errors import ConfigError
from flowathena.logs.formats import unknown_fields
from flowathena.target.settings import SETTINGS
from flowathena.target.target import differences, has_same_table
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.target.config import Config

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
            "targets": {each.name: each.settings for each in targets},
            "sources": {
                "path": _found_by(settings, config) if settings.path else None,
                **_sources(settings, [each.name for each in targets]),
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


def _found_by(settings: "Config", flag: Path | None) -> str:
    """What chose the file: ``--config``, ``FLOWATHENA_CONFIG`` or ``search``."""
    variable = "FLOWATHENA_CONFIG"
    return "--config" if flag else variable if variable in settings.variables else "search"


def _sources(settings: "Config", targets: list[str]) -> dict[str, object]:
    """Where the values come from, in the shape of the values."""
    return {
        "default_target": settings.source("default_target").to_json(),
        "query_paths": settings.source("query_paths").to_json(),
        "targets": {
            name: {key: settings.source("targets", name, key).to_json() for key in SETTINGS}
            for name in targets
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
        for field in unknown_fields(each.log_format):
            terminal.warn(
                f"target {each.name!r}: log_format names {field}, which is not a field of "
                "versions 2 to 11; it becomes a text column"
            )
    for one, other in combinations(settings.targets.values(), 2):
        if has_same_table(one, other) and (names := differences(one, other)):
            terminal.warn(
                f"targets {one.name!r} and {other.name!r} have one table, {one.table_name}, but "
                f"differ in {', '.join(names)}: set another table for one of them"
            )
    terminal.text(f"{settings.path}: {counted(len(settings.targets), 'target')}, no problems")
