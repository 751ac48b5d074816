"""The names of a statement's outputs, as Athena gives them; pure."""

from itertools import count

from sqlglot import exp

from flowathena.engine.local.semantics.types import missing

_NAMELESS = "flowathena_nameless_{}"


def prepare(tree: exp.Expr) -> None:
    """Mark nameless outputs; refuse what qualifying would change silently."""
    numbers = count()
    for select in tree.find_all(exp.Select):
        for output in select.expressions:
            bare = output.unnest()
            if isinstance(bare, exp.Column):
                output.replace(bare)
            elif not isinstance(output, exp.Alias | exp.Star):
                output.replace(exp.alias_(output.copy(), _NAMELESS.format(next(numbers))))
        _refuse_output_names_in_order(select)
    for fetch in tree.find_all(exp.Fetch):
        options = fetch.args.get("limit_options")
        if options is not None and options.args.get("with_ties"):
            raise missing("FETCH FIRST … WITH TIES")


def _refuse_output_names_in_order(select: exp.Select) -> None:
    """In ``ORDER BY a + 0`` Trino means the output ``a``, sqlglot the column below it."""
    order = select.args.get("order")
    names = {
        output.alias
        for output in select.expressions
        if isinstance(output, exp.Alias) and output.this.name != output.alias
    }
    for ordered in order.expressions if order else ():
        if isinstance(ordered.this, exp.Column):
            continue
        for column in ordered.find_all(exp.Column):
            if not column.table and column.name in names:
                raise missing(f"ORDER BY an expression over the output {column.name}")


def name_outputs(tree: exp.Expr) -> None:
    """A nameless output is called ``_col0``, ``_col1``, … by its place, as Athena does."""
    names = {
        output.alias: f"_col{place}"
        for select in tree.find_all(exp.Select)
        for place, output in enumerate(select.expressions)
        if output.alias.startswith(_NAMELESS.format(""))
    }
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", names.get(identifier.name, identifier.name))
