"""``flowathena queries publish`` and ``pull``: the saved queries of Athena's console."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, parameters, resources, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.cli.resources import listed
from flowathena.errors import ExitCode, UsageError
from flowathena.text import counted

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.deploy.named_queries import NamedQuery
    from flowathena.deploy.publication import Publication
    from flowathena.deploy.pulled import PulledFile
    from flowathena.reconcile import OperationResult

_ASKED = 3  # names in a question
_NAMED = 10  # names in one line of a message; --format json has all

_Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Queries (default: all that the table can answer)."),
]
_Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Start, from the time it runs: 7d, 24h, yesterday, last month, … (default: the "
        "query's).",
    ),
]
_Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="WHEN", help="End, exclusive: now, today, this month, … (default: now)."
    ),
]
_Values = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="A parameter of the one query named; repeatable. A list: NAME=A,B or NAME=@FILE.",
    ),
]
_Label = Annotated[
    str,
    typer.Option(
        "--as", metavar="LABEL", help="Publish it beside the same query with other values."
    ),
]
_Folder = Annotated[Path, typer.Option(metavar="DIR", help="Folder to write the files into.")]
_All = Annotated[bool, typer.Option("--all", help="Also those that flowathena has published.")]


def publish(
    names: _Names = None,
    target: options.Target = None,
    config: options.Config = None,
    since: _Since = None,
    until: _Until = None,
    account: options.Accounts = None,
    region: options.Regions = None,
    flow_log: options.FlowLogs = None,
    param: _Values = None,
    label: _Label = "",
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    exit_code: options.ExitCodeOfDryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create or update queries as saved queries of the target's Athena workgroup.

    Each has its default values, and a window that it computes from the time at which it runs. Shows
    the diff first, and asks before it replaces what was published before. Saved queries of others
    are named and left alone; none is ever deleted. Queries that the table cannot answer, or that
    need a value (--param), are left out. Exits 4 if some could not be published, 1 if none could.
    """
    from flowathena.result.formats import to_json

    resources.refuse_exit_code(exit_code=exit_code, dry_run=dry_run)
    flows = client(target, config)
    for problem in () if names else flows.library.problems:
        terminal.warn(str(problem))

    def confirm(planned: "Publication") -> bool:
        return _confirm(planned, form, yes=yes)

    with terminal.report_interrupt():
        done = flows.saved_queries.publish(
            names or (),
            since=since,
            until=until,
            account=account,
            region=region,
            flow_log=flow_log,
            values=_values(param or (), names or (), flows),
            label=label,
            confirm=confirm,
            dry_run=dry_run,
        )
    if form is ListFormat.JSON:
        terminal.text(to_json(done.to_json()))
    elif dry_run:
        _show_differences(done)
    _tell_rest(done, flows)
    _tell(done.results)
    _exit(done, exit_code=exit_code)


