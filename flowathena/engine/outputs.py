"""The columns that a statement gives, and their types. Runs nothing."""

from collections.abc import Mapping
from contextlib import suppress

from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.engine.local.semantics import types
from flowathena.engine.local.typing import annotate
from flowathena.errors import EngineError
from flowathena.query import relation

_DATABASE = "target"


def output_types(tree: exp.Expr, columns: Mapping[str, str]) -> dict[str, exp.DataType]:
    """The columns of a result with their types; a type is unknown if only Athena knows it.

    Args:
        tree: the statement.
        columns: Hive types of the columns of ``flow_logs``.
    """
    every = {name: dict(columns) for name in (relation.NAME, relation.NAME_BEFORE)}
    plain = tree.copy()
    for table in plain.find_all(exp.Table):
        if not table.db and table.name.lower() in every:
            table.set("db", exp.to_identifier(_DATABASE))
    with suppress(EngineError, SqlglotError, RecursionError):
        tree = annotate(plain, {_DATABASE: every})
    outputs = tree.selects if isinstance(tree, exp.Query) else []
    return {output.alias_or_name: types.of(output) for output in outputs}
