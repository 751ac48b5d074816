"""Queries of one's own: new ones, their cases, statements typed."""

from collections.abc import Callable
from pathlib import Path

from tests.hostile.case import WINDOW, Case

_HEAD = '/* ---\ntitle = "Own"\n'
_QUERY = f"{_HEAD}--- */\nSELECT count(*) AS n FROM flow_logs\n"
_CASE = """columns = ["n"]
[[case]]
name = "none"
until = "2026-11-02"
rows = [[0]]
[[case.file]]
day = "2026-11-01"
records = ""
"""


def files(**contents: str | bytes) -> Callable[[Path], object]:
    """Files below ``mine``, a folder of queries: ``cases__own_toml`` is ``cases/own.toml``."""

    def spoil(folder: Path) -> None:
        for name, content in contents.items():
            path = folder / "mine" / ".".join(name.replace("__", "/").rsplit("_", 1))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        config = folder / "flowathena.toml"
        config.write_text(f'query_paths = ["mine"]\n{config.read_text()}')

    return spoil


def cases(text: str | bytes) -> Callable[[Path], object]:
    """A query ``own`` with this file of cases."""
    return files(own_sql=_QUERY, cases__own_toml=text)


def _unwritable(folder: Path) -> None:
    (folder / "queries").write_text("a file, not a folder")


def _broken_link(folder: Path) -> None:
    files()(folder)
    (folder / "mine").mkdir()
    (folder / "mine" / "own.sql").symlink_to("nowhere.sql")


def statement(content: bytes) -> Callable[[Path], object]:
    """A file ``a.sql``."""
    return lambda folder: (folder / "a.sql").write_bytes(content)


CASES = [
    Case("a new name with a path", "queries new ../../etc/evil", 2, "'etc_evil' is one"),
    Case("a new name that ships", "queries new preview", 2, "queries new preview --from preview'"),
    Case("queries/ is a file", "queries new mine", 1, "cannot make the folder", _unwritable),
    Case(
        "a folder that is a file",
        "queries new mine --folder flowathena.toml",
        2,
        "--folder: flowathena.toml is not a folder",
    ),
    Case(
        "a packaged name without override",
        f"run preview {WINDOW}",
        2,
        "preview.sql:1: query 'preview' ships with flowathena; to replace it, write override",
        files(preview_sql=_QUERY),
    ),
    Case(
        "an override of nothing",
        f"run own {WINDOW}",
        2,
        "own.sql:3: override: no query 'own' ships with flowathena; remove override",
        files(own_sql=_QUERY.replace("--- */", "override = true\n--- */")),
    ),
    Case(
        "cases that are no TOML",
        "queries test",
        2,
        "cases/own.toml:3: there is no valid value here",
        cases(_CASE.replace('"none"', "none")),
    ),
    Case("cases of bytes", "queries test", 2, "own.toml:1: is not UTF-8 text", cases(b"\xff\xfe")),
    Case(
        "a case that would write elsewhere",
        "queries test",
        2,
        "own.toml:8: account '../../../evil' is not an account id of 12 digits",
        cases(_CASE.replace("records =", 'account = "../../../evil"\nrecords =')),
    ),
    Case(
        "a record cut short",
        "queries test",
        2,
        "own.toml:8: a record has 1 fields, its header has 14",
        cases(_CASE.replace('records = ""', 'records = "2"')),
    ),
    Case("a query without a case", "queries test own", 2, "no cases; write", files(own_sql=_QUERY)),
    Case(
        "a case with a parameter that is none",
        "queries test own",
        3,
        "port: is not a parameter of this query; it has: none",
        cases(_CASE.replace("rows =", "params = { port = 1 }\nrows =")),
    ),
    Case("a case without records passes", "queries test own", 0, "pass  own: none", cases(_CASE)),
    Case("no statement", "sql", 2, "give a statement: as text, as -f FILE, or - for standard"),
    Case("two statements", "sql 'SELECT 1; SELECT 2'", 2, "contains 2 statements; write one"),
    Case("a text and a file", "sql 'SELECT 1' -f a.sql", 2, "as text or as -f FILE, not both"),
    Case("a file as text", "sql a.sql", 2, "'a.sql' is the name of a file; write -f a.sql"),
    Case("a file without an end", "sql -f /dev/zero", 2, "/dev/zero: is larger than 10 MB"),
    Case("a file of bytes", "sql -f a.sql", 2, "a.sql:2: is not UTF-8", statement(b"--\n\xff")),
    Case(
        "a mistake on a line",
        "sql -f a.sql",
        2,
        "a.sql:3: unknown field 'srcadr'; did you mean 'srcaddr'?",
        statement(b"-- mine\nSELECT dstaddr,\n  srcadr\nFROM flow_logs;\n"),
    ),
    Case(
        "a saved query as a statement",
        "sql -f a.sql",
        2,
        "a.sql:1: is a saved query, which has a header",
        statement(_QUERY.encode()),
    ),
    Case(
        "a text in double quotes",
        """sql 'SELECT bytes FROM flow_logs WHERE srcaddr = "10.0.0.1"'""",
        2,
        "unknown field \"10.0.0.1\"; a text has single quotes: '10.0.0.1'",
    ),
    Case("no FROM", "sql 'SELECT srcaddr'", 2, "has no FROM, so that it has no field 'srcaddr'"),
    Case(
        "the table's own name, on its line",
        "sql -f a.sql",
        2,
        "a.sql:2: reads unknown table 'vpc_flow_logs'; a query reads flow_logs",
        statement(b"SELECT bytes\nFROM vpc_flow_logs\n"),
    ),
    Case(
        "a query that is a broken link",
        "queries check own",
        3,
        "mine/own.sql:1: error: cannot be read: ",
        _broken_link,
    ),
    Case(
        "a folder that is a link to itself",
        "queries new mine --folder loop",
        2,
        "--folder: loop: Symlink loop",
        lambda folder: (folder / "loop").symlink_to("loop"),
    ),
    Case("a folder without a name", "queries new mine --folder ''", 2, "--folder is empty"),
    Case("no output format", f"run preview {WINDOW} --format ''", 2, "'' is not one of table"),
    Case("a placeholder", "sql 'SELECT {{ x }}'", 2, "is a placeholder of saved queries"),
]
