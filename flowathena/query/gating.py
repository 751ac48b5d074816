"""Which record fields a query needs, and what to do where a target lacks some; pure.

Nothing is declared: the fields are those that the statement's tree names. What ``*`` stands for is
whatever the target has, so that it needs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from flowathena.logs.fields import BY_COLUMN, DEFAULT_FORMAT, FIELDS, Field
from flowathena.query.derived import DERIVED

_LEAST = min(field.version for field in FIELDS if field.name in DEFAULT_FORMAT)


@dataclass(frozen=True)
class Needs:
    """What a query needs of flow logs.

    Attributes:
        fields: the record fields, in AWS's order; those of derived columns among them.
    """

    fields: tuple[Field, ...]

    @property
    def version(self) -> int:
        """The least flow-log version that has them all."""
        return version(self.fields)


@dataclass(frozen=True)
class Gate:
    """Whether a query runs on a target.

    Attributes:
        needs: what it needs.
        missing: the fields among them that the target's records lack.
        problems: why it does not run there, each with what to do; empty if it does.
        given: the parameter, without a default, that it needs a value of there, and not elsewhere;
            empty if there is none.
    """

    needs: Needs
    missing: tuple[Field, ...] = ()
    problems: tuple[str, ...] = ()
    given: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it runs."""
        return not self.problems


def field_of(column: str) -> Field | None:
    """The record field that a column of ``flow_logs`` is, or is made of; None for other columns."""
    return BY_COLUMN.get(DERIVED[column].field if column in DERIVED else column)


def needs(columns: Iterable[str]) -> Needs:
    """What a query needs that names these columns of ``flow_logs``."""
    named = {field_of(column) for column in columns}
    return Needs(tuple(field for field in FIELDS if field in named))


def explain(missing: Sequence[Field]) -> str:
    """One line for fields that a target lacks: all of them, and what to do."""
    them = "it" if len(missing) == 1 else "them"
    return f"{lacks(missing)}: this target's flow logs do not have {them}; {remedy(missing)}"


def explain_unread(missing: Sequence[Field], table: str, comparison: str) -> str:
    """One line for fields that the target's records have, and its table lacks."""
    them = "it" if len(missing) == 1 else "them"
    return (
        f"{lacks(missing)}: table {table} lacks {them}, though the target's log_format has {them}; "
        f"'{comparison}' shows what differs"
    )


def lacks(missing: Iterable[Field]) -> str:
    """The fields with their versions: ``needs az_id (version 4) and reject_reason (version 8)``."""
    versions = [
        f"{_listed([field.column for field in fields])} (version {version})"
        for version, fields in groupby(_ordered(missing), lambda field: field.version)
    ]
    return f"needs {_listed(versions)}"


def remedy(missing: Iterable[Field]) -> str:
    """What to do where fields are missing, with the tokens of AWS's log format."""
    ordered = _ordered(missing)
    tokens = " ".join(f"${{{field.name}}}" for field in ordered)
    if len(ordered) == 1:
        explained = f"'flowathena fields {ordered[0].name}' explains it"
    else:
        explained = f"'flowathena fields --version {ordered[-1].version}' explains them"
    return f"create a flow log with a log format that has {tokens} ({explained})"


def version(fields: Iterable[Field]) -> int:
    """The least flow-log version that has the fields."""
    return max((field.version for field in fields), default=_LEAST)


def _ordered(fields: Iterable[Field]) -> list[Field]:
    """By version, then in AWS's order."""
    return sorted(fields, key=lambda field: (field.version, FIELDS.index(field)))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
