"""A statement with the table of every column and the type of every node, or a refusal; pure."""

from collections.abc import Mapping
from itertools import count
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.optimizer.annotate_types import TypeAnnotator
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from flowathena.engine.local import refusals, semantics
from flowathena.engine.local.semantics import intervals, lambdas, types
from flowathena.engine.local.semantics.base import Rule
from flowathena.engine.local.semantics.types import invalid, spelled, unsupported
from flowathena.sql import dialect
from flowathena.sql.having import qualify_having
from flowathena.sql.swap import swap

Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Hive types by database, table and column."""

_HIVE = {"string": "varchar"}
_RULES: dict[type[exp.Expr], Rule] = {node: row.rule for node, row in semantics.FUNCTIONS.items()}
_NAMELESS = "flowathena_nameless_{}"


def with_functions(tree: exp.Expr) -> exp.Expr:
    """Put sqlglot's node in the place of every call of a function that has a row."""
    for bracket in tree.find_all(exp.Bracket):
        _note_base(bracket)
    # From the inside out: some of sqlglot's nodes depend on what the arguments are.
    for call in reversed(list(tree.find_all(exp.Anonymous))):
        name = call.name.lower()
        if name in _QUANTIFIERS and len(call.expressions) == 1:
            swap(call, _QUANTIFIERS[name](this=call.expressions[0]))
            continue
        if name not in semantics.NAMES or isinstance(call.parent, exp.Dot):
            continue
        if name in semantics.NAMED:
            node = semantics.NAMED[name](expressions=_arguments(call))
            swap(call, lambdas.written_out(node) or node)
            continue
        try:
            swap(call, exp.func(name, *_arguments(call), copy=False, dialect=dialect.NAME))
        except ValueError:  # sqlglot's node has no place for one of the arguments
            raise unsupported(f"function {name} with these arguments") from None
    for quantified in tree.find_all(exp.Any, exp.All):
        _give_columns(quantified)
    return tree


_QUANTIFIERS: dict[str, type[exp.Any | exp.All]] = {"all": exp.All, "some": exp.Any, "any": exp.Any}


def _give_columns(quantified: exp.Expr) -> None:
    """``= ANY (VALUES 1, 2)``: as a query in brackets, so that its one column has a type."""
    inside = quantified.this.unnest()
    if isinstance(inside, exp.Values):
        if any(len(row.expressions) != 1 for row in inside.expressions):
            raise invalid("TYPE_MISMATCH", "ANY, SOME and ALL compare with one column")
        columns = [exp.to_identifier("fa_value")]
        alias = exp.TableAlias(this=exp.to_identifier("fa_values"), columns=columns)
        given = exp.Values(expressions=inside.expressions, alias=alias)
        inside = exp.Select(expressions=[exp.column("fa_value")]).from_(given, copy=False)
    if isinstance(inside, exp.Query):
        quantified.set("this", exp.Subquery(this=inside))


def _note_base(bracket: exp.Bracket) -> None:
    """Mark literal subscripts that are as written; in others sqlglot's parser counts from 0.

    It does so in arrays and in what it has found no type for.
    """
    kind = bracket.this.type
    if kind is not None and kind.this not in types.ARRAY | {exp.DType.UNKNOWN}:
        bracket.set("offset", 1)


def _arguments(call: exp.Anonymous) -> list[exp.Expr]:
    """The arguments of a call: sqlglot reads ``DISTINCT a, b`` as one, its nodes have two."""
    arguments: list[exp.Expr] = call.expressions
    if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
        value, *others = arguments[0].expressions
        return [exp.Distinct(expressions=[value]), *others]
    return arguments


class _Annotator(TypeAnnotator):
    """Sqlglot's walk over scopes and columns, with Trino's rules.

    What begins with an underscore is sqlglot's own: it has no public way to replace its rules.
    """

    _METADATA: ClassVar[dict[Any, Any]] = {
        kind: {"annotator": lambda self, node, rule=rule: self.apply(rule, node)}
        for kind, rule in _RULES.items()
    }

    def __init__(self, schema: MappingSchema) -> None:
        super().__init__(schema, expression_metadata=self._METADATA)
        # A bare NULL keeps its own type: Trino refuses some functions of it.
        self._supports_null_type = True

    def apply(self, rule: Rule, node: exp.Expr) -> exp.Expr:
        """Give the node the type of its rule."""
        _type_lambdas(node)
        return self._set_type(node, rule(node))

    def _maybe_coerce(
        self, type1: exp.DataType | exp.DType, type2: exp.DataType | exp.DType
    ) -> exp.DataType:
        """The type of a column that several rows or queries give: sqlglot calls this."""
        one, other = (
            kind if isinstance(kind, exp.DataType) else kind.into_expr() for kind in (type1, type2)
        )
        wide = types.common(one, other)
        if wide is None:
            pair = f"{spelled(one)} and {spelled(other)}"
            raise invalid("TYPE_MISMATCH", f"{pair} in one column of a UNION or VALUES")
        return wide


