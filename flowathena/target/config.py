"""``flowathena.toml``, the environment and flags become one frozen ``Target``.

The only module that reads the environment. Precedence: flag, ``FLOWATHENA_…`` variable, file,
default. Every problem of a file is reported at once; unknown keys list the known ones.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from flowathena.errors import ConfigError, Problem
from flowathena.inputs import toml
from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.formats import parse_log_format
from flowathena.logs.layout import ACCOUNT, REGION
from flowathena.target.target import (
    AWS_ONLY,
    CHOICES,
    S3_LOCATION,
    Target,
    contradictions,
    normalize_location,
    use_alias,
)
from flowathena.text import did_you_mean

FILE_NAME = "flowathena.toml"
_ENV = "FLOWATHENA_"
_TOP_KEYS = ("default_target", "query_paths", "targets")
# Names that need no quotes in Glue and Athena: https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
_NAME = re.compile(r"[a-z0-9_-]{1,255}")
_PATTERNS = {
    "database": (_NAME, "a name of lower-case letters, digits, _ and -"),
    "table": (_NAME, "a name of lower-case letters, digits, _ and -"),
    "region": (REGION, "a Region name such as eu-west-1"),
    "workgroup": (re.compile(r"[A-Za-z0-9._-]{1,128}"), "a workgroup name"),
    "role_arn": (re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+"), "an IAM role ARN"),
    "output_location": (S3_LOCATION, "an s3://bucket/prefix/ location"),
    "account": (ACCOUNT, "a 12-digit account id"),
    "log_region": (REGION, "a Region name such as eu-west-1"),
}
_TABLES = {"keys": "keys = { dt = 'day' }", "columns": "columns = { srcaddr = 'source' }"}
_SWITCHES = ("true", "false")
TARGET_KEYS = tuple(field.name for field in fields(Target) if field.name != "name")


@dataclass(frozen=True)
class Config:
    """A valid configuration.

    Attributes:
        path: the file; None if there is none.
        default_target: the name of the target to use if none is named.
        targets: all targets by name.
        query_paths: the user's own query folders, absolute.
    """

    path: Path | None
    default_target: str | None
    targets: Mapping[str, Target]
    query_paths: tuple[Path, ...] = ()

    def target(self, name: str | None = None) -> Target:
        """The named target; without a name, the default target or the only one.

        Raises:
            ConfigError: there is no such target, or there are several and none is named.
        """
        if not self.targets:
            raise ConfigError(
                f"no target is configured; 'flowathena init LOCATION' writes {FILE_NAME}"
            )
        chosen = name or self.default_target
        if chosen is None and len(self.targets) == 1:
            return next(iter(self.targets.values()))
        if chosen is None:
            raise ConfigError(f"choose a target with -t: {_list_names(self.targets)}")
        if chosen not in self.targets:
            raise ConfigError(_describe_unknown("target", chosen, self.targets))
        return self.targets[chosen]


def find(folder: Path) -> Path | None:
    """The nearest ``flowathena.toml`` in the folder or above it."""
    return next(
        (path for above in (folder, *folder.parents) if (path := above / FILE_NAME).is_file()),
        None,
    )


def locate(path: Path | None, folder: Path, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration file in effect, absolute, whether it exists or not; None if there is none.

    Args:
        path: the file of ``--config``; None uses ``FLOWATHENA_CONFIG``, then searches upward.
        folder: where the search upward starts.
        environ: the environment.
    """
    variable = environ.get(_ENV + "CONFIG")
    chosen = path or (Path(variable) if variable else None)
    return chosen.absolute() if chosen else find(folder.absolute())


