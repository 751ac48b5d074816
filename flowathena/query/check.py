"""Checks a saved query without running it: its parameters, and its statements."""

from collections.abc import Mapping

from flowathena.errors import ParameterError, Problem, QueryError
from flowathena.inputs import params
from flowathena.inputs.params import Value
from flowathena.query import relation, samples, template
from flowathena.query.inspection import inspect
from flowathena.query.query import Query
from flowathena.query.template import FilledQuery


def bind(query: Query, values: Mapping[str, object]) -> dict[str, Value]:
    """The typed value of every parameter of a query.

    Raises:
        QueryError: a parameter is used but not declared, or declared but not used.
        ParameterError: a value has the wrong type, is unknown or is missing.
    """
    problems = check_parameters(query)
    if problems:
        raise QueryError(problems)
    return params.bind(query.params, values)


def fill(query: Query, values: Mapping[str, Value], columns: Mapping[str, str]) -> FilledQuery:
    """The statement of a query over a table, its placeholders filled in; not inspected.

    Args:
        query: the query.
        values: a typed value for every parameter, from ``bind``.
        columns: Hive types of the columns of ``flow_logs``.

    Raises:
        QueryError: the template is invalid, or a placeholder is not a token of its own.
    """
    return template.fill(query, values, len(relation.columns_of_star(columns)))


def fill_valid(
    query: Query, values: Mapping[str, Value], columns: Mapping[str, str]
) -> FilledQuery:
    """The same, inspected.

    Raises:
        QueryError: the statement is invalid, or the table lacks one of its fields; lists every
            problem.
    """
    filled = fill(query, values, columns)
    inspected = inspect(query, filled, columns)
    if inspected.problems:
        raise QueryError(inspected.problems)
    return filled


def fill_usual(query: Query, columns: Mapping[str, str]) -> FilledQuery:
    """The same with the defaults of the parameters, for what gives a query no values.

    Raises:
        QueryError: as of ``fill_valid``; or a parameter has no default.
    """
    try:
        return fill_valid(query, bind(query, {}), columns)
    except ParameterError as error:
        raise QueryError(str(error)) from error


def check_parameters(query: Query) -> list[Problem]:
    """Parameters that are used but not declared, or declared but not used."""
    try:
        used = template.placeholders(query)
    except QueryError as error:
        return list(error.problems)
    names = {param.name for param in query.params}
    undeclared = [f"{name!r} is used but not declared in the header" for name in used - names]
    unused = [f"parameter {name!r} is declared but not used" for name in names - used]
    return [query.problem(message) for message in sorted(undeclared + unused)]


def check_query(query: Query, columns: Mapping[str, str]) -> list[Problem]:
    """Every problem of a saved query that can be found without running it; see ``try_out``."""
    return try_out(query, columns)[0]


def try_out(query: Query, columns: Mapping[str, str]) -> tuple[list[Problem], list[FilledQuery]]:
    """Every problem of a saved query, and its statements along every branch of its template."""
    problems, statements = fill_out(query, columns)
    for filled in statements:
        try:
            problems.extend(inspect(query, filled, columns).problems)
        except QueryError as error:
            problems.extend(error.problems)
    return list(dict.fromkeys(problems)), statements


def fill_out(query: Query, columns: Mapping[str, str]) -> tuple[list[Problem], list[FilledQuery]]:
    """What keeps a template from being filled, and its statements along every branch of it.

    Its parameters get their defaults, texts without one a hostile one; ``samples.variants`` has the
    rest.
    """
    problems = check_parameters(query)
    statements: dict[str, FilledQuery] = {}
    for values in samples.variants(query) if not problems else ():
        try:
            filled = fill(query, values, columns)
            statements.setdefault(filled.statement.sql, filled)
        except QueryError as error:
            problems.extend(error.problems)
    return problems, list(statements.values())


def spared_by(query: Query, values: Mapping[str, Value], columns: Mapping[str, str]) -> str:
    """The parameter that, once given, spares a query the fields that the table lacks; or empty."""
    for param, fuller in samples.fuller(query, values):
        try:
            filled = fill(query, fuller, columns)
        except QueryError:
            continue
        if not inspect(query, filled, columns).problems:
            return param.name
    return ""
