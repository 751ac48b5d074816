"""What a projected table reaches: told by the caller, by the bucket, or by the table as it is.

The settings of a target do not say which accounts and Regions a projection lists, nor where its
days begin. Accounts and Regions are looked up in the bucket, by listing folders; the first day of
a table that exists stays what it is.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypedDict

from flowathena.catalog.wanted import FIRST_DAY, Reaches
from flowathena.errors import StorageError, UsageError
from flowathena.inputs.params import Param
from flowathena.logs.layout import Origin, Scope, is_organization
from flowathena.shape.table import Table
from flowathena.storage import Storage
from flowathena.storage.walk import find_origins
from flowathena.target.target import Target

ACCOUNTS = Param("account", "list[account]")
REGIONS = Param("region", "list[region]")
_SINCE = Param("since", "date")
_FIRST = re.compile(r"\s*([0-9]{4})(?:[/-]?([0-9]{2})[/-]?([0-9]{2}))?\s*,")
_RANGES = ("day", "dt", "year")


class Asked(TypedDict, total=False):
    """What may be asked of a projection besides the settings.

    Attributes:
        account: the account ids it lists; those of the bucket when left out.
        region: the Regions it lists; those of the bucket when left out.
        since: its first day, ``YYYY-MM-DD``; the live table's, else 2020-01-01, when left out.
        organization: the ``o-…`` folder above the accounts; looked up when left out.
        injected: list no accounts; every query names its own.
    """

    account: str | Iterable[str] | None
    region: str | Iterable[str] | None
    since: str | None
    organization: str | None
    injected: bool


def reaches(
    target: Target, asked: Asked, live: Table | None, storage: Callable[[], Storage]
) -> Reaches | None:
    """What the target's projection reaches; None where its partitions are registered.

    Args:
        target: the target.
        asked: what the caller says.
        live: the table as it is.
        storage: opens the bucket; called only where something has to be looked up.

    Raises:
        UsageError: it is asked for what no projection can do.
        ParameterError: an account, Region or day is none.
        StorageError: the bucket cannot be listed, or has nothing to list.
    """
    if target.partitioning != "projection":
        _refuse_asked(target, asked)
        return None
    accounts = names(ACCOUNTS, asked.get("account"))
    regions = names(REGIONS, asked.get("region"))
    injected = asked.get("injected", False) or _injected(live)
    single = target.partition_keys == "single"
    if single and (injected or accounts or regions):
        raise UsageError("a table of partition_keys 'single' lists no accounts and no Regions")
    organization = asked.get("organization") or ""
    if organization and not is_organization(organization):
        raise UsageError(f"organization {organization!r} is no o-… id")
    told = regions and (accounts or injected)
    if not told and not (single and organization):
        found = _found(target, storage(), accounts, regions, organization)
        organization = found[0].organization if found else ""
        accounts = accounts or _each(place.account for place in found)
        regions = regions or _each(place.region for place in found)
    return Reaches(accounts, regions, _first(asked, live), organization, injected)


def names(param: Param, given: str | Iterable[str] | None) -> tuple[str, ...]:
    """One account id or Region name, several, or none; checked, each once."""
    chosen = [given] if isinstance(given, str) else list(given or [])
    typed = param.parse(chosen) if chosen else ()
    return _each(map(str, typed)) if isinstance(typed, tuple) else ()


def _each(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given))


def _refuse_asked(target: Target, asked: Asked) -> None:
    told = sorted(name for name, value in asked.items() if value)
    if told:
        raise UsageError(
            f"{', '.join(told)}: for a table of partition projection; the partitions of target "
            f"{target.name!r} are registered"
        )


def _found(
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
    found = find_origins(storage, target.folders, scope)
    if organization:
        found = [place for place in found if place.organization == organization]
    above = sorted({place.organization for place in found})
    if len(above) > 1:
        raise UsageError(
            f"{target.location} has accounts below {_listed(above)}; a projection has one "
            "location template: name one with --organization, or register partitions"
        )
    if not found and target.partition_keys != "single":
        raise StorageError(
            f"{target.location} holds no flow logs of what is asked for; name accounts and "
            "Regions that are still to come with --account and --region together"
        )
    return found


def _listed(organizations: Sequence[str]) -> str:
    return " and ".join(name or "no organization folder" for name in organizations)


def _first(asked: Asked, live: Table | None) -> date:
    since = asked.get("since")
    if since:
        day = _SINCE.parse(since)
        assert isinstance(day, date)  # noqa: S101 - the parameter's type
        return day
    ranges = (live.parameters.get(f"projection.{key}.range", "") for key in _RANGES) if live else ()
    # Where year, month and day are keys of their own, the range of days is "1,31".
    starts = [found.groups("01") for text in ranges if (found := _FIRST.match(text))]
    try:
        return date(*map(int, starts[0])) if starts else FIRST_DAY
    except ValueError:  # "2026/02/30,NOW": drift
        return FIRST_DAY


def _injected(live: Table | None) -> bool:
    types = live.parameters.items() if live and live.projected else ()
    return any(key.startswith("projection.") and value == "injected" for key, value in types)
