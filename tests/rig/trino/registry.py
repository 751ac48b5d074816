"""Write ``flowathena/sql/functions.txt`` from a running Trino's own list of functions.

``python -m tests.rig.trino.registry --port 8080`` writes it; ``--check`` fails when it is stale.
One line a function: its name, whether it is a scalar, an aggregate or a window function, and the
numbers of arguments it takes; ``2+`` is two or more, which Trino does not list and which is found
out by giving it many.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import trino

from flowathena.sql import functions

_MANY = 23
_HEAD = "# Trino {version}, {day}. Written by tests/rig/trino/registry.py.\n"


def main() -> None:
    """Write the registry, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    connection = trino.dbapi.connect(host="127.0.0.1", port=options.port, user="registry")
    lines = "".join(f"{line}\n" for line in sorted(_functions(connection)))
    path = Path(functions.__file__).with_name(functions.FILE)
    before = path.read_text() if path.exists() else ""
    if before.partition("\n")[2] == lines:
        return
    if options.check:
        sys.exit(f"stale: {path.name}; 'python -m tests.rig.trino.registry' writes it anew")
    ((version,),) = _rows(connection, "SELECT node_version FROM system.runtime.nodes LIMIT 1")
    path.write_text(_HEAD.format(version=version, day=datetime.now(UTC).date()) + lines)


def _functions(connection: trino.dbapi.Connection) -> Iterator[str]:
    arities: dict[tuple[str, str], set[int]] = defaultdict(set)
    for name, _, arguments, kind, *_ in _rows(connection, "SHOW FUNCTIONS"):
        arities[str(name), str(kind)].add(_count(str(arguments)))
    for (name, kind), numbers in arities.items():
        many = "+" if kind != "window" and _takes_many(connection, name) else ""
        yield f"{name} {kind} {','.join(map(str, sorted(numbers)))}{many}"


def _count(arguments: str) -> int:
    depth, commas = 0, 0
    for sign in arguments:
        depth += (sign == "(") - (sign == ")")
        commas += sign == "," and not depth
    return commas + 1 if arguments.strip() else 0


def _takes_many(connection: trino.dbapi.Connection, name: str) -> bool:
    """Whether Trino minds something else than the number of arguments, if anything."""
    nulls = ", ".join(["NULL"] * _MANY)
    try:
        _rows(connection, f'EXPLAIN (TYPE VALIDATE) SELECT "{name}"({nulls})')
    except trino.exceptions.TrinoUserError as error:
        return error.error_name != "FUNCTION_NOT_FOUND"
    return True


def _rows(connection: trino.dbapi.Connection, sql: str) -> list[list[object]]:
    cursor = connection.cursor()
    cursor.execute(sql)
    return list(cursor.fetchall())


if __name__ == "__main__":
    main()
