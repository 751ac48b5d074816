"""One statement for many panels: each record is read once and counted by every group; pure.

Every set of keys has columns of its own, which are NULL in records that do not count there, and its
own grouping set; so each row of the answer says by which of them is not grouped over whose it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from flowathena.report.panel import Group, Key, Panel
from flowathena.result.result import Result, Row
from flowathena.sql.quoting import literal

PANEL = "panel"
"""The column that says whose a row is: the name of its group."""
MOST_ROWS = 10_000
"""Rows of a group that is no ranking: more than intervals and days of a window of years."""
_MEASURES = {
    "flows": ("", "count(*)", "sum(flows)"),
    "packets": ("packets", "sum(packets)", "sum(packets)"),
    "bytes": ("bytes", "sum(bytes)", "sum(bytes)"),
    "first_seen": ("start_time", "min(start_time)", "min(first_seen)"),
    "last_seen": ("start_time", "max(start_time)", "max(last_seen)"),
}
"""What is counted: of which column of the records, over them, and over the sets of one group."""
_ENDS = ("sent_bytes", "received_bytes")
"""The bytes of the first and of the second of two sets."""


def compose(panels: Sequence[Panel], rows: int) -> str:
    """The statement that counts records by the groups of panels: Athena SQL over ``flow_logs``.

    Its rows have the column ``PANEL``, the keys and further columns of all groups, NULL where they
    are another's, and the measures that the panels need. A ranking has one row more than asked for
    if there are more.

    Args:
        panels: the panels, one at least, each with a group.
        rows: how many rows of a ranking.
    """
    scan = _Scan(panels)
    return f"""WITH keyed AS (
  SELECT
    {_listed([*scan.keyed(), *scan.fields()])}
  FROM flow_logs
),
grouped AS (
  SELECT
    CASE {" ".join(scan.owners())} END AS {PANEL},
    {_listed([", ".join(scan.slots), *scan.measured(1)])}
  FROM keyed
  GROUP BY GROUPING SETS ({", ".join(scan.sets())})
),
counted AS (
  SELECT
    {PANEL},
    {_listed([*scan.merged(), *scan.measured(2), *scan.ends()])}
  FROM grouped
  WHERE {" OR ".join(f"{mark} = 1" for mark in scan.marks)}
  GROUP BY {", ".join(map(str, range(1, len(scan.names) + 2)))}
),
ranked AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY {PANEL} ORDER BY {scan.rank()}) AS place
  FROM counted
)
SELECT
  {_listed([", ".join([PANEL, *scan.columns]), *scan.further()], "  ")}
FROM ranked
WHERE place <= {scan.limit(rows + 1)}
ORDER BY {PANEL}, place"""  # noqa: S608 - expressions of panels, no values of anybody's


def split(result: Result, group: Group, columns: Sequence[str]) -> tuple[list[str], list[Row]]:
    """The rows of one group, in their order.

    Args:
        result: the answer to a statement of ``compose``.
        group: the group.
        columns: which of the columns.

    Returns:
        The Athena types of the columns, and the rows; of a ranking one more if there are more.
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
    """The groups with the columns of their keys: ``k1``, ``k2`` and so on.

    The first column of each set marks, by 1, the records that count there.
    """

    def __init__(self, panels: Sequence[Panel]) -> None:
        groups = {panel.group.name: panel.group for panel in panels if panel.group}
        self._groups = list(groups.values())
        numbers = iter(range(1, 10_000))
        self._sets: list[tuple[Group, str, list[tuple[Key, str]]]] = [
            (group, f"k{next(numbers)}", [(key, f"k{next(numbers)}") for key in keys])
            for group in self._groups
            for keys in group.sets
        ]
        shown = set(chain.from_iterable(panel.columns for panel in panels))
        shown |= {group.order for group in self._groups}
        shown |= {"bytes"} if any(group.further for group in self._groups) else set()
        self._ends = [name for name in _ENDS if name in shown]
        shown |= {"bytes"} if self._ends else set()
        self._measures = [name for name in _MEASURES if name in shown]

    @property
    def marks(self) -> list[str]:
        """The columns that mark what counts."""
        return [mark for _, mark, _ in self._sets]

    @property
    def slots(self) -> list[str]:
        """Every column that is grouped by."""
        return [slot for _, mark, keys in self._sets for slot in (mark, *(s for _, s in keys))]

    @property
    def names(self) -> list[str]:
        """The keys of all groups."""
        return list(dict.fromkeys(key.name for _, _, keys in self._sets for key, _ in keys))

    @property
    def columns(self) -> list[str]:
        """The columns of the answer, but for whose a row is and the further ones."""
        return [*self.names, *self._measures, *self._ends]

    def keyed(self) -> Iterator[str]:
        """The marks and keys of each record."""
        for group, mark, keys in self._sets:
            yield f"CASE WHEN {group.where} THEN 1 END AS {mark}"
            for key, slot in keys:
                yield f"CASE WHEN {group.where} THEN {key.expression} END AS {slot}"

    def fields(self) -> Iterable[str]:
        """The columns of records that are counted."""
        return dict.fromkeys(filter(None, (_MEASURES[name][0] for name in self._measures)))

    def measured(self, step: int) -> Iterator[str]:
        """What is counted: in the first step of records, in the second of sets."""
        for name in self._measures:
            yield f"{_MEASURES[name][step]} AS {name}"

    def owners(self) -> Iterator[str]:
        """Whose a row is."""
        for group, mark, _ in self._sets:
            yield f"WHEN grouping({mark}) = 0 THEN {literal(group.name)}"

    def sets(self) -> Iterator[str]:
        """The grouping sets."""
        for _, mark, keys in self._sets:
            yield f"({', '.join((mark, *(slot for _, slot in keys)))})"

    def merged(self) -> Iterator[str]:
        """The keys by their names: those of the set that a row is of."""
        for name in self.names:
            slots = [slot for _, _, keys in self._sets for key, slot in keys if key.name == name]
            value = f"coalesce({', '.join(slots)})" if len(slots) > 1 else slots[0]
            yield f"{value} AS {name}"

    def ends(self) -> Iterator[str]:
        """The bytes of the first and of the second of two sets."""
        paired = [group.name for group in self._groups if len(group.sets) > 1]
        for end in self._ends:
            place = _ENDS.index(end)
            own = [
                [mark for group, mark, _ in self._sets if group.name == name][place]
                for name in paired
            ]
            counts = " OR ".join(f"{mark} = 1" for mark in own)
            yield f"sum(CASE WHEN {counts} THEN bytes ELSE 0 END) AS {end}"

    def rank(self) -> str:
        """What the rows of a group are in the order of."""
        ordered = [group for group in self._groups if group.order]
        cases = " ".join(f"WHEN {literal(each.name)} THEN {each.order}" for each in ordered)
        first = [f"CASE {PANEL} {cases} END DESC"] if ordered else []
        return ", ".join([*first, *self.names])

    def limit(self, rows: int) -> str:
        """How many rows of a group are kept."""
        rankings = [group for group in self._groups if group.is_ranking]
        cases = " ".join(f"WHEN {literal(each.name)} THEN {rows}" for each in rankings)
        return f"CASE {PANEL} {cases} ELSE {MOST_ROWS} END" if rankings else str(MOST_ROWS)

    def further(self) -> Iterator[str]:
        """The further columns."""
        for group in self._groups:
            for name, expression in group.further.items():
                yield f"{expression} AS {name}"


def _listed(lines: Iterable[str], indent: str = "    ") -> str:
    return f",\n{indent}".join(lines)
