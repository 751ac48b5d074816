"""Finds the logs of a location as it was given: above, in or below ``AWSLogs/``, or without it."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flowathena.concurrency import CONCURRENCY, Watch
from flowathena.errors import StorageError
from flowathena.logs.fields import BY_NAME
from flowathena.logs.layout import LOG_ROOT, PRESETS, Layout, Scope, is_organization
from flowathena.logs.template import parse_template
from flowathena.storage import Storage
from flowathena.storage.discovery import Discovery, discover, examine
from flowathena.storage.origins import NoLogsError, list_origins
from flowathena.storage.search import Candidate, search

_ARN = re.compile(r"(?:s3://)?arn:[a-z-]+:s3:::([^/:]+)(/.*)?")
_FIELDS = 3
"""So many fields with known names make a file one of flow logs."""


def _ignore(_done: int, _total: int) -> None:
    """Follows nothing."""


@dataclass(frozen=True)
class Start:
    """Where to look, by the words of a location.

    Attributes:
        location: the location; of one in ``AWSLogs/``, the folder above that.
        account: the account whose folder it was; empty if none.
        region: the Region, likewise.
        organization: the ``o-…`` folder, likewise.
        hive: whether its folders are Hive-compatible; None if it does not show.
        dated: whether it was the folder of a year, month or day.
    """

    location: str
    account: str = ""
    region: str = ""
    organization: str = ""
    hive: bool | None = None
    dated: bool = False

    @property
    def is_restricted(self) -> bool:
        """Whether it was the folder of an account, Region or organization."""
        return bool(self.account or self.organization)


@dataclass(frozen=True)
class Found:
    """The logs of a location.

    Attributes:
        location: the location of the target.
        logs: what is there.
        settings: what else the target says: the account and Region of all logs.
        notes: what the user should know.
    """

    location: str
    logs: Discovery
    settings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def find_start(location: str, folder: Path) -> Start:
    """Where to look for the logs of a location.

    Args:
        location: as the user wrote it: a folder, ``s3://…`` or the ARN of a bucket.
        folder: what a relative folder is relative to.
    """
    arn = _ARN.fullmatch(location)
    text = f"s3://{arn[1]}{arn[2] or '/'}" if arn else location
    if "://" not in text and LOG_ROOT not in text.split("/"):
        real = os.path.realpath(folder / os.path.expanduser(text))  # noqa: PTH111 - as normalized
        inside = _above(real)
        return inside or Start(text)
    return _above(text) or Start(text)


def _above(text: str) -> Start | None:
    """The start of a location in ``AWSLogs/``; None if it is not one of these."""
    parts = text.rstrip("/").split("/")
    if LOG_ROOT not in parts:
        return None
    root = len(parts) - 1 - parts[::-1].index(LOG_ROOT)
    above = "/".join([*parts[:root], ""]) or "."
    below = [part for part in parts[root + 1 :] if part]
    organization = below.pop(0) if below and is_organization(below[0]) else ""
    if not below:
        return Start(above, organization=organization)
    for hive in (False, True):
        folders = Layout(hive=hive, hourly=True).folders
        values: Mapping[str, str] | None = {}
        levels = (*folders.places, *folders.times)
        for level, name in zip(levels, below, strict=False):
            values = level.match(name, values) if values is not None else None
        if values is not None:
            account, region = values.get("account", ""), values.get("region", "")
            return Start(above, account, region, organization, hive, "year" in values)
    return None


def find_logs(storage: Storage, prefix: str, start: Start, watch: Watch) -> Found:
    """Look at what there is.

    Args:
        storage: where to look.
        prefix: the key prefix of the start's location.
        start: where to look.
        watch: called for every account and Region examined.

    Raises:
        StorageError: there are no flow logs, or in several places, or they cannot be read.
    """
    if start.is_restricted:
        return _find_restricted(storage, prefix, start, watch)
    try:
        return Found(start.location, discover(storage, prefix, watch))
    except NoLogsError as error:
        return _search(storage, prefix, start, error)


def _find_restricted(storage: Storage, prefix: str, start: Start, watch: Watch) -> Found:
    preset = Layout(prefix, hive=start.hive or False)
    if start.hive is None:
        preset = discover(storage, prefix).layout
    logs = discover_template(
        storage, Layout(prefix, template=_restricted(start, hive=preset.hive)), watch
    )
    names = " ".join(filter(None, (start.organization, start.account, start.region)))
    note = f"the location is that of {names}: the target reads its logs alone, by its layout"
    if start.dated:
        note += "; it reads all days, not only those of the location"
    settings = {"account": start.account, "log_region": start.region}
    given = {key: value for key, value in settings.items() if value}
    return Found(start.location, _with_names(logs, start), given, (note,))


def _restricted(start: Start, *, hive: bool) -> str:
    """The template of AWS's folders with the names of a start in place of fields."""
    text = PRESETS[hive]
    for name, value in (("{account}", start.account), ("{region}", start.region)):
        text = text.replace(name, value or name)
    above = f"{LOG_ROOT}/{start.organization}/" if start.organization else f"{LOG_ROOT}/"
    return text.replace(f"{LOG_ROOT}/", above, 1)


