"""Values of options and of queries' parameters."""

from collections.abc import Callable
from pathlib import Path

from tests.hostile.case import WINDOW, Case

_RUN = f"run top_https_servers {WINDOW}"
_LISTED = f"run listed {WINDOW} --ports"
_HEADER = """/* ---
title = "Listed"
[params.ports]
type = "list[port]"
[params.zone]
type = "timezone"
default = "UTC"
--- */
"""


def _lists(content: bytes = b"") -> Callable[[Path], None]:
    """A query that takes a list, and a file of values for it."""

    def spoil(folder: Path) -> None:
        (folder / "mine").mkdir()
        sql = "SELECT count(*) AS n, {{ zone }} AS zone FROM flow_logs WHERE dstport IN {{ ports }}"
        (folder / "mine" / "listed.sql").write_text(f"{_HEADER}{sql}\n")
        (folder / "values.txt").write_bytes(content)
        config = folder / "flowathena.toml"
        config.write_text(f'query_paths = ["mine"]\n{config.read_text()}')

    return spoil


def _empty_default(folder: Path) -> None:
    (folder / "mine").mkdir()
    sql = "SELECT count(*) AS n FROM flow_logs\nWHERE dstport IN {{ ports }}"
    header = '/* ---\ntitle = "E"\n[params.ports]\ntype = "list[port]"\ndefault = []\n--- */\n'
    (folder / "mine" / "empty.sql").write_text(f"{header}{sql}\n")
    config = folder / "flowathena.toml"
    config.write_text(f'query_paths = ["mine"]\n{config.read_text()}')


