"""What is asked of a publication: the windows, filters, values and label of its queries; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flowathena.errors import ParameterError, QueryError, UsageError
from flowathena.inputs import params
from flowathena.inputs.moving import resolve_moving
from flowathena.inputs.params import Value
from flowathena.inputs.selection import Names, Selection, select
from flowathena.inputs.window import When
from flowathena.query import check
from flowathena.query.query import Query
from flowathena.query.render import Rendered, render
from flowathena.shape.shape import FlowTable

_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SHORTEST = "1m"  # any since will do to see whether the rest of a request is valid


@dataclass(frozen=True)
class Request:
    """How queries are to be published."""

    since: When
    until: When
    account: Names
    region: Names
    flow_log: Names
    values: Mapping[str, object]
    label: str
    now: datetime

    def check(self, names: Sequence[str]) -> None:
        """Refuse what is invalid whatever the query."""
        one = len(set(names)) == 1
        if (self.values or self.label) and not one:
            option = "--param" if self.values else "--as"
            raise UsageError(f"{option} is about one query: name it")
        if self.label and not _LABEL.fullmatch(self.label):
            raise UsageError(
                f"--as: {self.label!r} is not a label; write up to 64 letters, digits, ., - or _"
            )
        resolve_moving(self.since, self.until, default=_SHORTEST).at(self.now)
        self._select(_SHORTEST)

    def bind(self, query: Query) -> dict[str, Value]:
        """The typed value of each of a query's parameters."""
        problems = check.check_parameters(query)
        if problems:
            raise QueryError(problems)
        params.refuse_unknown(query.params, self.values)
        if missing := without_value(query, self.values):
            raise ParameterError(missing[0], f"needs a value: add {value_options(missing)}")
        return params.bind(query.params, self.values)

    def render(self, query: Query, source: FlowTable) -> Rendered:
        """A query's statement."""
        moving = resolve_moving(self.since, self.until, default=query.since)
        return render(query, self.bind(query), self._select(query.since), source, moving)

    def _select(self, default: str) -> Selection:
        return select(
            self.now,
            default,
            since=self.since,
            until=self.until,
            account=self.account,
            region=self.region,
            flow_log=self.flow_log,
        )


def without_value(query: Query, values: Mapping[str, object]) -> list[str]:
    """The parameters of a query that must be given a value, and are not."""
    return [each.name for each in query.params if each.required and values.get(each.name) is None]


def value_options(names: Sequence[str]) -> str:
    """The options that give these parameters a value, for messages."""
    return " ".join(f"--param {name}=VALUE" for name in names)
