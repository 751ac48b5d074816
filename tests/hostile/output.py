"""Places for results: endings, formats, folders, links, devices, full disks, terminals' escapes."""

import os
from pathlib import Path

from tests.hostile.case import WINDOW, Case

_RUN = f"run top_https_servers {WINDOW}"
_ROW = "10.0.2.9"
_ESCAPE = "\x1b[2J"
_LONGEST = f"{'x' * 251}.csv"


class _File:
    """A file of an earlier run, which a refused command leaves as it is."""

    def __init__(self, name: str, mode: int = 0o644) -> None:
        self._name, self._mode = name, mode

    def __call__(self, folder: Path) -> None:
        (folder / self._name).write_text("old")
        (folder / self._name).chmod(self._mode)


class _Folder:
    """A folder where a file is expected."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, folder: Path) -> None:
        (folder / self._name).mkdir()


class _Link:
    """A link, to whatever."""

    def __init__(self, name: str, to: str) -> None:
        self._name, self._to = name, to

    def __call__(self, folder: Path) -> None:
        (folder / self._name).symlink_to(self._to)


def _hard_link(folder: Path) -> None:
    (folder / "x.csv").write_text("old")
    os.link(folder / "x.csv", folder / "y.csv")


def _hostile_file(folder: Path) -> None:
    day = next((folder / "logs").rglob("01"))
    (day / f"a{_ESCAPE}\n.log.gz").write_bytes(b"\x1f\x8b")


def _hostile_query(folder: Path) -> None:
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries/evil.sql").write_text(
        '/* ---\ntitle = "Clear \\u001b[2J\\u202e the screen"\n--- */\n'
        "SELECT srcaddr FROM flow_logs\n"
    )
    config = folder / "flowathena.toml"
    config.write_text('query_paths = ["queries"]\n' + config.read_text())


CASES = [
    Case("Excel's old ending", f"{_RUN} -o x.xls", 2, "x.xls: .xls is not supported; spreadsheets"),
    Case("an ending of no format", f"{_RUN} -o x.log", 2, "x.log: .log is not supported; known"),
    Case(
        "an ending of archives", f"{_RUN} -o x.csv.zip", 2, ".zip is not supported; known endings"
    ),
    Case("an ending misspelt", f"{_RUN} -o x.cvs", 2, "known endings: .txt, .csv, .tsv"),
    Case("gzip of nothing known", f"{_RUN} -o x.gz", 2, "x.gz: its name says no format; known"),
    Case("gzip of an unknown ending", f"{_RUN} -o x.log.gz", 2, ".log is not supported"),
    Case("Parquet in gzip", f"{_RUN} -o x.parquet.gz", 2, "Parquet is compressed already"),
    Case(
        "a format against the ending",
        f"{_RUN} --format csv -o x.json",
        2,
        "x.json: its name says json, --format says csv; leave one out",
    ),
    Case(
        "a format against the ending before .gz",
        f"{_RUN} --format csv -o x.tsv.gz",
        2,
        "its name says tsv, --format says csv",
    ),
    Case("Parquet in a text file", f"{_RUN} --format parquet -o x.txt", 2, "its name says table"),
    Case(
        "SQL in a file of rows",
        f"{_RUN} --dry-run -o x.csv",
        2,
        "--dry-run writes SQL; leave out -o, or name a .sql file",
        spoil=_File("x.csv"),
    ),
    Case("a folder as the file", f"{_RUN} -o x.csv", 2, "it is a folder", spoil=_Folder("x.csv")),
    Case("the folder itself", f"{_RUN} -o .", 2, "cannot write .: it is a folder"),
    Case("a folder that is missing", f"{_RUN} -o no/x.csv", 2, "the folder no does not exist"),
    Case("a folder that is a file", f"{_RUN} -o flowathena.toml/x.csv", 2, "Not a directory"),
    Case(
        "a link into a missing folder",
        f"{_RUN} -o x.csv",
        2,
        "does not exist; create it first",
        spoil=_Link("x.csv", "no/y.csv"),
    ),
    Case(
        "a link to itself",
        f"{_RUN} -o x.csv",
        2,
        "Too many levels of symbolic links",
        spoil=_Link("x.csv", "x.csv"),
    ),
    Case("a name that is too long", f"{_RUN} -o {'x' * 252}.csv", 2, "File name too long"),
    Case("a name as long as may be", f"{_RUN} -o {_LONGEST}", 0, "1 row", writes=(_LONGEST,)),
    Case("an empty name", f"{_RUN} -o ''", 2, "cannot write .: it is a folder"),
    Case("a full disk", f"{_RUN} -o /dev/full", 1, "cannot write /dev/full: No space left"),
    Case(
        "a full disk and gzip",
        f"{_RUN} -o full.csv.gz",
        1,
        "No space left",
        spoil=_Link("full.csv.gz", "/dev/full"),
    ),
    Case("nothing at all as the file", f"{_RUN} -o /dev/null", 0, "1 row"),
    Case("a dash is standard output", f"{_RUN} --format csv -o -", 0, f"{_ROW},"),
    Case("standard output by its name", f"{_RUN} --format tsv -o /dev/stdout", 0, f"{_ROW}\t"),
    Case("the file descriptor of it", f"{_RUN} --format csv -o /dev/fd/1", 0, f"{_ROW},"),
    Case("a capital ending", f"{_RUN} -o X.CSV", 0, "1 row", writes=("X.CSV",)),
    Case("no ending is a table", f"{_RUN} -o x", 0, "1 row", writes=("x",)),
    Case("a file that only a dot begins", f"{_RUN} -o .x", 0, "1 row", writes=(".x",)),
    Case(
        "a private file",
        f"{_RUN} -o x.csv",
        0,
        "1 row",
        spoil=_File("x.csv", 0o600),
        writes=("x.csv",),
    ),
    Case(
        "a file with two names",
        f"{_RUN} -o x.csv",
        0,
        "1 row",
        spoil=_hard_link,
        writes=("x.csv", "y.csv"),
    ),
    Case(
        "a link to a file that will be",
        f"{_RUN} -o x.csv",
        0,
        "1 row",
        spoil=_Link("x.csv", "y.csv"),
        writes=("y.csv",),
    ),
    Case(
        "escapes in the name of a damaged file",
        f"{_RUN}",
        1,
        r"a\x1b[2J\n.log.gz",
        spoil=_hostile_file,
    ),
    Case(
        "escapes in the name of a skipped file",
        f"{_RUN} --skip-bad-files",
        0,
        r"a\x1b[2J\n.log.gz",
        spoil=_hostile_file,
    ),
    Case(
        "escapes in a query's title",
        "run evil --help",
        0,
        r"Clear \x1b[2J\u202e",
        spoil=_hostile_query,
    ),
    Case("escapes in an argument", f"fields '{_ESCAPE}'", 2, r"unknown field '\x1b[2J'"),
    Case("a direction in an argument", "fields 'a\u202eb'", 2, r"unknown field 'a\u202eb'"),
    Case("C1 controls in a file's name", f"{_RUN} -o 'no\x9b2J/x.csv'", 2, r"the folder no\x9b2J"),
    Case(
        "a newline in a file's name", f"{_RUN} -o 'no\nerror: x/x.csv'", 2, r"no\nerror: x does not"
    ),
    Case("a column of nothing", "fields", 0, "account-id", env={"COLUMNS": "0"}),
    Case("a column of one", "fields", 0, "account-id", env={"COLUMNS": "1"}),
    Case("columns in words", "fields --help", 0, "Usage", env={"COLUMNS": "abc"}),
    Case("columns without end", "fields --help", 0, "Usage", env={"COLUMNS": "100000"}),
    Case("less than no columns", "fields --help", 0, "Usage", env={"COLUMNS": "-5"}),
    Case(
        "JSON messages and another mistake",
        "--log-format json partitions plan --nothing",
        2,
        '"level": "error", "message": "No such option: --nothing',
    ),
    Case(
        "JSON messages after the mistake",
        "partitions plan --nothing --log-format=json",
        2,
        '"level": "error", "message": "No such option: --nothing',
    ),
    Case(
        "escapes in JSON messages",
        f"fields '\x9b{_ESCAPE}' --log-format json",
        2,
        r"unknown field '\\x9b\\x1b[2J'",
    ),
    Case("messages in another format", "fields --log-format xml", 2, "'xml' is not one of 'text'"),
    Case("quiet and verbose", "-q fields -v", 2, "--quiet and --verbose cannot be combined"),
]
