"""The house stands: imports go down only, and some things are done in one place alone.

Read from the source, imports inside functions included. ``docs/design.md`` draws the house.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from flowathena.client import Client
from flowathena.sample import generate
from flowathena.target.config import check_target
from flowathena.target.file import section

PACKAGE = Path(__file__).resolve().parents[1] / "flowathena"

FLOORS = (
    ("errors", "text", "concurrency", "package", "logs"),
    ("sql", "files"),
    ("inputs", "result", "reconcile", "sample"),
    ("shape", "target", "aws"),
    ("query", "catalog", "storage"),
    ("engine", "partitions", "table", "onboard", "doctor", "check", "cost"),
    ("cases", "report", "archive", "deploy"),
    ("client",),
    ("cli", "aws_lambda"),
)
"""The rooms of each floor, from the ground up; a room imports rooms of lower floors only."""

FLOOR = {room: floor for floor, rooms in enumerate(FLOORS, 1) for room in rooms}
DOORS = {"__init__", "__main__"}
"""Entrances: they hand on to whatever room they like."""

MOST_ROOMS = 31
"""A newcomer reads the top of the package as one list; the models have 4 to 26 rooms there."""


@dataclass(frozen=True, order=True)
class Import:
    """Who imports whom, on which line, and whether inside a function."""

    module: str
    imported: str
    line: int
    inside: bool

    def __str__(self) -> str:
        return f"{self.module.replace('.', '/')}.py:{self.line} imports {self.imported}"


def module_name(file: Path, root: Path) -> str:
    parts = (root.name, *file.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources(root: Path) -> dict[str, Path]:
    return {module_name(file, root): file for file in sorted(root.rglob("*.py"))}


@cache
def imports(root: Path) -> list[Import]:
    """Every import of a package, those for type checkers included."""
    files = sources(root)
    return sorted(
        Import(module, imported, line, inside)
        for module, file in files.items()
        for imported, line, inside in _imports(ast.parse(file.read_text(encoding="utf-8")), files)
    )


def _imports(
    tree: ast.AST, modules: dict[str, Path], *, inside: bool = False
) -> Iterator[tuple[str, int, bool]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in modules else node.module), node.lineno, inside
        within = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _imports(node, modules, inside=within)


def room(module: str) -> str:
    """The room of a module: what stands at the top of the package."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def upward(root: Path) -> list[str]:
    """Imports that do not go down, each with what to do about it."""
    found = []
    for each in imports(root):
        if not each.imported.startswith(f"{root.name}."):
            continue
        here, there = room(each.module), room(each.imported)
        if here == there or here in DOORS:
            continue
        if FLOOR[there] >= FLOOR[here]:
            found.append(
                f"{each}: {here} is on floor {FLOOR[here]}, {there} on floor {FLOOR[there]}; move "
                f"what both need to a lower room, or hand it in as an argument"
            )
    return found


def circles(root: Path) -> list[list[str]]:
    """Modules that import each other, directly or by way of others."""
    graph: dict[str, set[str]] = {module: set() for module in sources(root)}
    for each in imports(root):
        if each.imported in graph and each.imported != each.module:
            graph[each.module].add(each.imported)
    return [circle for circle in _strong(graph) if len(circle) > 1]


