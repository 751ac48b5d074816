"""What flowathena sets up in AWS, shown and confirmed the same way whatever it is."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat
from flowathena.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flowathena.reconcile import Operation, OperationResult

Operations = "Sequence[Operation[Any]]"


def show_plan(operations: "Sequence[Operation[Any]]", form: ListFormat) -> None:
    """Write what is to be done, on stdout."""
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json({"changes": [each.to_json() for each in operations]}))
        return
    rows = [(each.action, each.kind, each.name, each.detail) for each in operations]
    terminal.table(["action", "kind", "name", "detail"], rows, wrap=("name", "detail"))


def show_results(results: "Sequence[OperationResult[Any]]", form: ListFormat) -> None:
    """Write what became of each change: JSON on stdout, lines on stderr."""
    from flowathena.reconcile import State
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json({"changes": [each.to_json() for each in results]}))
    for each in results:
        if each.state is State.FAILED:
            terminal.fail(each.summary)
        else:
            is_told = each.operation.detail and each.state is not State.SKIPPED
            detail = f" ({each.operation.detail})" if is_told else ""
            terminal.say(f"{each.summary}{detail}")


def ask_first(
    command: str, question: str, form: ListFormat, *, yes: bool, creations: bool = False
) -> "Callable[[Sequence[Operation[Any]]], bool]":
    """What ``apply`` calls to confirm a plan: shows it, and asks before it replaces or deletes.

    Args:
        command: the command, for the message where nobody can be asked.
        question: what to ask; ``{changes}`` in it stands for what is changed.
        form: how the plan is shown; JSON leaves stdout to the results.
        yes: whether the answer is known.
        creations: whether it also asks before it only creates.
    """

    def confirm(operations: "Sequence[Operation[Any]]") -> bool:
        from flowathena.reconcile import Action

        if form is ListFormat.TABLE:
            show_plan(operations, form)
        asked = {Action.REPLACE, Action.DELETE} | ({Action.CREATE} if creations else set())
        changes = [str(each) for each in operations if each.action in asked]
        if yes or not changes:
            return True
        listed = _listed(changes)
        if not terminal.can_ask():
            raise UsageError(
                f"{command} asks before it changes anything ({listed}); without a terminal it "
                "needs --yes"
            )
        return terminal.confirm(question.format(changes=listed))

    return confirm


def exit_by(results: "Sequence[OperationResult[Any]]", *, exit_code: bool = False) -> None:
    """End with the documented exit code: 1 or 4 if not all is done, 3 if asked and it differs."""
    from flowathena.reconcile import State, differs

    undone = [each for each in results if each.state in {State.FAILED, State.SKIPPED}]
    if undone:
        changed = any(each.changed or each.is_unknown for each in results)
        raise typer.Exit(ExitCode.PARTIAL if changed else ExitCode.ERROR)
    if exit_code and differs([each.operation for each in results]):
        raise typer.Exit(ExitCode.DRIFT)


def _listed(changes: Sequence[str], most: int = 3) -> str:
    more = f" and {len(changes) - most} more" if len(changes) > most else ""
    return f"{', '.join(changes[:most])}{more}"
