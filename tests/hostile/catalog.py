"""Catalog files of local targets that are damaged, or not catalog files at all."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.hostile.case import WINDOW, Case

_FILE = "logs/.flowathena/catalog.sqlite"
_REBUILD = "remove it, then 'flowathena partitions sync --all -t local' writes it anew"
_COMMANDS = {
    "plan": "partitions plan",
    "sync": "partitions sync --all",
    "list": "partitions list",
    "status": "partitions status",
    "run": f"run preview {WINDOW}",
    "diff": "table diff",
    "drop": "table drop --yes",
}


def _written(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / _FILE).write_bytes(content)


def _cut(folder: Path) -> None:
    content = (folder / _FILE).read_bytes()
    (folder / _FILE).write_bytes(content[: len(content) // 3])


def _folder(folder: Path) -> None:
    (folder / _FILE).unlink()
    (folder / _FILE).mkdir()


def _no_folder(folder: Path) -> None:
    shutil.rmtree(folder / "logs/.flowathena")
    (folder / "logs/.flowathena").write_text("")


def _nowhere(folder: Path) -> None:
    (folder / _FILE).unlink()
    (folder / _FILE).symlink_to("/nowhere/catalog.sqlite")


def _changed(*statements: str) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        with closing(sqlite3.connect(folder / _FILE)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return spoil


_GARBAGE = _written(b"this is no database, whatever its name says" * 100)
_DAMAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "half a file": ("(database disk image is malformed)", _cut),
    "a folder": ("(it is a folder)", _folder),
    "another program's database": (
        "(no such table: tables)",
        _changed("DROP TABLE tables", "DROP TABLE partitions", "CREATE TABLE notes (text)"),
    ),
    "a definition cut off": (
        "(the table's definition is not readable)",
        _changed("UPDATE tables SET definition = '{\"columns\": [['"),
    ),
    "a definition of something else": (
        "(the table's definition is not readable)",
        _changed("UPDATE tables SET definition = '[]'"),
    ),
    "values that are no list": (
        "(a partition's values are not readable)",
        _changed(
            "UPDATE partitions SET partition_values = '1' WHERE partition_values LIKE '%01\"]'"
        ),
    ),
    "fewer values than keys": (
        "(a partition's values are not readable)",
        _changed(
            "UPDATE partitions SET partition_values = '[]' WHERE partition_values LIKE '%01\"]'"
        ),
    ),
    "a location of bytes": (
        "(a partition's values are not readable)",
        _changed("UPDATE partitions SET location = x'00ff'"),
    ),
}

CASES = [
    *(
        Case(f"garbage: {name}", command, 1, f"(file is not a database); {_REBUILD}", _GARBAGE)
        for name, command in _COMMANDS.items()
    ),
    *(
        Case(f"{name}: run", _COMMANDS["run"], 1, f"{reason}; {_REBUILD}", spoil)
        for name, (reason, spoil) in _DAMAGES.items()
    ),
    Case("garbage: doctor tells it once", "doctor --format json", 3, _REBUILD, _GARBAGE),
    Case(
        "a newer release's",
        _COMMANDS["run"],
        1,
        "catalog.sqlite was written by a newer release of flowathena; upgrade flowathena",
        _changed("PRAGMA user_version = 99"),
    ),
    Case(
        "an empty file is written anew",
        "partitions sync --all",
        0,
        "added 2, existed 0",
        _written(b""),
        writes=(_FILE,),
    ),
    Case(
        "a link to nowhere",
        "partitions sync --all",
        1,
        "cannot be opened: it is a link to /nowhere/catalog.sqlite",
        _nowhere,
    ),
    Case(
        "a file in place of its folder",
        "partitions sync --all",
        1,
        "/logs/.flowathena: File exists",
        _no_folder,
    ),
]