def _strong(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """Strongly connected components, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> Iterator[list[str]]:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                yield from visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            place = stack.index(node)
            yield sorted(stack[place:])
            del stack[place:]

    for node in graph:
        if node not in index:
            yield from visit(node)


def test_every_room_has_its_floor() -> None:
    rooms = {room(module) for module in sources(PACKAGE)} - DOORS
    strangers = sorted(rooms - FLOOR.keys())
    assert not strangers, (
        f"{', '.join(strangers)}: a new room; give it a floor in FLOORS and in docs/design.md, "
        "or put the module into a room that exists"
    )
    assert len(rooms) <= MOST_ROOMS


def test_imports_go_down_only() -> None:
    found = upward(PACKAGE)
    assert not found, "\n".join(found)


def test_no_module_imports_itself_by_way_of_others() -> None:
    found = circles(PACKAGE)
    assert not found, "\n".join(
        f"{' <-> '.join(circle)}: put what they share into a module below them" for circle in found
    )


def test_a_planted_upward_import_is_found(tmp_path: Path) -> None:
    root = tmp_path / "flowathena"
    for name in ("catalog", "partitions"):
        (root / name).mkdir(parents=True)
        (root / name / "__init__.py").write_text("")
    (root / "__init__.py").write_text("")
    (root / "catalog" / "glue.py").write_text(
        "def late():\n    from flowathena.partitions import plan\n    return plan\n"
    )
    (root / "partitions" / "plan.py").write_text("from flowathena.catalog import glue\n")
    (line,) = upward(root)
    assert line == (
        "flowathena/catalog/glue.py:2 imports flowathena.partitions.plan: catalog is on floor 5, "
        "partitions on floor 6; move what both need to a lower room, or hand it in as an argument"
    )
    assert circles(root) == [["flowathena.catalog.glue", "flowathena.partitions.plan"]]


def test_nobody_imports_the_command_line() -> None:
    found = [
        str(each)
        for each in imports(PACKAGE)
        if room(each.imported) == "cli"
        and room(each.module) not in {"cli", *DOORS}
        and each.imported.startswith("flowathena.")
    ]
    assert not found, f"{found}: hand the result back; the command line shows it"


def test_an_import_inside_a_function_keeps_something_heavy_out() -> None:
    """Either the library itself, or a module of ours; then a comment beside it says the reason."""
    files = sources(PACKAGE)
    for each in imports(PACKAGE):
        if not each.inside or room(each.module) == "cli":
            continue
        line = files[each.module].read_text(encoding="utf-8").splitlines()[each.line - 1]
        assert "noqa: PLC0415 - " in line, f"{each}: say what it keeps out, or import it at the top"


@cache
def _code(module: str) -> str:
    """A module's source without strings and comments, in which names are code."""
    tree = ast.parse(sources(PACKAGE)[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.unparse(tree)


@pytest.mark.parametrize(
    ("code", "home", "instead"),
    [
        ("os.environ", {"flowathena.target.config"}, "ask flowathena.target.config"),
        ("boto3.Session(", {"flowathena.aws.session"}, "take an Aws, and its clients"),
        (".session.client(", {"flowathena.aws.session"}, "take an Aws, and its clients"),
        ("aws.glue", {"catalog"}, "call a catalog's method"),
        ("sys.stdin", {"cli"}, "let the caller pass a function that asks"),
        ("sys.stdout", {"cli", "aws_lambda"}, "write to a stream, or return a value"),
        ("sys.stderr", {"cli"}, "return warnings, or call a listener"),
        ("isatty(", {"cli"}, "the command line knows terminals"),
        ("print(", {"cli"}, "return a value; the command line shows it"),
        ("get_close_matches(", {"flowathena.text"}, "use flowathena.text.closest"),
        ("tomllib.", {"flowathena.inputs.toml", "flowathena.logs.values"}, "use inputs.toml"),
    ],
)
def test_some_things_are_done_in_one_place(code: str, home: set[str], instead: str) -> None:
    users = {module for module in sources(PACKAGE) if code in _code(module)}
    guests = sorted(m for m in users if m not in home and room(m) not in home)
    assert not guests, f"{', '.join(guests)}: {code} belongs to {', '.join(home)}; {instead}"
    assert users, f"nobody does {code!r} any more: take it off this list"


_RECORD = """
import sys
from pathlib import Path
package = str(Path(sys.argv[1]))
entered = set()
def note(frame, event, _):
    if event == "call" and frame.f_code.co_filename.startswith(package):
        if frame.f_code.co_name != "<module>":
            rest = frame.f_code.co_filename[len(package) + 1:]
            entered.add(rest.split("/")[0].removesuffix(".py"))
import threading
from flowathena.client import Client
client = Client("local", config_path=sys.argv[2])
import flowathena.engine.local.engine
threading.setprofile(note)
sys.setprofile(note)
rows = client.run("top_https_servers", since="2026-11-01", until="2026-11-03").rows()
sys.setprofile(None)
assert rows, "the run found nothing"
print(*sorted(entered))
"""


def test_a_local_run_passes_through_few_rooms(tmp_path: Path) -> None:
    """Who follows one run through the code has no more rooms to visit than these."""

    generate(tmp_path, until=date(2026, 11, 3), days=2, records=2_000, seed=1)
    target = check_target("local", {"location": str(tmp_path)}, tmp_path)
    config = tmp_path / "flowathena.toml"
    config.write_text(section(target, str(tmp_path)))
    Client("local", config_path=config).partitions.sync(everything=True)
    done = subprocess.run(
        [sys.executable, "-c", _RECORD, str(PACKAGE), str(config)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    entered = done.stdout.split()
    assert len(entered) <= 16, entered
    assert {"client", "query", "engine", "catalog", "result"} <= set(entered)
