"""What comes with the package and with Python, read once a process and its children.

A client reads a hundred packaged queries; a statement has a template, which is compiled; a time
zone is looked for in a folder of six hundred files. And of statements that are asked again and
again, of one text about the same tables, the translation for the local engine is kept.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from jinja2 import Environment

from flowathena.engine.local import engine, translate
from flowathena.engine.local.translate import Translation
from flowathena.engine.local.typing import Schema
from flowathena.errors import Problem
from flowathena.inputs import types
from flowathena.package import folder
from flowathena.query import library
from flowathena.query.query import Query
from flowathena.sql.statement import Statement
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


_TELLS_TIME = re.compile("current|local|now", re.IGNORECASE)


@dataclass(frozen=True)
class _Asked:
    """What a translation depends on; the time, if the statement may ask for it."""

    kind: type[Statement]
    sql: str
    tables: str
    moment: datetime | None
    statement: Statement = field(compare=False)
    schema: Schema = field(compare=False)
    now: datetime = field(compare=False)


def _translate_once() -> Callable[[Statement, Schema, datetime], Translation]:
    """Translations by what they depend on; a refusal is made each time."""
    real = translate.translate
    made = lru_cache(1024)(lambda asked: real(asked.statement, asked.schema, asked.now))

    def translated(statement: Statement, schema: Schema, now: datetime) -> Translation:
        moment = now if _TELLS_TIME.search(statement.sql) else None
        tables = repr(schema)
        return made(_Asked(type(statement), statement.sql, tables, moment, statement, schema, now))

    return translated


def keep() -> None:
    """From now on, keep what is read."""
    library._read = _read  # noqa: SLF001
    Environment.compile = _compile_once()  # type: ignore[method-assign]
    engine.translate = translate.translate = _translate_once()  # type: ignore[attr-defined,assignment]
    zones = cache(available_timezones)
    sections.available_timezones = types.available_timezones = zones  # type: ignore[attr-defined]
