"""``--help``: everywhere, and in no time."""

import re
import subprocess
import sys
from pathlib import Path

from tests.shell import Shell


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
        _, _, listed = done.out.partition("Commands:\n")
        for name, about in re.findall(r"^  ([a-z_]+)(.*)$", listed, re.MULTILINE):
            assert about.strip(), f"{name} has no help"
            if words[:1] != ("run",) and words[:2] != ("queries", "render"):
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
