"""Runs command lines in children of one warm process, which has imported what they need.

Reads one JSON object a line, ``{"args", "folder", "env", "out", "err", "terminal", "cpu_seconds"}``
and answers each with the exit code of the child (negative: the signal that ended it). ``out`` and
``err`` are files; a terminal takes the place of both.
"""

import tests.naps  # noqa: F401

# isort: split
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import sys
import termios
import traceback
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

import flowathena
from flowathena.cli import app
from flowathena.engine.local.translate import to_duckdb
from flowathena.package import folder
from flowathena.query import header, library
from flowathena.query.query import Query
from flowathena.sql.statement import Statement
from tests import models
from tests.shell import limit_cpu

# Imported by others than us, and only when they are called.
_MORE = ("pyarrow.parquet", "pytz", "rich.traceback", "sqlglot.dialects.duckdb", "zoneinfo")


_SQL = """
SELECT a, count(*) AS n, sum(b) / 60, max(from_unixtime(b)), date_trunc('day', from_unixtime(b))
FROM (VALUES ('10.0.0.1', 1)) AS t(a, b)
WHERE CASE WHEN contains('10.0.0.0/8', TRY_CAST(a AS ipaddress)) THEN a IN ('x', 'y') END
GROUP BY a, b ORDER BY n DESC LIMIT 5
"""


def _run(asked: dict[str, Any]) -> None:
    """Be the child: never comes back."""
    code = 1
    try:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = ["flowathena", *asked["args"]]
        if asked["terminal"]:
            os.setsid()
            for number in (0, 1, 2):
                _onto(asked["terminal"], number, os.O_RDWR)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        else:
            _onto(os.devnull, 0, os.O_RDONLY)
            _onto(asked["out"], 1, os.O_WRONLY)
            _onto(asked["err"], 2, os.O_WRONLY)
        limit_cpu(asked["cpu_seconds"])
        app.main(asked["args"])
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter would
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _onto(path: str, number: int, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)


def _keep_packaged() -> None:
    """Read a packaged query once; a child that looks for a name reads all hundred of them."""
    packaged, kept = folder("queries"), cache(header.read)

    def read(file: Path, topic: str = "") -> Query:
        return (kept if file.is_relative_to(packaged) else header.read)(file, topic)

    library.read = read  # type: ignore[attr-defined]


def _warm() -> None:
    """Import what any command may, and read what botocore does: no child has to do it again."""
    ours = pkgutil.walk_packages(flowathena.__path__, "flowathena.")
    for name in (*_MORE, *(module.name for module in ours if module.name != "flowathena.__main__")):
        importlib.import_module(name)
    models.keep()
    models.warm()
    _keep_packaged()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        # What typer imports when it is called, and what is made at the first use.
        for words in (["--help"], ["queries", "list"], ["queries", "check", "preview"]):
            with contextlib.suppress(SystemExit), contextlib.redirect_stderr(nowhere):
                app.main(words)
    to_duckdb(Statement(_SQL), {}, datetime.now(UTC))
    # Its tables of functions are made by the first connection. No thread of it may be left.
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SELECT 1").fetchall()
    gc.freeze()
    gc.set_threshold(10_000)  # a tenth of a short command's time would go into looking for garbage


def main() -> None:
    """Serve until the input ends."""
    _warm()
    asking, answering = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in asking:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answering, flush=True)


if __name__ == "__main__":
    main()
