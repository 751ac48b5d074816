"""TOML with the line of every key: in these texts every number is the line it is written on."""

from collections.abc import Iterator

import pytest

from flowathena.inputs import toml
from flowathena.inputs.toml import KeyPath

TEXTS = {
    "comments and texts that look like keys": """\
# b = 0
a = 2 # b = 2
c = "b = 3"
# [t]
b = 5
[t] # [u]
a = 7
""",
    "dotted keys": """\
a.b = 1
a.c.d = 2
'x.y'.z = 3
[a.e]
f.g = 5
""",
    "quoted keys": """\
"a b" = 1
'"' = 2
"\\u00e9" = 3
"" = 4
["x.y"."# z"]
"[" = 6
""",
    "inline tables": """\
a = { b = 1, "c = 9" = { d = 1 } }
e = [{ f = 2 }, 2]
[t]
a = {}
b.c = { d = 5 }
""",
    "the same key in several tables": """\
a = 1
[t]
a = 3
[u]
a = 5
b = 6
[t.u]
a = 8
b = 9
""",
    "multi-line texts that contain what looks like keys": '''\
a = """
b = 2
[t]
c = 4 \\
d = 5"""
b = 6
[u]
e = \'\'\'
[t]
""" # \'\'\'
f = 11
[t]
c = 13
d = 14
''',
    "arrays of tables": """\
[[a]]
b = 2
[[a]]
b = 4
[a.c]
d = 6
[[a.e]]
f = 8
[[a.e]]
f = 10
[a.e.g]
h = 12
[[x]]
[[a]]
b = 15
[[a.e]]
f = 17
""",
    "tables out of order": """\
[a.b.c]
d = 2
[x]
y = 4
[a]
z = 6
[a.b]
e = 8
""",
    "white space": """\

 \t a = 2
\t[ t . "u" ]\t
\t
   b\t=\t5
""",
}


def numbers(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """Every number of the data and where it is."""
    if isinstance(value, int):
        yield path, value
    items = value.items() if isinstance(value, dict) else []
    for key, inner in enumerate(value) if isinstance(value, list) else items:
        yield from numbers(inner, (*path, key))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_line_of_every_key(text: str, line_end: str) -> None:
    document = toml.parse(text.replace("\n", line_end))
    expected = dict(numbers(document.data))
    assert len(expected) > 1
    assert {path: document.line(*path) for path in expected} == expected


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_lines_are_those_of_the_file_that_contains_the_text(text: str) -> None:
    document = toml.parse(text, 21)
    assert all(document.line(*path) == line + 20 for path, line in numbers(document.data))


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("\n[t]\n", ("t",), 2),
        ("a = 1\n[t.u]\nb = 1\n", ("t",), 2),
        ("a.b = 1\na.c = 1\n", ("a",), 1),
        # The table's own header, though a table within it comes first.
        ("[t.u]\na = 1\n[t]\n", ("t",), 3),
        ("[t.u]\na = 1\n[t]\n", ("t", "u"), 1),
        ("[[t]]\n[[t]]\n", ("t",), 1),
        ("[[t]]\n[[t]]\n", ("t", 1), 2),
        # The value begins on the line of its key, wherever its parts are.
        ("a = [\n 1,\n { b = 2 },\n]\nc = 1\n", ("a", 1, "b"), 1),
        ("a = [\n 1,\n { b = 2 },\n]\nc = 1\n", ("c",), 5),
        ('a = """\n"""\n', ("a",), 1),
        # Ends of lines to Python, but not to TOML.
        ('a = "\u2028\u0085"\nb = 1', ("b",), 2),
        ("\n\na = 1", (), 1),
    ],
)
def test_tables_and_values_of_several_lines(text: str, path: KeyPath, line: int) -> None:
    assert toml.parse(text).line(*path) == line


@pytest.mark.parametrize("path", [("b",), ("t", "b"), ("a", "b"), ("t", 0), ("a b",)])
def test_what_is_not_in_the_text_has_no_line(path: KeyPath) -> None:
    assert toml.parse("# b = 1\na = 'b = 1'\n[t]\na = 'b = 1'\n").line(*path) is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\nb 2\n", 2, "Expected '=' after a key in a key/value pair (column 3)"),
        ("a = 1\na = 2\n", 2, "Cannot overwrite a value (column 6)"),
        ("[t]\n\n[t]\n", 3, "Cannot declare ('t',) twice (column 3)"),
        ("a = 1\r\nb = \r\n", 2, "Invalid value (column 5)"),
        # What does not end is reported where it begins.
        ("\na = 1\na = 2", 3, "Cannot overwrite a value"),
        ('a = 1\n# c\nb = """\nc = 1\nd = 2\n', 3, "Unterminated string"),
        ("a = 1\n\nb = [\n1,\n2,\n", 3, "Invalid value"),
        ("\n[t", 2, "Expected ']' at the end of a table declaration"),
    ],
)
def test_a_syntax_error_has_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(toml.TomlError) as caught:
        toml.parse(text)
    assert (caught.value.line, str(caught.value)) == (line, message)


def test_a_syntax_error_has_the_line_of_the_file_that_contains_the_text() -> None:
    for text in ("a = 1\nb\n", "a = 1\nb"):
        with pytest.raises(toml.TomlError) as caught:
            toml.parse(text, 10)
        assert caught.value.line == 11


def test_an_empty_text_has_no_keys() -> None:
    document = toml.parse("", 7)
    assert (document.data, document.line(), document.line("a")) == ({}, 7, None)