def _with_names(logs: Discovery, start: Start) -> Discovery:
    accounts, regions = (start.account,) if start.account else (), (start.region,)
    return replace(
        logs,
        accounts=logs.accounts or accounts,
        regions=logs.regions or (regions if start.region else ()),
    )


def discover_template(storage: Storage, layout: Layout, watch: Watch = _ignore) -> Discovery:
    """What a location contains in the folders of a template.

    Raises:
        StorageError: it contains none of them, or none can be read.
    """
    known = list_origins(storage, layout, Scope(), CONCURRENCY)
    pairs = [(layout, origin) for origin in known.found]
    logs = examine(storage, pairs, known.unlisted, watch) if pairs else None
    if logs is None or not logs.newest_day:
        raise StorageError(
            f"{storage.location(layout.root)} contains no VPC flow logs; correct the location"
        )
    return logs


def _search(storage: Storage, prefix: str, start: Start, error: StorageError) -> Found:
    """The only place below a prefix with flow logs."""
    found = list(_examined(storage, search(storage, prefix)))
    places = [pair for pair in found if _are_flow_logs(pair[1])] or found
    if not places:
        raise error
    if len(places) > 1:
        several = ", ".join(storage.location(candidate.prefix) for candidate, _ in places)
        raise StorageError(
            f"{storage.location(prefix)} contains logs in {len(places)} places: {several}; "
            "run init once for each that has VPC flow logs, with a target name of its own (-t)"
        )
    candidate, logs = places[0]
    below = candidate.prefix.removeprefix(prefix)
    base = start.location if start.location.endswith("/") else f"{start.location}/"
    return Found(f"{base}{below}" if below else start.location, logs, {}, tuple(_notes(candidate)))


def _examined(
    storage: Storage, candidates: list[Candidate]
) -> Iterator[tuple[Candidate, Discovery]]:
    for candidate in candidates:
        try:
            layout = Layout(candidate.prefix, template=candidate.template)
            if candidate.template:
                yield candidate, discover_template(storage, layout)
            else:
                yield candidate, discover(storage, candidate.prefix)
        except StorageError:  # of other services, perhaps
            continue


def _are_flow_logs(logs: Discovery) -> bool:
    named = (each.fields or () for each in logs.formats())
    return any(sum(name in BY_NAME for name in fields) >= _FIELDS for fields in named)


def _notes(candidate: Candidate) -> Iterator[str]:
    if not candidate.template:
        return
    fields = parse_template(candidate.template).fields
    missing = [name for name in ("account", "region") if name not in fields]
    if missing:
        settings = ["account" if name == "account" else "log_region" for name in missing]
        columns = " and ".join(f"aws_{name}" for name in missing)
        yield (
            f"the folders do not tell the {' or the '.join(missing)}: {columns} "
            f"{'are' if len(missing) > 1 else 'is'} 'unknown'; if all logs are of one, set "
            f"{' and '.join(settings)} in the target"
        )
