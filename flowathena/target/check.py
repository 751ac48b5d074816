"""Checks the settings of a target: every problem, with the line or variable it comes from."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from flowathena.errors import ParameterError, Problem
from flowathena.inputs import toml
from flowathena.inputs.params import Param
from flowathena.inputs.size import EXPECTED, parse_size
from flowathena.inputs.toml import KeyPath
from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.formats import parse_log_format
from flowathena.logs.template import is_template, parse_template
from flowathena.sql.casts import can_read
from flowathena.target.contradictions import contradictions, source_contradictions
from flowathena.target.location import normalize_location, use_alias
from flowathena.target.sections import SECTIONS, read_feed
from flowathena.target.settings import ENV, FILE_NAME, SETTINGS, SOURCE_SETTINGS
from flowathena.target.target import AWS_ONLY, SHARED, SOURCE_ONLY, Target
from flowathena.text import did_you_mean

_NUMBER = re.compile(r"\s*[0-9]*\.?[0-9]+\s*")
_SWITCHES = ("true", "false")
_SOURCES = "sources"
_TARGET_DEPTH = 2  # of a target's own settings: targets, its name
_TYPE = re.compile(r"[a-z]+[0-9]*(\([0-9]+(,[0-9]+)?\))?")


class Checker:
    """Makes targets of the tables of a file and collects their problems.

    Args:
        path: the file, whether it exists or not.
        document: its content.
        environ: the environment, whose variables go before the file.

    Attributes:
        problems: what is wrong so far.
    """

    def __init__(self, path: Path, document: toml.Document, environ: Mapping[str, str]) -> None:
        self._path = path
        self._document = document
        self._environ = environ
        self.problems: list[Problem] = []

    def target(self, name: str, table: dict[str, object]) -> Target | None:
        """One target; None if it has a problem."""
        before, path = len(self.problems), ("targets", name)
        self.refuse_unknown(table, (*SETTINGS, _SOURCES, *SECTIONS), *path)
        values = {key: self._value(key, table) for key in SETTINGS}
        settings = {key: value for key, value in values.items() if value is not None}
        if "location" not in settings:
            self.add_problem(f"targets.{name} has no location", *path)
        checked = {key: self._check(path, key, value) for key, value in settings.items()}
        if len(self.problems) > before:
            return None
        target = Target(name, **checked, feed=read_feed(table, path, self.add_problem))  # type: ignore[arg-type]
        for key, message in contradictions(target):
            if not (target.is_local and key in AWS_ONLY and key in table):
                self._refuse_setting(message, path, key)
        if target.is_local:  # a variable, however, is for every target of the file
            for key in (each for each in AWS_ONLY if each in table):
                message = f"{key} is for logs in S3; the location of {name} is a folder"
                self.add_problem(message, *path, key)
        if len(self.problems) == before:
            target = self._with_sources(target, table.get(_SOURCES, []))
        return target if len(self.problems) == before else None

    def _with_sources(self, target: Target, tables: object) -> Target:
        """A target with its sources; those that have a problem are left out."""
        path: KeyPath = ("targets", target.name, _SOURCES)
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            given = "other values" if isinstance(tables, list) else toml.describe(tables)
            message = (
                f"sources must be tables, not {given}; write [[targets.{target.name}.sources]]"
            )
            self.add_problem(message, *path)
            return target
        sources = [
            self._source(target, table, (*path, position)) for position, table in enumerate(tables)
        ]
        target = replace(target, sources=tuple(filter(None, sources)))
        if None not in sources:
            for position, key, message in source_contradictions(target):
                self._refuse_setting(message, (*path, position), key)
        return target

    def _source(self, target: Target, table: dict[str, object], path: KeyPath) -> Target | None:
        """The target with the settings of one of its sources; None if there is a problem."""
        before = len(self.problems)
        for key in (each for each in SHARED if each in table):
            self.add_problem(f"{key} is the target's, and its sources have none", *path, key)
        self.refuse_unknown(table, SETTINGS, *path)
        if "table" not in table:
            self.add_problem("a source has no table", *path)
        own = {key: self._check(path, key, table[key]) for key in SOURCE_SETTINGS if key in table}
        if len(self.problems) > before:
            return None
        usual = Target("", "").settings
        source = replace(target, **{key: usual[key] for key in SOURCE_ONLY} | own)  # type: ignore[arg-type]
        alone = replace(source, archive_location=None, archive_table=None)  # the target's
        for key, message in contradictions(alone):
            self._refuse_setting(message, path, key)
        return source if len(self.problems) == before else None

    def _value(self, key: str, table: dict[str, object]) -> object:
        return self._environ.get(ENV + key.upper()) or table.get(key)

    def _check(self, path: KeyPath, key: str, value: object) -> object:
        check = {
            "format": self._check_format,
            "keys": self._check_table,
            "columns": self._check_table,
            "types": self._check_table,
            "switch": self._check_switch,
            "networks": self._check_networks,
            "flow_logs": self._check_ids,
            "size": self._check_size,
            "amount": self._check_amount,
        }.get(SETTINGS[key].kind)
        if check:
            return check(path, key, value)
        if not isinstance(value, str):
            self._refuse_setting(toml.not_a_string(key, value), path, key)
            return None
        return self._check_text(path, key, value)

    def _check_switch(self, path: KeyPath, key: str, value: object) -> bool:
        is_text = self._is_from_environment(path, key) and value in _SWITCHES
        if not (isinstance(value, bool) or is_text):
            message = f"{key} must be true or false, not {toml.describe(value)}"
            self._refuse_setting(message, path, key)
        return value in (True, "true")

    def _check_size(self, path: KeyPath, key: str, value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        if not isinstance(value, str):
            self._refuse_setting(f"{key}: {toml.describe(value)} is not {EXPECTED}", path, key)
            return None
        try:
            return parse_size(value)
        except ValueError as error:
            self._refuse_setting(f"{key}: {error}", path, key)
            return None

    def _check_amount(self, path: KeyPath, key: str, value: object) -> float | None:
        try:
            return amount(value, is_text=self._is_from_environment(path, key))
        except ValueError as error:
            self._refuse_setting(f"{key}: {error}", path, key)
            return None

    def _check_format(self, path: KeyPath, key: str, value: object) -> tuple[str, ...] | None:
        try:
            return parse_log_format(value)
        except ValueError as error:
            self._refuse_setting(f"{key}: {error}", path, key)
            return None

    def _check_networks(self, path: KeyPath, key: str, value: object) -> tuple[str, ...]:
        """A list of CIDRs; of a variable, with commas between."""
        try:
            return networks(key, value)
        except ParameterError as error:
            self._refuse_setting(str(error), path, key)
            return ()

    def _check_ids(self, path: KeyPath, key: str, value: object) -> tuple[str, ...]:
        """A list of flow logs; of a variable, with commas between."""
        listed = value.split(",") if isinstance(value, str) else value
        pattern = SETTINGS[key].pattern
        assert pattern is not None  # noqa: S101 - its definition has one
        if not isinstance(listed, list):
            message = f"{key} must be a list of ids, not {toml.describe(value)}"
            self._refuse_setting(message, path, key)
            return ()
        for each in listed:
            if not (isinstance(each, str) and pattern.fullmatch(each)):
                self._refuse_setting(f"{key}: {each!r} is not {SETTINGS[key].expected}", path, key)
        return tuple(dict.fromkeys(map(str, listed)))

    def _check_table(self, path: KeyPath, key: str, value: object) -> dict[str, str]:
        setting = SETTINGS[key]
        if not isinstance(value, dict) or not all(isinstance(t, str) for t in value.values()):
            message = f"{key} must be a table of strings; write {setting.example}"
            if isinstance(value, str) and self._is_from_environment(path, key):
                message = (
                    f"{key} is a table, which a variable cannot set; write it into {FILE_NAME}"
                )
            self._refuse_setting(message, path, key)
            return {}
        for column, text in value.items():
            if setting.kind == "keys":  # the day's date format may follow: 'day yyyyMMdd'
                problem = _unless_known("part", text.partition(" ")[0], setting.choices)
            elif setting.kind == "types":
                problem = _unless_type(column, text)
            else:
                problem = _unless_known("field", column, BY_COLUMN)
            if problem:
                self._refuse_setting(f"{key}: {problem}", path, key, column)
        return value

    def _check_text(self, path: KeyPath, key: str, value: str) -> str:
        setting = SETTINGS[key]
        if setting.kind == "layout" and is_template(value):
            self._check_template(path, key, value)
        elif setting.choices and value not in setting.choices:
            self._refuse_setting(describe_unknown(key, value, setting.choices), path, key)
        if setting.kind == "location":
            try:
                return normalize_location(value, self._path.parent)
            except ValueError as error:
                which = "" if key == "location" else f"{key}: "
                self._refuse_setting(f"{which}{error}", path, key)
        if key == "output_location" and value.startswith(("s3://arn:", "arn:")):
            self._refuse_setting(f"{key} {value!r} is an ARN; {use_alias(value)}", path, key)
        elif setting.pattern and not setting.pattern.fullmatch(value):
            self._refuse_setting(f"{key} {value!r} is not {setting.expected}", path, key)
        return value

    def _check_template(self, path: KeyPath, key: str, value: str) -> None:
        try:
            parse_template(value)
        except ValueError as error:
            self._refuse_setting(f"{key} {value!r}: {error}", path, key)

    def refuse_unknown(
        self, table: Mapping[str, object], known: Collection[str], *path: str | int
    ) -> None:
        """Report the keys of a table that are not known; ``path`` is where the table is."""
        for key in table:
            if key not in known:
                self.add_problem(describe_unknown("key", key, known), *path, key)

    def _refuse_setting(self, message: str, path: KeyPath, key: str, *within: str) -> None:
        """Report a setting where its value comes from: the environment or the file."""
        if self._is_from_environment(path, key):
            self.problems.append(Problem(f"{ENV}{key.upper()}: {message}"))
        else:
            self.add_problem(message, *path, key, *within)

    def _is_from_environment(self, path: KeyPath, key: str) -> bool:
        """Whether a setting is a variable's: they are for targets, not for their sources."""
        return len(path) == _TARGET_DEPTH and bool(self._environ.get(ENV + key.upper()))

    def add_problem(self, message: str, *key_path: str | int) -> None:
        """Report a problem on the line where a key is, or the source that lacks it."""
        line = self._document.line(*key_path)
        if line is None and len(key_path) > _TARGET_DEPTH + 1:
            line = self._document.line(*key_path[: _TARGET_DEPTH + 2])
        self.problems.append(Problem(message, self._path, line))