def load(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Config:
    """Read the configuration.

    Args:
        path: the file of ``--config``; None uses ``FLOWATHENA_CONFIG``, then searches upward.
        environ: the environment.
        folder: where the search upward starts; None for the current folder.

    Raises:
        ConfigError: the file is missing or invalid; lists every problem.
    """
    file = locate(path, folder or Path.cwd(), environ)
    if file is None:
        return Config(None, environ.get(_ENV + "TARGET") or None, {})
    return _Reader(file, _parse(file), environ).config()


def is_ci(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this runs in continuous integration, whose logs keep every step of a moving line."""
    return environ.get("CI", "").lower() not in {"", "0", "false"}


def check_target(name: str, table: Mapping[str, object], folder: Path) -> Target:
    """A target from settings that are in no file yet; the environment is not read.

    Args:
        name: the target's name.
        table: its settings, as in a ``[targets.NAME]`` table.
        folder: what a relative location is relative to.

    Raises:
        ConfigError: a setting is invalid; lists every problem.
    """
    reader = _Reader(folder / FILE_NAME, toml.Document({}), {})
    target = reader.target(name, dict(table))
    if target is None:
        raise ConfigError([Problem(problem.message) for problem in reader.problems])
    return target


def query_folders(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    """Query folders, absolute; relative ones are relative to the current folder.

    Raises:
        ConfigError: one is not a folder; lists every problem.
    """
    folders = {path: Path(path).expanduser().resolve() for path in paths}
    problems = [
        Problem(_not_a_folder(path)) for path, folder in folders.items() if not folder.is_dir()
    ]
    if problems:
        raise ConfigError(problems)
    return tuple(folders.values())


class _Reader:
    """Turns a parsed file into a ``Config`` and collects its problems."""

    def __init__(self, path: Path, document: toml.Document, environ: Mapping[str, str]) -> None:
        self.path = path
        self.document = document
        self.environ = environ
        self.problems: list[Problem] = []

    def config(self) -> Config:
        data = self.document.data
        self._refuse_unknown(data, _TOP_KEYS)
        tables = data.get("targets", {})
        if not isinstance(tables, dict):
            self._add_problem("targets must be a table; write [targets.NAME]", "targets")
            tables = {}
        targets = dict(self._targets(tables))
        default = self._default(data, tables)
        paths = tuple(self._query_paths(data.get("query_paths", [])))
        if self.problems:
            # A variable applies to every target: its problem is one, however many there are.
            problems = dict.fromkeys(self.problems)
            raise ConfigError(sorted(problems, key=lambda problem: problem.line or 0))
        return Config(self.path, default, targets, paths)

    def _targets(self, tables: dict[str, object]) -> Iterator[tuple[str, Target]]:
        for name, table in tables.items():
            if not isinstance(table, dict):
                message = f"targets.{name} must be a table; write [targets.{name}]"
                self._add_problem(message, "targets", name)
                continue
            target = self.target(name, table)
            if target:
                yield name, target

    def target(self, name: str, table: dict[str, object]) -> Target | None:
        """One target; None if it has a problem."""
        before = len(self.problems)
        self._refuse_unknown(table, TARGET_KEYS, "targets", name)
        values = {key: self._value(key, table) for key in TARGET_KEYS}
        settings = {key: value for key, value in values.items() if value is not None}
        if "location" not in settings:
            self._add_problem(f"targets.{name} has no location", "targets", name)
        checked = {key: self._check(name, key, value) for key, value in settings.items()}
        if len(self.problems) > before:
            return None
        target = Target(name, **checked)  # type: ignore[arg-type]
        for key, message in contradictions(target):
            self._refuse_setting(message, name, key)
        if target.is_local:  # a variable, however, is for every target of the file
            for key in (each for each in AWS_ONLY if each in table):
                message = f"{key} is for logs in S3; the location of {name} is a folder"
                self._add_problem(message, "targets", name, key)
        return target if len(self.problems) == before else None

    def _value(self, key: str, table: dict[str, object]) -> object:
        return self.environ.get(_ENV + key.upper()) or table.get(key)

    def _check(self, name: str, key: str, value: object) -> object:
        if key == "log_format":
            return self._check_format(name, value)
        if key in _TABLES:
            return self._check_table(name, key, value)
        if key == "request_payer":
            return self._check_switch(name, key, value)
        if not isinstance(value, str):
            self._refuse_setting(f"{key} must be a string, not {value!r}", name, key)
            return None
        return self._check_text(name, key, value)

    def _check_switch(self, name: str, key: str, value: object) -> bool:
        if not isinstance(value, bool) and value not in _SWITCHES:  # texts: from the environment
            self._refuse_setting(f"{key} must be true or false, not {value!r}", name, key)
        return value in (True, "true")

    def _check_format(self, name: str, value: object) -> tuple[str, ...] | None:
        try:
            return parse_log_format(value)
        except ValueError as error:
            self._refuse_setting(f"log_format: {error}", name, "log_format")
            return None

    def _check_table(self, name: str, key: str, value: object) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(t, str) for t in value.values()):
            message = f"{key} must be a table of strings; write {_TABLES[key]}"
            self._refuse_setting(message, name, key)
            return {}
        for column, text in value.items():
            if key == "keys":  # a key's part may be followed by its date format: 'day yyyyMMdd'
                problem = _unless_known("part", text.partition(" ")[0], CHOICES["keys"])
            else:
                problem = _unless_known("field", column, BY_COLUMN)
            if problem:
                self._refuse_setting(f"{key}: {problem}", name, key, column)
        return value

    def _check_text(self, name: str, key: str, value: str) -> str:
        if key in CHOICES and value not in CHOICES[key]:
            self._refuse_setting(_describe_unknown(key, value, CHOICES[key]), name, key)
        if key == "location":
            try:
                return normalize_location(value, self.path.parent)
            except ValueError as error:
                self._refuse_setting(str(error), name, key)
        pattern, expected = _PATTERNS.get(key, (None, ""))
        if key == "output_location" and value.startswith(("s3://arn:", "arn:")):
            self._refuse_setting(f"{key} {value!r} is an ARN; {use_alias(value)}", name, key)
        elif pattern and not pattern.fullmatch(value):
            self._refuse_setting(f"{key} {value!r} is not {expected}", name, key)
        return value

    def _default(self, data: dict[str, object], tables: dict[str, object]) -> str | None:
        default = data.get("default_target")
        if default is not None and not isinstance(default, str):
            message = f"default_target must be a string, not {default!r}"
            self._add_problem(message, "default_target")
            return None
        if default is not None and default not in tables:
            self._add_problem(
                _describe_unknown("default_target", default, tables), "default_target"
            )
        return self.environ.get(_ENV + "TARGET") or default

    def _query_paths(self, value: object) -> Iterator[Path]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._add_problem("query_paths must be a list of folders", "query_paths")
            return
        for item in value:
            folder = (self.path.parent / Path(item).expanduser()).resolve()
            if not folder.is_dir():
                self._add_problem(_not_a_folder(item), "query_paths")
            yield folder

    def _refuse_unknown(
        self, table: Mapping[str, object], known: tuple[str, ...], *path: str
    ) -> None:
        for key in table:
            if key not in known:
                self._add_problem(_describe_unknown("key", key, known), *path, key)

    def _refuse_setting(self, message: str, name: str, key: str, *within: str) -> None:
        """Report a target's setting where its value comes from: the environment or the file."""
        variable = _ENV + key.upper()
        if self.environ.get(variable):
            self.problems.append(Problem(f"{variable}: {message}"))
        else:
            self._add_problem(message, "targets", name, key, *within)

    def _add_problem(self, message: str, *key_path: str) -> None:
        self.problems.append(Problem(message, self.path, self.document.line(*key_path)))


def _parse(path: Path) -> toml.Document:
    try:
        return toml.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text") from error
    except toml.TomlError as error:
        raise ConfigError([Problem(str(error), path, error.line)]) from error


def _not_a_folder(path: str | Path) -> str:
    return f"query_paths: {str(path)!r} is not a folder"


def _unless_known(what: str, name: str, known: Collection[str]) -> str | None:
    return None if name in known else _describe_unknown(what, name, known)


def _describe_unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"unknown {what} {name!r}; {did_you_mean(name, known)}known: {_list_names(known)}"


def _list_names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
