"""``flowathena config``: show and validate the configuration."""

from dataclasses import asdict
from itertools import combinations

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, configuration
from flowathena.errors import ConfigError
from flowathena.logs.formats import unknown_fields
from flowathena.target.target import differences, has_same_table
from flowathena.text import counted

app = typer.Typer(help="Show and validate the configuration.")


@app.command()
def show(
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show the effective settings of a target, or of all targets.

    They come from the file and the environment.
    """
    from flowathena.result.formats import to_json

    settings = configuration(config)
    targets = [settings.target(target)] if target else list(settings.targets.values())
    if form is ListFormat.JSON:
        document = {
            "path": str(settings.path) if settings.path else None,
            "default_target": settings.default_target,
            "query_paths": [str(path) for path in settings.query_paths],
            "targets": {each.name: asdict(each) for each in targets},
        }
        terminal.text(to_json(document))
        return
    terminal.say(f"{settings.path or 'no configuration file'}")
    rows = [
        (each.name, key, " ".join(value) if isinstance(value, tuple) else value)
        for each in targets
        for key, value in asdict(each).items()
        if key != "name" and value is not None
    ]
    terminal.table(["target", "setting", "value"], rows, wrap=("value",))


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
