"""Placeholders become literals, and nothing else."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp, parse

from flowathena.errors import QueryError
from flowathena.inputs.params import Value
from flowathena.query.query import Query
from flowathena.query.template import FilledQuery, fill, placeholders, to_literal

WHERE = "SELECT srcaddr FROM flow_logs WHERE dstaddr = {{ value }} AND action = 'ACCEPT'"
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
HOSTILE = TEXTS | st.lists(
    st.sampled_from(
        [
            "'",
            "''",
            '"',
            "`",
            "\\",
            "\n",
            "\r",
            "--",
            "/*",
            "*/",
            ";",
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "$$",
            "\u2019",
            "\u02bc",
            "\uff07",
            "\u2028",
            "\x85",
            "x",
            " ",
            "OR 1=1",
            "flowathena_hole_0_",
            "U&'",
            "E'",
            "\ufeff",
            "\u202e",
        ]
    ),
    max_size=12,
).map("".join)


def filled(sql: str, **values: Value) -> str:
    return fill(Query("q", "Q", sql), values).statement.sql


def from_line_ten(sql: str) -> FilledQuery:
    return fill(Query("q", "Q", sql, file=Path("q.sql"), first_line=10), {"value": "x"})


def only(sql: str) -> exp.Expr:
    (tree,) = parse(sql, dialect="trino")
    assert tree is not None
    return tree


def texts(tree: exp.Expr) -> list[str]:
    return [node.name for node in tree.find_all(exp.Literal) if node.is_string]


@given(HOSTILE)
@example("x' OR 1=1 --")
@example("'; DROP TABLE flow_logs; --")
@example("\\' OR 1=1 --")
@example("\u2019 OR \u20191\u2019=\u20191")
@example("a\n-- b\n/* c")
@example("{{ 7*7 }}{% raw %}")
@example("flowathena_hole_0_")
def test_a_hostile_text_is_one_literal(value: str) -> None:
    tree = only(filled(WHERE, value=value))
    assert sorted(texts(tree)) == sorted(["ACCEPT", value])
    assert len(list(tree.walk())) == len(list(only(filled(WHERE, value="tame")).walk()))


def test_a_megabyte_of_text_is_one_literal() -> None:
    value = "x' OR 1=1 --\n" * 80_000
    assert texts(only(filled(WHERE, value=value)))[0] == value


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_every_item_of_a_list_is_one_literal(values: list[str]) -> None:
    sql = "SELECT 1 AS one FROM flow_logs WHERE dstaddr IN {{ values }}"
    assert sorted(texts(only(filled(sql, values=tuple(values))))) == sorted(values)


@given(HOSTILE, HOSTILE)
def test_two_placeholders_do_not_mix(one: str, two: str) -> None:
    tree = only(filled("SELECT {{ one }} AS a, {{ two }} AS b", one=one, two=two))
    assert [alias.this.name for alias in tree.find_all(exp.Alias)] == [one, two]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (443, "443"),
        (-7, " -7"),  # apart from a minus before it, which would make it a comment
        (2**63 - 1, "9223372036854775807"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        ("it's", "'it''s'"),
        ("", "''"),
        (date(2026, 11, 1), "DATE '2026-11-01'"),
        (datetime(2026, 11, 1, 6, tzinfo=UTC), "TIMESTAMP '2026-11-01 06:00:00.000'"),
        (
            datetime(2026, 11, 1, 6, 0, 0, 1234, tzinfo=UTC),
            "TIMESTAMP '2026-11-01 06:00:00.001'",
        ),
        (
            datetime(2026, 11, 1, 6, tzinfo=timezone(timedelta(hours=2))),
            "TIMESTAMP '2026-11-01 04:00:00.000'",
        ),
        (None, "NULL"),
        ((1, 2), "(1, 2)"),
        (("a", "b'c"), "('a', 'b''c')"),
    ],
)
def test_a_value_has_its_literal(value: Value, expected: str) -> None:
    assert filled("SELECT {{ value }}", value=value) == f"SELECT {expected}"


@pytest.mark.parametrize(("value", "expected"), [(True, "TRUE"), (False, "FALSE")])
def test_a_truth_value_of_the_template_has_a_literal(value: bool, expected: str) -> None:
    assert to_literal(value) == expected


@pytest.mark.parametrize("value", [1.5, b"x", object(), {"a": 1}, {1, 2}])
def test_another_value_has_no_literal(value: object) -> None:
    with pytest.raises(TypeError, match="has no literal"):
        to_literal(value)


def test_a_value_without_a_literal_is_a_problem_of_the_query() -> None:
    with pytest.raises(QueryError, match="has no literal"):
        filled("SELECT {{ 1.5 }}")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1,\n'{{ value }}'",
        "SELECT 1,\n'a {{ value }} b'",
        'SELECT 1,\n"{{ value }}"',
        "SELECT 1, -- {{ value }}\n2",
        "SELECT 1 /* {{ value }} */",
        "SELECT 1 /*\n{{ value }} */, 2",
        "SELECT 1,\na{{ value }}",
        "SELECT 1,\n{{ value }}a",
        "SELECT 1,\n{{ value }}{{ value }}",
        "SELECT 1,\n'a'{{ value }}",
        "SELECT 1,\n{{ value }}'a'",
        "SELECT 1,\nt.{{ value }}",
        "SELECT 1,\n{{ value }}.t",
        "SELECT 1,\n{{ value }}::int",
        "SELECT 1,\nU&{{ value }}",
        "SELECT 1,\n`{{ value }}`",
        "SELECT 1,\n$${{ value }}$$",
    ],
)
def test_a_placeholder_that_is_no_whole_token_is_refused(sql: str) -> None:
    with pytest.raises(QueryError):
        filled(sql, value="x")


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("SELECT 1,\n'{{ value }}'", 2),
        ('SELECT 1,\n\n"{{ value }}"', 3),
        ("SELECT 1, -- {{ value }}\n2", 1),
        ("SELECT 1 /*\n{{ value }} */, 2", 2),
        ("SELECT 1,\n{{ value }}a", 2),
    ],
)
def test_the_refusal_names_the_line(sql: str, line: int) -> None:
    with pytest.raises(QueryError) as caught:
        from_line_ten(sql)
    assert str(caught.value) == (
        f"q.sql:{line + 9}: a placeholder is inside quotes, a comment or a name; write it "
        "bare, its value gets quotes"
    )


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{% macro m() %}1{% endmacro %}SELECT {{ m() }}", "a macro"),
        ("{% set a %}1{% endset %}SELECT {{ a }}", "a set block"),
        ("{% filter upper %}SELECT 1{% endfilter %}", "a filter block"),
        ("{% include 'x.sql' %}", "an include"),
        ("{% import 'x.sql' as x %}SELECT 1", "an import"),
        ("{% from 'x.sql' import x %}SELECT 1", "an import"),
        ("{% extends 'x.sql' %}", "an extends"),
        ("SELECT {% block b %}1{% endblock %}", "a block"),
    ],
)
def test_a_template_cannot_write_text_of_its_own(template: str, what: str) -> None:
    with pytest.raises(QueryError, match=f"{what} is not allowed in a saved query"):
        filled(template)


def test_a_call_block_is_refused() -> None:
    with pytest.raises(QueryError, match="is not allowed in a saved query"):
        filled("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}1{% endcall %}")


@pytest.mark.parametrize(
    "template",
    [
        "SELECT {{ ''.__class__ }}",
        "SELECT {{ ''.__class__.__mro__[1].__subclasses__() }}",
        "SELECT {{ value.__init__.__globals__ }}",
        "SELECT {{ self }}",
        "SELECT {{ self._TemplateReference__context }}",
        "SELECT {{ cycler.__init__ }}",
        "SELECT {{ range(9) }}",
        "SELECT {{ lipsum() }}",
        "SELECT {{ namespace(a=1) }}",
        "SELECT {{ value.format }}",
        "SELECT {{ __literals__.append('x') }}",
        "SELECT {{ '%s' | format(''.__class__) | attr('x') }}",
    ],
)
def test_a_template_reaches_nothing_but_its_values(template: str) -> None:
    with pytest.raises(QueryError):
        filled(template, value="x")


def test_an_undefined_name_is_refused_and_named() -> None:
    with pytest.raises(QueryError, match="'port' is undefined"):
        filled("SELECT {{ port }}")


def test_an_undefined_name_in_a_condition_is_refused() -> None:
    with pytest.raises(QueryError, match="'port' is undefined"):
        filled("SELECT 1 {% if port %}, 2{% endif %}")


def test_a_template_syntax_error_names_its_line() -> None:
    with pytest.raises(QueryError) as caught:
        from_line_ten("SELECT 1,\n{{ value }\n")
    assert str(caught.value).startswith("q.sql:11: template: ")


@pytest.mark.parametrize(
    ("port", "expected"), [(443, "SELECT 1 WHERE dstport = 443"), (None, "SELECT 1")]
)
def test_conditions(port: int | None, expected: str) -> None:
    sql = "SELECT 1{% if port is not none %} WHERE dstport = {{ port }}{% endif %}"
    assert filled(sql, port=port) == expected


def test_loops() -> None:
    sql = "SELECT {% for p in ports %}{{ p }}{% if not loop.last %}, {% endif %}{% endfor %}"
    assert filled(sql, ports=(22, 443)) == "SELECT 22, 443"


def test_a_set_value_is_a_literal() -> None:
    assert filled("{% set a = value %}SELECT {{ a }}", value="x'y") == "SELECT 'x''y'"


def test_a_constant_is_a_literal() -> None:
    assert filled("SELECT {{ 'a' }}, {{ 1 + 1 }}") == "SELECT 'a', 2"


def test_a_placeholder_twice_is_two_literals() -> None:
    assert filled("SELECT {{ a }} + {{ a }}", a=1) == "SELECT 1 + 1"


def test_a_placeholder_at_the_end() -> None:
    assert filled("SELECT 1 LIMIT {{ limit }}", limit=10) == "SELECT 1 LIMIT 10"


def test_a_placeholder_between_parentheses_and_commas() -> None:
    assert filled("SELECT f({{ a }},{{ b }})", a=1, b=2) == "SELECT f(1,2)"


@pytest.mark.parametrize(
    ("sql", "expected", "line"),
    [
        ("SELECT 1", "SELECT 1", 1),
        ("SELECT 1;", "SELECT 1", 1),
        ("SELECT 1 ;\n", "SELECT 1", 1),
        ("-- why\nSELECT 1", "SELECT 1", 2),
        ("/* why\n*/\n\nSELECT 1 -- done", "SELECT 1", 4),
        ("SELECT 1; -- done", "SELECT 1", 1),
        ("SELECT /* inside */ 1", "SELECT /* inside */ 1", 1),
        ("SELECT ';'", "SELECT ';'", 1),
    ],
)
def test_the_statement_is_bare(sql: str, expected: str, line: int) -> None:
    bare = fill(Query("q", "Q", sql), {})
    assert (bare.statement.sql, bare.first_line) == (expected, line)


@pytest.mark.parametrize("sql", ["", "  \n", "-- nothing", "/* nothing */"])
def test_a_query_without_a_statement_is_refused(sql: str) -> None:
    with pytest.raises(QueryError, match="contains no statement"):
        filled(sql)


@pytest.mark.parametrize("sql", ["SELECT 'open", 'SELECT "open', "SELECT 1 /* open"])
def test_an_open_quote_or_comment_is_refused(sql: str) -> None:
    with pytest.raises(QueryError):
        filled(sql)


def test_the_name_of_a_marker_is_reserved() -> None:
    with pytest.raises(QueryError, match="uses a name reserved for placeholders"):
        filled("SELECT flowathena_hole_0_, {{ value }}", value="x")


def test_a_marker_built_from_pieces_is_refused() -> None:
    with pytest.raises(QueryError):
        filled("SELECT flowathena_{{ '' }}hole_0_", value="x")


def test_braces_of_a_statement_given_as_text_are_braces() -> None:
    sql = "SELECT '{{ value }}', '{% if %}'"
    assert fill(Query("sql", "S", sql, is_template=False), {}).statement.sql == sql


def test_placeholders_are_the_names_used() -> None:
    sql = (
        "{% set a = one %}SELECT {{ a }}, {{ two }} {% if three %}{% endif %}"
        "{% for item in items %}{{ item }}{{ loop.index }}{% endfor %}"
    )
    assert placeholders(Query("q", "Q", sql)) == {"one", "two", "three", "items"}


def test_a_statement_given_as_text_has_no_placeholders() -> None:
    assert placeholders(Query("sql", "S", "SELECT '{{ x }}'", is_template=False)) == set()


def test_a_list_that_makes_too_much_text_is_named() -> None:
    one = "{% for n in nets %} OR contains({{ n }}, try_cast(srcaddr AS ipaddress)) {% endfor %}"
    query = Query("q", "Q", f"SELECT 1 AS a FROM flow_logs WHERE 1 = 0{one}")
    with pytest.raises(QueryError) as raised:
        fill(query, {"nets": ("10.0.0.0/8",) * 5000, "few": (1,)})
    assert str(raised.value).endswith("of text; nets has 5,000 values: give fewer at a time")
