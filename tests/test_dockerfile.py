"""The container image: what matters of its Dockerfile, where no Docker builds it."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
_SECRET = re.compile(r"(?i)(secret|password|token|access_key)\w*=")


@dataclass(frozen=True)
class Instruction:
    """One instruction, its lines joined."""

    name: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        Instruction(*re.fullmatch(r"(\S+)\s+(.*)", " ".join(line.split())).groups())  # type: ignore[union-attr]
        for line in joined.splitlines()
        if line.strip()
    ]


def problems(text: str) -> list[str]:
    """What is wrong with a Dockerfile."""
    every = instructions(text)
    last = max(place for place, each in enumerate(every) if each.name == "FROM")
    found = [*_of_bases(every), *_of_the_last_stage(every[last:])]
    for each in every:
        found += [
            problem for names, bad, problem in _RULES if each.name in names and bad(each.rest)
        ]
    return found


def _of_bases(every: list[Instruction]) -> Iterator[str]:
    bases = [each.rest.split()[0] for each in every if each.name == "FROM"]
    pins = [each.rest.partition("=")[2] for each in every if each.name == "ARG"]
    for base in (*(each for each in bases if each != "${BASE}"), *pins):
        if ":" not in base or re.search(r":(latest|\d+|slim)$", base):
            yield f"{base} is not pinned"


def _of_the_last_stage(final: list[Instruction]) -> Iterator[str]:
    users = [each.rest for each in final if each.name == "USER"]
    if not users or re.match(r"(root|0)\b|[^0-9]", users[-1]):
        yield "the last stage does not run as a user by number who is not root"
    if any(each.name == "COPY" and "--from=" not in each.rest for each in final):
        yield "the last stage has sources"


_Bad = Callable[[str], object]
_RULES: tuple[tuple[set[str], _Bad, str], ...] = (
    ({"ENTRYPOINT", "CMD"}, lambda rest: rest[0] != "[", "a shell runs it, which hears no signals"),
    ({"ENV", "ARG"}, _SECRET.search, "a secret is in the image"),
    ({"WORKDIR"}, lambda rest: rest[0] != "/", "a relative WORKDIR"),
    ({"RUN"}, re.compile(r"pip install (?!.*--no-cache-dir)").search, "pip keeps a cache"),
    ({"RUN"}, re.compile(r"\b(sudo|curl|wget)\b").search, "something is fetched by hand"),
    ({"ADD", "VOLUME", "EXPOSE", "ONBUILD"}, bool, "an instruction that is not needed here"),
)


def test_nothing_is_wrong_with_the_file() -> None:
    assert problems(TEXT) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("python:3.13.9-slim-bookworm", "python:latest", "python:latest is not pinned"),
        ("python:3.13.9-slim-bookworm", "python", "python is not pinned"),
        ("USER 10001:10001", "USER root", "the last stage does not run as a user"),
        ("USER 10001:10001\n", "", "the last stage does not run as a user"),
        ('ENTRYPOINT ["flowathena"]', "ENTRYPOINT flowathena", "a shell runs it"),
        ("--no-cache-dir ", "", "pip keeps a cache"),
        ("WORKDIR /tmp", "WORKDIR /tmp\nCOPY flowathena ./", "the last stage has sources"),
        ("WORKDIR /tmp", "ENV AWS_SECRET_ACCESS_KEY=x", "a secret is in the image"),
        ("WORKDIR /tmp", "ADD x.tar /", "an instruction that is not needed"),
    ],
)
def test_what_matters_would_be_found(before: str, after: str, problem: str) -> None:
    assert before in TEXT
    assert any(each.startswith(problem) for each in problems(TEXT.replace(before, after)))


def test_the_image_has_all_that_the_wheel_is_built_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    needed = {*wheel, "pyproject.toml", project["project"]["readme"]}
    copied = {
        word
        for each in instructions(TEXT)
        if each.name == "COPY" and "--from=" not in each.rest
        for word in each.rest.split()[:-1]
    }
    assert copied == needed
    assert all((ROOT / each).exists() for each in copied)


def test_the_build_is_sent_what_is_copied_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    sent = {line[1:] for line in lines if line.startswith("!")}
    left_out = [line for line in lines if not line.startswith("!")]
    assert lines[0] == "*"
    for each in instructions(TEXT):
        if each.name == "COPY" and "--from=" not in each.rest:
            assert set(each.rest.split()[:-1]) <= sent
    assert any(fnmatch("flowathena/__pycache__", each) for each in left_out)


def test_its_python_is_one_that_the_package_is_for() -> None:
    version = re.search(r"python:(\d+)\.(\d+)", TEXT)
    assert version
    assert (int(version[1]), int(version[2])) >= (3, 11)
