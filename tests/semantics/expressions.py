"""Random expressions over the functions that the local engine knows, typed, by a seed."""

import random
import re

ROWS = (
    "(VALUES "
    "(1, 5, 2.5e0, 0e0, 1.5, 'a,b', '10.0.0.1', DATE '2026-11-01', "
    "TIMESTAMP '2026-11-01 13:14:15', from_unixtime(1793491200), true), "
    "(-7, 2, -0.5e0, 1e0, -2.25, ' 12 ', 'ß', DATE '2024-02-29', "
    "TIMESTAMP '2024-02-29 23:59:59', from_unixtime(0), false), "
    "(0, 3, 1e10, 7.25e0, 0.05, '', 'abc', DATE '1969-12-31', "
    "TIMESTAMP '1969-12-31 00:00:01', from_unixtime(-1), NULL), "
    "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true), "
    "(100, 2147483648, sqrt(-1e0), 1e0 / 0, 99.99, '2026-11-01', '%x', DATE '2026-01-31', "
    "TIMESTAMP '2026-12-31 12:00:00', from_unixtime(1.5e0), true)"
    ") AS t(i, j, d, e, c, s, u, dt, ts, tz, b)"
)
"""What the columns among the leaves are."""

# One letter a type: integer, double, decimal (C), text (S), date (D), moment (T), boolean,
# floating point (F).
_LEAVES = {
    "I": "i|j|0|1|-1|2|7|-7|100|2147483647|-2147483648|9223372036854775807|CAST(NULL AS integer)",
    "F": "d|e|0e0|1e0|2.5e0|-2.5e0|1e308|1e-5|0.1e0|123456.789e0|CAST(NULL AS double)",
    "C": "c|1.5|-2.25|0.05|100.0|3.3",
    "S": "s|u|''|'a'|'abc'|'10.0.0.1'|' x '|'-'|'ß'|'añb'|'A,b,,c'|'007'|'1.5'|'2026-11-01'",
    "D": "dt|DATE '2026-11-01'|DATE '2024-02-29'|DATE '2026-01-31'|CAST(NULL AS date)",
    "T": "ts|tz|TIMESTAMP '2026-11-01 13:14:15'|TIMESTAMP '2024-02-29 23:59:59.999'",
    "B": "b|true|false|CAST(NULL AS boolean)",
    # not types: choices within a template
    "L": "'a'|','|'0'",
    "P": "'[0-9]+'|'a.'|'[^,]+'|'^.'|'b$'",
    "N": "0|1|2|-1|-2|5|-9",
    "U": "'day'|'week'|'month'|'quarter'|'year'",
    "V": "'second'|'minute'|'hour'|'day'|'week'|'month'|'quarter'|'year'",
    "M": "DAY|MONTH|YEAR",
    "O": "=|<>|<|<=|>|>=",
}
_CHOICES = {
    kind: [
        f"coalesce({{{kind}}}, {{{kind}}})",
        f"if({{B}}, {{{kind}}}, {{{kind}}})",
        f"nullif({{{kind}}}, {{{kind}}})",
        f"greatest({{{kind}}}, {{{kind}}})",
        f"least({{{kind}}}, {{{kind}}})",
    ]
    for kind in "IFCSDT"
}
_NUMBERS = ["({0} + {0})", "({0} - {0})", "({0} * {0})", "({0} % {0})", "abs({0})", "-({0})"]
_TEMPLATES = {
    "I": [
        *(text.replace("{0}", "{I}") for text in _NUMBERS),
        *("({I} / {I})", "round({I})", "sign({I})", "CAST({F} AS bigint)", "CAST({C} AS integer)"),
        *("TRY_CAST({S} AS integer)", "length({S})", "strpos({S}, {S})", "bitwise_and({I}, {I})"),
        *("date_diff({U}, {D}, {D})", "date_diff({V}, {T}, {T})", "year({T})", "hour({T})"),
        *("day_of_week({D})", "week({D})", "quarter({T})", "element_at(ARRAY[{I}, {I}], -1)"),
        *("bitwise_not({I})", "width_bucket({F}, 0, 10, 4)"),
        *(
            "hour(at_timezone({T}, '-03:30'))",
            "cardinality(split({S}, ','))",
            "CASE {I} WHEN 1 THEN {I} ELSE {I} END",
        ),
    ],
    "F": [
        *(text.replace("{0}", "{F}") for text in _NUMBERS),
        *("({F} / {I})", "({F} / {F})", "sqrt({F})", "ln({F})", "power({F}, 2)", "round({F})"),
        *("round({F}, 1)", "floor({F})", "ceil({F})", "sign({F})", "CAST({I} AS double)"),
        *("TRY_CAST({S} AS double)", "to_unixtime({T})", "log10({F})", "log({F}, {F})"),
        *("degrees({F})", "atan2({F}, {F})", "round({F}, {N})", "truncate({F})"),
    ],
    "C": [
        *(text.replace("{0}", "{C}") for text in ("({0} + {0})", "({0} * 2.5)", "({0} % 3.3)")),
        *("abs({C})", "round({C})", "round({C}, 1)", "floor({C})", "ceil({C})", "sign({C})"),
        *("TRY_CAST({S} AS decimal(6, 2))", "TRY_CAST({F} AS decimal(9, 3))"),
        *("({C} / {C})", "({C} / {I})", "({I} / {C})", "truncate({C})", "truncate({C}, {N})"),
    ],
    "S": [
        *("({S} || {S})", "upper({S})", "lower({S})", "trim({S})", "reverse({S})"),
        *("substr({S}, {N})", "substr({S}, {N}, {N})", "replace({S}, {L}, {S})"),
        *("split_part({S}, ',', 2)", "lpad({S}, 3, 'xy')", "CAST({I} AS varchar)"),
        *("CAST({C} AS varchar)", "CAST({D} AS varchar)", "CAST({T} AS varchar)"),
        *("regexp_extract({S}, {P})", "regexp_replace({S}, {P}, '<$0>')"),
        *("date_format({T}, '%Y-%m-%d %H:%i:%s')", "concat_ws(',', {S}, {S})"),
        *("format_datetime({T}, 'EEE, d MMM yyyy hh:mm a')", "CAST({F} AS varchar)"),
        *("CAST(at_timezone({T}, '+05:30') AS varchar)", "to_base({I}, 16)", "format_number({I})"),
        *("format('%,d|%5s|%.2f', {I}, {S}, {F})", "CAST({T} - {T} AS varchar)"),
    ],
    "D": [
        *("({D} + INTERVAL '3' {M})", "({D} - INTERVAL '1' {M})", "date_add({U}, {N}, {D})"),
        *("date_trunc({U}, {D})", "CAST({T} AS date)", "TRY_CAST({S} AS date)"),
    ],
    "T": [
        *("({T} + INTERVAL '3' {M})", "({T} - INTERVAL '90' MINUTE)", "date_add({V}, {N}, {T})"),
        *("date_trunc({V}, {T})", "CAST({D} AS timestamp)", "TRY_CAST({S} AS timestamp)"),
    ],
    "B": [
        *(f"({{{kind}}} {{O}} {{{kind}}})" for kind in "IFCSDT"),
        *("({F} BETWEEN {F} AND {F})", "({S} IN ({S}, {S}))", "({I} NOT IN ({I}, {I}))"),
        *("({F} IS DISTINCT FROM {I})", "({S} IS NULL)", "({B} AND {B})", "(NOT {B})"),
        *("({S} LIKE 'a%')", "regexp_like({S}, {P})", "contains(ARRAY[{I}, {I}], {I})"),
        *("TRY_CAST({S} AS boolean)", "starts_with({S}, {L})"),
    ],
}


def expressions(seed: int, count: int) -> list[str]:
    """So many expressions, nested up to three deep; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    return [_made(chance, chance.choice("IFCSDTB"), chance.choice((1, 2, 3))) for _ in range(count)]


def _made(chance: random.Random, kind: str, depth: int) -> str:
    if depth == 0 or kind not in _TEMPLATES:
        return chance.choice(_LEAVES[kind].split("|"))
    template = chance.choice([*_TEMPLATES[kind], *_CHOICES.get(kind, [])])
    return re.sub(r"\{([A-Z])\}", lambda found: _made(chance, found[1], depth - 1), template)
