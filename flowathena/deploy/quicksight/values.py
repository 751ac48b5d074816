"""What flowathena makes in QuickSight, as values: what should be, and what is; pure.

Everything has an id of its table and a tag that says whose it is. The id alone tells nothing: a
resource without the tag is somebody else's.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowathena.text import shortened

DAILY = "daily"
"""The name of the data set of daily volumes."""
SHEETS = "overview"
"""The name of the analysis and of the dashboard."""
SOURCE = "athena"
"""The name of the data source."""

Permissions = Mapping[str, frozenset[str]]
"""The actions that are granted, by the ARN of a user or group."""

_SLUG = re.compile(r"[^A-Za-z0-9_]+")
_ORIGIN = re.compile(r"flowathena (ready|file) ([0-9a-f]{16})")
_NAME_LIMIT = 128


def id_prefix(table: str) -> str:
    """How the ids of a table begin.

    Args:
        table: ``database.table``; what an id cannot contain is replaced, and a hash keeps two
            names apart that look alike then.
    """
    digest = hashlib.sha256(table.encode()).hexdigest()[:8]
    return f"flowathena-{_SLUG.sub('-', table)[:80]}-{digest}-"


def display_name(title: str, table: str) -> str:
    """A name as people see it in QuickSight."""
    about = f" ({table})"
    return f"{shortened(title, max(_NAME_LIMIT - len(about), 20))}{about}"[:_NAME_LIMIT]


@dataclass(frozen=True)
class Column:
    """A column of a data set: its name and QuickSight's type (``DATETIME``, ``INTEGER``, …)."""

    name: str
    type: str


@dataclass(frozen=True)
class DataSource:
    """Athena as a data source.

    Attributes:
        id: its id.
        name: its name.
        workgroup: the workgroup that queries run in.
        role_arn: the role that QuickSight assumes; None for QuickSight's own.
        permissions: who may do what.
        fault: why it does not work; empty if it does.
    """

    id: str
    name: str
    workgroup: str
    role_arn: str | None
    permissions: Permissions
    fault: str = ""


@dataclass(frozen=True)
class DataSet:
    """A data set of one statement.

    Attributes:
        id: its id.
        name: its name.
        source_arn: the data source that it asks.
        sql: the statement, whose window moves with the clock.
        columns: its columns.
        spice: whether its rows are kept in SPICE; else Athena is asked whenever somebody looks.
        permissions: who may do what.
    """

    id: str
    name: str
    source_arn: str
    sql: str
    columns: tuple[Column, ...]
    spice: bool
    permissions: Permissions


@dataclass(frozen=True)
class Schedule:
    """When SPICE is refreshed.

    Attributes:
        data_set: the id of the data set.
        interval: ``HOURLY``, ``DAILY`` or ``WEEKLY`` (on Mondays).
        at: HH:MM; empty of an hourly one.
        timezone: of ``at``; empty likewise.
        lookback_column: the column whose last days an incremental refresh reads; empty if all is
            read each time.
        lookback_days: how many days.
    """

    data_set: str
    interval: str
    at: str
    timezone: str
    lookback_column: str = ""
    lookback_days: int = 0

    @property
    def is_incremental(self) -> bool:
        """Whether only the last days are read again."""
        return bool(self.lookback_column)

    def __str__(self) -> str:
        when = self.interval.lower()
        if self.at:
            when = f"{when} at {self.at} {self.timezone}"
        if self.is_incremental:
            return f"{when}, the last {self.lookback_days} days"
        return f"{when}, everything"


@dataclass(frozen=True)
class Sheets:
    """An analysis or a dashboard.

    Attributes:
        id: its id.
        name: its name.
        origin: where its definition is from and a hash of it: ``flowathena ready 0123…``. Empty if
            somebody else has published what is there.
        permissions: who may do what.
        definition: the definition; empty of a live one, which AWS describes with additions of its
            own, so that the origins are compared.
        fault: why it does not work; empty if it does.
    """

    id: str
    name: str
    origin: str
    permissions: Permissions
    definition: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    fault: str = ""

    @property
    def is_own(self) -> bool:
        """Whether its definition was brought in a file."""
        return self.origin.startswith("flowathena file")


def origin(definition: Mapping[str, Any], *, own: bool) -> str:
    """The origin of a definition.

    Args:
        definition: the definition.
        own: whether it was brought in a file.
    """
    text = json.dumps(definition, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"flowathena {'file' if own else 'ready'} {digest}"


def read_origin(text: str) -> str:
    """The origin in a description or tag; empty if it is not ours."""
    return text if _ORIGIN.fullmatch(text) else ""


def differing(wanted: object, live: object, names: Mapping[str, str]) -> list[str]:
    """In which attributes two values differ, in words.

    Args:
        wanted: the value that should be.
        live: the value that is.
        names: the words, by attribute.
    """
    return [words for name, words in names.items() if getattr(wanted, name) != getattr(live, name)]


def describe_sharing(wanted: Permissions, live: Permissions) -> list[str]:
    """What changes for whom: ``shared with user/default/alice``."""
    given = [who for who, actions in wanted.items() if actions - live.get(who, frozenset())]
    taken = [who for who, actions in live.items() if actions - wanted.get(who, frozenset())]
    lines = [f"shared with {_principal(who)}" for who in given]
    return lines + [
        f"{'less' if who in wanted else 'no longer'} shared with {_principal(who)}" for who in taken
    ]


def _principal(arn: str) -> str:
    return arn.split(":", 5)[-1]
