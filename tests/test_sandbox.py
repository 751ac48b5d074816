"""A template does a bounded amount of work, whatever it says; Jinja alone would run for hours."""

import re
import tracemalloc
from pathlib import Path

import pytest

from flowathena.query.sandbox import FILTERS, TemplateProblemError, render

MANY = {"many": tuple(range(100)), "texts": ("a", "b"), "name": "x"}
STEPS = "template: does more than 500,000 steps; simplify its loops"
DEEP = "template: is nested too deeply"
_MEMORY_BYTES = 100_000_000


def doubled(expression: str) -> str:
    """Sixty doublings of ``a``, by an expression of ``a``."""
    return f"{{% set a = name %}}{f'{{% set a = {expression} %}}' * 60}\n{{{{ a }}}}"


def loops(depth: int, inside: str, over: str = "many") -> str:
    return f"\n{f'{{% for i in {over} %}}' * depth}{inside}{'{% endfor %}' * depth}"


def problem(text: str) -> tuple[str, int | None]:
    """What is wrong with a template, and its line."""
    with pytest.raises(TemplateProblemError) as caught:
        render(text, MANY, str)
    ((message, line),) = caught.value.problems
    return message, line


@pytest.mark.parametrize(
    "text",
    [
        loops(8, ""),
        loops(8, "x"),
        loops(3, "{% if many == many %}{% endif %}"),
        loops(3, "{% if 7 in many %}{% endif %}"),
        loops(3, "{% for t in texts|map('upper') %}{% endfor %}"),
        "\n{{ 'x' * 10**9 }}",
        "\n{{ 10**9 * 'x' }}",
        "\n{{ [0] * 10**9 }}",
        "\n{{ many * 10**7 }}",
        "\n{{ ('x' * 10000)|join('y' * 100000) }}",
        "\n{{ ('x' * 10000)|replace('x', 'y' * 100000) }}",
        "\n{{ ('x' * 10000)|replace('', 'y' * 100000) }}",
        "\n{{ (['xx'] * 1000)|map('replace', 'x', 'y' * 100000)|list }}",
        "\n{{ (['xx' * 1000] * 1000)|map('list')|list|length }}",
        "\n{{ ('f' * 3000000)|int(0, 16) * 2 }}",
        doubled("a ~ a").replace("\n", ""),
        doubled("a + a").replace("\n", ""),
        doubled("[a] * 9").replace("\n", ""),
    ],
)
def test_too_much_work_is_refused_before_it_is_done(text: str) -> None:
    message, line = problem(text)
    assert message in {STEPS, "template: nests lists more than 8 deep"}
    assert line in {1, 2}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (
            loops(3, "1, "),
            "template: makes more than 262,144 characters of text",
            2,
        ),
        (loops(2, "{{ many }}"), "template: puts more than 20,000 values into the statement", 2),
        ("\n{{ 10**99999 }}", "template: computes a number of more than 4096 bits", 2),
        ("\n{{ 2**4000 * 2**4000 }}", "template: computes a number of more than 4096 bits", 2),
        (doubled("[a, a]"), "template: nests lists more than 8 deep", 1),
        (doubled("{1: a, 2: a}"), "template: nests lists more than 8 deep", 1),
        (f"\n{{{{ {'(' * 5000}1{')' * 5000} }}}}", DEEP, 2),
        (f"\n{{{{ {'-' * 5000}1 }}}}", DEEP, 2),
        (f"\n{{{{ {'+'.join('1' * 5000)} }}}}", DEEP, 2),
        (loops(30, "1", over="[1]"), DEEP, 2),
        ("\n" + "{% if 1 %}" * 300 + "{% endif %}" * 300, DEEP, 2),
        (
            "\n{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "a recursive loop is not allowed in a saved query",
            2,
        ),
        ("\n{{ 'x'|center(10**9) }}", "template: No filter named 'center'.", 2),
        ("\n{{ '%1000000000d' % 1 }}", "template: text % values is not available", 2),
        ("\n\n{{ 1 // 0 }}", "template: integer division or modulo by zero", 3),
        ("\n\n{{ nothing }}", "template: 'nothing' is undefined", 3),
    ],
)
def test_a_problem_has_its_line(text: str, message: str, line: int) -> None:
    told, where = problem(text)
    assert told.startswith(message)
    assert where == line


