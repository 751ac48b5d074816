"""``flowathena queries check``: what is wrong with saved queries."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import configuration
from flowathena.errors import ExitCode
from flowathena.query.finding import Severity
from flowathena.text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowathena.query.finding import Finding
    from flowathena.query.library import Library
    from flowathena.query.query import Query


class _Form(StrEnum):
    LINES = "lines"
    JSON = "json"
    GITHUB = "github"


_LEVELS = tuple(Severity)


def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Queries (default: all).")
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    level: Annotated[
        Severity, typer.Option("--level", help="The least severity to report.")
    ] = Severity.WARNING,
    form: Annotated[
        _Form,
        typer.Option(
            "--format", help="lines (file:line: …), json, or github (annotations of a workflow)."
        ),
    ] = _Form.LINES,
) -> None:
    """Check saved queries: what cannot run, and what gives wrong, varying or endless answers.

    Every finding names file, line and fix. A query that means what a rule warns of says so in its
    header: allow = ["integer-division"]. Knows the fields of every record version; with -t, your
    own queries only those of that target. Exits 3 if there are errors.
    """
    from flowathena.result.formats import to_json

    library = options.library(config)
    queries = _chosen(library, names or [])
    found = [
        finding
        for finding in _findings(library, queries, target, config, names or [])
        if _LEVELS.index(finding.severity) <= _LEVELS.index(level)
    ]
    if form is _Form.JSON:
        terminal.text(to_json([_as_json(finding) for finding in found]))
    for finding in found if form is not _Form.JSON else ():
        line = _annotation(finding) if form is _Form.GITHUB else str(finding)
        terminal.text(printable(line))
    _sum_up(len(queries), found, on_stdout=form is _Form.LINES)
    if any(finding.severity is Severity.ERROR for finding in found):
        raise typer.Exit(ExitCode.DRIFT)


def _chosen(library: "Library", names: list[str]) -> "list[Query]":
    """The queries to check: all, or those named, each once; a name may be of an invalid file."""
    if not names:
        return list(library.queries.values())
    broken = {each.file.stem for each in library.problems if each.file}
    found = (library.get(name) for name in names if name not in broken)
    return list({query.name: query for query in found}.values())


def _findings(
    library: "Library",
    queries: "Iterable[Query]",
    target: str | None,
    config: Path | None,
    names: list[str],
) -> "Iterator[Finding]":
    from flowathena.catalog import wanted
    from flowathena.engine.charts import check_chart
    from flowathena.engine.metrics import check_metric
    from flowathena.package import folder
    from flowathena.query import check as checks
    from flowathena.query import lint, relation

    every = relation.column_types(wanted.every_field())
    here = every
    if target:
        source = wanted.expected_source(configuration(config).target(target))
        here = relation.column_types(source)
    for problem in library.problems:
        if not names or (problem.file and problem.file.stem in names):
            yield lint.of_problem(problem)
    packaged, lacking = folder("queries"), 0
    for query in queries:
        found = lint.review(query, every)
        yield from found
        runs = all(finding.rule != lint.INVALID for finding in found)
        wrong = [*check_metric(query, every), *check_chart(query, every)] if runs else []
        yield from (lint.of_problem(problem, query) for problem in wrong)
        if runs and target and (problems := checks.check_query(query, here)):
            if query.file and query.file.is_relative_to(packaged):
                lacking += 1
            else:
                yield from (lint.of_problem(problem, query) for problem in problems)
    if lacking:
        terminal.say(
            f"{counted(lacking, 'packaged query needs', 'packaged queries need')} fields that "
            f"{target} does not have: flowathena queries list -t {target}"
        )


def _sum_up(queries: int, found: "list[Finding]", *, on_stdout: bool) -> None:
    of_each = [
        counted(count, level.value)
        for level in _LEVELS
        if (count := sum(finding.severity is level for finding in found))
    ]
    line = f"{counted(queries, 'query', 'queries')}, {', '.join(of_each) or 'no problems'}"
    if on_stdout and not found:
        terminal.text(line)
    else:
        terminal.say(line)


def _as_json(finding: "Finding") -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "fix": finding.fix,
        "query": finding.query,
        "file": str(finding.file) if finding.file else None,
        "line": finding.line,
    }


def _annotation(finding: "Finding") -> str:
    """A workflow command of GitHub Actions.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    kind = "notice" if finding.severity is Severity.HINT else finding.severity
    place = [f"title={_property(f'{finding.query or finding.rule}: {finding.rule}')}"]
    if finding.file:
        # GitHub shows it beside the line only if the path is relative to the checkout.
        here = Path.cwd()
        inside = finding.file.is_relative_to(here)
        file = finding.file.relative_to(here) if inside else finding.file
        place = [f"file={_property(str(file))}", f"line={finding.line or 1}", *place]
    fix = f"; {finding.fix}" if finding.fix else ""
    return f"::{kind} {','.join(place)}::{_data(finding.message + fix)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
