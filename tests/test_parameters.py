"""A query's parameters as options: lists, files of values, help, completion."""

import io
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flowathena.cli import parameters
from flowathena.errors import ParameterError
from flowathena.inputs.params import Param

PORTS = Param("ports", "list[port]")
TEXTS = Param("names", "list[text]")


def given(param: Param, *texts: str) -> Any:  # noqa: ANN401 - what the parameter takes
    """The typed value of an option that is given so often."""
    return param.parse(parameters.value(param, texts))


def written(folder: Path, content: str | bytes) -> str:
    file = folder / "values.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return f"@{file}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["22,3389"], (22, 3389)),
        (["22", "3389"], (22, 3389)),
        (["22, 3389 ,", "443"], (22, 3389, 443)),
        (["22,22", "3389,22"], (22, 3389)),
    ],
)
def test_a_list_is_separated_by_commas_or_repeated(
    texts: Sequence[str], expected: tuple[int, ...]
) -> None:
    assert given(PORTS, *texts) == expected


@pytest.mark.parametrize(
    "content",
    [
        "22\n3389\n",
        "22\n3389",
        "\ufeff22\r\n3389\r\n",
        "# ports\n\n  22\t# SSH\n\n3389 # RDP\n   # end\n",
        "22\n3389\n22\n",
    ],
)
def test_a_file_has_a_value_a_line(tmp_path: Path, content: str) -> None:
    assert given(PORTS, written(tmp_path, content)) == (22, 3389)


def test_files_and_values_may_be_mixed(tmp_path: Path) -> None:
    assert given(PORTS, "443", written(tmp_path, "22\n"), "80,81") == (443, 22, 80, 81)


def test_a_relative_file_is_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "22\n")
    monkeypatch.chdir(tmp_path)
    assert given(PORTS, "@values.txt") == (22,)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert given(PORTS, "@~/values.txt") == (22,)


def test_a_file_has_addresses_of_both_families(tmp_path: Path) -> None:
    networks = Param("networks", "list[cidr]")
    content = "10.0.0.0/8\n2001:DB8::/32\n10.1.2.3 # one\n2001:db8::1\n::ffff:a00:0/104\n"
    assert given(networks, written(tmp_path, content)) == (
        *("10.0.0.0/8", "2001:db8::/32", "10.1.2.3/32", "2001:db8::1/128"),
    )


def test_a_text_in_a_file_keeps_commas_and_later_hashes(tmp_path: Path) -> None:
    assert given(TEXTS, written(tmp_path, "a,b\n# no\nissue #7\nc # d\n")) == (
        *("a,b", "issue #7", "c # d"),
    )


def test_a_literal_at_sign_is_doubled(tmp_path: Path) -> None:
    assert given(TEXTS, "@@root,@x") == ("@root", "@x")
    assert given(TEXTS, "a,@b") == ("a", "@b")
    assert given(TEXTS, written(tmp_path, "@root\n@@root\n")) == ("@root", "@@root")


def test_one_text_may_begin_with_an_at_sign() -> None:
    assert given(Param("name", "text"), "@root") == "@root"
    assert given(Param("name", "text"), "@@root") == "@@root"


def test_no_file_is_read_for_a_library_caller(tmp_path: Path) -> None:
    at = written(tmp_path, "22\n")
    with pytest.raises(ParameterError, match="is not a port"):
        PORTS.parse([at])
    assert TEXTS.parse([at, "a,b"]) == (at, "a,b")


def test_standard_input_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(b"22\n3389\n"))
    monkeypatch.setattr("sys.stdin", stdin)
    assert given(PORTS, "@-") == (22, 3389)
    with pytest.raises(ParameterError, match=r"^ports: standard input contains no value$"):
        given(PORTS, "@-")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"22\nx\n")))
    with pytest.raises(ParameterError, match=r"^ports: standard input:2: 'x' is not a port"):
        given(PORTS, "@-")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("22\n\nhttps\n", "{}:3: 'https' is not a port; write 0 to 65535"),
        ("22\n22,23\n", "{}:2: '22,23' is not a port; write 0 to 65535"),
        ("22#ssh\n", "{}:1: '22#ssh' is not a port; write 0 to 65535"),
        ("# nothing\n\n", "{} contains no value"),
        ("", "{} contains no value"),
        (b"22\n\xff\n", "cannot read {}: line 2 is not UTF-8 text"),
        (
            "22\n".encode("utf-16"),
            "cannot read {}: line 1 is not UTF-8 text but UTF-16; save it as UTF-8",
        ),
        (b"1" * 16_000_001, "cannot read {}: it is larger than 16 MB"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    name = written(tmp_path, content)
    with pytest.raises(ParameterError) as caught:
        given(PORTS, name)
    assert str(caught.value) == f"ports: {told.format(name[1:])}"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for name, reason in (("none.txt", "No such file or directory"), ("", "Is a directory")):
        with pytest.raises(ParameterError) as caught:
            given(PORTS, f"@{tmp_path / name}")
        assert str(caught.value) == f"ports: cannot read {tmp_path / name}: {reason}"


def test_a_single_value_is_given_once() -> None:
    with pytest.raises(ParameterError, match="port: takes one value, not 2: 22, 23"):
        parameters.value(Param("port", "port"), ["22", "23"])
    assert parameters.value(Param("port", "port"), None) is None


def option(param: Param) -> Any:  # noqa: ANN401 - typer's own types are private
    return parameters.option(param).annotation.__metadata__[0]


@pytest.mark.parametrize(
    ("param", "metavar", "told"),
    [
        (Param("a", "port", "Port"), "PORT", "Port [required]"),
        (
            Param("a", "int", "Rows", required=False, default=10, minimum=1),
            "INT",
            "Rows [1 or more; default: 10]",
        ),
        (
            Param("a", "duration", "Gap", required=False, default=86_400, minimum=60, maximum=7200),
            "DURATION",
            "Gap [1m to 2h; default: 1d]",
        ),
        (Param("a", "number", required=False, maximum=1), "NUMBER", "[up to 1]"),
        (
            Param("a", "list[choice]", "Ends", required=False, default=("x",), choices=("x", "y")),
            "x|y,…",
            "Ends [repeatable, comma-separated or @FILE; default: x]",
        ),
        (
            Param("a", "list[port]", "Ports", required=False, default=()),
            "PORT,…",
            "Ports [repeatable, comma-separated or @FILE; default: none]",
        ),
        (Param("a", "text", "Name", required=False), "TEXT", "Name"),
    ],
)
def test_help_shows_type_range_choices_and_default(param: Param, metavar: str, told: str) -> None:
    assert (option(param).metavar, option(param).help) == (metavar, told)


def test_completion_knows_choices_time_zones_and_lists() -> None:
    side = Param("side", "choice", choices=("from", "to", "either"))
    assert option(side).autocompletion("") == ["from", "to", "either"]
    assert option(side).autocompletion("e") == ["either"]
    sides = Param("sides", "list[choice]", choices=("from", "to"))
    assert option(sides).autocompletion("from,t") == ["from,to"]
    assert option(Param("tz", "timezone")).autocompletion("europe/berl") == ["Europe/Berlin"]
    assert option(PORTS).autocompletion is None
