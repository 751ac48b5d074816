"""GROUP BY, aggregates and HAVING as a ``stats`` command of CloudWatch Logs Insights; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from flowathena.query.insights import conditions
from flowathena.query.insights.aggregates import aggregate, is_aggregate, names_aggregate
from flowathena.query.insights.fields import RefusalError, Scope, Term, key_of
from flowathena.query.insights.indicators import computed
from flowathena.query.insights.terms import value
from flowathena.sql.dialect import written

_MOST_STATS = 2


@dataclass
class Stage:
    """A pipeline so far, and what its rows have: the columns of a SELECT by name."""

    commands: list[str]
    outputs: dict[str, Term | RefusalError]
    stats: int = 0
    notes: list[str] = field(default_factory=list)


class Grouping:
    """The aggregates of a SELECT as a ``stats`` command."""

    def __init__(self, select: exp.Select, items: Mapping[str, exp.Expr], scope: Scope) -> None:
        self._select = select
        self._items = items
        self._scope = scope
        self._computed: list[str] = []
        self._keys: list[str] = []
        self._grouped: dict[str, Term | RefusalError] = {}

    def apply(self, stage: Stage) -> None:
        """Write it, with the filter of HAVING."""
        for node in self._key_nodes():
            self._add_key(node)
        stats: dict[str, str] = {}
        outputs: dict[str, Term | RefusalError] = {}
        for name, node in self._items.items():
            outputs[name] = self._output(name, node, stats)
        refused = [each for each in outputs.values() if isinstance(each, RefusalError)]
        if len(refused) > len(stats):  # little of the question would be left
            raise refused[0]
        if not stats:
            raise RefusalError("GROUP BY without an aggregate has no counterpart in Logs Insights")
        if stage.stats == _MOST_STATS:
            raise RefusalError("aggregates of aggregates of aggregates have no counterpart")
        having = self._select.args.get("having")
        if having:
            self._add_hidden(having.this, stats)
        if self._computed:
            stage.commands.append(f"fields {', '.join(self._computed)}")
        by = f" by {', '.join(self._keys)}" if self._keys else ""
        stage.commands.append(f"stats {', '.join(f'{v} as {k}' for k, v in stats.items())}{by}")
        stage.stats += 1
        stage.outputs = outputs
        if having:
            scope = {**self._grouped, **outputs}
            if text := conditions.condition(having.this, scope):
                stage.commands.append(f"filter {text}")

    def _key_nodes(self) -> list[exp.Expr]:
        group = self._select.args.get("group")
        if group is None:
            return []
        if any(group.args.get(each) for each in ("rollup", "cube", "grouping_sets")):
            raise RefusalError("GROUPING SETS, ROLLUP and CUBE have no counterpart")
        items = list(self._items.values())
        return [
            items[int(each.name) - 1] if isinstance(each, exp.Literal) else each
            for each in group.expressions
        ]

    def _add_key(self, node: exp.Expr) -> None:
        term = computed(node, self._scope)
        if term.text and not term.is_field:
            name = self._name_of(node)
            self._computed.append(f"{term.text} as {name}")
            term = replace(term, text=name, is_field=True)
        if term.text and term.text not in self._keys:
            self._keys.append(term.text)
        self._grouped[key_of(node)] = term

    def _name_of(self, node: exp.Expr) -> str:
        """What a computed key is called: as the column that shows it."""
        for name, item in self._items.items():
            if not is_aggregate(item) and any(each == node for each in item.walk()):
                return name
        return f"key_{len(self._computed) + 1}"

    def _output(self, name: str, node: exp.Expr, stats: dict[str, str]) -> Term | RefusalError:
        try:
            if not is_aggregate(node):
                return _named(node, value(node, self._grouped))
            term = aggregate(node, self._scope)
        except RefusalError as error:
            return error
        stats[name] = term.text
        return self._named(name, node, term)

    def _named(self, name: str, node: exp.Expr, term: Term) -> Term:
        """What an aggregate is from here on: a column."""
        made = replace(term, text=name, is_field=True, is_operation=False)
        self._grouped[key_of(node)] = made
        return made

    def _add_hidden(self, having: exp.Expr, stats: dict[str, str]) -> None:
        """Write the aggregates that only HAVING has; no column shows them."""
        for node in list(having.walk()):
            is_part = not isinstance(node.parent, exp.Filter)
            if is_part and names_aggregate(node) and key_of(node) not in self._grouped:
                name = f"having_{len(stats) + 1}"
                term = aggregate(node, self._scope)
                stats[name] = term.text
                self._named(name, node, term)


def _named(node: exp.Expr, term: Term) -> Term:
    if term.text and not term.is_field:
        raise RefusalError(f"{written(node)} computes with what is grouped by")
    return term