@pytest.mark.parametrize(
    "call",
    [
        *("'x'.center(10**9)", "'x'.ljust(10**9)", "'x'.zfill(10**9)", "'x'.expandtabs(9)"),
        *("'{:1000000000}'.format(1)", "'x'.replace('x', 'y')", "'x'.join(texts)"),
        *("(5).to_bytes(10**9)", "''.__class__", "many.__len__()", "'x'['center'](9)"),
    ],
)
def test_what_multiplies_is_out_of_reach(call: str) -> None:
    message, line = problem(f"\n{{{{ {call} }}}}")
    assert message.endswith("object is unsafe.")
    assert line == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% for n in many %}{{ n }}{% if not loop.last %}+{% endif %}{% endfor %}", 289),
        ("{{ 'a' ~ name ~ 1 }}", "ax1"),
        ("{{ texts|join('-') }}", "a-b"),
        ("{{ 'abab'|replace('a', 'c', 1) }}", "cbab"),
        ("{{ name|upper }}{{ missing|default('d') }}", "Xd"),
        ("{{ 'x' * 3 }}{{ 2 ** 10 }}{{ 7 % 4 }}{{ [1] + [2] }}", "xxx10243[1, 2]"),
        ("{{ many|select('divisibleby', 50)|list }}", "[0, 50]"),
        ("{{ 'a,b'.split(',')|last }}{{ {'k': 5}.k }}", "b5"),
        ("{% set a = texts[0] %}{% if a is defined and a in texts %}{{ a }}{% endif %}", "a"),
        ("{% for a, b in {'k': 1}.items() %}{{ a }}{{ b }}{% endfor %}", "k1"),
    ],
)
def test_what_queries_need_works(text: str, expected: str | int) -> None:
    made = render(text, MANY, str)
    assert (len(made) if isinstance(expected, int) else made) == expected


def test_what_is_given_may_be_long() -> None:
    long = tuple(f"10.0.{n // 256}.{n % 256}" for n in range(60_000))
    given: list[object] = []

    def put(value: object) -> str:
        given.append(value)
        return "x"

    assert render("{{ long }}", {"long": long}, put) == "x"
    assert given == [long]


@pytest.mark.parametrize(
    "text",
    ["{{ 'x' * 10**9 }}", "{{ ('x' * 10**4)|replace('x', 'y' * 10**5) }}", doubled("a ~ a")],
)
def test_what_is_refused_takes_no_memory(text: str) -> None:
    tracemalloc.start()
    try:
        problem(text)
        assert tracemalloc.get_traced_memory()[1] < _MEMORY_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_that_is_offered_exists(name: str) -> None:
    render(f"{{% if false %}}{{{{ 1|{name} }}}}{{% endif %}}", {}, str)


def test_the_documentation_names_every_filter() -> None:
    page = Path(__file__).parents[1] / "docs" / "queries-own.md"
    text = page.read_text(encoding="utf-8").partition("These filters are available:")[2]
    listed = text.partition(".\n")[0]
    assert tuple(re.findall(r"`(\w+)`", listed)) == FILTERS


def test_every_run_of_a_template_has_its_own_meters_values_and_literals() -> None:
    text = loops(2, "{% for i in few %}{% endfor %}") + "{{ name }}"
    values = {**MANY, "few": (1,) * 9}
    with pytest.raises(TemplateProblemError) as caught:
        render(text, {**values, "few": MANY["many"]}, str)
    assert caught.value.problems == ((STEPS, 2),)
    # 90,000 turns of the innermost loop each: together they would be too many.
    for turn in range(10):
        assert render(text, {**values, "name": f"y{turn}"}, repr) == f"\n'y{turn}'"
