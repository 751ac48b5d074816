"""Operators whose operands Trino refuses to bring together, where DuckDB would convert."""

from sqlglot import exp

from tests.rig.executor.base import QueryFailedError
from tests.rig.executor.failures import failed

_SIGNS: dict[type[exp.Expr], str] = {
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.Sub: "-",
    exp.Add: "+",
}
_TEXT = (exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR)


def _family(node: exp.Expr) -> str | None:
    kind = node.type.this if node.type else None
    families = {
        "number": exp.DataType.NUMERIC_TYPES,
        "varchar": _TEXT,
        "date": (exp.DType.DATE,),
        "timestamp": (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPNTZ),
        "boolean": (exp.DType.BOOLEAN,),
    }
    return next((name for name, kinds in families.items() if kind in kinds), None)


def _shown_type(node: exp.Expr) -> str:
    if isinstance(node, exp.Literal) and node.is_string:
        return f"varchar({len(node.name)})"
    text = node.type.sql("trino").lower() if node.type else "unknown"
    return {"int": "integer"}.get(text, text)


def _comparable(left: exp.Expr, right: exp.Expr) -> bool:
    families = {_family(left), _family(right)}
    return None in families or len(families) == 1 or families == {"date", "timestamp"}


def _mismatch(sql: str, left: exp.Expr, sign: str, right: exp.Expr) -> QueryFailedError:
    text = f"Cannot apply operator: {_shown_type(left)} {sign} {_shown_type(right)}"
    return failed("TYPE_MISMATCH", sql, left, text)


def _pairs(node: exp.Expr) -> list[tuple[exp.Expr, str, exp.Expr]]:
    if isinstance(node, exp.Between):
        return [(node.this, "<=", node.args["low"]), (node.this, "<=", node.args["high"])]
    if isinstance(node, exp.In):
        return [(node.this, "=", item) for item in node.expressions]
    signs: dict[type[exp.Expr], str] = {
        exp.EQ: "=",
        exp.NEQ: "<>",
        exp.LT: "<",
        exp.LTE: "<=",
        exp.GT: "<",  # Trino knows two orders only
        exp.GTE: "<=",
    }
    sign = signs.get(type(node))
    return [(node.this, sign, node.expression)] if sign else []


def _results(node: exp.Expr) -> list[exp.Expr | None]:
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    if isinstance(node, exp.Case):
        return [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")]
    if isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
        return [node.args["true"], node.args.get("false")]
    return []


def _check_results(node: exp.Expr, sql: str) -> None:
    found = [item for item in _results(node) if item is not None and _family(item)]
    for item in found[1:]:
        if not _comparable(found[0], item):
            kind = _shown_type(found[0])
            text = f"All {node.key.upper()} results must be the same type: {kind}"
            raise failed("TYPE_MISMATCH", sql, item, text)


def _check_arithmetic(node: exp.Expr, sql: str) -> None:
    if not isinstance(node, exp.Mul | exp.Div | exp.Mod | exp.Sub | exp.Add):
        return
    if any(_family(side) in ("varchar", "boolean") for side in (node.this, node.expression)):
        raise _mismatch(sql, node.this, _SIGNS[type(node)], node.expression)


def check_types(tree: exp.Expr, sql: str) -> None:
    """Fail a query whose operands Trino does not bring together."""
    for node in tree.walk():
        for left, sign, right in _pairs(node):
            if not _comparable(left, right):
                raise _mismatch(sql, left, sign, right)
        _check_arithmetic(node, sql)
        _check_results(node, sql)
