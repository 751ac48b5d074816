"""Write ``docs/reference.md`` and the tables of three other pages from the program itself.

``docs/queries.md`` gets the saved queries, ``docs/fields.md`` the fields and their values,
``docs/tables.md`` the columns of a table.

``python docs/reference.py`` writes them, ``--check`` fails when they are stale.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from flowathena.logs import values
from flowathena.logs.fields import FIELDS, Field
from flowathena.query import library

_DOCS = Path(__file__).parent
_COMMANDS = re.compile(r"^Commands:\n((?:  .*\n)+)", re.MULTILINE)
_BLOCK = "<!-- generated: {0} -->\n{1}<!-- end: {0} -->\n"


def main() -> None:
    """Write the generated pages, or compare them."""
    stale = []
    for path, text in ((_DOCS / "reference.md", _reference()), *_pages()):
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.write_text(text)
    if stale and "--check" in sys.argv:
        sys.exit(f"stale: {', '.join(stale)}; 'make format' writes them anew")


def _reference() -> str:
    pages = "".join(
        f"## `{' '.join(('flowathena', *words))}`\n\n```text\n{text}```\n\n"
        for words, text in _helps(())
    )
    return (
        "# Command reference\n\n"
        "Written by `docs/reference.py` from the commands' own help.\n\n" + pages.rstrip() + "\n"
    )


def _helps(words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    text = _help(words)
    yield words, text
    found = _COMMANDS.search(text)
    lines = found[1].splitlines() if found else []
    names = [line.split()[0] for line in lines if line[2] != " "]
    # The saved queries share their options: one of them is shown for all.
    for name in names[:1] if words in {("run",), ("queries", "render")} else names:
        yield from _helps((*words, name))


def _help(words: tuple[str, ...]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flowathena", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "COLUMNS": "100", "TERMINAL_WIDTH": "100"},
    )
    return done.stdout


def _pages() -> Iterator[tuple[Path, str]]:
    yield _filled("queries.md", {"queries": _queries()})
    yield _filled("fields.md", {"fields": _fields(), "values": _values()})
    yield _filled("tables.md", {"columns": _fields("fields.md")})


def _queries() -> str:
    queries = [
        f"| `{query.name}` | {query.title} | {_params(query)} | {query.since} |\n"
        for query in library.load().queries.values()
    ]
    head = "| query | what it answers | parameters | window |\n|---|---|---|---|\n"
    return head + "".join(queries)


def _fields(values_page: str = "") -> str:
    """A row a field; its values stand on another page, or on the same."""
    fields = [
        f"| `{f.name}` | `{f.column}` | {f.version} | {f.hive_type} | {f.parquet_type} "
        f"| {f.meaning}{_link(f, values_page)} |\n"
        for f in FIELDS
    ]
    head = "| field | column | version | type | Parquet | meaning |\n|---|---|---|---|---|---|\n"
    return head + "".join(fields)


def _link(field: Field, page: str) -> str:
    return f" ([values]({page}#{field.enumeration.title}))" if field.enumeration else ""


def _values() -> str:
    return "\n".join(map(_section, values.load().values()))


def _section(found: values.Enumeration) -> str:
    columns = ["value", "name", "meaning"] if found.has_names else ["value", "meaning"]
    rows = [[str(getattr(each, column)) for column in columns] for each in found.values]
    table = [f"| {' | '.join(row)} |\n" for row in (columns, ["---"] * len(columns), *rows)]
    fields = ", ".join(f"`{name}`" for name in found.fields)
    told = f"Values of {fields}, from <{found.source}>. {found.note}".rstrip()
    return f"### {found.title}\n\n{told}\n\n" + "".join(table)


def _params(query: library.Query) -> str:
    return ", ".join(f"`{p.name}` = {p.default}" for p in query.params) or "–"


def _filled(page: str, contents: dict[str, str]) -> tuple[Path, str]:
    path = _DOCS / page
    text = path.read_text()
    for name, content in contents.items():
        text = _replaced(text, name, content)
    return path, text


def _replaced(text: str, name: str, content: str) -> str:
    block = re.compile(rf"<!-- generated: {name} -->\n.*?<!-- end: {name} -->\n", re.DOTALL)
    return block.sub(lambda _: _BLOCK.format(name, content), text)


if __name__ == "__main__":
    main()
