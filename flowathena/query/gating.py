"""Which record fields a query needs, and what to do where a target lacks some; pure.

Nothing is declared: the fields are those that the statement's tree names. What ``*`` stands for is
whatever the target has, so that it needs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from flowathena.logs import transit_gateway
from flowathena.logs.fields import BY_COLUMN, DEFAULT_FORMAT, EVERY_FIELD, Field
from flowathena.logs.formats import is_transit_gateway
from flowathena.query.derived import DERIVED

_LEAST = min(field.version for field in EVERY_FIELD if field.name in DEFAULT_FORMAT)


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
        of_gateway: whether the target's flow logs are those of a transit gateway.
    """

    needs: Needs
    missing: tuple[Field, ...] = ()
    problems: tuple[str, ...] = ()
    given: str = ""
    of_gateway: bool = False

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
    return Needs(tuple(field for field in EVERY_FIELD if field in named))


def explain(missing: Sequence[Field], columns: Iterable[str] = ()) -> str:
    """One line for fields that a target lacks: all of them, and what to do.

    Args:
        missing: the fields.
        columns: the columns of ``flow_logs`` there.
    """
    them = "it" if len(missing) == 1 else "them"
    what = remedy(missing, of_gateway=has_gateways(columns))
    return f"{lacks(missing)}: this target's flow logs do not have {them}; {what}"


def has_gateways(columns: Iterable[str]) -> bool:
    """Whether columns of ``flow_logs`` are those of a transit gateway's flow logs."""
    return is_transit_gateway(BY_COLUMN[name].name for name in columns if name in BY_COLUMN)


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


def remedy(missing: Iterable[Field], *, of_gateway: bool = False) -> str:
    """What to do where fields are missing, with the tokens of AWS's log format.

    A flow log is of VPCs or of a transit gateway, and can have the fields of its kind alone.

    Args:
        missing: the fields.
        of_gateway: whether the flow logs are those of a transit gateway.
    """
    ordered = _ordered(missing)
    possible = [field for field in ordered if _is_possible(field, of_gateway=of_gateway)]
    kind = "VPC" if of_gateway else "transit gateway"
    if not possible:
        them = "it" if len(ordered) == 1 else "them"
        return f"only {kind} flow logs have {them}: choose a target of theirs with -t"
    done = _log_format_with(possible, of_gateway=of_gateway)
    return done if possible == ordered else f"{done}; the others only {kind} flow logs have"


def _is_possible(field: Field, *, of_gateway: bool) -> bool:
    if of_gateway:
        return field.name in transit_gateway.DEFAULT_FORMAT
    return field.name not in transit_gateway.OWN


def _log_format_with(fields: Sequence[Field], *, of_gateway: bool) -> str:
    tokens = " ".join(f"${{{field.name}}}" for field in fields)
    listed = "--transit-gateway" if of_gateway else f"--version {fields[-1].version}"
    if len(fields) == 1:
        explained = f"'flowathena fields {fields[0].name}' explains it"
    else:
        explained = f"'flowathena fields {listed}' explains them"
    return f"create a flow log with a log format that has {tokens} ({explained})"


def version(fields: Iterable[Field]) -> int:
    """The least flow-log version that has the fields."""
    return max((field.version for field in fields), default=_LEAST)


def _ordered(fields: Iterable[Field]) -> list[Field]:
    """By version, then in AWS's order."""
    return sorted(fields, key=lambda field: (field.version, EVERY_FIELD.index(field)))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
