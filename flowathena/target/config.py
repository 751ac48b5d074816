"""``flowathena.toml``, the environment and flags become one frozen ``Target``.

The only module that reads the environment. Precedence: flag, ``FLOWATHENA_…`` variable, file,
default. Every problem of a file is reported at once; unknown keys list the known ones.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flowathena.errors import ConfigError, Problem
from flowathena.inputs import textfile, toml
from flowathena.target.check import Checker, describe_unknown, list_names
from flowathena.target.choice import asks_for_several
from flowathena.target.settings import ENV, FILE_NAME, SETTINGS
from flowathena.target.target import SOURCE_ONLY, Target
from flowathena.text import closest

_TOP_KEYS = ("default_target", "query_paths", "targets")
_MOST_BYTES = 1_000_000
_LISTED = "docs/configuration.md lists them"
_VARIABLES = tuple(ENV + name.upper() for name in ("config", "target", "cache", *SETTINGS))


@dataclass(frozen=True)
class Provenance:
    """Where a value comes from: a variable, a line of a file, or neither: the default.

    Attributes:
        variable: the environment variable; empty if it is none.
        file: the file; None if it is none.
        line: the line of the file.
    """

    variable: str = ""
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        """``FLOWATHENA_TABLE``, ``flowathena.toml:3`` or ``default``."""
        if self.variable:
            return self.variable
        return f"{self.file.name}:{self.line}" if self.file else "default"

    def to_json(self) -> dict[str, object]:
        """``{"from": "environment" | "file" | "default", "variable", "file", "line"}``."""
        origin = "environment" if self.variable else "file" if self.file else "default"
        file = str(self.file) if self.file else None
        return {
            "from": origin,
            "variable": self.variable or None,
            "file": file,
            "line": self.line,
        }


@dataclass(frozen=True)
class Config:
    """A valid configuration.

    Attributes:
        path: the file; None if there is none.
        default_target: the name of the target to use if none is named.
        targets: all targets by name.
        query_paths: the user's own query folders, absolute.
        document: the text of the file, with its lines.
        variables: the environment variables that set something.
        invalid: what is wrong with the targets that are left out; none unless that was asked for.
    """

    path: Path | None
    default_target: str | None
    targets: Mapping[str, Target]
    query_paths: tuple[Path, ...] = ()
    document: toml.Document = field(default_factory=lambda: toml.Document({}), repr=False)
    variables: frozenset[str] = frozenset()
    invalid: Mapping[str, ConfigError] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all targets in the order of the file, valid or not."""
        tables = self.document.data.get("targets", {})
        return tuple(tables) if isinstance(tables, dict) else ()

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
            raise ConfigError(f"choose a target with -t: {list_names(self.targets)}")
        if chosen not in self.targets:
            variable = "" if name else self.source("default_target").variable
            about = f"{variable}: " if variable else ""
            if asks_for_several(chosen, self.targets):
                raise ConfigError(
                    f"{about}{chosen!r} stands for several targets, and this command works on one: "
                    f"choose among {list_names(self.targets)}"
                )
            raise ConfigError(about + describe_unknown("target", chosen, self.targets))
        return self.targets[chosen]

    def source(self, *path: str) -> Provenance:
        """Where a value comes from.

        Args:
            path: its keys: ``"default_target"``, or ``"targets"``, a target's name and a setting.
        """
        key = "target" if path == ("default_target",) else path[-1]
        variable = ENV + key.upper()
        if variable in self.variables and path[0] != "query_paths":
            return Provenance(variable=variable)
        return self._written(*path)

    def settings_of(self, name: str) -> dict[str, object]:
        """A target's table as the file has it, with what variables say instead.

        Args:
            name: the target.
        """
        tables = self.document.data.get("targets")
        written = tables.get(name) if isinstance(tables, dict) else None
        table: dict[str, object] = dict(written) if isinstance(written, dict) else {}
        target = self.targets[name]
        for key, value in target.settings.items():
            if key in SETTINGS and self.source("targets", name, key).variable:
                table[key] = list(value) if isinstance(value, tuple) else value
        return table

    def source_of_table(self, name: str, position: int, key: str) -> Provenance:
        """Where a setting of a target's further table comes from: its own, or the target's.

        Args:
            name: the target.
            position: the place of the table among the target's sources.
            key: the setting.
        """
        own = self._written("targets", name, "sources", position, key)
        return own if own.file or key in SOURCE_ONLY else self.source("targets", name, key)

    def _written(self, *path: str | int) -> Provenance:
        line = self.document.line(*path)
        return Provenance(file=self.path, line=line) if line else Provenance()


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
    variable = environ.get(ENV + "CONFIG")
    chosen = path or (Path(variable) if variable else None)
    return chosen.absolute() if chosen else find(folder.absolute())


