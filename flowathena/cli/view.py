"""``flowathena view``: ddl, diff, create."""

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
    typer.Argument(metavar="[NAME]", help="readable or daily (default: both)."),
]

app = typer.Typer(help="Print, compare and create the views over the table.")


@app.command()
def ddl(
    name: Name = None,
    target: options.Target = None,
    config: options.Config = None,
) -> None:
    """Print the statements that create the views; changes nothing."""
    views = client(target, config).views.ddl(name)
    statements = [view.statement for view in views]
    terminal.text(statements[0] if name else ";\n\n".join(statements) + ";")


@app.command()
def diff(
    name: Name = None,
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Compare the live views with the wanted ones; changes nothing.

    Runs no query. Exits 3 if one differs or is missing.
    """
    from flowathena.result.formats import to_json

    drifts = client(target, config).views.diff(name)
    if form is ListFormat.JSON:
        terminal.text(to_json({"views": [each.to_json() for each in drifts]}))
    else:
        _show_diffs(drifts)
    for each in drifts:
        terminal.say(_describe_drift(each))
    if not all(each.equal for each in drifts):
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def create(
    name: Name = None,
    target: options.Target = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create missing views and replace those that differ.

    Shows the diff first. Athena replaces a view in one statement: readers see the old or the new
    one at any moment. Before replacing a view it asks on a terminal, and exits 1 if the answer is
    no; without a terminal it needs --yes. A table with a view's name is never replaced.
    """
    from flowathena.result.formats import to_json

    def confirmed(drifts: "tuple[ViewDrift, ...]") -> bool:
        replaced = [each.view for each in drifts if each.exists and not each.equal]
        asks = bool(replaced) and not yes
        if form is ListFormat.TABLE:
            _show_diffs(drifts)
            return not asks or _may_replace(replaced, "")
        about = "\n".join(each.diff for each in drifts if each.diff)
        return not asks or _may_replace(replaced, about)

    with terminal.report_interrupt():
        creations = client(target, config).views.create(name, confirmed=confirmed, dry_run=dry_run)
    if form is ListFormat.JSON:
        terminal.text(to_json({"views": [each.to_json() for each in creations]}))
    elif dry_run:
        _show_diffs(tuple(each.drift for each in creations))
    for each in creations:
        terminal.say(_describe_creation(each, dry_run=dry_run))
    if not dry_run and any(not (each.drift.equal or each.changed) for each in creations):
        raise typer.Exit(1)


def _may_replace(views: list[str], about: str) -> bool:
    listed = " and ".join(views)
    if not terminal.can_ask():
        if about:
            terminal.block(about)
        raise UsageError(
            f"view create asks before it replaces {listed}, whose existing text is lost; "
            "without a terminal it needs --yes"
        )
    return terminal.confirm(f"replace {listed}? the existing text is lost", about)


def _show_diffs(drifts: "tuple[ViewDrift, ...]") -> None:
    for each in drifts:
        if each.diff:
            terminal.text(each.diff)


def _describe_drift(each: "ViewDrift") -> str:
    if each.equal:
        return f"view {each.view} is as wanted"
    if each.exists:
        return f"view {each.view} differs from the wanted one"
    return f"view {each.view} does not exist; 'flowathena view create' creates it"


def _describe_creation(each: "ViewCreation", *, dry_run: bool) -> str:
    view = each.drift.view
    if each.drift.equal:
        return f"nothing to change: view {view} is as wanted"
    if each.changed:
        return f"{'replaced' if each.drift.exists else 'created'} view {view}"
    if dry_run:
        return f"would {'replace' if each.drift.exists else 'create'} view {view}"
    return f"view {view} is not {'replaced' if each.drift.exists else 'created'}"
