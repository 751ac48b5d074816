"""``flowathena.toml``, the environment and flags become one frozen ``Target``.

The only reader of the environment. Precedence: flag, ``FLOWATHENA_…`` variable, file, default.
Every problem of a file is reported at once; unknown keys name the known ones.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from flowathena.errors import ConfigError, Problem
from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.formats import parse_log_format
from flowathena.target.target import CHOICES, S3_LOCATION, Target, normal_location

FILE_NAME = "flowathena.toml"
_ENV = "FLOWATHENA_"
_TOP_KEYS = ("default_target", "query_paths", "targets")
# What Glue and Athena take without trouble: https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
_NAME = re.compile(r"[a-z0-9_-]{1,255}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_PATTERNS = {
    "database": (_NAME, "lower-case letters, digits, _ and -"),
    "table": (_NAME, "lower-case letters, digits, _ and -"),
    "region": (_REGION, "a Region name such as eu-west-1"),
    "workgroup": (re.compile(r"[A-Za-z0-9._-]{1,128}"), "a workgroup name"),
    "role_arn": (re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+"), "an IAM role ARN"),
    "output_location": (S3_LOCATION, "an s3://bucket/prefix/ location"),
    "account": (re.compile(r"[0-9]{12}"), "a 12-digit account id"),
    "log_region": (_REGION, "a Region name such as eu-west-1"),
}
_TABLES = {"keys": "keys = { dt = 'day' }", "columns": "columns = { srcaddr = 'source' }"}


def contradictions(target: Target) -> Iterator[tuple[str, str]]:
    """Settings that do not go together: which, and why."""
    hourly = target.layout.endswith("hourly")
    if target.granularity == "hour" and not hourly:
        yield "granularity", f"granularity 'hour' needs hour folders; layout is {target.layout!r}"
    if target.partition_keys == "hive" and not target.layout.startswith("hive"):
        yield "partition_keys", f"partition_keys 'hive' needs a hive layout, not {target.layout!r}"
    if target.partition_keys == "single" and not (target.account and target.log_region):
        yield "partition_keys", "partition_keys 'single' needs account and log_region"
    if target.partitioning == "projection" and target.is_local:
        yield "partitioning", "partition projection is Athena's; a local target has registered days"
    if target.column_names == "older" and target.file_format == "parquet":
        yield "column_names", "Parquet is read by name; its columns have AWS's names"
    hive = target.layout.startswith("hive")
    if target.partitioning == "projection" and hive and target.partition_keys != "hive":
        yield "partitioning", "projection over hive folders needs partition_keys = 'hive'"


TARGET_KEYS = tuple(field.name for field in fields(Target) if field.name != "name")


@dataclass(frozen=True)
class Config:
    """A configuration that is right in every part.

    Attributes:
        path: the file; None where there is none.
        default_target: the target that is meant when none is named.
        targets: all targets by name.
        query_paths: the user's own query folders, absolute.
    """

    path: Path | None
    default_target: str | None
    targets: Mapping[str, Target]
    query_paths: tuple[Path, ...] = ()

    def target(self, name: str | None = None) -> Target:
        """The named target, else the default one, else the only one.

        Raises:
            ConfigError: there is none of that name, or none is named and there are several.
        """
        if not self.targets:
            raise ConfigError(
                f"no target is configured; 'flowathena init LOCATION' writes {FILE_NAME}"
            )
        chosen = name or self.default_target
        if chosen is None and len(self.targets) == 1:
            return next(iter(self.targets.values()))
        if chosen is None:
            raise ConfigError(f"name a target with -t; there are {_listed(self.targets)}")
        if chosen not in self.targets:
            raise ConfigError(_unknown("target", chosen, self.targets))
        return self.targets[chosen]


def find(folder: Path) -> Path | None:
    """The nearest ``flowathena.toml`` in the folder or above it."""
    return next(
        (path for above in (folder, *folder.parents) if (path := above / FILE_NAME).is_file()),
        None,
    )


def load(path: Path | None, environ: Mapping[str, str], folder: Path) -> Config:
    """Read the configuration.

    Args:
        path: the file of ``--config``; None looks at ``FLOWATHENA_CONFIG``, then upward.
        environ: the environment.
        folder: where the search upward starts.

    Raises:
        ConfigError: the file is missing or wrong; tells every problem.
    """
    named = path or (Path(environ[_ENV + "CONFIG"]) if environ.get(_ENV + "CONFIG") else None)
    found = named.absolute() if named else find(folder.absolute())
    if found is None:
        return Config(None, environ.get(_ENV + "TARGET") or None, {})
    text = _text(found)
    return _Reader(found, text, environ).config(_toml(found, text))


def check_target(name: str, table: Mapping[str, object], folder: Path) -> Target:
    """A target from settings that stand in no file yet; relative to a folder, no environment.

    Raises:
        ConfigError: a setting is wrong; tells every problem.
    """
    reader = _Reader(folder / FILE_NAME, "", {})
    target = reader.target(name, dict(table))
    if target is None:
        raise ConfigError([Problem(problem.message) for problem in reader.problems])
    return target


class _Reader:
    """Turns one parsed file into a ``Config``, gathering what is wrong on the way."""

    def __init__(self, path: Path, text: str, environ: Mapping[str, str]) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.environ = environ
        self.problems: list[Problem] = []

    def config(self, data: dict[str, object]) -> Config:
        self._refuse_unknown(data, _TOP_KEYS, section=None)
        tables = data.get("targets", {})
        if not isinstance(tables, dict):
            self._wrong("targets is no table; write [targets.NAME]", None, "targets")
            tables = {}
        targets = dict(self._targets(tables))
        default = self._default(data, tables)
        paths = tuple(self._query_paths(data.get("query_paths", [])))
        if self.problems:
            raise ConfigError(sorted(self.problems, key=lambda problem: problem.line or 0))
        return Config(self.path, default, targets, paths)

    def _targets(self, tables: dict[str, object]) -> Iterator[tuple[str, Target]]:
        for name, table in tables.items():
            if not isinstance(table, dict):
                self._wrong(f"targets.{name} is no table; write [targets.{name}]", None, name)
                continue
            target = self.target(name, table)
            if target:
                yield name, target

    def target(self, name: str, table: dict[str, object]) -> Target | None:
        before = len(self.problems)
        self._refuse_unknown(table, TARGET_KEYS, section=name)
        found = {key: self._setting(key, table) for key in TARGET_KEYS}
        settings = {key: value for key, value in found.items() if value is not None}
        if "location" not in settings:
            self._wrong(f"targets.{name} has no location", name, None)
        checked = {key: self._checked(name, key, value) for key, value in settings.items()}
        if len(self.problems) > before:
            return None
        target = Target(name, **checked)  # type: ignore[arg-type]
        for key, message in contradictions(target):
            self._wrong(message, name, key)
        return target if len(self.problems) == before else None

    def _setting(self, key: str, table: dict[str, object]) -> object:
        return self.environ.get(_ENV + key.upper()) or table.get(key)

    def _checked(self, name: str, key: str, value: object) -> object:
        if key == "log_format":
            return self._checked_format(name, value)
        if key in _TABLES:
            return self._checked_table(name, key, value)
        if not isinstance(value, str):
            self._wrong(f"{key} is no text: {value!r}", name, key)
            return None
        return self._checked_text(name, key, value)

    def _checked_format(self, name: str, value: object) -> tuple[str, ...] | None:
        try:
            return parse_log_format(value)
        except ValueError as error:
            self._wrong(f"log_format: {error}", name, "log_format")
            return None

    def _checked_table(self, name: str, key: str, value: object) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(t, str) for t in value.values()):
            self._wrong(f"{key} is no table of texts; write {_TABLES[key]}", name, key)
            return {}
        known: Iterable[str] = CHOICES["keys"] if key == "keys" else BY_COLUMN
        words = [text.partition(" ")[0] for text in value.values()] if key == "keys" else value
        what = "part" if key == "keys" else "field"
        for word in (word for word in words if word not in known):
            self._wrong(f"{key}: {_unknown(what, word, known)}", name, key)
        return value

    def _checked_text(self, name: str, key: str, value: str) -> str:
        if key in CHOICES and value not in CHOICES[key]:
            self._wrong(_unknown(key, value, CHOICES[key]), name, key)
        if key == "location":
            try:
                return normal_location(value, self.path.parent)
            except ValueError as error:
                self._wrong(str(error), name, key)
        pattern, wanted = _PATTERNS.get(key, (None, ""))
        if pattern and not pattern.fullmatch(value):
            self._wrong(f"{key} {value!r} is not {wanted}", name, key)
        return value

    def _default(self, data: dict[str, object], tables: dict[str, object]) -> str | None:
        default = data.get("default_target")
        if default is not None and not isinstance(default, str):
            self._wrong(f"default_target is no text: {default!r}", None, "default_target")
            return None
        if default is not None and default not in tables:
            self._wrong(_unknown("default_target", default, tables), None, "default_target")
        return self.environ.get(_ENV + "TARGET") or default

    def _query_paths(self, value: object) -> Iterator[Path]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._wrong("query_paths is no list of folders", None, "query_paths")
            return
        for item in value:
            folder = (self.path.parent / Path(item).expanduser()).resolve()
            if not folder.is_dir():
                self._wrong(f"query_paths: {item!r} is no folder", None, "query_paths")
            yield folder

    def _refuse_unknown(
        self, table: Mapping[str, object], known: tuple[str, ...], *, section: str | None
    ) -> None:
        for key in table:
            if key not in known:
                self._wrong(_unknown("key", key, known), section, key)

    def _wrong(self, message: str, section: str | None, key: str | None) -> None:
        self.problems.append(Problem(message, self.path, self._line(section, key)))

    def _line(self, section: str | None, key: str | None) -> int | None:
        """The line of a key; tomllib keeps no lines, so look for it as people write it."""
        heading = rf'\[\s*targets\s*\.\s*"?{re.escape(section or "")}"?\s*\]'
        start = self._search(0, heading) if section else 0
        if key is None or start is None:
            return start + 1 if start is not None else None
        written = rf'(?:\[\s*(?:targets\s*\.\s*)?)?"?{re.escape(key)}"?\s*[=.\]]'
        line = self._search(start, written)
        return None if line is None else line + 1

    def _search(self, start: int, pattern: str) -> int | None:
        written = re.compile(r"\s*" + pattern)
        numbers = range(start, len(self.lines))
        return next((n for n in numbers if written.match(self.lines[n])), None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text") from error


def _toml(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError([Problem(str(error), path, int(line[1]) if line else None)]) from error


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {name!r}; {hint}known: {_listed(known)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
