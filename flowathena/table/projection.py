"""The projection of a table: as the caller asks, else as the bucket and the live table have it.

A target's settings do not say which accounts and Regions a projection lists, nor its first day.
Accounts and Regions are looked up in the bucket, by listing folders; an existing table keeps its
first day.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypedDict

from flowathena.catalog.wanted import FIRST_DAY, Projection
from flowathena.errors import StorageError, UsageError
from flowathena.inputs.params import Param
from flowathena.inputs.selection import ACCOUNTS, REGIONS, Names, select_names
from flowathena.logs.layout import Origin, Scope, is_organization
from flowathena.shape.table import Table
from flowathena.storage import Storage
from flowathena.storage.origins import find_origins
from flowathena.target.target import Target

_SINCE = Param("since", "date")
_FIRST_DAY = re.compile(r"\s*([0-9]{4})(?:[/-]?([0-9]{2})[/-]?([0-9]{2}))?\s*,")
_RANGES = ("day", "dt", "year")


class ProjectionOptions(TypedDict, total=False):
    """What may be chosen for a projection besides the target's settings.

    Attributes:
        account: the account ids to list (default: those of the bucket).
        region: the Regions to list (default: those of the bucket).
        since: its first day, ``YYYY-MM-DD`` (default: the live table's, or 2020-01-01).
        organization: the ``o-…`` folder above the accounts (default: looked up).
        injected: list no accounts; every query names its own.
    """

    account: Names
    region: Names
    since: str | None
    organization: str | None
    injected: bool


def find_projection(
    target: Target,
    options: ProjectionOptions,
    live: Table | None,
    storage: Callable[[], Storage],
) -> Projection | None:
    """The projection of the target's table; None if its partitions are registered.

    Args:
        target: the target.
        options: what the caller chooses.
        live: the live table; None if there is none.
        storage: opens the bucket; called only if something has to be looked up.

    Raises:
        UsageError: the options contradict the target, or what a projection can do.
        ParameterError: an account id, Region name or day is invalid.
        StorageError: the bucket cannot be listed, or there is nothing to list.
    """
    if target.partitioning != "projection":
        _refuse(options, target)
        return None
    accounts = select_names(ACCOUNTS, options.get("account"))
    regions = select_names(REGIONS, options.get("region"))
    injected = options.get("injected", False) or _is_injected(live)
    single = target.partition_keys == "single"
    if single and (injected or accounts or regions):
        raise UsageError("a table of partition_keys 'single' lists no accounts and no Regions")
    organization = options.get("organization") or ""
    if organization and not is_organization(organization):
        raise UsageError(f"organization {organization!r} is not an o-… id")
    is_complete = regions and (accounts or injected)
    if not is_complete and not (single and organization):
        stored = _find_stored(target, storage(), accounts, regions, organization)
        organization = stored[0].organization if stored else ""
        accounts = accounts or _distinct(origin.account for origin in stored)
        regions = regions or _distinct(origin.region for origin in stored)
    return Projection(accounts, regions, _first_day(options, live), organization, injected)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _refuse(options: ProjectionOptions, target: Target) -> None:
    given = sorted(name for name, value in options.items() if value)
    if given:
        raise UsageError(
            f"{', '.join(given)}: for tables of partition projection only; the partitions of "
            f"target {target.name!r} are registered"
        )


def _find_stored(
    target: Target,
    storage: Storage,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    organization: str,
) -> list[Origin]:
    """The accounts and Regions of the bucket, all below one organization folder or none."""
    if target.partition_keys == "single":
        accounts, regions = (target.account or "",), (target.log_region or "",)
    scope = Scope(accounts=frozenset(accounts), regions=frozenset(regions))
    stored = find_origins(storage, target.folders, scope)
    if organization:
        stored = [origin for origin in stored if origin.organization == organization]
    organizations = sorted({origin.organization for origin in stored})
    if len(organizations) > 1:
        raise UsageError(
            f"{target.location} has accounts below {_join(organizations)}; a projection has one "
            "location template: name one with --organization, or register partitions"
        )
    if not stored and target.partition_keys != "single":
        raise StorageError(
            f"{target.location} contains no flow logs of these accounts and Regions; to list some "
            "that have no logs yet, name both with --account and --region"
        )
    return stored


def _join(organizations: Sequence[str]) -> str:
    return " and ".join(name or "no organization folder" for name in organizations)


def _first_day(options: ProjectionOptions, live: Table | None) -> date:
    since = options.get("since")
    if since:
        day = _SINCE.parse(since)
        assert isinstance(day, date)  # noqa: S101 - the parameter's type
        return day
    ranges = (live.parameters.get(f"projection.{key}.range", "") for key in _RANGES) if live else ()
    # If year, month and day are keys of their own, the range of "day" is "1,31": no match.
    starts = [match.groups("01") for text in ranges if (match := _FIRST_DAY.match(text))]
    try:
        return date(*map(int, starts[0])) if starts else FIRST_DAY
    except ValueError:  # "2026/02/30,NOW": drift
        return FIRST_DAY


def _is_injected(live: Table | None) -> bool:
    properties = live.parameters.items() if live and live.projected else ()
    return any(key.startswith("projection.") and value == "injected" for key, value in properties)
