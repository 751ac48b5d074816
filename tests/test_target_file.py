"""A setting of a target changed in the file: one line, and no other byte."""

import tomllib
from pathlib import Path

import pytest

from flowathena.errors import ConfigError
from flowathena.target.config import load
from flowathena.target.edits import change_setting

_NEW = 'partitioning = "projection"'


@pytest.mark.parametrize(
    ("text", "line", "written"),
    [
        ("[targets.a]\nlocation = 's3://abc'\n", 3, _NEW),
        ("[targets.a]\nlocation = 's3://abc' # mine\ntable = 'x'\n", 3, _NEW),
        ("\n[targets.a]\r\nlocation = 's3://abc'\r\n", 4, f"{_NEW}\r"),
        ("\ufeff[targets.a]\n  location = 's3://abc'", 3, f"  {_NEW}"),
        ("[targets]\na.location = 's3://abc'\n", 3, f"a.{_NEW}"),
        (
            (
                "[targets.b]\nlocation = 's3://abc'\n[targets.a]\nlocation = 's3://abd'\n"
                "partitioning='registered'# why\n"
            ),
            5,
            'partitioning="projection"# why',
        ),
        (
            (
                "[targets.a]\npartitioning = 'registered'\nlocation = 's3://abc'\nprofile = '''\n"
                "partitioning = 'x\n'''\n"
            ),
            2,
            _NEW,
        ),
    ],
)
def test_one_line_is_changed(tmp_path: Path, text: str, line: int, written: str) -> None:
    file = tmp_path / "flowathena.toml"
    file.write_bytes(text.encode())
    before = load(file, {})
    assert change_setting(before, "a", "partitioning", "projection") == line
    lines = file.read_bytes().decode().split("\n")
    assert lines[line - 1] == written
    old = text.split("\n")
    rest = lines[: line - 1] + lines[line:]
    assert rest == (old if len(lines) > len(old) else old[: line - 1] + old[line:])
    after = load(file, {})
    assert after.targets["a"].partitioning == "projection"
    others = {name: target for name, target in before.targets.items() if name != "a"}
    assert {name: target for name, target in after.targets.items() if name != "a"} == others
    assert change_setting(after, "a", "partitioning", "projection") == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("targets = { a = { location = 's3://abc' } }\n", 1),
        ("[targets.a]\n'location' = 's3://abc'\n", 2),
        ("[targets.a]\nlocation = '''s3://abc'''\n", 2),
        ("# one\ntargets.a = { location = 's3://abc' }\n", 2),
    ],
)
def test_what_is_written_otherwise_is_left_to_the_user(
    tmp_path: Path, text: str, line: int
) -> None:
    file = tmp_path / "flowathena.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        change_setting(load(file, {}), "a", "partitioning", "projection")
    assert str(caught.value) == (
        f'{file}:{line}: set partitioning = "projection" in [targets.a] by hand'
    )
    assert file.read_text() == text
    assert tomllib.loads(text)