CASES = [
    Case("a port too large", f"{_RUN} --port 65536", 2, "port: '65536' is not a port"),
    Case("a negative port", f"{_RUN} --port -1", 2, "port: '-1' is not a port"),
    Case("a port in full-width digits", f"{_RUN} --port \uff14\uff14\uff13", 2, "is not a port"),
    Case("SQL in a port", f"{_RUN} --port '443 OR 1=1'", 2, "port: '443 OR 1=1' is not a port"),
    Case("an empty port", f"{_RUN} --port ''", 2, "port: '' is not a port"),
    Case("a port in scientific notation", f"{_RUN} --port 4e2", 2, "is not a port"),
    Case("a port with an underscore", f"{_RUN} --port 4_43", 2, "is not a port"),
    Case("a limit of nothing", f"{_RUN} --limit 0", 2, "limit: '0' is less than 1"),
    Case("a huge limit", f"{_RUN} --limit {10**30}", 2, "is not a number that Athena can hold"),
    Case("a limit of 5,000 digits", f"{_RUN} --limit {'9' * 5000}", 2, "that Athena can hold"),
    Case("a port twice", f"{_RUN} --port 22 --port 23", 2, "port: takes one value, not 2: 22, 23"),
    Case("a limit with a fraction", f"{_RUN} --limit 1.5", 2, "'1.5' is not a whole number"),
    Case("a limit that is no number", f"{_RUN} --limit NaN", 2, "'NaN' is not a whole number"),
    Case(
        "an option misspelt", f"{_RUN} --prt 443", 2, "Possible options: --chart, --format, --port"
    ),
    Case(
        "a query misspelt", f"run top_http_servers {WINDOW}", 2, "did you mean 'top_https_servers'?"
    ),
    Case("a query that is a path", f"run ../../etc/passwd {WINDOW}", 2, "unknown query"),
    Case("a query named nothing", f"run '' {WINDOW}", 2, "unknown query"),
    Case("a query with an escape", f"run '\x1b[31mred' {WINDOW}", 2, "unknown query"),
    Case("an account too short", f"{_RUN} --account 1234", 2, "'1234' is not an account id"),
    Case("an account that is a name", f"{_RUN} --account prod", 2, "is not an account id"),
    Case("an account of other digits", f"{_RUN} --account ١١١١٢٢٢٢٣٣٣٣", 2, "is not an account id"),
    Case("a Region that is a city", f"{_RUN} --region Ireland", 2, "is not a Region"),
    Case("a Region with a quote", f'{_RUN} --region "eu-west-1\'"', 2, "is not a Region"),
    Case("a Region with a folder", f"{_RUN} --region eu-west-1/../x", 2, "is not a Region"),
    Case(
        "a day of no month",
        "run preview --since 2026-02-30",
        2,
        "since: '2026-02-30' is not a time",
    ),
    Case(
        "a window backwards",
        "run preview --since 2026-11-02 --until 2026-11-01",
        2,
        "the window ends before it starts",
    ),
    Case("a window before time", "run preview --since 9999999d", 2, "before 1970"),
    Case("a window of no unit", "run preview --since 5", 2, "since: '5' is not a time or duration"),
    Case("a negative window", "run preview --since -5d", 2, "is not a time or duration"),
    Case("a year too large", "run preview --since 99999-01-01", 2, "is not a time or duration"),
    Case(
        "a number of accounts and a name",
        f"{_RUN} --account 111122223333,x",
        2,
        "account: 'x' is not an account id",
    ),
    Case("text that is no Unicode", f"{_RUN} --port \udcff", 2, "port: is not valid UTF-8 text"),
    Case("another format", f"{_RUN} --format xml", 2, "'xml' is not one of"),
    Case("another command", "partitions drop", 2, "No such command 'drop'"),
    Case("no command's option", "--nothing", 2, "No such option: --nothing"),
    Case("an unknown target", f"{_RUN} -t prod", 2, "unknown target 'prod'; known: local"),
    Case("a target named by a path", f"{_RUN} -t ../local", 2, "unknown target '../local'"),
    Case(
        "a file of values that is missing",
        f"{_LISTED} @none.txt",
        2,
        "ports: cannot read none.txt: No such file or directory",
        _lists(),
    ),
    Case("a file of values that is a folder", f"{_LISTED} @mine", 2, "Is a directory", _lists()),
    Case("a file of values without end", f"{_LISTED} @/dev/zero", 2, "larger than 16 MB", _lists()),
    Case(
        "a file of values without a name",
        f"{_LISTED} @",
        2,
        "ports: @ is followed by the name of a file",
        _lists(),
    ),
    Case(
        "a file of bytes",
        f"{_LISTED} @values.txt",
        2,
        "ports: cannot read values.txt: line 2 is not UTF-8 text",
        _lists(b"22\n\xff\xfe\n"),
    ),
    Case(
        "a file of comments",
        f"{_LISTED} @values.txt",
        2,
        "ports: values.txt contains no value",
        _lists(b"# 22\n\n"),
    ),
    Case(
        "a file with an escape",
        f"{_LISTED} @values.txt",
        2,
        "ports: values.txt:2: '\\x1b[31m' is not a port",
        _lists(b"22\n\x1b[31m\n"),
    ),
    Case(
        "SQL in a file of values",
        f"{_LISTED} @values.txt",
        2,
        "ports: values.txt:1: '22) OR (1=1' is not a port",
        _lists(b"22) OR (1=1\n"),
    ),
    Case("an empty standard input", f"{_LISTED} @-", 2, "standard input contains no", _lists()),
    Case(
        "a file of values for one value",
        f"{_RUN} --port @values.txt",
        2,
        "port: '@values.txt' is not a port",
    ),
    Case(
        "a time zone misspelt",
        f"{_LISTED} 22 --zone Europe/Berln",
        2,
        "did you mean 'Europe/Berlin'?",
        _lists(),
    ),
    Case("a time zone's path", f"{_LISTED} 22 --zone ../UTC", 2, "not a time zone", _lists()),
    Case(
        "an empty list in IN",
        f"run empty {WINDOW}",
        2,
        "empty.sql:8: template: an empty list has no literal",
        _empty_default,
    ),
    Case("a topic of nothing", "queries list --topic ''", 2, "no query has the topic ''"),
    Case("a tag with an escape", "queries list --tag '\x1b[31m'", 2, "no query has the tag"),
]
