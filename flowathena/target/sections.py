"""The sections of a target in ``flowathena.toml``, such as ``[targets.prod.quicksight]``; pure.

Each has a class in ``feed``, whose fields are its settings and their defaults, and a table here of
what each setting may be: one definition for the check of the file and the schema for editors.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from flowathena.inputs import toml
from flowathena.inputs.toml import KeyPath
from flowathena.inputs.window import format_duration, parse_duration
from flowathena.logs.layout import REGION
from flowathena.target.feed import LOG_GROUP, AlarmFeed, Feed, MetricsFeed, QuickSightFeed
from flowathena.target.location import S3_LOCATION
from flowathena.target.settings import Setting
from flowathena.text import did_you_mean

Report = Callable[..., None]
"""Takes a message and the keys that lead to what is wrong."""

_PRINCIPAL = re.compile(r"(?:arn:[a-z-]+:quicksight:[a-z0-9-]+:[0-9]{12}:)?(?:user|group)/[^/]+/.+")
_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+")
_SNS = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_QUERY = re.compile(r"[a-z][a-z0-9_]*")
_DAY_SECONDS = 86_400
_LONGEST = 7_300 * _DAY_SECONDS  # flow logs are not older, and Athena counts from 1970

_TOPICS = Setting(
    "SNS topics that are told.", kind="texts", pattern=_SNS, expected="the ARN of an SNS topic"
)

QUICKSIGHT: Mapping[str, Setting] = {
    "owners": Setting(
        "Users and groups who may change what is published.",
        kind="texts",
        pattern=_PRINCIPAL,
        expected="user/NAMESPACE/NAME, group/NAMESPACE/NAME or the ARN of one",
    ),
    "readers": Setting(
        "Users and groups who may see it.",
        kind="texts",
        pattern=_PRINCIPAL,
        expected="user/NAMESPACE/NAME, group/NAMESPACE/NAME or the ARN of one",
    ),
    "queries": Setting(
        "Saved queries of which a data set each is made.",
        kind="texts",
        pattern=_QUERY,
        expected="the name of a query",
    ),
    "mode": Setting("QuickSight's own store, or Athena.", choices=("spice", "direct")),
    "window": Setting(
        "How far back a data set reaches.", kind="duration", least=_DAY_SECONDS, most=_LONGEST
    ),
    "lookback": Setting(
        "How much of it an incremental refresh reads again.",
        kind="duration",
        least=_DAY_SECONDS,
        most=_LONGEST,
    ),
    "refresh": Setting(
        "How often SPICE is refreshed.", choices=("hourly", "daily", "weekly", "never")
    ),
    "refresh_at": Setting(
        "At what time of day it is refreshed.", pattern=_CLOCK, expected="a time such as 03:00"
    ),
    "timezone": Setting("The time zone of refresh_at, such as Europe/Berlin."),
    "role_arn": Setting(
        "The role that QuickSight assumes for Athena and S3; by default its own.",
        pattern=_ROLE,
        expected="an IAM role ARN",
    ),
    "identity_region": Setting(
        "The Region of QuickSight's users; by default it is looked for.",
        pattern=REGION,
        expected="a Region name such as eu-west-1",
    ),
    "dashboard": Setting("Whether a dashboard is published.", kind="switch"),
}
"""What each setting of ``QuickSightFeed`` may be."""

METRICS: Mapping[str, Setting] = {
    "namespace": Setting(
        "The namespace of the metrics.",
        pattern=re.compile(r"(?!AWS/|:)[A-Za-z0-9._/#: -]{1,255}"),
        expected="a namespace of 1 to 255 characters that does not begin with AWS/ or a colon",
    ),
    "queries": Setting(
        "The queries whose numbers are published; by default the built-in ones.",
        kind="texts",
        pattern=_QUERY,
        expected="the name of a query",
    ),
    "delay": Setting(
        "How long after its end a bucket may still get records.",
        kind="duration",
        least=0,
        most=3 * _DAY_SECONDS,
    ),
    "ledger": Setting(
        "Where it is remembered what has been published; by default beside Athena's results.",
        pattern=S3_LOCATION,
        expected="an s3://bucket/prefix/ location",
    ),
    "notify": _TOPICS,
    "log_group": Setting(
        "The log group with flow logs, for metric filters.",
        pattern=LOG_GROUP,
        expected="the name of a log group",
    ),
    "dashboard": Setting("Whether there is to be a dashboard.", kind="switch"),
}
"""What each setting of ``MetricsFeed`` may be, but ``alarms``."""

ALARM: Mapping[str, Setting] = {
    "query": Setting(
        "The query whose metric is watched.",
        pattern=_QUERY,
        expected="the name of a query",
        required=True,
    ),
    "threshold": Setting("What it is compared with.", kind="decimal", required=True),
    "value": Setting("Which of its metrics; needed if it has several."),
    "comparison": Setting("How it is compared.", choices=(">=", ">", "<=", "<")),
    "periods": Setting("Of how many periods.", kind="number", least=1, most=1_440),
    "breaching": Setting("How many must cross the threshold.", kind="number", least=1, most=1_440),
    "missing": Setting(
        "What a period without a value is.", choices=("ok", "bad", "ignore", "missing")
    ),
    "dimensions": Setting(
        "The values of the metric's dimensions.",
        kind="types",
        example="dimensions = { protocol = 'tcp' }",
    ),
    "notify": _TOPICS,
}
"""What each setting of ``AlarmFeed`` may be."""

SECTIONS = ("quicksight", "metrics")
"""The names of the sections of a target."""
ALARMS = "alarms"
"""The key of the alarms within ``metrics``."""


def read_feed(table: Mapping[str, object], path: KeyPath, report: Report) -> Feed:
    """What a target is fed to.

    Args:
        table: the target's table.
        path: the keys that lead to it.
        report: called for every problem; what is wrong has its default.
    """
    reader = _Reader(report)
    quicksight = reader.section(QuickSightFeed, QUICKSIGHT, table, "quicksight", path)
    metrics = reader.section(MetricsFeed, METRICS, table, "metrics", path, also=(ALARMS,))
    return Feed(quicksight, metrics)


class _Reader:
    def __init__(self, report: Report) -> None:
        self._report = report

    def section(
        self,
        made: type[Any],
        settings: Mapping[str, Setting],
        table: Mapping[str, object],
        name: str,
        path: KeyPath,
        also: tuple[str, ...] = (),
    ) -> Any:  # noqa: ANN401 - of the class that is given
        if name not in table:
            return None
        given, path = table[name], (*path, name)
        if not isinstance(given, dict):
            written = ".".join(map(str, path))
            self._report(
                f"{name} must be a table, not {toml.describe(given)}; write [{written}]", *path
            )
            return None
        values = self._values(settings, given, path, also)
        if ALARMS in also and ALARMS in given:
            values[ALARMS] = self._alarms(given[ALARMS], (*path, ALARMS))
        return made(**values)

    def _alarms(self, given: object, path: KeyPath) -> tuple[AlarmFeed, ...]:
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            written = ".".join(str(key) for key in path if isinstance(key, str))
            self._report(f"alarms must be tables; write [[{written}]]", *path)
            return ()
        read = [self._alarm(each, (*path, place)) for place, each in enumerate(given)]
        return tuple(each for each in read if each)

    def _alarm(self, given: dict[str, object], path: KeyPath) -> AlarmFeed | None:
        values = self._values(ALARM, given, path)
        missing = [key for key, each in ALARM.items() if each.required and key not in given]
        for key in missing:
            self._report(f"an alarm has no {key}", *path)
        if missing or not {key for key, each in ALARM.items() if each.required} <= values.keys():
            return None
        alarm = AlarmFeed(**values)
        if alarm.breaching and alarm.breaching > alarm.periods:
            self._report(
                f"breaching {alarm.breaching} is more than periods {alarm.periods}",
                *path,
                "breaching",
            )
        return alarm

    def _values(
        self,
        settings: Mapping[str, Setting],
        table: Mapping[str, object],
        path: KeyPath,
        also: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        values = {}
        for key, value in table.items():
            if key in settings:
                checked = self._value(key, settings[key], value, path)
                if checked is not None:
                    values[key] = checked
            elif key not in also:
                known = (*settings, *also)
                hint = did_you_mean(key, known)
                self._report(
                    f"unknown key {key!r}; {hint}known: {', '.join(sorted(known))}", *path, key
                )
        return values

    def _value(self, key: str, setting: Setting, value: object, path: KeyPath) -> object:
        """A checked value; None, and a report, if it is wrong."""
        try:
            return _KINDS[setting.kind](key, setting, value)
        except ValueError as error:
            self._report(str(error), *path, key)
            return None


def _text(key: str, setting: Setting, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(toml.not_a_string(key, value))  # noqa: TRY004 - reported, not raised on
    if setting.choices and value not in setting.choices:
        hint = did_you_mean(value, setting.choices)
        known = ", ".join(setting.choices)
        raise ValueError(f"unknown {key} {value!r}; {hint}known: {known}")
    if setting.pattern and not setting.pattern.fullmatch(value):
        raise ValueError(f"{key} {value!r} is not {setting.expected}")
    if key == "timezone" and value not in available_timezones():
        raise ValueError(f"{key} {value!r} is not the name of a time zone, such as Europe/Berlin")
    return value


def _texts(key: str, setting: Setting, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{key} must be a list, not {toml.describe(value)}")  # noqa: TRY004
    return tuple(dict.fromkeys(_text(key, setting, each) for each in value))


def _switch(key: str, _: Setting, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false, not {toml.describe(value)}")  # noqa: TRY004
    return value


def _number(key: str, setting: Setting, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} must be a whole number, not {toml.describe(value)}")  # noqa: TRY004
    _check_bounds(key, setting, value, str)
    return value


def _decimal(key: str, setting: Setting, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{key} must be a number, not {toml.describe(value)}")  # noqa: TRY004
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - nan
        raise ValueError(f"{key} must be a finite number")
    _check_bounds(key, setting, value, str)
    return float(value)


def _duration(key: str, setting: Setting, value: object) -> timedelta:
    duration = parse_duration(value) if isinstance(value, str) else None
    if duration is None:
        raise ValueError(f"{key} must be a duration such as 2d or 30m, not {value!r}")
    _check_bounds(key, setting, duration.total_seconds(), lambda each: format_duration(int(each)))
    return duration


def _table(key: str, setting: Setting, value: object) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ValueError(f"{key} must be a table of strings; write {setting.example}")
    return value


def _check_bounds(
    key: str, setting: Setting, value: float, written: Callable[[float], str]
) -> None:
    if setting.least is not None and value < setting.least:
        raise ValueError(f"{key} {written(value)} is less than {written(setting.least)}")
    if setting.most is not None and value > setting.most:
        raise ValueError(f"{key} {written(value)} is more than {written(setting.most)}")


_KINDS: Mapping[str, Callable[[str, Setting, object], object]] = {
    "text": _text,
    "texts": _texts,
    "switch": _switch,
    "number": _number,
    "decimal": _decimal,
    "duration": _duration,
    "types": _table,
}
