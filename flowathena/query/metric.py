"""What makes a query a metric: its bucket of time, its values and their dimensions; pure.

A header says it::

    [metric]
    bucket = "bucket_start"
    period = "15m"

    [metric.values]
    flows = { name = "RejectedTcpFlows", unit = "Count" }

    [metric.dimensions]
    protocol_name = ["TCP", "UDP", "ICMP"]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flowathena.inputs import toml
from flowathena.inputs.toml_reader import TomlReader
from flowathena.inputs.window import parse_duration

MOST_DIMENSIONS = 30
"""Dimensions of a metric in CloudWatch."""
UNITS = (
    *("Seconds", "Microseconds", "Milliseconds"),
    *("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"),
    *("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"),
    *("Percent", "Count"),
    *("Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second"),
    *("Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second"),
    *("Gigabits/Second", "Terabits/Second", "Count/Second", "None"),
)
"""The units that CloudWatch knows."""
KEYS = ("bucket", "period", "delay", "values", "dimensions")
"""The keys of the table ``[metric]``."""

_VALUE_KEYS = ("name", "unit")
_NAME = re.compile(r"[!-9;-~][ -~]{0,254}")
_DIMENSION = re.compile(r"[!-9;-~][ -~]{0,1023}")
_DAY_SECONDS = 86_400
_MINUTE_SECONDS = 60
_LONGEST_DELAY = timedelta(days=7)


@dataclass(frozen=True)
class MetricValue:
    """One metric of a query: the column of its numbers, its name in CloudWatch, its unit."""

    column: str
    name: str
    unit: str = "None"


@dataclass(frozen=True)
class Dimension:
    """A column that tells values of one bucket apart, and the values that it is known to have.

    A bucket without a row for known values has the value 0 for them.
    """

    column: str
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """What a query's rows are as metrics.

    Attributes:
        bucket: the column of the bucket's start, a timestamp.
        period: the length of a bucket in seconds: whole minutes that divide a day.
        values: the metrics, one at least.
        dimensions: their dimensions, 30 at most.
        delay: how long after its end a bucket may get records; None for the target's setting.
        line: the line of the file on which the table is.
    """

    bucket: str
    period: int
    values: tuple[MetricValue, ...]
    dimensions: tuple[Dimension, ...] = ()
    delay: timedelta | None = None
    line: int | None = field(default=None, compare=False)

    def delay_or(self, usual: timedelta) -> timedelta:
        """Its own delay, which may be none at all; else the target's."""
        return usual if self.delay is None else self.delay

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the query must have."""
        dimensions = (each.column for each in self.dimensions)
        return (self.bucket, *dimensions, *(each.column for each in self.values))

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON; periods and delays in seconds."""
        return {
            "bucket": self.bucket,
            "period": self.period,
            "delay": None if self.delay is None else int(self.delay.total_seconds()),
            "values": [
                {"column": each.column, "name": each.name, "unit": each.unit}
                for each in self.values
            ],
            "dimensions": {each.column: list(each.known) for each in self.dimensions},
        }


def read(reader: TomlReader, header: Mapping[str, object], where: str) -> Metric | None:
    """The metric of a header; None if it has none, or if something is wrong with it.

    Args:
        reader: reads the header, and collects what is wrong.
        header: the header.
        where: says of what a key is unknown, in a message.
    """
    if "metric" not in header:
        return None
    before = len(reader.problems)
    table = reader.table(header, "metric")
    reader.refuse_unknown(table, KEYS, "metric", where=where)
    metric = Metric(
        bucket=reader.text(table, "bucket", "", "metric"),
        period=_period(reader, table),
        values=tuple(_values(reader, table)),
        dimensions=tuple(_dimensions(reader, table)),
        delay=_delay(reader, table),
        line=reader.line("metric"),
    )
    if not metric.bucket:
        reader.add_problem("metric has no bucket: name the column of a bucket's start", "metric")
    for column in dict.fromkeys(metric.columns):
        if metric.columns.count(column) > 1:
            reader.add_problem(f"metric names the column {column!r} twice", "metric")
    return metric if len(reader.problems) == before else None


def _period(reader: TomlReader, table: Mapping[str, object]) -> int:
    text = reader.text(table, "period", "", "metric")
    duration = parse_duration(text)
    seconds = 0 if duration is None else int(duration.total_seconds())
    if seconds < _MINUTE_SECONDS or _DAY_SECONDS % seconds:
        message = f"metric: period {text!r} is not whole minutes that divide a day; write 15m"
        reader.add_problem(message, "metric", "period")
    return seconds


def _delay(reader: TomlReader, table: Mapping[str, object]) -> timedelta | None:
    if "delay" not in table:
        return None
    text = reader.text(table, "delay", "", "metric")
    delay = parse_duration(text)
    if delay is None or delay > _LONGEST_DELAY:
        message = f"metric: delay {text!r} is not a duration of at most 7d; write 30m"
        reader.add_problem(message, "metric", "delay")
    return delay


def _values(reader: TomlReader, table: Mapping[str, object]) -> list[MetricValue]:
    values = [
        value
        for column, given in reader.table(table, "values", "metric").items()
        if (value := _value(reader, column, given)) is not None
    ]
    if not table.get("values"):
        message = 'metric has no values; write [metric.values] flows = { unit = "Count" }'
        reader.add_problem(message, "metric", "values")
    names = [value.name for value in values]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            reader.add_problem(f"metric: two values have the name {name!r}", "metric", "values")
    return values


def _value(reader: TomlReader, column: str, given: object) -> MetricValue | None:
    path = ("metric", "values", column)
    if not isinstance(given, dict):
        message = f'metric.values.{column} must be a table; write {column} = {{ unit = "Count" }}'
        reader.add_problem(f"{message}, not {toml.describe(given)}", *path)
        return None
    reader.refuse_unknown(given, _VALUE_KEYS, *path)
    name = reader.text(given, "name", f"{reader.file.stem}.{column}", *path)
    unit = reader.text(given, "unit", "None", *path)
    if not _NAME.fullmatch(name):
        message = f"metric.values.{column}: {name!r} is no name of 1 to 255 ASCII characters"
        reader.add_problem(message, *path, "name")
    if unit not in UNITS:
        message = f"metric.values.{column}: unit {unit!r} is not one of {', '.join(UNITS)}"
        reader.add_problem(message, *path, "unit")
    return MetricValue(column, name, unit)


def _dimensions(reader: TomlReader, table: Mapping[str, object]) -> list[Dimension]:
    given = reader.table(table, "dimensions", "metric")
    path = ("metric", "dimensions")
    if len(given) > MOST_DIMENSIONS:
        message = f"metric has {len(given)} dimensions; CloudWatch takes {MOST_DIMENSIONS}"
        reader.add_problem(message, *path)
    dimensions = []
    for column in given:
        known = reader.texts(given, column, *path)
        for value in known:
            if not is_dimension(value) or known.count(value) > 1:
                message = f"metric.dimensions.{column}: {value!r} is no value, or is there twice"
                reader.add_problem(message, *path, column)
        dimensions.append(Dimension(column, known))
    return dimensions


def is_dimension(text: str) -> bool:
    """Whether CloudWatch takes a text as a dimension's value: ASCII, no controls, no leading :."""
    return bool(_DIMENSION.fullmatch(text))
