"""``flowathena.toml``, its schema and the variables."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.hostile.case import WINDOW, Case

_SHOW = "config show"
_FILE = "flowathena.toml"


def _written(content: bytes | str, name: str = _FILE) -> Callable[[Path], object]:
    """Another content of a file."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(data)


def _with(line: str) -> Callable[[Path], object]:
    """A setting more in the target."""
    return _written(f'[targets.local]\nlocation = "./logs"\n{line}\n')


def _mangled(change: Callable[[str], str], encoding: str = "utf-8") -> Callable[[Path], object]:
    """The right file, written in another way."""

    def spoil(folder: Path) -> None:
        file = folder / _FILE
        file.write_bytes(change(file.read_text(encoding="utf-8")).encode(encoding))

    return spoil


def _folder_of_that_name(folder: Path) -> None:
    (folder / _FILE).unlink()
    (folder / _FILE).mkdir()


def _dangling(folder: Path) -> None:
    (folder / _FILE).unlink()
    (folder / _FILE).symlink_to("nowhere.toml")


CASES = [
    Case("a byte order mark", _SHOW, 0, "flowathena.toml:", spoil=_mangled(lambda t: "\ufeff" + t)),
    Case(
        "line ends of Windows",
        _SHOW,
        0,
        "flowathena.toml:",
        spoil=_mangled(lambda t: t.replace("\n", "\r\n")),
    ),
    Case(
        "UTF-16",
        _SHOW,
        2,
        "flowathena.toml:1: this is not UTF-8 text but UTF-16; save it as UTF-8",
        spoil=_mangled(str, "utf-16"),
    ),
    Case(
        "Latin-1",
        _SHOW,
        2,
        "flowathena.toml:2: this is not UTF-8 text",
        spoil=_written(b'# one\nquery_paths = ["caf\xe9"]\n'),
    ),
    Case(
        "an empty file", f"run preview {WINDOW}", 2, "no target is configured", spoil=_written("")
    ),
    Case(
        "only a mark", f"run preview {WINDOW}", 2, "no target is", spoil=_written(b"\xef\xbb\xbf")
    ),
    Case(
        "an external id for a folder is told once",
        _SHOW,
        2,
        "toml:3: external_id is for logs in S3; the location of local is a folder",
        spoil=_with('external_id = "x"'),
    ),
    Case(
        "a target in capitals",
        f"run preview {WINDOW} -t LOCAL",
        2,
        "unknown target 'LOCAL'; did you mean 'local'? known: local",
    ),
    Case("null bytes", _SHOW, 2, "toml:1: '=' is missing after the key", spoil=_written(b"a\0b\0")),
    Case("a megabyte", _SHOW, 2, "larger than 1 MB", spoil=_written(b"#" * 1_000_001)),
    Case("a device without an end", f"{_SHOW} --config /dev/zero", 2, "larger than 1 MB"),
    Case("a log file as configuration", f"{_SHOW} --config logs", 2, "is a folder; name its file"),
    Case(
        "a folder of that name", f"{_SHOW} --config {_FILE}", 2, "is a folder", _folder_of_that_name
    ),
    Case("a dangling link", f"{_SHOW} --config {_FILE}", 2, "No such file or directory", _dangling),
    Case("a name too long", f"{_SHOW} --config {'x' * 300}", 2, "File name too long"),
    Case("no such file", f"{_SHOW} --config x.toml", 2, "x.toml: No such file or directory"),
    Case(
        "no such file by variable",
        _SHOW,
        2,
        "FLOWATHENA_CONFIG: cannot read /nowhere/x.toml: No such file",
        env={"FLOWATHENA_CONFIG": "/nowhere/x.toml"},
    ),
    Case(
        "a misspelt target by variable",
        f"run preview {WINDOW}",
        2,
        "FLOWATHENA_TARGET: unknown target 'locl'; did you mean 'local'?",
        env={"FLOWATHENA_TARGET": "locl"},
    ),
    Case(
        "a misspelt variable",
        "config validate",
        0,
        "warning: FLOWATHENA_LOCATON is not a variable of flowathena and is ignored; did you mean "
        "FLOWATHENA_LOCATION?",
        env={"FLOWATHENA_LOCATON": "./elsewhere"},
    ),
    Case(
        "a table in a variable",
        _SHOW,
        2,
        "FLOWATHENA_KEYS: keys is a table, which a variable cannot set",
        env={"FLOWATHENA_KEYS": "{ dt = 'day' }"},
    ),
    Case("10,000 brackets", _SHOW, 2, "nested too deeply", spoil=_written("a = " + "[" * 10_000)),
    Case("10,000 digits", _SHOW, 2, "too many digits", spoil=_written("a = " + "9" * 10_000)),
    Case(
        "an array that does not end",
        _SHOW,
        2,
        "toml:1: the value is missing, or does not end (in: a = [)",
        spoil=_written("a = [\n" + "'x',\n" * 50_000),
    ),
    Case(
        "a line that does not end",
        _SHOW,
        2,
        "toml:1: '=' is missing after the key (column 200001, in: …",
        spoil=_written("x" * 200_000 + "\n"),
    ),
    Case(
        "no quotes",
        _SHOW,
        2,
        "toml:2: there is no valid value here; a text needs quotes (column 12, in: location = ./l",
        spoil=_written("[targets.local]\nlocation = ./logs\n"),
    ),
    Case(
        "an open quote",
        _SHOW,
        2,
        "toml:2: the text has no closing quote",
        spoil=_written('[targets.local]\nlocation = "./logs\n'),
    ),
    Case(
        "a backslash",
        _SHOW,
        2,
        "toml:2: '\\' begins an escape that TOML does not know",
        spoil=_written('[targets.local]\nlocation = "C:\\logs"\n'),
    ),
    Case(
        "a target twice",
        _SHOW,
        2,
        "toml:3: table [targets.local] is declared twice",
        spoil=_written("[targets.local]\nlocation = './logs'\n[targets.local]\n"),
    ),
    Case(
        "a target twice, differently written",
        _SHOW,
        2,
        "toml:4: 'targets.local' is complete already and cannot be extended",
        spoil=_written("[targets.local]\nlocation = './logs'\n[targets]\nlocal.table = 'x'\n"),
    ),
    Case(
        "YAML",
        _SHOW,
        2,
        "toml:1: '=' is missing after the key (column 8, in: targets:)",
        spoil=_written("targets:\n  local:\n    location: ./logs\n"),
    ),
    Case("JSON", _SHOW, 2, "toml:1: this is neither 'key", spoil=_written('{"targets": {}}\n')),
    Case(
        "an array of targets",
        _SHOW,
        2,
        "toml:1: targets must be a table, not an array; write [targets.NAME]",
        spoil=_written("[[targets]]\nlocation = './logs'\n"),
    ),
    Case(
        "a target that is a text",
        _SHOW,
        2,
        "toml:1: targets.local must be a table, not the string './logs'; write [targets.local]",
        spoil=_written("targets.local = './logs'\n"),
    ),
    Case(
        "an inline table", _SHOW, 0, "toml:1", spoil=_written("targets.a = {location = './logs'}")
    ),
    Case("dotted keys", _SHOW, 0, "toml:1", spoil=_written("targets.a.location = './logs'\n")),
    Case(
        "a nested key misspelt",
        _SHOW,
        2,
        "toml:3: unknown key 'tabel'; did you mean 'table'?",
        spoil=_with("tabel = 'x'"),
    ),
    Case(
        "a table within a target",
        _SHOW,
        2,
        "toml:3: unknown key 'aws'; known: account",
        spoil=_with("[targets.local.aws]\nregion = 'eu-west-1'"),
    ),
    Case(
        "a date",
        _SHOW,
        2,
        "toml:3: table must be a string, not a date; put it in quotes",
        spoil=_with("table = 2026-11-01"),
    ),
    Case(
        "a number that is an account",
        _SHOW,
        2,
        "toml:3: account must be a string, not the integer 111122223333; put it in quotes",
        spoil=_with("account = 111122223333"),
    ),
    Case(
        "a number with a zero before it",
        _SHOW,
        2,
        "toml:3: something follows the value; a text needs quotes",
        spoil=_with("account = 011122223333"),
    ),
    Case(
        "an array of regions",
        _SHOW,
        2,
        "toml:3: region must be a string, not an array",
        spoil=_with("region = ['eu-west-1', 'us-east-1']"),
    ),
    Case(
        "a location that is nothing",
        _SHOW,
        2,
        "location '' is neither s3://bucket/prefix/ nor a folder",
        spoil=_written("[targets.local]\nlocation = ''\n"),
    ),
    Case(
        "a key with an escape",
        _SHOW,
        2,
        "toml:3: unknown key '\\x1b[31mred'; known: account",
        spoil=_with('"\\u001b[31mred" = 1'),
    ),
    Case(
        "a file that cannot be read",
        _SHOW,
        *((2, "flowathena.toml: Permission denied") if os.getuid() else (0, "flowathena.toml:")),
        spoil=lambda folder: (folder / _FILE).chmod(0),
    ),
    Case(
        "a schema that is in the way",
        "init ./logs --config new.toml",
        0,
        "wrote target 'local' in ",
        spoil=lambda folder: (folder / ".flowathena" / "schema.json").mkdir(parents=True),
        writes=("new.toml",),
    ),
    Case(
        "a configuration with a mark that gets one more target",
        "init ./logs -t two",
        0,
        "wrote target 'two' in ",
        spoil=_mangled(lambda t: "\ufeff" + t.replace("\n", "\r\n")),
        writes=(_FILE,),
    ),
    Case(
        "targets in one line that get one more",
        "init ./logs -t two",
        2,
        "a [targets.…] table cannot be added to it (line 3: ",
        spoil=_written("targets = { local = { location = './logs' } }\n"),
    ),
]