def amount(value: object, *, is_text: bool = False) -> float:
    """An amount of USD, 0 or more; of a variable or an option, as text.

    Raises:
        ValueError: it is none.
    """
    number = value
    if is_text and isinstance(value, str) and _NUMBER.fullmatch(value):
        number = float(value)
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not (is_number and 0 <= number < math.inf):  # type: ignore[operator] # a number here
        known = is_number or isinstance(value, str)
        given = repr(value) if known else toml.describe(value)
        raise ValueError(f"{given} is not an amount of USD such as 0.50")
    return float(number)  # type: ignore[arg-type] # same


def networks(key: str, value: object) -> tuple[str, ...]:
    """The networks of a setting, a list of CIDRs or one text with commas between.

    Raises:
        ParameterError: one of them is not a network.
    """
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list | tuple):
        raise ParameterError(key, f"is {toml.describe(value)}, not a list of networks")
    cidr = Param(key, "cidr")
    return tuple(str(cidr.parse(network)) for network in listed)


def describe_unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is not known, with those that are."""
    return f"unknown {what} {name!r}; {did_you_mean(name, known)}known: {list_names(known)}"


def list_names(names: Iterable[str]) -> str:
    """Names in a message, in order."""
    return ", ".join(sorted(names)) or "none"


def _unless_type(column: str, text: str) -> str | None:
    """A field of ours is read by casts; that of a column unknown to us is Athena's business."""
    if not _TYPE.fullmatch(text):
        return f"{text!r} is not a type; write string, bigint, double, decimal(20,0), timestamp, …"
    field = BY_COLUMN.get(column)
    if field and not can_read(field, text):
        return f"{column} cannot be read from a column of type {text}"
    return None


def _unless_known(what: str, name: str, known: Collection[str]) -> str | None:
    return None if name in known else describe_unknown(what, name, known)
