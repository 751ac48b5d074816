"""Rows of a query as values for CloudWatch: which buckets, which values, how many a call; pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

from flowathena.errors import FlowathenaError
from flowathena.query.metric import Dimension, Metric, is_dimension
from flowathena.result.result import ResultColumn, Row
from flowathena.text import iso, shortened

MOST_DATUMS = 1_000
"""Datums in one call."""
MOST_BYTES = 900_000
"""Bytes of the datums of one call as JSON, below CloudWatch's 1 MB for the whole request."""
REACH = timedelta(days=14)
"""How far back CloudWatch takes a datum."""

_MARGIN = timedelta(minutes=30)  # until a datum that is planned now has arrived
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2.0**360
_NO_VALUE = "-"
_LAGS = (
    (timedelta(hours=24), timedelta(hours=60)),
    (timedelta(hours=3), timedelta(hours=2, minutes=30)),
)
"""After how long a datum of an age is surely seen: AWS says 48 hours, 2 hours."""
_LEAST_LAG = timedelta(minutes=30)
"""Of younger ones: AWS says 2 minutes. But a call begins up to 5 minutes after its entry of the
ledger, and arrives up to 15 minutes later: AWS refuses a request whose signature is older."""

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Datum:
    """One value of one metric: its name and dimensions, the start of its bucket (UTC), its unit."""

    name: str
    dimensions: Dimensions
    bucket: datetime
    value: float
    unit: str

    @property
    def series(self) -> tuple[str, Dimensions]:
        """The metric it belongs to."""
        return self.name, self.dimensions

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "metric": self.name,
            "dimensions": dict(self.dimensions),
            "bucket": iso(self.bucket),
            "value": self.value,
            "unit": self.unit,
        }


def last_closed(metric: Metric, delay: timedelta, now: datetime) -> datetime:
    """The end of the last bucket that gets no more records."""
    return floor(now - delay, metric.period)


def oldest(period: int, now: datetime) -> datetime:
    """The start of the first bucket that CloudWatch still takes."""
    return ceiling(now - REACH + _MARGIN, period)


def floor(moment: datetime, period: int) -> datetime:
    """The start of the bucket that contains a moment; buckets are counted from 1970, UTC."""
    return moment - (moment - _EPOCH) % timedelta(seconds=period)


def ceiling(moment: datetime, period: int) -> datetime:
    """The first start of a bucket at or after a moment."""
    return moment + (_EPOCH - moment) % timedelta(seconds=period)


def visible_after(bucket: datetime, put: datetime) -> timedelta:
    """After how long a datum that was put at a moment, and is not seen, is not there."""
    age = put - bucket
    return next((lag for least, lag in _LAGS if age >= least), _LEAST_LAG)


def to_datums(
    metric: Metric,
    columns: Sequence[ResultColumn],
    rows: Iterable[Row],
    since: datetime,
    until: datetime,
) -> list[Datum]:
    """The values of rows, in the order of their buckets.

    A bucket without a row gets 0 for every combination of known dimensions. NULL in a row is no
    value, not even 0; a dimension that is NULL or empty is ``-``.

    Args:
        metric: what the rows are.
        columns: the columns of the rows.
        rows: the rows.
        since: the start of the first bucket.
        until: the end of the last one.

    Raises:
        FlowathenaError: a row is not what the header says; two rows are one value; a value is
            nothing that CloudWatch takes.
    """
    places = {column.name: place for place, column in enumerate(columns)}
    missing = [column for column in metric.columns if column not in places]
    if missing:
        raise FlowathenaError(f"the result has no column {missing[0]!r}, which [metric] names")
    values = dict.fromkeys(_zeros(metric, since, until), 0.0)
    seen = set()
    for row in rows:
        bucket = _bucket(row[places[metric.bucket]], metric, since, until)
        dimensions = tuple(
            (each.column, _dimension(each, row[places[each.column]])) for each in metric.dimensions
        )
        if (bucket, dimensions) in seen:
            named = ", ".join(f"{name} {value}" for name, value in dimensions)
            raise FlowathenaError(f"two rows for {iso(bucket)}{f', {named}' if named else ''}")
        seen.add((bucket, dimensions))
        for each in metric.values:
            number = row[places[each.column]]
            if number is None:
                values.pop((bucket, each.name, dimensions), None)
            else:
                values[bucket, each.name, dimensions] = _number(each.column, number)
    units = {each.name: each.unit for each in metric.values}
    return [
        Datum(name, dimensions, bucket, value, units[name])
        for (bucket, name, dimensions), value in sorted(values.items())
    ]


