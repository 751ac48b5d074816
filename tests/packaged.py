"""What comes with the package and with Python, read once a process and its children.

A client reads a hundred packaged queries; a statement has a template, which is compiled; a time
zone is looked for in a folder of six hundred files.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from jinja2 import Environment

from flowathena.errors import Problem
from flowathena.inputs import types
from flowathena.package import folder
from flowathena.query import library
from flowathena.query.query import Query
from flowathena.target import sections

_Found = tuple[dict[str, Query], list[Problem]]
_real = library._read  # noqa: SLF001 - what is called once


@cache
def _packaged() -> _Found:
    return _real([folder("queries")])


def _read(paths: Iterable[Path], name: str | None = None) -> _Found:
    """As of the library; files of users are read each time."""
    given = list(paths)
    if given != [folder("queries")]:
        return _real(given, name)
    queries, problems = _packaged()
    return {each: queries[each] for each in queries if name in (None, each)}, [*problems]


def _compile_once() -> Callable[..., Any]:
    """A template's code: the environments of one of our files differ in nothing that shows."""
    known: dict[tuple[str, str], Any] = {}
    real = Environment.compile

    def compile_(
        self: Environment,
        source: Any,  # noqa: ANN401 - a text, or a tree
        name: str | None = None,
        filename: str | None = None,
        **how: Any,  # noqa: ANN401 - jinja2's
    ) -> Any:  # noqa: ANN401 - same
        if how or filename is None or not Path(filename).is_relative_to(folder("ddl")):
            return real(self, source, name, filename, **how)
        key = filename, source
        if key not in known:
            known[key] = real(self, source, name, filename)
        return known[key]

    return compile_


def keep() -> None:
    """From now on, keep what is read."""
    library._read = _read  # noqa: SLF001
    Environment.compile = _compile_once()  # type: ignore[method-assign]
    zones = cache(available_timezones)
    sections.available_timezones = types.available_timezones = zones  # type: ignore[attr-defined]
