"""``--help``: everywhere, and in no time."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowathena.cli import app, examples
from tests.shell import Shell

ROOT = app.root_command()
FIXED = [(words, line) for words, lines in examples.EXAMPLES.items() for line in lines]


def test_every_command_has_help(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    seen: list[str] = []

    def walk(*words: str) -> None:
        done = shell.run(*words, "--help")
        assert done.err == ""
        seen.append(" ".join(words))
        usage, _, rest = done.out.partition("\n\n")
        assert usage.startswith(f"Usage: flowathena {' '.join(words)}".rstrip())
        description = rest.partition("\n\n")[0].strip()
        assert len(description.split()) >= 3
        assert not description.startswith("Options")
        assert "\nExamples:\n  flowathena " in done.out
        for option in ("-q, --quiet ", "-v, --verbose ", "--log-format "):
            assert f"\n  {option}" in done.out
        listed = done.out.partition("Commands:\n")[2].partition("\n\n")[0]
        for name, about in re.findall(r"^  ([a-z_-]+)(.*)$", listed, re.MULTILINE):
            assert about.strip(), f"{name} has no help"
            if words[:1] not in {("run",), ("check",)} and words[:2] != ("queries", "render"):
                walk(*words, name)

    walk()
    assert {"init", "sample", "run", "partitions sync", "config validate"} <= set(seen)
    assert {"queries list", "queries show", "queries render", "queries check"} <= set(seen)
    text = shell.run("--help").out
    assert "0 done, 1 error, 2 usage" in " ".join(text.split())
    assert (
        "Servers that receive the most HTTPS traffic"
        in shell.run("run", "top_https_servers", "-h").out
    )


def test_help_loads_no_heavy_library(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flowathena", "--help"],
        cwd=tmp_path,
        env=Shell(tmp_path).environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines()}
    assert "flowathena.cli.app" in imported
    packages = {name.partition(".")[0] for name in imported}
    heavy = {
        "boto3",
        "botocore",
        "duckdb",
        "jinja2",
        "pandas",
        "pyarrow",
        "pyathena",
        "rich",
        "sqlglot",
    }
    assert not packages & heavy


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[str]:  # noqa: ANN401 - typer hides its types
    yield " ".join(words)
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


def parse(line: str) -> str:
    """Parse a command line to its end without calling anything; the words that call it."""
    name, *words = shlex.split(line)
    command = ROOT
    context = command.make_context(name, words)
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]  # noqa: SLF001 - as typer's own invoke
        name, command, words = command.resolve_command(context, rest)
        context = command.make_context(name, words, parent=context)
    return str(context.command_path.partition(" ")[2])


@pytest.mark.parametrize(("words", "line"), FIXED, ids=[line for _, line in FIXED])
def test_every_example_can_be_parsed(words: str, line: str) -> None:
    assert len(line) <= 76  # with two blanks in front, a line of 78
    called = parse(line)
    assert called.startswith(words) or not words
    of_queries = ("run ", "check ", "queries render ", "queries insights ", "insights run ")
    assert called in set(commands(ROOT)) or called.startswith(of_queries)


def test_an_example_that_is_wrong_would_be_found() -> None:
    with pytest.raises(Exception, match="--sice"):
        parse("flowathena partitions sync --sice 2d")


def test_every_command_has_examples_and_every_example_a_command() -> None:
    assert set(commands(ROOT)) == set(examples.EXAMPLES)


def test_a_query_has_examples_with_what_it_requires(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/talk.sql").write_text(
        '/* ---\ntitle = "Talk"\ndescription = "Who talks to an address."\n'
        '[params.address]\ntype = "ip"\n'
        '[params.side]\ntype = "choice"\nchoices = ["from", "to"]\n'
        '[params.limit]\ntype = "int"\ndefault = 10\n--- */\n'
        "SELECT srcaddr FROM flow_logs WHERE dstaddr = {{ address }} LIMIT {{ limit }}\n"
    )
    (tmp_path / "flowathena.toml").write_text('query_paths = ["queries"]\n')
    shell = Shell(tmp_path)
    shown = shell.run("run", "talk", "--help").out.partition("Examples:\n")[2]
    base = "flowathena run talk --address 10.0.0.1 --side from"
    assert shown == f"  {base} --since 24h\n  {base} --since 7d -o talk.csv\n"
    shown = shell.run("queries", "render", "talk", "--help").out.partition("Examples:\n")[2]
    assert shown == (
        "  flowathena queries render talk --address 10.0.0.1 --side from --since 24h\n"
    )
    for each in (*examples.of_query("run preview", ()), *examples.of_query("run rejected_tcp", ())):
        parse(each)


@pytest.mark.parametrize("width", [40, 60])
def test_help_fits_the_terminal_and_breaks_no_word(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    for words in (*examples.EXAMPLES, "run preview", "queries render rejected_tcp"):
        monkeypatch.setenv("COLUMNS", "80")
        wide = re.sub(r"-\n +", "-", help_of(words))
        monkeypatch.setenv("COLUMNS", str(width))
        narrow = help_of(words)
        assert max(map(len, narrow.splitlines())) <= width
        assert set(narrow.split()) <= {"\\", *(p for word in wide.split() for p in pieces(word))}


def help_of(words: str) -> str:
    command, context = ROOT, None
    for word in ("flowathena", *words.split()):
        command = command.get_command(context, word) if context else command
        context = command.context_class(command, info_name=word, parent=context)
    return str(command.get_help(context))


def pieces(word: str) -> Iterator[str]:
    """A word, and what it may be broken into: after a hyphen, and a list of choices after |."""
    parts = re.findall(r"[^-|]*[-|]|[^-|]+", word)
    for first in range(len(parts)):
        for last in range(first, len(parts)):
            yield "".join(parts[first : last + 1])
