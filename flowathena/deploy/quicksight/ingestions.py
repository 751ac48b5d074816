"""Refreshes of SPICE: started, followed to their end, and told in our words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from flowathena.aws.session import error_code
from flowathena.concurrency import Backoff
from flowathena.deploy.quicksight.api import Api, calls
from flowathena.deploy.quicksight.refreshing import read_lookback
from flowathena.deploy.quicksight.values import DataSet
from flowathena.errors import FlowathenaError
from flowathena.text import iso, one_line

UNKNOWN = "UNKNOWN"
"""The state of an ingestion that cannot be looked at."""
ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", UNKNOWN})
"""The last states of an ingestion."""

_ROLE = (
    "QuickSight's role lacks a permission on Athena, on Glue or on a bucket: it reads the logs and "
    "writes into the bucket of results (docs/quicksight.md has its policy)"
)
_CAPACITY = "buy SPICE capacity in QuickSight's console, or set a shorter window"
_REASONS = {
    "PERMISSION_DENIED": _ROLE,
    "FAILURE_TO_ASSUME_ROLE": "QuickSight cannot assume role_arn: its trust policy must name "
    "quicksight.amazonaws.com",
    "IAM_ROLE_NOT_AVAILABLE": "QuickSight's role does not exist: allow Athena in QuickSight's "
    "console under Security & permissions, or set role_arn",
    "S3_FILE_INACCESSIBLE": _ROLE,
    "SQL_TABLE_NOT_FOUND": "the view or table is not there: 'flowathena view create daily' makes "
    "the view",
    "SQL_SCHEMA_MISMATCH_ERROR": "the columns are others than the data set's: 'flowathena "
    "quicksight publish' brings them up to date",
    "DUPLICATE_COLUMN_NAMES_FOUND": "the query gives two columns one name: rename one",
    "ACCOUNT_CAPACITY_LIMIT_EXCEEDED": f"the account's SPICE is full: {_CAPACITY}",
    "DATA_SET_SIZE_LIMIT_EXCEEDED": "the data set is larger than the edition allows: set a shorter "
    "window",
    "ROW_SIZE_LIMIT_EXCEEDED": "a row is larger than SPICE takes",
    "QUERY_TIMEOUT": "Athena took longer than its limit of 30 minutes: set a shorter window or "
    "lookback",
    "INGESTION_SUPERSEDED": "a later refresh of the data set took its place",
    "INGESTION_CANCELED": "somebody cancelled it",
    "REFRESH_SUPPRESSED_BY_EDIT": "the data set was being changed: refresh it again",
    "DATA_SET_NOT_SPICE": "the data set asks Athena whenever one looks and needs no refresh",
    "DATA_SOURCE_NOT_FOUND": "the data source is gone: 'flowathena quicksight publish' makes it",
    "DATA_SET_DELETED": "the data set was deleted meanwhile",
}


@dataclass(frozen=True)
class Ingestion:
    """A refresh of a data set.

    Attributes:
        data_set: the data set's name.
        id: the ingestion's id; empty if the data set was not refreshed.
        state: ``COMPLETED``, ``FAILED``, ``RUNNING``, …; ``UNKNOWN`` of one that was started and
            cannot be looked at; empty of one that is not in SPICE.
        kind: ``FULL_REFRESH``, ``INCREMENTAL_REFRESH``, ``INITIAL_INGESTION`` or ``EDIT``.
        created: when it began.
        rows: how many rows it wrote; None if unknown.
        dropped: how many rows could not be read.
        total: how many rows the data set has now; None if unknown.
        seconds: how long it took; None if unknown.
        error: why it failed; empty if it did not.
    """

    data_set: str
    id: str
    state: str
    kind: str = ""
    created: datetime | None = None
    rows: int | None = None
    dropped: int = 0
    total: int | None = None
    seconds: int | None = None
    error: str = ""

    def to_json(self) -> dict[str, object]:
        """Its stable shape."""
        return {
            "data_set": self.data_set,
            "id": self.id or None,
            "state": self.state or None,
            "type": self.kind or None,
            "created": iso(self.created) if self.created else None,
            "rows": self.rows,
            "dropped": self.dropped,
            "total_rows": self.total,
            "seconds": self.seconds,
            "error": self.error or None,
        }


Follow = Callable[[Ingestion], None]
"""Called with every state of an ingestion that is seen."""


class IngestionsInterruptedError(KeyboardInterrupt):
    """Raised when waiting is interrupted: the refreshes go on in QuickSight."""


def refresh(
    api: Api,
    data_sets: Mapping[str, DataSet],
    *,
    full: bool = False,
    follow: Follow = lambda _: None,
    backoff: Callable[[], Backoff] = lambda: Backoff(1.0, 15.0, growth=1.5),
) -> tuple[Ingestion, ...]:
    """Refresh data sets and wait until each has ended; a failure is a result.

    Args:
        api: QuickSight.
        data_sets: those to refresh, by name.
        full: read everything, also where the last days would do.
        follow: called with every state that is seen.
        backoff: makes the pauses between looks.

    Raises:
        IngestionsInterruptedError: interrupted; what has been started goes on.
    """
    run = uuid4().hex[:12]
    under_way: list[Ingestion] = []
    results: dict[str, Ingestion] = {}
    names: list[str] = []
    pause = backoff()
    try:
        for name, data_set in data_sets.items():
            names.append(name)
            started = _start(api, name, data_set, f"flowathena-{run}", full=full)
            results[name] = started
            if started.state and not started.error:
                under_way.append(started)
            else:
                names.remove(name)
        while under_way:
            names = [each.data_set for each in under_way]
            looked = [_look(api, each, data_sets[each.data_set].id) for each in under_way]
            for each in looked:
                results[each.data_set] = each
                follow(each)
            under_way = [each for each in looked if each.state not in ENDED]
            if under_way:
                pause.pause()
    except KeyboardInterrupt as interrupt:
        raise IngestionsInterruptedError(
            f"the refresh of {', '.join(names)} goes on in QuickSight; 'flowathena quicksight "
            "status' shows it"
        ) from interrupt
    return tuple(results.values())


def _start(api: Api, name: str, data_set: DataSet, run: str, *, full: bool) -> Ingestion:
    if not data_set.spice:
        return Ingestion(name, "", "")
    try:
        with calls(f"refresh of {name}"):
            kind = _kind(api, data_set, full=full)
            _create(api, data_set.id, run, kind)
    except FlowathenaError as error:
        return Ingestion(name, "", "FAILED", error=str(error))
    return Ingestion(name, run, "INITIALIZED", kind)


def _kind(api: Api, data_set: DataSet, *, full: bool) -> str:
    last = not full and read_lookback(api, data_set.id)[0]
    return "INCREMENTAL_REFRESH" if last else "FULL_REFRESH"


def _create(api: Api, data_set: str, run: str, kind: Any) -> None:  # noqa: ANN401 - a literal type
    try:
        api.client.create_ingestion(
            AwsAccountId=api.account, DataSetId=data_set, IngestionId=run, IngestionType=kind
        )
    except ClientError as error:
        # The id is this run's: a first attempt, whose answer was lost, has started it.
        if error_code(error) == "LimitExceededException":
            raise FlowathenaError(
                "QuickSight refreshes a data set by hand 32 times in 24 hours (8 in Standard), and "
                "it has been: the schedule goes on, or try again later"
            ) from error
        if error_code(error) != "ResourceExistsException":
            raise


def _look(api: Api, under_way: Ingestion, data_set: str) -> Ingestion:
    name = under_way.data_set
    try:
        with calls(f"refresh of {name}"):
            seen = api.client.describe_ingestion(
                AwsAccountId=api.account, DataSetId=data_set, IngestionId=under_way.id
            )["Ingestion"]
    except FlowathenaError as error:
        return replace(under_way, state=UNKNOWN, error=str(error))
    return read_ingestion(name, seen)


def read_last(api: Api, name: str, data_set: DataSet) -> Ingestion:
    """The last refresh of a data set, whoever started it; without a state if there is none."""
    if not data_set.spice:
        return Ingestion(name, "", "")
    with calls(f"refreshes of {name}"):
        listed: Sequence[Any] = list(
            api.client.list_ingestions(
                AwsAccountId=api.account, DataSetId=data_set.id, MaxResults=100
            ).get("Ingestions", ())
        )
    if not listed:
        return Ingestion(name, "", "")
    return read_ingestion(name, max(listed, key=lambda each: each["CreatedTime"]))


def read_ingestion(name: str, seen: Mapping[str, Any]) -> Ingestion:
    """An ingestion as QuickSight describes it."""
    rows = seen.get("RowInfo", {})
    return Ingestion(
        name,
        seen.get("IngestionId", ""),
        seen.get("IngestionStatus", ""),
        seen.get("RequestType", ""),
        seen.get("CreatedTime"),
        rows.get("RowsIngested"),
        rows.get("RowsDropped") or 0,
        rows.get("TotalRowsInDataset"),
        seen.get("IngestionTimeInSeconds"),
        describe_failure(seen.get("ErrorInfo", {})),
    )


def describe_failure(error: Mapping[str, str]) -> str:
    """Why an ingestion failed: what it means and what to do, and QuickSight's own words."""
    kind, said = error.get("Type", ""), one_line(error.get("Message", ""))
    theirs = f"{kind}: {said}" if said else kind
    reason = _REASONS.get(kind)
    return f"{reason} ({theirs})" if reason else theirs
