"""Starts a query of one's own: its file, a case that passes, its folder in the configuration."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from flowathena import files
from flowathena.cases.reading import FOLDER
from flowathena.errors import FlowathenaError, QueryError, UsageError
from flowathena.inputs import toml
from flowathena.package import folder as shipped
from flowathena.query.header import HEADER, NAME
from flowathena.query.library import Library
from flowathena.query.query import Query
from flowathena.target.config import Config
from flowathena.target.edits import add_query_path
from flowathena.target.file import toml_text

_QUERIES = "queries"


@dataclass(frozen=True)
class Started:
    """What is written.

    Attributes:
        query: the query's file.
        cases: the file of its cases; None if the query that it began from has none.
        configured: the configuration file to which the folder was added; None if it was there.
    """

    query: Path
    cases: Path | None
    configured: Path | None


def case_file(query: Query) -> Path:
    """Where the cases of a query are: ``cases/NAME.toml`` in its query folder."""
    assert query.file is not None  # noqa: S101 - a saved query has a file
    depth = len(query.topic.split("/")) if query.topic else 0
    root = query.file.parents[depth]
    name = f"{query.name}.toml"
    if root == shipped(_QUERIES) and not (root / FOLDER).is_dir():
        return root.parent / "tests" / FOLDER / name  # in a checkout
    return root / FOLDER / name


def start(  # noqa: PLR0913 - what a person may choose
    name: str,
    library: Library,
    settings: Config,
    here: Path,
    *,
    folder: Path | None = None,
    title: str | None = None,
    source: str | None = None,
) -> Started:
    """Write a new query and a case for it, and add its folder to the configuration if needed.

    Args:
        name: the query's name.
        library: the queries that exist.
        settings: the configuration.
        here: the current folder.
        folder: where to write the query; None for the first of ``query_paths``, or ``queries/``
            beside the configuration file.
        title: its title.
        source: a query to begin with; a packaged one of the same name is replaced by the new one.
            Without a folder, the new one is in a folder of the same topic.

    Raises:
        UsageError: the name is malformed or taken, or a file of it exists.
        QueryError: there is no query to begin with.
        ConfigError: the folder cannot be added to the configuration file.
    """
    original = library.get(source) if source is not None else None
    _check_name(name, library, original)
    root, topic = _place(settings, here, folder)
    if folder is None and original and original.topic:
        topic = Path(original.topic)
    query, cases = root / topic / f"{name}.sql", root / FOLDER / f"{name}.toml"
    for path in (query, cases):
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} exists already; choose another name, or edit it")
    text, tried = _texts(name, title, original)
    for path in (query, cases) if tried else (query,):
        _make_folder(path.parent)
    if tried:
        files.write(tried, cases)
    files.write(text.encode(), query)
    is_known = root in settings.query_paths
    configured = None if is_known else add_query_path(settings, root, here)
    return Started(query, cases if tried else None, configured)


def _check_name(name: str, library: Library, original: Query | None) -> None:
    if not NAME.fullmatch(name):
        plain = unicodedata.normalize("NFKD", name.removesuffix(".sql")).encode("ascii", "ignore")
        better = (
            re.sub(r"[^a-z0-9]+", "_", plain.decode().lower()).rstrip("_").lstrip("_0123456789")
        )
        hint = f"; {better!r} is one" if NAME.fullmatch(better) else ""
        raise UsageError(
            f"{name!r} is not a query's name: it has lower-case letters, digits and _ only, and "
            f"begins with a letter{hint}"
        )
    broken = [each.file for each in library.problems if each.file and each.file.stem == name]
    if broken:
        raise UsageError(f"query {name!r} exists already in {broken[0]}; choose another name")
    known = library.queries.get(name)
    if known is None:
        return
    if name in library.own:
        raise UsageError(f"query {name!r} exists already in {known.file}; choose another name")
    if known is not original:
        raise UsageError(
            f"query {name!r} ships with flowathena; 'flowathena queries new {name} --from {name}' "
            "makes a copy that replaces it, with override = true in its header"
        )


def _place(settings: Config, here: Path, folder: Path | None) -> tuple[Path, Path]:
    """The query folder, and the folder within it."""
    if folder is None:
        above = settings.path.absolute().parent if settings.path else here
        chosen = settings.query_paths[0] if settings.query_paths else (above / _QUERIES).resolve()
        return chosen, Path()
    try:
        whole = (here / folder.expanduser()).resolve()
    except (
        RuntimeError
    ) as error:  # Python's own for a home that nobody has, and for a loop of links
        raise UsageError(f"--folder: {folder}: {error}") from error
    if whole.exists() and not whole.is_dir():
        raise UsageError(f"--folder: {folder} is not a folder")
    for root in settings.query_paths:
        if whole.is_relative_to(root):
            return root, whole.relative_to(root)
    return whole, Path()


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FlowathenaError(f"cannot make the folder {path}: {error.strerror}") from error


def _texts(name: str, title: str | None, original: Query | None) -> tuple[str, bytes | None]:
    """The query, and its cases if there are any."""
    if original is None:
        spoken = title or name.replace("_", " ").capitalize()
        query = _START.replace("NAME", name).replace("TITLE", toml_text(spoken))
        return query, _START_CASE.replace("NAME", name).encode()
    assert original.file is not None  # noqa: S101 - a saved query has a file
    text = original.file.read_text(encoding="utf-8-sig")
    cases = case_file(original)
    return _copied(text, original, name, title), cases.read_bytes() if cases.is_file() else None


def _copied(text: str, original: Query, name: str, title: str | None) -> str:
    """A query file under another name, or to replace one of its own."""
    match = HEADER.match(text)
    if match is None:
        raise QueryError([original.problem("has no header; begin with /* --- … --- */", 1)])
    changes: dict[str, str | None] = {"title": toml_text(title)} if title else {}
    if name == original.name:
        changes["override"] = "true"
    else:
        changes |= {"override": None, "aliases": None}  # another name replaces nothing
    header = _changed(match[1], changes)
    return text[: match.start(1)] + header + text[match.end(1) :]


def _changed(header: str, changes: dict[str, str | None]) -> str:
    """A header with other values for some keys; None removes a key, a new one comes second."""
    lines = header.splitlines(keepends=True)
    for key, value in changes.items():
        first = toml.parse("".join(lines)).line(key)
        at = len(lines[:1]) if first is None else first - 1
        end = at if first is None else _statement_end(lines, at)
        lines[at:end] = [] if value is None else [f"{key} = {value}\n"]
    return "".join(lines)


def _statement_end(lines: list[str], at: int) -> int:
    """Where the statement that begins on a line ends; it may be an array of several lines."""
    for end in range(at + 1, len(lines)):
        try:
            toml.parse("".join(lines[at:end]))
        except toml.TomlError:
            continue
        return end
    return len(lines)


_START = """/* ---
title = TITLE
description = "What it answers, and how it counts."
tags = []
since = "24h"

# Each parameter is an option of 'flowathena run NAME', and stands in the text as {{ name }}.
[params.port]
type = "port"
default = 443
help = "Destination port"

[params.limit]
type = "int"
default = 10
min = 1
help = "Rows"
--- */
SELECT srcaddr, count(*) AS flows, sum(bytes) AS bytes
FROM flow_logs
WHERE action = 'ACCEPT' AND dstport = {{ port }}
GROUP BY srcaddr
ORDER BY bytes DESC, srcaddr
LIMIT {{ limit }}
"""

_START_CASE = '''# Records as AWS writes them, and the answer worked out by hand.
# 'flowathena queries test NAME' asks the query and compares.
# 2026-11-01T00:00:00Z is 1793491200.
columns = ["srcaddr", "flows", "bytes"]

[[case]]
name = "sources of accepted flows to the port, largest first"
since = "2026-11-01"
until = "2026-11-02"
params = { port = 443 }
rows = [
  ["10.0.1.6", 1, 5000],
  ["10.0.1.5", 2, 1500],
]

[[case.file]]
day = "2026-11-01"
# version account interface source destination srcport dstport protocol packets bytes start end …
records = """
2 111122223333 eni-0a1b2c3d 10.0.1.5 10.0.2.9 50001 443 6 10 1000 1793500000 1793500060 ACCEPT OK
2 111122223333 eni-0a1b2c3d 10.0.1.5 10.0.2.9 50002 443 6 5 500 1793500000 1793500060 ACCEPT OK
2 111122223333 eni-0a1b2c3d 10.0.1.6 10.0.2.9 50003 443 6 50 5000 1793500000 1793500060 ACCEPT OK
"""
# Records that may not count, each with the reason: a wrong answer names the one that did.
[case.file.must_not]
"another port" = """
2 111122223333 eni-0a1b2c3d 10.0.1.7 10.0.2.9 50004 80 6 1 9 1793500000 1793500060 ACCEPT OK
"""
"refused" = """
2 111122223333 eni-0a1b2c3d 10.0.1.7 10.0.2.9 50005 443 6 1 9 1793500000 1793500060 REJECT OK
"""
"a second before since" = """
2 111122223333 eni-0a1b2c3d 10.0.1.7 10.0.2.9 50006 443 6 1 9 1793491199 1793491259 ACCEPT OK
"""
'''