def load(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    *,
    lenient: bool = False,
) -> Config:
    """Read the configuration.

    Args:
        path: the file of ``--config``; None uses ``FLOWATHENA_CONFIG``, then searches upward.
        environ: the environment.
        folder: where the search upward starts; None for the current folder.
        lenient: leave out targets with problems, and keep these in ``invalid``.

    Raises:
        ConfigError: the file is missing or invalid; lists every problem.
    """
    file = locate(path, folder or Path.cwd(), environ)
    if file is None:
        return Config(None, environ.get(ENV + "TARGET") or None, {}, variables=_in_use(environ))
    by_variable = path is None and bool(environ.get(ENV + "CONFIG"))
    document = _parse(file, ENV + "CONFIG" if by_variable else "")
    return _Reader(file, document, environ, path).config(lenient=lenient)


def misspelt_variables(environ: Mapping[str, str] = os.environ) -> list[str]:
    """A message for every ``FLOWATHENA_…`` variable that has a value and is not known."""
    known = [name.removeprefix(ENV) for name in _VARIABLES]
    given = sorted(name.removeprefix(ENV) for name in environ if name.startswith(ENV))
    return [
        f"{ENV}{name} is not a variable of flowathena and is ignored; "
        + (f"did you mean {ENV}{match}?" if (match := closest(name, known)) else _LISTED)
        for name in given
        if name not in known and environ[ENV + name]
    ]