def _type_lambdas(node: exp.Expr) -> None:
    """Type a function's lambdas again, now that the types of their parameters are known.

    sqlglot types what is inside first, when the lambda's parameters have no types yet.
    """
    row = semantics.FUNCTIONS.get(type(node))
    for function, kinds in row.lambdas(node) if row and row.lambdas else ():
        named = {
            parameter.name: kind
            for parameter, kind in zip(function.expressions, kinds, strict=True)
        }
        for part in reversed(list(function.this.walk(bfs=True))):
            if isinstance(part, exp.Identifier) and part.name in named:
                part.type = named[part.name]
            elif type(part) in _RULES:
                _type_lambdas(part)
                part.type = _RULES[type(part)](part)


def annotate(tree: exp.Expr, schema: Schema) -> exp.Expr:
    """Every column with its table, every node with its type, every output with its name.

    Args:
        tree: the statement; it is changed.
        schema: the tables it may read.

    Raises:
        EngineError: it uses what Athena, or the local engine, does not have.
    """
    tree = with_functions(tree)
    intervals.normalize(tree)
    _mark_nameless_outputs(tree)
    refusals.refuse_other_meanings(tree)
    _quiet_casts(tree)
    _size_decimals(tree)
    nested: dict[str, object] = {
        database: {
            name: {column: _HIVE.get(kind, kind) for column, kind in columns.items()}
            for name, columns in tables.items()
        }
        for database, tables in schema.items()
    }
    refusals.refuse_unknown(tree)
    refusals.refuse_qualified_keys(tree)
    # An output's name means nothing in WHERE and GROUP BY of Trino, so aliases stay unexpanded.
    known = MappingSchema(nested, dialect=dialect.NAME)
    tree = qualify(tree, schema=known, dialect=dialect.NAME, expand_alias_refs=False)
    qualify_having(tree, known)
    _Annotator(known).annotate(tree)
    _name_outputs(tree)
    refusals.refuse_untyped(tree)
    return tree


def _mark_nameless_outputs(tree: exp.Expr) -> None:
    """Name them for the time being: qualifying would give them names that Athena does not."""
    numbers = count()
    for select in tree.find_all(exp.Select):
        for output in select.expressions:
            bare = output.unnest()
            if isinstance(bare, exp.Column):
                swap(output, bare)
            elif not isinstance(output, exp.Alias | exp.Star):
                swap(output, exp.alias_(output.copy(), _NAMELESS.format(next(numbers))))


def _name_outputs(tree: exp.Expr) -> None:
    """A nameless output is called ``_col0``, ``_col1``, … by its place, as Athena does."""
    names = {
        output.alias: f"_col{place}"
        for select in tree.find_all(exp.Select)
        for place, output in enumerate(select.expressions)
        if output.alias.startswith(_NAMELESS.format(""))
    }
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", names.get(identifier.name, identifier.name))


def _size_decimals(tree: exp.Expr) -> None:
    """A decimal without digits has 38 of them, none after the point."""
    for kind in list(tree.find_all(exp.DataType)):
        if kind.this in types.DECIMAL and not kind.expressions:
            swap(kind, types.decimal(38, 0))


def _quiet_casts(tree: exp.Expr) -> None:
    """``try(CAST(…))`` is ``TRY_CAST``; DuckDB's ``TRY`` does not catch errors that we raise."""
    for quiet in tree.find_all(exp.Try):
        inner = quiet.this.unnest()
        if type(inner) is not exp.Cast:
            continue
        cast = exp.TryCast(this=inner.this.copy(), to=inner.to.copy())
        plain = isinstance(inner.this, exp.Column | exp.Literal)
        # What is cast may fail itself: then the try stays around.
        swap(quiet if plain else inner, cast)
