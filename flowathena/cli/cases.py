"""``flowathena queries test``: the cases of queries, run on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, configuration
from flowathena.errors import ExitCode, Problem, QueryError, UsageError
from flowathena.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flowathena.cases.case import Case
    from flowathena.cases.trial import Outcome
    from flowathena.query.library import Library
    from flowathena.query.query import Query

_LINES_SHOWN = 40
"""The most lines of a difference; ``--format json`` has every row."""


def run_cases(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Queries to test (default: all of your own)."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that ship, too.")] = False,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Run the cases of your queries on this machine, without AWS.

    The cases of NAME are in cases/NAME.toml in its query folder. A wrong answer is shown beside
    the expected one, with the records that count and must not; the exit code is 3 then.
    """
    from flowathena.cases.trial import try_case
    from flowathena.query.library import load
    from flowathena.result.formats import to_json

    settings = configuration(config)
    library = load(settings.query_paths)
    queries = _chosen(library, names or [], everything=everything)
    cases = list(_cases(queries, named=bool(names)))
    outcomes = []
    for done, (query, case) in enumerate(cases):
        terminal.bar("testing", done, len(cases))
        outcome = try_case(query, case)
        outcomes.append(outcome)
        if form is ListFormat.TABLE:
            _show(outcome)
    if form is ListFormat.JSON:
        terminal.text(to_json([outcome.to_json() for outcome in outcomes]))
    _hint(queries, [case for _, case in cases])
    for path in _strays(library, settings.query_paths):
        terminal.warn(f"{path}: there is no query {path.stem!r}; no case of it is run")
    failed = sum(not outcome.passed for outcome in outcomes)
    terminal.say(f"{counted(len(outcomes), 'case')}, {failed} failed")
    if failed:
        raise typer.Exit(ExitCode.DRIFT)


def _chosen(library: "Library", names: list[str], *, everything: bool) -> "list[Query]":
    """The queries to test, each once.

    Raises:
        QueryError: one is unknown, or the file of one is invalid.
    """
    if names and everything:
        raise UsageError("--all means every query; name none")
    if names:
        return list({query.name: query for query in map(library.get, names)}.values())
    if library.problems:
        raise QueryError(library.problems)
    return [query for name, query in library.queries.items() if everything or name in library.own]


def _cases(queries: "list[Query]", *, named: bool) -> "Iterator[tuple[Query, Case]]":
    """Every case of the queries.

    Raises:
        QueryError: a file of cases is invalid, or that of a query that was named is missing; lists
            every problem.
    """
    from flowathena.cases.reading import read
    from flowathena.cases.starter import case_file

    problems: list[Problem] = []
    found = []
    for query in queries:
        path = case_file(query)
        if named and not path.exists():
            problems.append(Problem(f"query {query.name!r} has no cases; write {path}"))
        if not path.exists():
            continue
        try:
            found += [(query, case) for case in read(path)]
        except QueryError as error:
            problems += error.problems
    if problems:
        raise QueryError(problems)
    yield from found


def _show(outcome: "Outcome") -> None:
    """A line for a case; below it, what is wrong."""
    case = outcome.case
    terminal.text(f"{'pass' if outcome.passed else 'FAIL'}  {printable(str(case))}")
    for warning in outcome.answer.warnings if outcome.answer else ():
        terminal.warn(f"{case}: {warning}")
    if not outcome.passed:
        terminal.text("\n".join(f"      {printable(line)}" for line in _reasons(outcome)))


def _reasons(outcome: "Outcome") -> "Iterator[str]":
    case, answer = outcome.case, outcome.answer
    yield f"{case.path}:{case.line}"
    yield from outcome.error.splitlines()
    if answer and answer.columns != case.columns:
        yield f"- columns: {', '.join(case.columns)}"
        yield f"+ columns: {', '.join(answer.columns)}"
    lines = outcome.difference
    if lines:
        yield "- expected, + answered"
    yield from lines[:_LINES_SHOWN]
    if len(lines) > _LINES_SHOWN:
        yield f"… and {counted(len(lines) - _LINES_SHOWN, 'more line')} (--format json has all)"
    for reason in outcome.guilty:
        where = case.reason_lines.get(reason)
        yield f"records that must not count change the answer: {reason[1]!r} (line {where})"


def _strays(library: "Library", paths: "Iterable[Path]") -> "list[Path]":
    """Files of cases of no query."""
    from flowathena.cases.reading import FOLDER

    files = (file for root in paths for file in sorted((root / FOLDER).glob("*.toml")))
    return [file for file in files if file.stem not in library.queries]


def _hint(queries: "list[Query]", cases: "list[Case]") -> None:
    """Say what is not tested."""
    from flowathena.cases.starter import case_file

    if not queries:
        terminal.say("no queries of your own; 'flowathena queries new NAME' writes one and a case")
    tested = {case.query for case in cases}
    for query in queries:
        if query.name not in tested:
            terminal.say(f"query {query.name!r} has no cases; they would be in {case_file(query)}")
    for case in cases:
        if case.rows and not case.reasons:
            terminal.say(
                f"{case.path}:{case.line}: case {case.name!r} has no must_not; records that may "
                "not count show that the query's conditions work"
            )
