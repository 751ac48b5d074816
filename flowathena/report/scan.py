"""One statement for many panels: each record is read once and counted by every group; pure.

Every group has key columns of its own, which are NULL in records that do not count there, and its
own grouping sets; so each row of the answer says by which of them is not grouped over whose it is.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from flowathena.report.panel import Group
from flowathena.result.result import Result, Row
from flowathena.sql.quoting import literal

PANEL = "panel"
"""The column that says whose a row is: the name of its group."""
MOST_ROWS = 10_000
"""Rows of a group that is not ranked: more than intervals and days of a window of years."""
_MEASURES = (
    ("flows", "count(*)", "sum(flows)"),
    ("packets", "sum(packets)", "sum(packets)"),
    ("bytes", "sum(bytes)", "sum(bytes)"),
    ("first_seen", "min(start_time)", "min(first_seen)"),
    ("last_seen", "max(start_time)", "max(last_seen)"),
)
"""What is counted: the column, over records, and over the sets of one group."""


def compose(groups: Sequence[Group], rows: int) -> str:
    """The statement that counts records by each of the groups: Athena SQL over ``flow_logs``.

    Its rows have the column ``PANEL``, the keys and further columns of all groups, NULL where they
    are another's, and the measures: ``flows``, ``packets``, ``bytes``, ``sent_bytes`` and
    ``received_bytes`` (of the first and the second of two sets), ``first_seen``, ``last_seen``.

    Args:
        groups: the groups, one at least.
        rows: how many rows of a group that ranks.
    """
    scan = _Scan(groups)
    names = ", ".join(scan.names)
    kept = " ".join(f"WHEN {literal(g.name)} THEN {rows}" for g in groups if g.order)
    limit = f"CASE {PANEL} {kept} ELSE {MOST_ROWS} END" if kept else str(MOST_ROWS)
    first = (f"{over} AS {name}" for name, over, _ in _MEASURES)
    again = (f"{over} AS {name}" for name, _, over in _MEASURES)
    measures = ", ".join(name for name, _, _ in _MEASURES)
    owners, slots, sets = " ".join(scan.owners()), ", ".join(scan.slots), ", ".join(scan.sets())
    counted = " OR ".join(f"{slot} IS NOT NULL" for slot in scan.firsts)
    places = ", ".join(map(str, range(1, len(scan.names) + 2)))
    return f"""WITH keyed AS (
  SELECT
    {_listed(scan.keyed())},
    packets, bytes, start_time
  FROM flow_logs
),
grouped AS (
  SELECT
    CASE {owners} END AS {PANEL},
    {slots},
    {_listed(first)}
  FROM keyed
  GROUP BY GROUPING SETS ({sets})
),
counted AS (
  SELECT
    {PANEL},
    {_listed(scan.merged())},
    {_listed(again)},
    {_listed(scan.ends())}
  FROM grouped
  WHERE {counted}
  GROUP BY {places}
),
ranked AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY {PANEL} ORDER BY {scan.rank()}{names}) AS place
  FROM counted
)
SELECT
  {PANEL}, {names},
  {measures}, sent_bytes, received_bytes{scan.further()}
FROM ranked
WHERE place <= {limit}
ORDER BY {PANEL}, place"""  # noqa: S608 - expressions of panels, no values of anybody's


def split(result: Result, group: Group, columns: Sequence[str]) -> tuple[list[str], list[Row]]:
    """The rows of one group, in their order.

    Args:
        result: the answer to a statement of ``compose``.
        group: the group.
        columns: which of the columns.

    Returns:
        The Athena types of the columns, and the rows.
    """
    places = {column.name: n for n, column in enumerate(result.columns)}
    chosen = [places[name] for name in columns]
    own = (
        tuple(row[n] for n in chosen)
        for row in chain.from_iterable(result.batches())
        if row[places[PANEL]] == group.name
    )
    return [result.columns[n].type for n in chosen], list(own)


class _Scan:
    """The groups with the columns of their keys: ``k1``, ``k2`` and so on."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = groups
        numbers = iter(range(1, 1 + sum(len(keys) for group in groups for keys in group.sets)))
        self._sets = [
            (group, [(key, f"k{next(numbers)}") for key in keys])
            for group in groups
            for keys in group.sets
        ]
        self.slots = [slot for _, keys in self._sets for _, slot in keys]
        self.names = list(dict.fromkeys(key.name for _, keys in self._sets for key, _ in keys))

    @property
    def firsts(self) -> list[str]:
        """The first key of each set, which is not NULL in records that count."""
        return [keys[0][1] for _, keys in self._sets]

    def keyed(self) -> Iterator[str]:
        """The keys of each record."""
        for group, keys in self._sets:
            for key, slot in keys:
                yield f"CASE WHEN {group.where} THEN {key.expression} END AS {slot}"

    def owners(self) -> Iterator[str]:
        """Whose a row is."""
        for group, keys in self._sets:
            yield f"WHEN grouping({keys[0][1]}) = 0 THEN {literal(group.name)}"

    def sets(self) -> Iterator[str]:
        """The grouping sets."""
        for _, keys in self._sets:
            yield f"({', '.join(slot for _, slot in keys)})"

    def merged(self) -> Iterator[str]:
        """The keys by their names: those of the set that a row is of."""
        for name in self.names:
            slots = [slot for _, keys in self._sets for key, slot in keys if key.name == name]
            value = f"coalesce({', '.join(slots)})" if len(slots) > 1 else slots[0]
            yield f"{value} AS {name}"

    def ends(self) -> Iterator[str]:
        """The bytes of the first and of the second of two sets."""
        for n, name in enumerate(("sent_bytes", "received_bytes")):
            slots = [
                self._sets[self._place(group) + n][1][0][1]
                for group in self._groups
                if len(group.sets) > 1
            ]
            counts = " OR ".join(f"{slot} IS NOT NULL" for slot in slots) or "FALSE"
            yield f"sum(CASE WHEN {counts} THEN bytes ELSE 0 END) AS {name}"

    def rank(self) -> str:
        """What rows are ranked by before their keys."""
        ranked = [g for g in self._groups if g.order]
        if not ranked:
            return ""
        cases = " ".join(f"WHEN {literal(g.name)} THEN {g.order}" for g in ranked)
        return f"CASE {PANEL} {cases} END DESC, "

    def further(self) -> str:
        """The further columns."""
        made = (each for group in self._groups for each in group.further.items())
        return "".join(f",\n  {expression} AS {name}" for name, expression in made)

    def _place(self, group: Group) -> int:
        return next(n for n, (owner, _) in enumerate(self._sets) if owner is group)


def _listed(lines: Iterator[str]) -> str:
    return ",\n    ".join(lines)
