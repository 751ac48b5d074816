"""``flowathena view``: ddl, diff, create."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flowathena.table.view_text import ViewDrift
    from flowathena.table.views import ViewCreation

Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="readable or daily; both with none named."),
]

app = typer.Typer(help="Print, compare and create the views over the table.")


@app.command()
def ddl(
    name: Name = None,
    target: options.Target = None,
    config: options.Config = None,
) -> None:
    """Print the statements that create the views; changes nothing."""
    found = client(target, config).views.ddl(name)
    statements = [view.statement for view in found]
    terminal.text(statements[0] if name else ";\n\n".join(statements) + ";")


@app.command()
def diff(
    name: Name = None,
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Compare the live views with the wanted ones; changes nothing, runs no query.

    Exits 3 when one differs or is missing.
    """
    from flowathena.result.formats import to_json

    found = client(target, config).views.diff(name)
    if form is ListFormat.JSON:
        terminal.text(to_json({"views": [each.to_json() for each in found]}))
    else:
        _show(found)
    for each in found:
        terminal.say(_found(each))
    if not all(each.equal for each in found):
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def create(
    name: Name = None,
    target: options.Target = None,
    config: options.Config = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create the views that are missing and replace those that differ; shows the diff first.

    Athena replaces a view in one statement: a reader finds the old or the new one, never none.
    Before it replaces one it asks on a terminal, and exits 1 when told no; elsewhere it needs
    --yes. A table with a view's name is refused.
    """
    from flowathena.result.formats import to_json

    def confirmed(found: "tuple[ViewDrift, ...]") -> bool:
        replaced = [each.view for each in found if each.exists and not each.equal]
        asks = bool(replaced) and not yes
        if form is ListFormat.TABLE:
            _show(found)
        elif asks:
            terminal.say("\n".join(each.diff for each in found if each.diff))
        return not asks or _agreed(replaced)

    done = client(target, config).views.create(name, confirmed=confirmed, dry_run=dry_run)
    if form is ListFormat.JSON:
        terminal.text(to_json({"views": [each.to_json() for each in done]}))
    elif dry_run:
        _show(tuple(each.drift for each in done))
    for each in done:
        terminal.say(_done(each, dry_run=dry_run))
    if not dry_run and any(not (each.drift.equal or each.changed) for each in done):
        raise typer.Exit(1)


def _agreed(replaced: list[str]) -> bool:
    listed = " and ".join(replaced)
    if not sys.stdin.isatty():
        raise UsageError(
            f"view create asks before it replaces {listed}, whose text is lost then; "
            "without a terminal it needs --yes"
        )
    terminal.say(f"replace {listed}? the text that is there is lost [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _show(found: "tuple[ViewDrift, ...]") -> None:
    for each in found:
        if each.diff:
            terminal.text(each.diff)


def _found(each: "ViewDrift") -> str:
    if each.equal:
        return f"view {each.view} is as wanted"
    if each.exists:
        return f"view {each.view} differs from the wanted one"
    return f"there is no view {each.view}; 'flowathena view create' creates it"


def _done(each: "ViewCreation", *, dry_run: bool) -> str:
    view = each.drift.view
    if each.drift.equal:
        return f"nothing to change: view {view} is as wanted"
    if each.changed:
        return f"{'replaced' if each.drift.exists else 'created'} view {view}"
    if dry_run:
        return f"would {'replace' if each.drift.exists else 'create'} view {view}"
    return f"view {view} is not {'replaced' if each.drift.exists else 'created'}"
