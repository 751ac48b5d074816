"""What a query may do but should not: answers that are wrong, vary or cost too much; pure.

``check`` refuses what cannot run. A rule here reads the syntax tree of a query that can, and says
what to write instead. A query that means what a rule warns of names the rule in its header:
``allow = ["integer-division"]``.
"""

import re
from collections.abc import Iterator, Mapping

from flowathena.errors import Problem
from flowathena.query import check, template
from flowathena.query.finding import Finding, Severity
from flowathena.query.query import Query
from flowathena.query.rules import RULES
from flowathena.query.template import FilledQuery
from flowathena.sql import nodes
from flowathena.text import did_you_mean

INVALID = "invalid"
"""The rule of what cannot run at all."""
_SILENT = ("text-range", "unknown-value")


def review(query: Query, columns: Mapping[str, str]) -> list[Finding]:
    """Everything that is wrong with a query, in the order of its lines.

    Args:
        query: the query.
        columns: Hive types of the columns of ``flow_logs``.
    """
    problems, statements = check.try_out(query, columns)
    if problems:
        return [of_problem(problem, query) for problem in problems]
    found = dict.fromkeys(_unknown_rules(query))
    for filled in statements:
        found |= dict.fromkeys(_look(query, filled))
    found |= dict.fromkeys(_zero_parameters(query))
    return sorted(found, key=lambda each: (each.line or 0, each.rule))


def doubts(query: Query) -> list[Problem]:
    """Why a statement without placeholders, which runs, gives a wrong answer and no error.

    Args:
        query: the statement, as ``header.statement`` makes it.
    """
    filled = template.fill(query, {})
    return [
        query.problem(f"{message}; {fix}", line and filled.first_line + line - 1)
        for name in _SILENT
        for node, message, fix in RULES[name].look(filled.statement.tree)
        for line in (nodes.line(node),)
    ]


def of_problem(problem: Problem, query: Query | None = None) -> Finding:
    """What makes a file invalid, as a finding."""
    name = query.name if query else ""
    return Finding(INVALID, Severity.ERROR, problem.message, "", name, problem.file, problem.line)


def _look(query: Query, filled: FilledQuery) -> Iterator[Finding]:
    for name, rule in RULES.items():
        if name in query.allow:
            continue
        for node, message, fix in rule.look(filled.statement.tree):
            line = nodes.line(node)
            within = None if line is None else filled.first_line + line - 1
            yield _finding(query, name, message, fix, within)


def _finding(query: Query, rule: str, message: str, fix: str, line: int | None) -> Finding:
    at = query.problem(message, line)
    return Finding(rule, RULES[rule].severity, message, fix, query.name, at.file, at.line)


def _unknown_rules(query: Query) -> Iterator[Finding]:
    for name in query.allow:
        if name not in RULES:
            problem = Problem(
                f"allow names the unknown rule {name!r}; "
                f"{did_you_mean(name, RULES)}known: {', '.join(RULES)}",
                query.file,
                1,
            )
            yield of_problem(problem, query)


def _zero_parameters(query: Query) -> Iterator[Finding]:
    """A divisor that is a parameter which may be 0."""
    if "division-by-zero" in query.allow:
        return
    for match in re.finditer(r"[/%]\s*\{\{\s*(\w+)\s*\}\}", query.sql):
        param = next((each for each in query.params if each.name == match[1]), None)
        if param and (param.minimum is None or param.minimum <= 0):
            line = query.sql.count("\n", 0, match.start()) + 1
            message = f"divides by the parameter {param.name}, which may be 0"
            fix = f"give it a min in the header: [params.{param.name}] min = 1"
            yield _finding(query, "division-by-zero", message, fix, line)