def is_ci(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this runs in continuous integration, whose logs keep every step of a moving line."""
    return environ.get("CI", "").lower() not in {"", "0", "false"}


def check_target(
    name: str, table: Mapping[str, object], folder: Path, named: Path | None = None
) -> Target:
    """A target from settings that are in no file yet; the environment is not read.

    Args:
        name: the target's name.
        table: its settings, as in a ``[targets.NAME]`` table.
        folder: what a relative location is relative to.
        named: the file of ``--config`` that the target is for.

    Raises:
        ConfigError: a setting is invalid; lists every problem.
    """
    checker = Checker(folder / FILE_NAME, toml.Document({}), {})
    target = checker.target(name, dict(table))
    if target is None:
        raise ConfigError([Problem(problem.message) for problem in checker.problems])
    return target.in_file(_unless_found(named))


def environment_target(name: str, environ: Mapping[str, str] = os.environ) -> Target | None:
    """The target that the variables alone describe; None if they name no location.

    Args:
        name: the target's name.
        environ: the environment.

    Raises:
        ConfigError: a variable is invalid; lists every problem.
    """
    if not environ.get(f"{ENV}LOCATION"):
        return None
    checker = Checker(Path.cwd() / FILE_NAME, toml.Document({}), environ)
    target = checker.target(name, {})
    if target is None:
        raise ConfigError([Problem(problem.message) for problem in checker.problems])
    return target


def _unless_found(named: Path | None) -> str:
    """The file of ``--config`` as it was named; empty if the current folder leads to it as well."""
    if named is None or find(Path.cwd()) == named.absolute():
        return ""
    return str(named)


def _in_use(environ: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name in _VARIABLES if environ.get(name))


class _Reader:
    """Turns a parsed file into a ``Config``; ``named`` is the file of ``--config``."""

    def __init__(
        self,
        path: Path,
        document: toml.Document,
        environ: Mapping[str, str],
        named: Path | None,
    ) -> None:
        self._path = path
        self._named = _unless_found(named)
        self._document = document
        self._environ = environ
        self._checker = Checker(path, document, environ)
        self._invalid: dict[str, ConfigError] = {}

    def config(self, *, lenient: bool) -> Config:
        """The configuration.

        Raises:
            ConfigError: it is invalid; lists every problem.
        """
        data = self._document.data
        self._checker.refuse_unknown(data, _TOP_KEYS)
        tables = data.get("targets", {})
        if not isinstance(tables, dict):
            message = f"targets must be a table, not {toml.describe(tables)}; write [targets.NAME]"
            self._checker.add_problem(message, "targets")
            tables = {}
        targets = dict(self._targets(tables))
        default = self._default(data, tables)
        paths = tuple(self._query_paths(data.get("query_paths", [])))
        known = {problem for each in self._invalid.values() for problem in each.problems}
        # A variable applies to every target: its problem is one, however many there are.
        problems = [
            problem
            for problem in dict.fromkeys(self._checker.problems)
            if not (lenient and problem in known)
        ]
        if problems:
            raise ConfigError(sorted(problems, key=lambda problem: problem.line or 0))
        variables = _in_use(self._environ)
        return Config(self._path, default, targets, paths, self._document, variables, self._invalid)

    def _targets(self, tables: dict[str, object]) -> Iterator[tuple[str, Target]]:
        for name, table in tables.items():
            before = len(self._checker.problems)
            target = self._target(name, table)
            if target:
                yield name, target.in_file(self._named)
            else:
                self._invalid[name] = ConfigError(self._checker.problems[before:])

    def _target(self, name: str, table: object) -> Target | None:
        if isinstance(table, dict):
            return self._checker.target(name, table)
        given = toml.describe(table)
        message = f"targets.{name} must be a table, not {given}; write [targets.{name}]"
        self._checker.add_problem(message, "targets", name)
        return None

    def _default(self, data: dict[str, object], tables: dict[str, object]) -> str | None:
        default = data.get("default_target")
        if default is not None and not isinstance(default, str):
            message = toml.not_a_string("default_target", default)
            self._checker.add_problem(message, "default_target")
            return None
        if default is not None and default not in tables:
            self._checker.add_problem(
                describe_unknown("default_target", default, tables), "default_target"
            )
        return self._environ.get(ENV + "TARGET") or default

    def _query_paths(self, value: object) -> Iterator[Path]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._checker.add_problem("query_paths must be a list of folders", "query_paths")
            return
        for item in value:
            folder = (self._path.parent / Path(item).expanduser()).resolve()
            if not folder.is_dir():
                self._checker.add_problem(not_a_folder(item), "query_paths")
            yield folder


def _parse(path: Path, variable: str = "") -> toml.Document:
    """The file; ``variable`` is the one that names it, for messages."""
    about = f"{variable}: " if variable else ""
    try:
        return toml.parse(textfile.read(path, _MOST_BYTES))
    except IsADirectoryError as error:
        raise ConfigError(f"{about}cannot read {path}: it is a folder; name its file") from error
    except OSError as error:
        raise ConfigError(f"{about}cannot read {path}: {error.strerror}") from error
    except textfile.TextFileError as error:
        if error.line is None:
            raise ConfigError(f"{about}{path} {error}; it is not a configuration") from error
        raise ConfigError([Problem(f"this {error}", path, error.line)]) from error
    except toml.TomlError as error:
        raise ConfigError([Problem(str(error), path, error.line)]) from error
    except ValueError as error:  # a null byte in the path
        raise ConfigError(f"{about}cannot read {path}: {error}") from error


def not_a_folder(path: str | Path) -> str:
    """The message about a query path that is no folder."""
    return f"query_paths: {str(path)!r} is not a folder"


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where is kept what can be found again: the user's own folder, or ``XDG_CACHE_HOME``'s.

    ``FLOWATHENA_CACHE`` names another.
    Source: https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if own := environ.get(ENV + "CACHE"):
        return Path(own).expanduser().absolute()
    above = Path(environ.get("XDG_CACHE_HOME", ""))
    return (above if above.is_absolute() else Path("~/.cache").expanduser()) / "flowathena"
