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
        ("a = 1\nb 2\n", 2, "'=' is missing after the key (column 3, in: b 2)"),
        ("a = 1\na = 2\n", 2, "this key has a value already (column 6, in: a = 2)"),
        ("[t.u]\n\n[t.u]\n", 3, "table [t.u] is declared twice (column 5, in: [t.u])"),
        (
            "a = 1\r\nb = \r\n",
            2,
            "there is no valid value here; a text needs quotes (column 5, in: b =)",
        ),
        ("a = b\n", 1, "there is no valid value here; a text needs quotes (column 5, in: a = b)"),
        (
            "a = 012\n",
            1,
            (
                "something follows the value; a text needs quotes, and each key a line of its own "
                "(column 6, in: a = 012)"
            ),
        ),
        ("a\n", 1, "'=' is missing after the key (column 2, in: a)"),
        ("= 1\n", 1, "this is neither 'key = value' nor a [table] (column 1, in: = 1)"),
        ("[t\n", 1, "']' is missing at the end of the [table] line (column 3, in: [t)"),
        ("a = 'b\nc'\n", 1, "the text has no closing quote (column 7, in: a = 'b)"),
        ('a = "b\nc"\n', 1, 'the text has no closing quote (column 7, in: a = "b)'),
        ("a = [1 2]\n", 1, "the array lacks a comma or its closing ']' (column 8, in: a = [1 2])"),
        ("a = {b = 1, b = 2}\n", 1, "key 'b' is there twice (column 18, in: a = {b = 1, b = 2})"),
        ("[a]\nb = 1\n[a.b]\n", 3, "this key has a value already (column 5, in: [a.b])"),
        ("a = '\x00'\n", 1, "the character \\x00 cannot be here (column 6, in: a = '\ufffd')"),
        (
            "a = 'C:\\logs'\nb = \"C:\\logs\"\n",
            2,
            (
                "'\\' begins an escape that TOML does not know; write '\\\\', or the text in "
                'single quotes (column 10, in: b = "C:\\logs")'
            ),
        ),
        # A long line is shown around the place.
        (
            f"{'k' * 100} {'v' * 100}\n",
            1,
            f"'=' is missing after the key (column 102, in: …{'k' * 29} {'v' * 30}…)",
        ),
        # What does not end is reported where it begins.
        ("\na = 1\na = 2", 3, "this key has a value already (in: a = 2)"),
        ('a = 1\n# c\nb = """\nc = 1\nd = 2\n', 3, 'the text has no closing quote (in: b = """)'),
        ("a = 1\n\nb = [\n1,\n2,\n", 3, "the value is missing, or does not end (in: b = [)"),
        ("\n[t", 2, "']' is missing at the end of the [table] line (in: [t)"),
        ("\ufeffa = 1\nb", 2, "'=' is missing after the key (in: b)"),
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


def test_a_byte_order_mark_is_ignored() -> None:
    document = toml.parse("\ufeffa = 1\n")
    assert (document.data, document.line("a")) == ({"a": 1}, 1)


def test_every_message_of_the_parser_is_in_plain_words() -> None:
    """Those of the parser begin with a capital."""
    texts = [
        *("a", "a 1", "a =", "a = b", "= 1", "[a", "[[a", "a = [", "a = [1 2]", "a = {", "a = {b"),
        *("a = {b = 1 c = 2}", "a = {b = 1, b = 2}", "a = 1\na = 2", "a.b = 1\n[a.b]", "[a]\n[a]"),
        *("a = 1 2", "a = '", 'a = "', 'a = """', "a = '\n'", 'a = "\\q"', 'a = "\\u12"', "\0 = 1"),
        *('a = "\\ud800"', "a = '\1'", 'a = "\1"', "a = 2026-02-30", "[a]\nb = 1\n[a.b.c]", "[]"),
        *(
            "a = {}\na.b = 1",
            "[a.b]\n[a]\nb.c = 1",
            "[[a]]\n[a]",
            "a = []\n[[a]]",
            "# \1\n",
            "a = ",
        ),
    ]
    for text in texts:
        for end in ("", "\n", "\n\n"):
            with pytest.raises(toml.TomlError) as caught:
                toml.parse(text + end)
            message = str(caught.value)
            assert not message[0].isupper(), (text, message)
            assert "\n" not in message, (text, message)
            assert "namespace" not in message, (text, message)


def test_the_end_of_a_long_statement_is_found_without_reading_it_again_and_again() -> None:
    document = toml.parse("a = [\n" + "1,\n" * 50_000 + "]\nb = 1\n")
    assert (document.line("a"), document.line("b")) == (1, 50_003)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("true", "the boolean true"),
        ("7", "the integer 7"),
        ("0x10", "the integer 16"),
        ("nan", "the number nan"),
        ("'x'", "the string 'x'"),
        ("2026-11-01", "a date"),
        ("2026-11-01 10:00:00", "a date and time"),
        ("10:00:00", "a time"),
        ("[1]", "an array"),
        ("{}", "a table"),
    ],
)
def test_values_in_tomls_terms(value: str, told: str) -> None:
    assert toml.describe(toml.parse(f"a = {value}").data["a"]) == told
