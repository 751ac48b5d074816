"""What a scheduled run does: its tasks, as options, as a command and as the event of a Lambda.

Pure values: ``flowathena.client.scheduled`` carries them out.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from flowathena.check.destination import match_topic
from flowathena.errors import UsageError
from flowathena.inputs.window import parse_duration
from flowathena.text import did_you_mean

_T = TypeVar("_T")

SINCE = "3d"
AHEAD = 1
MOST_AHEAD = 366
SYNC, ARCHIVE, ROLLUP = "sync", "archive", "rollup"
METRICS, CHECK, QUICKSIGHT = "metrics", "check", "quicksight"
NAMES = (SYNC, ARCHIVE, ROLLUP, METRICS, CHECK, QUICKSIGHT)
"""The tasks, in the order in which they run: each works on what those before it have done."""

_NUMBERS = ("max_rows", "min_rows")
_JUDGING = (*_NUMBERS, "warn", "critical")
CRITERIA = (*_JUDGING, "where", "value")
"""The options of a check that say what is wrong."""
SCOPE = ("since", "until", "account", "region", "flow_log")
"""Those that say what it is asked of."""
_TELLING = ("notify_sns", "state")
_OPTIONS = (*CRITERIA, *SCOPE, *_TELLING)
_SEVERAL = ("notify_sns", "account", "region", "flow_log")


@dataclass(frozen=True)
class ScheduledCheck:
    """A check of a saved query.

    Attributes:
        query: the query's name.
        options: how it is judged and of what (``max_rows``, ``since``, …), as ``Client.check``
            takes them.
        values: the query's parameters.
        notify_sns: the topics that are told.
        state: where it is remembered who was told what; None to tell of every run.
    """

    query: str
    options: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    notify_sns: tuple[str, ...] = ()
    state: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """A check as it is written in an option: ``ssh_rejects max_rows=0 since=1d port=22``.

        Without a criterion, every row is wrong.

        Raises:
            UsageError: it is malformed.
        """
        try:
            name, *words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"--check {text!r}: write NAME key=value …") from error
        given: dict[str, Any] = {}
        for word in words:
            key, equals, value = word.partition("=")
            if not equals:
                raise UsageError(f"--check {name}: {word!r} has no value; write {word}=…")
            if key in given and key not in _SEVERAL:
                raise UsageError(f"--check {name}: {key} is given twice")
            if key in _NUMBERS and value.isascii() and value.isdigit():
                given[key] = int(value)
            else:
                given[key] = [*given.get(key, []), value] if key in _SEVERAL else value
        return cls.of({"query": name, **given})

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """A check as an event says it: ``{"query": …, "max_rows": 0, "since": "1d", "port": 22}``.

        Raises:
            UsageError: it is malformed.
        """
        if not isinstance(given, Mapping):
            raise UsageError(
                f"a check is an object such as {{'query': 'ssh_rejects'}}, not {given!r}"
            )
        rest = {key.replace("-", "_"): value for key, value in given.items()}
        name = rest.pop("query", None)
        if not isinstance(name, str) or not name:
            raise UsageError("a check has the name of a query: {'query': 'ssh_rejects', …}")
        own = {key: rest.pop(key) for key in _OPTIONS if key in rest}
        _check_texts(f"check {name}", own)
        topics, state = own.pop("notify_sns", ()), own.pop("state", None)
        if not own.keys() & set(_JUDGING):
            own["max_rows"] = 0
        for key in (each for each in _NUMBERS if each in own):
            own[key] = _number(f"check {name}: {key}", own[key], 10**9)
        topics = (topics,) if isinstance(topics, str) else tuple(topics)
        for topic in topics:
            match_topic(topic)
        if state and not topics:
            raise UsageError(f"check {name}: state remembers who was told what; add notify_sns")
        if state and not state.startswith(("s3://", "/")):
            raise UsageError(f"check {name}: state {state!r} is neither s3://… nor a whole path")
        return cls(name, own, rest, topics, state)

    def to_json(self) -> dict[str, Any]:
        """The same as ``of`` takes it."""
        topics = {"notify_sns": list(self.notify_sns)} if self.notify_sns else {}
        state = {"state": self.state} if self.state else {}
        return {"query": self.query, **self.options, **self.values, **topics, **state}

    def __str__(self) -> str:
        """The same as ``parse`` takes it."""
        pairs = ((k, v) for k, v in self.to_json().items() if k != "query")
        several = ((k, each) for k, v in pairs for each in (v if isinstance(v, list) else [v]))
        return shlex.join([self.query, *(f"{key}={value}" for key, value in several)])


@dataclass(frozen=True)
class Tasks:
    """The tasks of a scheduled run.

    Attributes:
        names: which, of ``NAMES``, in their order.
        since: how far back the sync looks.
        ahead: how many days after today it registers.
        checks: the checks.
        heartbeat: whether a complete sync is told to CloudWatch.
    """

    names: tuple[str, ...] = (SYNC,)
    since: str = SINCE
    ahead: int = AHEAD
    checks: tuple[ScheduledCheck, ...] = ()
    heartbeat: bool = False

    @classmethod
    def of(  # noqa: PLR0913 - keyword options of one call
        cls,
        *,
        since: str = SINCE,
        ahead: int = AHEAD,
        archive: bool = False,
        rollup: bool = False,
        metrics: bool = False,
        checks: Sequence[ScheduledCheck] = (),
        quicksight: bool = False,
        heartbeat: bool = False,
    ) -> Self:
        """The tasks that options say; a sync is always the first.

        Raises:
            UsageError: an option is malformed.
        """
        if parse_duration(since) is None:
            raise UsageError(
                f"since: {since!r} is not a duration; use 3d, 12h or 2w: a schedule goes on"
            )
        chosen = {
            SYNC: True,
            ARCHIVE: archive,
            ROLLUP: rollup,
            METRICS: metrics,
            CHECK: bool(checks),
            QUICKSIGHT: quicksight,
        }
        names = tuple(name for name, is_wanted in chosen.items() if is_wanted)
        return cls(names, since, _number("ahead", ahead, MOST_AHEAD), tuple(checks), heartbeat)

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Self:
        """The tasks of an event: ``{"tasks": ["sync", "metrics"], "since": "3d", …}``.

        Args:
            event: its members without those of the target. Without ``tasks``, a sync, and checks if
                there are ``checks``.

        Raises:
            UsageError: a member is unknown or malformed.
        """
        known = ("tasks", "since", "ahead", "checks", "heartbeat")
        for key in event:
            if key not in known:
                hint = did_you_mean(key, known)
                raise UsageError(
                    f"unknown {key!r} in the event; {hint}there are {', '.join(known)}"
                )
        checks = tuple(map(ScheduledCheck.of, _listed("checks", event.get("checks", []))))
        usual = [SYNC, CHECK] if checks else [SYNC]
        names = tuple(map(_task, _listed("tasks", event.get("tasks", usual))))
        if twice := [name for name in NAMES if names.count(name) > 1]:
            raise UsageError(f"tasks of the event have {twice[0]!r} twice")
        if not names or (CHECK in names) != bool(checks):
            raise UsageError(f"tasks are some of {', '.join(NAMES)}; 'check' goes with 'checks'")
        options = cls.of(
            since=_of_type("since", event.get("since", SINCE), str, "a text such as 3d"),
            ahead=event.get("ahead", AHEAD),
            checks=checks,
            heartbeat=_of_type("heartbeat", event.get("heartbeat", False), bool, "true or false"),
        )
        ordered = tuple(name for name in NAMES if name in names)
        return cls(ordered, options.since, options.ahead, checks, options.heartbeat)

    @property
    def event(self) -> dict[str, Any]:
        """The same as ``of_event`` takes it."""
        checks = {"checks": [each.to_json() for each in self.checks]} if self.checks else {}
        heartbeat = {"heartbeat": True} if self.heartbeat else {}
        return {
            "tasks": list(self.names),
            "since": self.since,
            "ahead": self.ahead,
            **checks,
            **heartbeat,
        }

    @property
    def words(self) -> tuple[str, ...]:
        """The options of ``flowathena schedule run`` that say the same."""
        flagged = (ARCHIVE, ROLLUP, METRICS, QUICKSIGHT)
        checks = (word for each in self.checks for word in ("--check", str(each)))
        return (
            *("--since", self.since, "--ahead", str(self.ahead)),
            *(f"--{name}" for name in flagged if name in self.names),
            *checks,
            *(("--heartbeat",) if self.heartbeat else ()),
        )


def _number(what: str, given: object, most: int) -> int:
    if type(given) is not int or not 0 <= given <= most:
        raise UsageError(f"{what}: {given!r} is not a whole number from 0 to {most}")
    return given


def _of_type(what: str, given: object, expected: type[_T], described: str) -> _T:
    """A member of the event, if it is of its type: ``"yes"`` is not true.

    Raises:
        UsageError: it is of another.
    """
    if not isinstance(given, expected):
        raise UsageError(f"{what!r} of the event is {described}, not {given!r}")
    return given


def _check_texts(what: str, own: Mapping[str, Any]) -> None:
    """Refuse options of a check that are not texts, or lists of them where there may be several.

    Raises:
        UsageError: one is not.
    """
    for key, value in own.items():
        several = value if key in _SEVERAL and isinstance(value, list | tuple) else [value]
        if key not in _NUMBERS and not all(isinstance(each, str) for each in several):
            raise UsageError(f"{what}: {key} is a text, not {value!r}")


def _listed(what: str, given: object) -> list[Any]:
    if not isinstance(given, list):
        raise UsageError(f"{what} of the event are a list, not {type(given).__name__}")
    return given


def _task(name: object) -> str:
    if name not in NAMES:
        raise UsageError(f"unknown task {name!r}; there are {', '.join(NAMES)}")
    return str(name)