def _zeros(
    metric: Metric, since: datetime, until: datetime
) -> Iterator[tuple[datetime, str, Dimensions]]:
    """Every bucket with every combination of the dimensions that are known."""
    columns = [each.column for each in metric.dimensions]
    for bucket in starts(since, until, metric.period):
        for known in product(*(each.known for each in metric.dimensions)):
            for value in metric.values:
                yield bucket, value.name, tuple(zip(columns, known, strict=True))


def starts(since: datetime, until: datetime, period: int) -> Iterator[datetime]:
    """The starts of the buckets from one moment to another."""
    step = timedelta(seconds=period)
    while since < until:
        yield since
        since += step


def _bucket(value: object, metric: Metric, since: datetime, until: datetime) -> datetime:
    if not isinstance(value, datetime):
        raise FlowathenaError(f"column {metric.bucket!r}: {_shown(value)} is no timestamp")
    if value != floor(value, metric.period):
        raise FlowathenaError(
            f"column {metric.bucket!r}: {iso(value)} is not the start of a bucket of "
            f"{metric.period} seconds"
        )
    if not since <= value < until:
        raise FlowathenaError(
            f"column {metric.bucket!r}: {iso(value)} is outside of what was asked for, "
            f"{iso(since)} to {iso(until)}"
        )
    return value


def _dimension(dimension: Dimension, value: object) -> str:
    text = (
        str(value).lower()
        if isinstance(value, bool)
        else str(_NO_VALUE if value is None else value)
    )
    text = text or _NO_VALUE
    if not is_dimension(text):
        raise FlowathenaError(
            f"column {dimension.column!r}: CloudWatch takes no dimension {_shown(value)}: ASCII "
            "without controls, at most 1,024 characters, no : in front"
        )
    return text


def _number(column: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise FlowathenaError(f"column {column!r}: {_shown(value)} is no number")
    number = float(value)
    if not math.isfinite(number) or abs(number) > _LARGEST:
        raise FlowathenaError(f"column {column!r}: CloudWatch takes no value {value}")
    return number


def _shown(value: object) -> str:
    return shortened(repr(value))


def by_buckets(
    datums: Sequence[Datum], since: datetime, until: datetime, period: int
) -> Iterator[tuple[datetime, datetime, tuple[Datum, ...]]]:
    """Datums in groups of whole buckets, as few groups as fit into one call each.

    A bucket with more than fits into a call is a group of its own.

    Args:
        datums: the datums, by bucket.
        since: the start of the first bucket.
        until: the end of the last one.
        period: the length of a bucket in seconds.

    Returns:
        Start and end of the buckets of each group, without gaps, and its datums.
    """
    of_bucket: dict[datetime, list[Datum]] = {each: [] for each in starts(since, until, period)}
    for datum in datums:
        of_bucket[datum.bucket].append(datum)
    begin, group, size_bytes = since, list[Datum](), 0
    for bucket, some in of_bucket.items():
        bytes_more = sum(map(_size_bytes, some))
        fits = len(group) + len(some) <= MOST_DATUMS and size_bytes + bytes_more <= MOST_BYTES
        if group and not fits:
            yield begin, bucket, tuple(group)
            begin, group, size_bytes = bucket, [], 0
        group += some
        size_bytes += bytes_more
    yield begin, until, tuple(group)


def calls(datums: Sequence[Datum]) -> Iterator[tuple[Datum, ...]]:
    """The datums of each call."""
    chunk: list[Datum] = []
    size_bytes = 0
    for datum in datums:
        bytes_more = _size_bytes(datum)
        if chunk and (len(chunk) == MOST_DATUMS or size_bytes + bytes_more > MOST_BYTES):
            yield tuple(chunk)
            chunk, size_bytes = [], 0
        chunk.append(datum)
        size_bytes += bytes_more
    if chunk:
        yield tuple(chunk)


def request(datum: Datum) -> dict[str, object]:
    """A datum as CloudWatch takes it."""
    dimensions = [{"Name": name, "Value": value} for name, value in datum.dimensions]
    return {
        "MetricName": datum.name,
        **({"Dimensions": dimensions} if dimensions else {}),
        "Timestamp": datum.bucket,
        "Value": datum.value,
        "Unit": datum.unit,
    }


def _size_bytes(datum: Datum) -> int:
    return len(json.dumps(request(datum), default=str)) + 2
