"""The policy that flowathena itself needs for some kinds of work on a target; pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from flowathena.check.destination import match_topic
from flowathena.deploy import permissions
from flowathena.deploy.permissions import Place, Statement
from flowathena.deploy.setup import documents
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.errors import UsageError
from flowathena.target.location import S3_LOCATION
from flowathena.target.target import Target
from flowathena.text import did_you_mean

_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
MOST_CHARACTERS = 6_144
"""Of a managed policy, without blanks.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


@dataclass(frozen=True)
class Purpose:
    """A kind of work.

    Attributes:
        commands: the commands that it is for.
        statements: what they need.
    """

    commands: str
    statements: Callable[[Target, Place], Iterator[Statement]]


PURPOSES: Mapping[str, Purpose] = MappingProxyType(
    {
        "plan": Purpose("partitions plan, list and status", permissions.looking),
        "sync": Purpose("partitions sync", permissions.registering),
        "repair": Purpose("partitions sync --relocate --prune", permissions.repairing),
        "run": Purpose("run, sql, check, report, results", permissions.querying),
        "local": Purpose("run --engine local", permissions.reading),
        "history": Purpose("history", permissions.remembering_runs),
        "publish": Purpose("queries publish and pull", permissions.publishing),
        "metrics": Purpose("metrics publish", permissions.measuring),
        "refresh": Purpose("quicksight refresh", permissions.refreshing),
        "archive": Purpose("archive run, verify and rollup", permissions.archiving),
        "rollup": Purpose("archive rollup", permissions.rolling_up),
        "cost": Purpose("setup cost", permissions.costing),
    }
)
"""The kinds of work by name."""


@dataclass(frozen=True)
class Extras:
    """What some options of commands need besides.

    Attributes:
        topics: ARNs of the SNS topics that checks tell.
        state: the object, or file, in which a check remembers; empty for none.
        unload: where ``--unload`` writes; empty for nowhere.
    """

    topics: tuple[str, ...] = ()
    state: str = ""
    unload: str = ""


def tool_policy(
    target: Target,
    place: Place,
    purposes: Sequence[str],
    extras: Extras = Extras(),
    name: str = "",
) -> ManagedPolicy:
    """The policy for some kinds of work on a target.

    Args:
        target: the target.
        place: where its tables and workgroup are.
        purposes: names of ``PURPOSES``, one at least.
        extras: what some options need besides.
        name: the policy's name; empty for one made of the target's and the purposes'.

    Raises:
        UsageError: there is no such purpose, the target is a folder or does not say where results
            go, or the policy is too long for IAM.
    """
    check_purposes(target, purposes)
    _check_extras(extras, place.region)
    if name and not _NAME.fullmatch(name):
        raise UsageError(f"--name: {name!r} is not a name of IAM: letters, digits and +=,.@_-")
    wanted = dict.fromkeys(purposes)
    needed = chain(
        *(PURPOSES[each].statements(target, place) for each in wanted),
        permissions.telling(extras.topics, extras.state, place),
        permissions.unloading(extras.unload, place) if extras.unload else (),
    )
    document = documents.policy(*permissions.merged(needed))
    size = len(documents.compact(document))
    if size > MOST_CHARACTERS:
        raise UsageError(
            f"the policy has {size:,} characters, IAM takes {MOST_CHARACTERS:,}: make one for each "
            "kind of work"
        )
    words = ", ".join(PURPOSES[each].commands for each in wanted)
    return ManagedPolicy(
        name or f"flowathena-{target.name}-{'-'.join(wanted)}",
        document,
        f"flowathena on target {target.name}: {words}",
    )


def _check_extras(extras: Extras, region: str) -> None:
    for each in (extras.state, extras.unload):
        if each and not S3_LOCATION.fullmatch(each):
            raise UsageError(f"{each!r} is not in S3: write s3://bucket/key")
        permissions.refuse_patterns(each)
    if extras.state and not permissions.parts(extras.state)[1].strip("/"):
        raise UsageError(f"{extras.state!r} is no object: write s3://bucket/key")
    for each in extras.topics:
        match_topic(each, region)


def check_purposes(target: Target, purposes: Sequence[str]) -> None:
    """Refuse what no policy is for, before AWS is asked for anything.

    Raises:
        UsageError: the target is a folder, or there is no such purpose.
    """
    if target.is_local:
        raise UsageError(f"target {target.name} is a folder, for which nobody needs a policy")
    for each in purposes:
        if each not in PURPOSES:
            hint = did_you_mean(each, PURPOSES)
            known = ", ".join(PURPOSES)
            raise UsageError(f"--for: {each!r} is no kind of work; {hint}known: {known}")
