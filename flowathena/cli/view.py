"""``flowathena view``: ddl, diff, create."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.cli.resources import exit_by_failures
from flowathena.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flowathena.table.view_drift import ViewDrift
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

    Runs no query. Exits 3 if one differs or is missing, or if a table has its name.
    """
    from flowathena.result.formats import to_json

    chosen = client(target, config)
    drifts = chosen.views.diff(name)
    if form is ListFormat.JSON:
        terminal.text(to_json({"views": [each.to_json() for each in drifts]}))
    else:
        _show_diffs(drifts)
    for each in drifts:
        if each.taken:
            terminal.fail(each.taken)
        else:
            terminal.say(_describe_drift(each, chosen.target.command("view create")))
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
    one at any moment. Before replacing a view it asks on a terminal; if the answer is no, or
    without a terminal and --yes, that view stays and the missing ones are created. A table with a
    view's name is never replaced. Exits 4 if some views could not be made, 1 if none could.
    """
    from flowathena.result.formats import to_json

    with terminal.report_interrupt():
        creations = client(target, config).views.create(
            name,
            confirmed=partial(_show_changes, form, yes),
            may_replace=partial(_may_replace, form, yes),
            dry_run=dry_run,
        )
    if form is ListFormat.JSON:
        terminal.text(to_json({"views": [each.to_json() for each in creations]}))
    elif dry_run:
        _show_diffs(tuple(each.drift for each in creations))
    for each in creations:
        if not each.error:
            terminal.say(_describe_creation(each, dry_run=dry_run))
    for line in _describe_errors(creations):
        terminal.fail(line)
    done = [not each.error and (dry_run or each.drift.equal or each.changed) for each in creations]
    exit_by_failures(done.count(False), len(done))


def _show_changes(form: ListFormat, yes: bool, drifts: "tuple[ViewDrift, ...]") -> bool:
    """Show what will change; refuse what needs an answer that nobody can give."""
    if form is ListFormat.TABLE:
        _show_diffs(drifts)
    replaced = tuple(each for each in drifts if each.exists and not each.equal)
    only_replaces = all(each.exists or each.taken for each in drifts)
    if replaced and only_replaces and not yes and not terminal.can_ask():
        if form is not ListFormat.TABLE:
            terminal.block(_about(form, replaced))
        raise UsageError(_needs_yes([each.view for each in replaced]))
    return True


def _may_replace(form: ListFormat, yes: bool, drifts: "tuple[ViewDrift, ...]") -> bool:
    views, about = [each.view for each in drifts], _about(form, drifts)
    if yes:
        return True
    if terminal.can_ask():
        return terminal.confirm(f"replace {' and '.join(views)}? the existing text is lost", about)
    if about:
        terminal.block(about)
    terminal.warn(_needs_yes(views))
    return False


def _about(form: ListFormat, drifts: "tuple[ViewDrift, ...]") -> str:
    """The diffs, for stderr; nothing if they are on stdout."""
    return "" if form is ListFormat.TABLE else "\n".join(each.diff for each in drifts)


def _needs_yes(views: list[str]) -> str:
    return (
        f"view create asks before it replaces {' and '.join(views)}, whose existing text is lost; "
        "without a terminal it needs --yes"
    )


def _describe_errors(creations: "tuple[ViewCreation, ...]") -> list[str]:
    """A line for every reason: of one missing permission, both views' is the same."""
    views: dict[str, list[str]] = {}
    for each in creations:
        if each.error:
            views.setdefault(each.error, []).append(each.drift.view)
    return [
        # A table that has the name is named in the reason itself.
        reason if reason.startswith(names[0]) else f"view {' and '.join(names)}: {reason}"
        for reason, names in views.items()
    ]


def _show_diffs(drifts: "tuple[ViewDrift, ...]") -> None:
    for each in drifts:
        if each.diff and not each.taken:
            terminal.text(each.diff)


def _describe_drift(each: "ViewDrift", create: str) -> str:
    if each.equal:
        return f"view {each.view} is as wanted"
    if each.exists:
        return f"view {each.view} differs from the wanted one"
    return f"view {each.view} does not exist; '{create}' creates it"


def _describe_creation(each: "ViewCreation", *, dry_run: bool) -> str:
    view = each.drift.view
    if each.drift.equal:
        return f"nothing to change: view {view} is as wanted"
    if each.changed:
        return f"{'replaced' if each.drift.exists else 'created'} view {view}"
    if dry_run:
        return f"would {'replace' if each.drift.exists else 'create'} view {view}"
    return f"view {view} is not {'replaced' if each.drift.exists else 'created'}"
