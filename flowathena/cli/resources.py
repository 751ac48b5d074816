"""What flowathena sets up in AWS, shown and confirmed the same way whatever it is."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from flowathena.cli import terminal
from flowathena.cli.options import ListFormat
from flowathena.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flowathena.reconcile import Operation, OperationResult

T = TypeVar("T")

_NO_MORE: Mapping[str, object] = MappingProxyType({})
_ASKED = 3  # changes in a question; what is shown before it has all


def refuse_exit_code(*, exit_code: bool, dry_run: bool) -> None:
    """Refuse ``--exit-code`` where it could not tell what would change from what has.

    Raises:
        UsageError: it is given without ``--dry-run``.
    """
    if exit_code and not dry_run:
        raise UsageError("--exit-code needs --dry-run")


def refuse_unanswerable(command: str, *, asks: bool) -> None:
    """Refuse to begin with what ends in a question that nobody would answer.

    Args:
        command: the command, for the message.
        asks: whether it asks before it changes anything.

    Raises:
        UsageError: it asks, and there is no terminal.
    """
    if asks and not terminal.can_ask():
        raise UsageError(f"{command} asks on a terminal; without one it needs --yes")


def ask_about(question: str, describe: Callable[[T], str], *, yes: bool) -> Callable[[T], bool]:
    """What confirms a single change: describes it, and asks unless the answer is known.

    Args:
        question: what to ask.
        describe: says what will be done.
        yes: whether the answer is known.
    """

    def confirm(change: T) -> bool:
        about = describe(change)
        if not yes:
            return terminal.confirm(question, about)
        terminal.block(about)
        return True

    return confirm


def show_plan(
    operations: "Sequence[Operation[Any]]", form: ListFormat, more: Mapping[str, object] = _NO_MORE
) -> None:
    """Write what is to be done, on stdout; in JSON with more beside it."""
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json({"changes": [each.to_json() for each in operations], **more}))
        return
    rows = [(each.action, each.kind, each.name, each.detail) for each in operations]
    terminal.table(["action", "kind", "name", "detail"], rows, wrap=("name", "detail"))


def show_results(
    results: "Sequence[OperationResult[Any]]",
    form: ListFormat,
    more: Mapping[str, object] = _NO_MORE,
) -> None:
    """Write what became of each change: JSON on stdout, with more beside it, lines on stderr."""
    from flowathena.reconcile import State
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json({"changes": [each.to_json() for each in results], **more}))
    for each in results:
        if each.state is State.FAILED:
            terminal.fail(each.summary)
        else:
            is_told = each.operation.detail and each.state is not State.SKIPPED
            detail = f" ({each.operation.detail})" if is_told else ""
            terminal.say(f"{each.summary}{detail}")


def show_outcome(
    results: "Sequence[OperationResult[Any]]", form: ListFormat, *, dry_run: bool
) -> None:
    """Write what became of a plan; of a dry run the plan itself, on stdout."""
    if dry_run and form is ListFormat.TABLE:
        show_plan([each.operation for each in results], form)
    show_results(results, form)


def ask_first(
    command: str, question: str, form: ListFormat, *, yes: bool, creations: bool = False
) -> "Callable[[Sequence[Operation[Any]]], bool]":
    """What ``apply`` calls to confirm a plan: shows it, and asks before it replaces or deletes.

    Args:
        command: the command, for the message where nobody can be asked.
        question: what to ask; ``{changes}`` in it stands for what is changed.
        form: how the plan is shown; JSON leaves stdout to the results.
        yes: whether the answer is known.
        creations: whether to ask before it creates something, too.
    """

    def confirm(operations: "Sequence[Operation[Any]]") -> bool:
        from flowathena.reconcile import Action

        if form is ListFormat.TABLE:
            show_plan(operations, form)
        asked = {Action.REPLACE, Action.DELETE, *([Action.CREATE] if creations else [])}
        changes = [str(each) for each in operations if each.action in asked]
        if yes or not changes:
            return True
        names = listed(changes, _ASKED)
        if not terminal.can_ask():
            raise UsageError(
                f"{command} asks before it changes anything ({names}); without a terminal it "
                "needs --yes"
            )
        return terminal.confirm(question.format(changes=names))

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


def exit_by_failures(failed: int, every: int) -> None:
    """End with the documented exit code if some of so many failed: 4, or 1 if all did."""
    if failed:
        raise typer.Exit(ExitCode.PARTIAL if failed < every else ExitCode.ERROR)


def listed(names: Sequence[str], most: int) -> str:
    """Names in one line: so many, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