def pull(
    folder: _Folder = Path("saved_queries"),
    target: options.Target = None,
    config: options.Config = None,
    everything: _All = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Write the saved queries of the target's Athena workgroup into files, one each.

    They are Athena SQL over real tables, for Athena's console and other tools: the library's
    queries read flow_logs instead. Changes nothing in AWS. A file that exists with another content
    is left as it is; exits 4 then, or 1 if nothing else was pulled.
    """
    from flowathena.deploy.pulled import FileState
    from flowathena.result.formats import to_json

    flows = client(target, config)
    pulled = flows.saved_queries.pull(folder, include_published=everything)
    if form is ListFormat.JSON:
        terminal.text(to_json({"queries": [each.to_json() for each in pulled]}))
    else:
        rows = [(each.query.name, str(each.path), each.state) for each in pulled]
        terminal.table(["saved query", "file", "state"], rows, wrap=("saved query",))
    if not pulled:
        beside = "" if everything else " but those published by flowathena (--all pulls them too)"
        terminal.say(f"no saved queries in workgroup {flows.target.workgroup}{beside}")
    kept = [each for each in pulled if each.state is FileState.DIFFERS]
    for each in kept:
        terminal.fail(_describe_kept(each))
    resources.exit_by_failures(len(kept), len(pulled))


def _describe_kept(each: "PulledFile") -> str:
    return (
        f"{each.path} exists with another content and is left as it is: move it away, or choose "
        "another --folder"
    )


def _values(given: Sequence[str], names: Sequence[str], flows: "Client") -> dict[str, object]:
    """What is given for parameters, by name; of a list the values, files read."""
    texts: dict[str, list[str]] = {}
    for each in given:
        name, mark, text = each.partition("=")
        name = name.strip().replace("-", "_")
        if not (mark and name):
            raise UsageError(f"--param: {each!r} is not of the form NAME=VALUE")
        texts.setdefault(name, []).append(text)
    # --param of several queries is refused, and so is a name that the query does not have.
    query = flows.library.get(names[0]) if texts and len(set(names)) == 1 else None
    known = {param.name: param for param in query.params} if query else {}
    return {
        name: parameters.value(known[name], some) if name in known else some
        for name, some in texts.items()
    }


def _confirm(planned: "Publication", form: ListFormat, *, yes: bool) -> bool:
    """Show what will change; ask if something is replaced."""
    from flowathena.deploy.publication import difference
    from flowathena.reconcile import Action

    if form is ListFormat.TABLE:
        _show_differences(planned)
    operations = [each.operation for each in planned.results if not each.error]
    replaced = [each for each in operations if each.action is Action.REPLACE]
    if yes or not replaced:
        return True
    about = "" if form is ListFormat.TABLE else "\n".join(map(difference, replaced))
    names = listed([each.name for each in replaced], _ASKED)  # the diffs name all of them
    if not terminal.can_ask():
        if about:
            terminal.block(about)
        raise UsageError(
            f"queries publish asks before it replaces {names}; without a terminal it needs --yes"
        )
    return terminal.confirm(f"replace {names}? what was changed there is lost", about)


def _show_differences(planned: "Publication") -> None:
    """The diffs of what is replaced; of what is new, 'queries render --relative' has the text."""
    from flowathena.deploy.publication import difference
    from flowathena.reconcile import Action

    for each in planned.results:
        if each.operation.action is Action.REPLACE and not each.error:
            terminal.text(difference(each.operation))


def _tell_rest(done: "Publication", flows: "Client") -> None:
    """Say what is not published, and what else there is."""
    for left in done.left_out:
        terminal.say(f"left out: {left.query}: {left.lacks or left.reason}")
    if any(left.lacks for left in done.left_out):
        terminal.say(f"'{flows.target.command('queries list')}' says what to do for more fields")
    for name in done.obsolete:
        how = flows.saved_queries.deletion(done.live.ours[name])
        terminal.say(f"{name} is no longer in the library; it stays, '{how}' deletes it")
    for each in done.live.doubles:
        how = flows.saved_queries.deletion(each)
        terminal.warn(f"{each.name} is published twice (id {each.id}); '{how}' deletes this one")
    if done.live.others:
        others = done.live.others
        many = counted(len(others), "other saved query", "other saved queries")
        terminal.say(
            f"{many} of workgroup {flows.target.workgroup} left alone: "
            f"{listed([each.name for each in others], _NAMED)}"
        )


def _tell(results: "Sequence[OperationResult[NamedQuery]]") -> None:
    """Say what became of each; of those as wanted how many, of failures each reason once."""
    from flowathena.reconcile import Action, State

    reasons: dict[str, list[str]] = {}
    skipped: list[str] = []
    kept = 0
    for each in results:
        if each.operation.action is Action.KEEP and not each.error:
            kept += 1
        elif each.error:
            name = each.operation.name
            reason = str(each.error).removeprefix(f"saved query {name}: ")
            reasons.setdefault(reason, []).append(name)
        elif each.state is State.SKIPPED:
            skipped.append(each.operation.name)
        else:
            detail = f" ({each.operation.detail})" if each.operation.detail else ""
            terminal.say(f"{each.summary}{detail}")
    if kept:
        are = "is as wanted" if kept == 1 else "are as wanted"
        terminal.say(f"nothing to change: {counted(kept, 'saved query', 'saved queries')} {are}")
    if skipped:
        many = counted(len(skipped), "saved query is", "saved queries are")
        terminal.say(f"{many} neither created nor replaced: {listed(skipped, _NAMED)}")
    for reason, names in reasons.items():
        noun = "saved query" if len(names) == 1 else "saved queries"
        terminal.fail(f"{noun} {listed(names, _NAMED)}: {reason}")


def _exit(done: "Publication", *, exit_code: bool) -> None:
    from flowathena.reconcile import Action, State

    skipped = [each for each in done.results if each.state is State.SKIPPED]
    failed = [each for each in done.results if each.error]
    resources.exit_by_failures(len(skipped) + len(failed), len(done.results))
    if exit_code and any(each.operation.action is not Action.KEEP for each in done.results):
        raise typer.Exit(ExitCode.DRIFT)
