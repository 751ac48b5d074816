"""Query files and the library they form."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlglot import exp

from flowathena.catalog import wanted
from flowathena.errors import QueryError
from flowathena.inputs import params
from flowathena.inputs.params import Param
from flowathena.query import check
from flowathena.query.header import read, statement
from flowathena.query.library import Library, by_topic, find, load
from flowathena.query.query import Query
from flowathena.query.relation import column_types
from flowathena.query.template import fill

PACKAGED = load()


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.sql"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def minimal(title: str = "T") -> str:
    return f'/* ---\ntitle = "{title}"\n--- */\nSELECT 1\n'


def test_a_whole_header_is_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "top_talkers",
        """/* ---
title = "Top talkers"
description = "Who talks most."
tags = ["traffic", "top"]
since = "24h"

[params.port]
type = "port"
default = 443
help = "Destination port"

[params.action]
type = "choice"
choices = ["ACCEPT", "REJECT"]

[params.sources]
type = "list[cidr]"
default = ["10.0.0.0/8"]

[params.share]
type = "number"
required = false
min = 0.5
max = 1
--- */
SELECT srcaddr FROM flow_logs
""",
    )
    assert read(file, "traffic") == Query(
        name="top_talkers",
        title="Top talkers",
        sql="SELECT srcaddr FROM flow_logs",
        description="Who talks most.",
        topic="traffic",
        tags=("traffic", "top"),
        since="24h",
        params=(
            Param("port", "port", "Destination port", required=False, default=443),
            Param("action", "choice", choices=("ACCEPT", "REJECT")),
            Param("sources", "list[cidr]", required=False, default=("10.0.0.0/8",)),
            Param("share", "number", required=False, minimum=Decimal("0.5"), maximum=1),
        ),
        file=file,
        first_line=26,
    )


def test_only_a_title_is_needed(tmp_path: Path) -> None:
    query = read(written(tmp_path, "q", minimal()))
    assert (query.title, query.since, query.params, query.sql) == ("T", "7d", (), "SELECT 1")


def test_a_header_with_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_bytes(minimal().replace("\n", "\r\n").encode())
    assert read(file).title == "T"


def test_the_first_line_counts_in_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "q", '/* ---\ntitle = "T"\n--- */\n\n\nSELECT 1\n')
    assert read(file).first_line == 6


def test_a_problem_counts_its_line_in_the_file(tmp_path: Path) -> None:
    query = read(written(tmp_path, "q", minimal()))
    assert str(query.problem("wrong", 1)) == f"{tmp_path / 'q.sql'}:4: wrong"


def test_a_problem_of_a_text_has_no_place() -> None:
    assert str(Query("sql", "S", "SELECT 1").problem("wrong", 1)) == "wrong"


HEAD = '/* ---\ntitle = "T"\n'


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("SELECT 1\n", 1, "has no header; begin with /* --- … --- */"),
        ("/* a comment */ SELECT 1\n", 1, "has no header; begin with /* --- … --- */"),
        ('/* ---\ntitle = "T"\nSELECT 1\n', 1, "has no header; begin with /* --- … --- */"),
        ("/* ---\ntags = []\n--- */\nSELECT 1", 2, "header has no title"),
        ('/* ---\ntitle = ""\n--- */\nSELECT 1', 2, "header has no title"),
        (
            HEAD + 'since = "yesterday"\n--- */\nSELECT 1',
            3,
            "since 'yesterday' is not a duration; write 7d",
        ),
        (
            HEAD + 'tags = "a"\n--- */\nSELECT 1',
            3,
            "tags must be a list of strings, not the string 'a'",
        ),
        (
            HEAD + "tags = [1]\n--- */\nSELECT 1",
            3,
            "tags must be a list of strings, not one with other values",
        ),
        (
            HEAD + "description = 7\n--- */\nSELECT 1",
            3,
            "description must be a string, not the integer 7; put it in quotes",
        ),
        (
            HEAD + 'author = "me"\n--- */\nSELECT 1',
            3,
            (
                "unknown key 'author' in the header; known: title, description, aliases, allow, "
                "tags, since, override, params, metric, chart"
            ),
        ),
        (HEAD + "params = 7\n--- */\nSELECT 1", 3, "params must be a table; write [params.NAME]"),
        (
            HEAD + '[params.a]\ntyp = "int"\n--- */\nSELECT 1',
            4,
            (
                "unknown key 'typ' in the header; did you mean 'type'? known: type, default, help, "
                "required, choices, min, max"
            ),
        ),
        (
            HEAD + '[params.a]\ntype = "choice"\n--- */\nSELECT 1',
            3,
            "params.a: type 'choice' needs choices",
        ),
        (
            HEAD + '[params.a]\ntype = "int"\nmin = "x"\n--- */\nSELECT 1',
            5,
            "min must be a number, not the string 'x'",
        ),
        (
            HEAD + '[params.a]\ntype = "port"\ndefault = 70000\n--- */\nSELECT 1',
            5,
            "params.a: default: '70000' is not a port; write 0 to 65535",
        ),
        (
            HEAD + '[params.a]\ntype = "int"\nmin = 9\nmax = 3\n--- */\nSELECT 1',
            5,
            "params.a: min 9 is more than max 3",
        ),
        (
            HEAD + '[params.a]\ntype = "int"\ndefault = 11\nmax = 10\n--- */\nSELECT 1',
            5,
            "params.a: default: '11' is more than 10",
        ),
        (
            HEAD + '[params.a]\ntype = "ip"\nmin = 1\n--- */\nSELECT 1',
            5,
            "params.a: min has no meaning for type 'ip'",
        ),
        (
            HEAD + '[params.a]\ntype = "port"\nchoices = ["22", "ssh"]\n--- */\nSELECT 1',
            5,
            "params.a: choice: 'ssh' is not a port; write 0 to 65535",
        ),
        (
            HEAD + '[params.a]\ntype = "int"\nrequired = "yes"\n--- */\nSELECT 1',
            5,
            "params.a: required must be true or false",
        ),
        (
            HEAD + "[params.a]\n[params.b]\n[params.a]\n--- */\nSELECT 1",
            5,
            "header: table [params.a] is declared twice (column 10, in: [params.a])",
        ),
    ],
)
def test_a_header_problem_is_told_with_file_and_line(
    tmp_path: Path, text: str, line: int, told: str
) -> None:
    file = written(tmp_path, "q", text)
    with pytest.raises(QueryError) as caught:
        read(file)
    assert str(caught.value) == f"{file}:{line}: {told}"


def test_an_unknown_type_names_the_known_ones(tmp_path: Path) -> None:
    file = written(tmp_path, "q", HEAD + '[params.a]\ntype = "float"\n--- */\nSELECT 1')
    with pytest.raises(
        QueryError, match=r"q.sql:3: params.a: type 'float' is not one of int, number"
    ):
        read(file)


@pytest.mark.parametrize("name", ["since", "target", "format", "help", "Port", "a-b"])
def test_a_parameter_cannot_have_a_name_that_is_taken_or_malformed(
    tmp_path: Path, name: str
) -> None:
    file = written(tmp_path, "q", HEAD + f'[params.{name}]\ntype = "int"\n--- */\nSELECT 1')
    with pytest.raises(QueryError, match=f"q.sql:3: params.{name}: choose another name"):
        read(file)


def test_a_toml_error_is_told_with_its_line_in_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "q", '/* ---\ntitle = "T"\ntags = [\n"a"\nsince = 1\n--- */\nSELECT 1')
    with pytest.raises(QueryError, match=r"q\.sql:5: header: "):
        read(file)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        # What looks like the key: in a comment, in a text, in another parameter.
        ('# since = "x"\ntitle = "T"\nsince = "x"\n', 4),
        ('title = "T"\ndescription = """\nsince = "x"\n"""\nsince = "x"\n', 6),
        ('title = "T"\n[params.a]\nhelp = "x"\n[params.b]\nhelp = 7\n', 6),
        ('title = "T"\n[params.a]\ntype = "int"\n[params.b]\nmin = 1\nkind = "int"\n', 7),
        ('title = "T"\n[params.help]\n[params.b]\nhelp = "x"\n', 3),
        ('title = "T"\n[params]\na = { help = "x" }\nb.help = 7\n', 5),
    ],
)
def test_the_line_is_that_of_the_key(tmp_path: Path, header: str, line: int) -> None:
    for text in (header, header.replace("\n", "\r\n")):
        file = tmp_path / "q.sql"
        file.write_bytes(f"/* ---\n{text}--- */\nSELECT 1".encode())
        with pytest.raises(QueryError) as caught:
            read(file)
        assert [problem.line for problem in caught.value.problems] == [line]


def test_every_header_problem_is_told_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, "q", '/* ---\nsince = "x"\ntags = 7\nby = 1\n--- */\nSELECT 1')
    with pytest.raises(QueryError) as caught:
        read(file)
    assert sorted(problem.line or 0 for problem in caught.value.problems) == [2, 2, 3, 4]


@pytest.mark.parametrize("name", ["Top", "top-talkers", "7days", "top talkers"])
def test_a_file_name_is_a_query_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(QueryError, match="file name has lower-case letters, digits and _ only"):
        read(written(tmp_path, name, minimal()))


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_bytes(b"/* ---\ntitle = '\xe9'\n--- */")
    with pytest.raises(QueryError, match=r"q\.sql:2: is not UTF-8 text"):
        read(file)


def test_the_packaged_queries_are_those_of_the_first_release() -> None:
    assert set(PACKAGED.queries) >= {
        "preview",
        "rejected_by_protocol",
        "rejected_tcp",
        "ssh_rejects",
        "top_https_servers",
        "top_rejected_sources",
    }


def test_the_packaged_queries_have_no_problem() -> None:
    assert PACKAGED.problems == ()


@pytest.mark.parametrize("name", PACKAGED.queries)
def test_a_packaged_query_passes_every_check(name: str) -> None:
    every = column_types(wanted.every_field())
    assert check.check_query(PACKAGED.queries[name], every) == []


@pytest.mark.parametrize("name", PACKAGED.queries)
def test_a_packaged_query_says_what_it_answers(name: str) -> None:
    query = PACKAGED.queries[name]
    assert query.description
    assert query.topic
    assert query.tags
    assert all(param.help for param in query.params)


def test_top_rejected_sources_looks_back_14_days_for_10_rows() -> None:
    query = PACKAGED.get("top_rejected_sources")
    assert (query.since, query.params[0].default) == ("14d", 10)


def test_user_folders_join_the_packaged_queries(tmp_path: Path) -> None:
    written(tmp_path, "mine", minimal())
    assert set(load([tmp_path]).queries) == {*PACKAGED.queries, "mine"}


def test_queries_are_in_order_of_their_names(tmp_path: Path) -> None:
    written(tmp_path, "zz", minimal())
    written(tmp_path, "aa", minimal())
    names = list(load([tmp_path]).queries)
    assert names == sorted(names)


def test_the_folder_is_the_topic(tmp_path: Path) -> None:
    written(tmp_path / "cost" / "nat", "gateways", minimal())
    written(tmp_path, "top_level", minimal())
    library = load([tmp_path])
    assert [library.get(name).topic for name in ("gateways", "top_level")] == ["cost/nat", ""]


def test_a_name_twice_is_told_with_both_places(tmp_path: Path) -> None:
    first = written(tmp_path / "a", "twice", minimal())
    second = written(tmp_path / "b", "twice", minimal())
    library = load([tmp_path])
    assert list(map(str, library.problems)) == [
        f"{second}: query 'twice' already exists in {first}"
    ]


def named(*aliases: str) -> str:
    return f'/* ---\ntitle = "T"\n\naliases = {list(aliases)}\n--- */\nSELECT 1\n'


def test_a_query_has_its_name_and_its_aliases(tmp_path: Path) -> None:
    written(tmp_path, "talkers", named("MyTopTalkers", "top-talkers"))
    library = load([tmp_path])
    assert library.problems == ()
    for name in ("talkers", "MyTopTalkers", "top-talkers"):
        assert library.get(name).name == "talkers"
        assert find(name, [tmp_path]).name == "talkers"
    assert {"MyTopTalkers", "top-talkers"} == {*library.aliases} - {*PACKAGED.aliases}


def test_an_unknown_query_suggests_an_alias(tmp_path: Path) -> None:
    written(tmp_path, "talkers", named("MyTopTalkers"))
    with pytest.raises(QueryError, match="did you mean 'MyTopTalkers'"):
        load([tmp_path]).get("mytoptalkers")


def test_an_alias_is_one_query_s_alone(tmp_path: Path) -> None:
    first = written(tmp_path / "a", "first", named("other", "mine"))
    second = written(tmp_path / "b", "second", named("mine", "preview"))
    written(tmp_path / "c", "other", minimal())
    library = load([tmp_path])
    packaged = PACKAGED.get("preview").file
    assert list(map(str, library.problems)) == [
        f"{first}:4: alias 'other' is already a query in {tmp_path}/c/other.sql",
        f"{second}:4: alias 'mine' is already an alias of 'first' in {first}",
        f"{second}:4: alias 'preview' is already a query in {packaged}",
    ]
    assert [library.get(name).name for name in ("mine", "other", "preview")] == [
        *("first", "other", "preview"),
    ]


@pytest.mark.parametrize(
    ("alias", "told"),
    [
        ("q", "alias 'q' is there twice"),
        ("a b", "alias 'a b' has other characters than letters, digits, - and _"),
        ("-x", "alias '-x' has other characters than letters, digits, - and _"),
        ("", "alias '' has other characters than letters, digits, - and _"),
    ],
)
def test_an_alias_is_a_name(tmp_path: Path, alias: str, told: str) -> None:
    file = written(tmp_path, "q", named(alias))
    with pytest.raises(QueryError) as caught:
        read(file)
    assert str(caught.value) == f"{file}:4: {told}"


def test_one_query_is_found_as_in_the_whole_library(tmp_path: Path) -> None:
    written(tmp_path / "a", "twice", minimal("first"))
    written(tmp_path / "b", "twice", minimal("second"))
    broken = written(tmp_path, "broken", "SELECT 1")
    with pytest.raises(QueryError, match="query 'twice' already exists in"):
        find("twice", [tmp_path])
    assert find("preview", [tmp_path]) == PACKAGED.get("preview")
    with pytest.raises(QueryError, match=f"{broken}:1: has no header"):
        find("broken", [tmp_path])
    with pytest.raises(QueryError, match="did you mean 'preview'"):
        find("previw", [tmp_path])


def parameter(tmp_path: Path, header: str) -> Param:
    (param,) = read(written(tmp_path, "q", f"{HEAD}[params.a]\n{header}\n--- */\nSELECT 1")).params
    return param


def test_an_empty_list_is_a_default(tmp_path: Path) -> None:
    param = parameter(tmp_path, 'type = "list[port]"\ndefault = []')
    assert (param.default, param.required) == ((), False)


def test_bounds_of_a_duration_are_durations_or_seconds(tmp_path: Path) -> None:
    param = parameter(tmp_path, 'type = "duration"\nmin = "5m"\nmax = 7200\ndefault = "1h"')
    assert (param.minimum, param.maximum, param.default) == (300, 7200, 3600)


def test_choices_of_a_list_are_checked_one_by_one(tmp_path: Path) -> None:
    param = parameter(tmp_path, 'type = "list[choice]"\nchoices = ["a", "b"]\ndefault = ["b"]')
    assert (param.choices, param.default) == (("a", "b"), ("b",))
    assert param.parse("b,a") == ("b", "a")


def test_topics_are_in_order_and_queries_in_them(tmp_path: Path) -> None:
    for place in ("b/two", "b/one", "a/three", "zero"):
        file = tmp_path / f"{place}.sql"
        written(file.parent, file.stem, minimal())
    mine = [q for q in load([tmp_path]).queries.values() if str(q.file).startswith(str(tmp_path))]
    topics = {topic: [query.name for query in found] for topic, found in by_topic(mine).items()}
    assert list(topics.items()) == [("", ["zero"]), ("a", ["three"]), ("b", ["one", "two"])]


def test_of_two_files_with_one_name_none_is_run(tmp_path: Path) -> None:
    first = written(tmp_path / "a", "twice", minimal("first"))
    second = written(tmp_path / "b", "twice", minimal("second"))
    library = load([second.parent, first.parent])  # the order of the folders
    assert "twice" not in library.queries
    with pytest.raises(QueryError) as raised:
        library.get("twice")
    assert str(raised.value) == f"{first}: query 'twice' already exists in {second}"


def test_a_folder_twice_or_within_another_has_each_query_once(tmp_path: Path) -> None:
    written(tmp_path / "cost", "nat", minimal())
    library = load([tmp_path, tmp_path / "cost", tmp_path])
    assert library.problems == ()
    assert library.get("nat").topic == "cost"


OVERRIDE = '/* ---\ntitle = "Mine"\noverride = true\n--- */\nSELECT 1\n'


def test_a_query_of_ones_own_replaces_a_packaged_one_if_it_says_so(tmp_path: Path) -> None:
    file = written(tmp_path / "records", "preview", OVERRIDE)
    library = load([tmp_path])
    assert library.problems == ()
    query = library.get("preview")
    assert (query.title, query.file, query.override) == ("Mine", file, True)
    assert library.own == {"preview"}
    assert list(library.queries) == list(PACKAGED.queries)


def test_the_name_of_a_packaged_query_needs_override(tmp_path: Path) -> None:
    file = written(tmp_path, "preview", minimal("mine"))
    library = load([tmp_path])
    told = (
        f"{file}:1: query 'preview' ships with flowathena; to replace it, write override = true "
        "into the header, else choose another file name"
    )
    assert list(map(str, library.problems)) == [told]
    assert set(library.queries) == set(PACKAGED.queries) - {"preview"}
    assert library.own == set()
    with pytest.raises(QueryError) as raised:  # nobody knows which of the two is meant
        library.get("preview")
    assert str(raised.value) == told


def test_an_override_of_nothing_is_a_problem(tmp_path: Path) -> None:
    file = written(tmp_path, "previw", OVERRIDE)
    library = load([tmp_path])
    (problem,) = library.problems
    assert str(problem) == (
        f"{file}:3: override: no query 'previw' ships with flowathena; did you mean 'preview'? "
        "remove override"
    )
    assert "previw" not in library.queries


def test_two_overrides_of_one_query_are_a_problem(tmp_path: Path) -> None:
    first = written(tmp_path / "a", "preview", OVERRIDE)
    second = written(tmp_path / "b", "preview", OVERRIDE)
    assert list(map(str, load([first.parent, second.parent]).problems)) == [
        f"{second}: query 'preview' already exists in {first}"
    ]


def test_override_is_true_or_false(tmp_path: Path) -> None:
    file = written(tmp_path, "preview", OVERRIDE.replace("true", '"yes"'))
    with pytest.raises(QueryError) as raised:
        read(file)
    assert str(raised.value) == (f"{file}:3: override must be true or false, not the string 'yes'")


def test_a_statement_is_a_text_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_bytes(b"\xef\xbb\xbfSELECT 1\r\nFROM flow_logs")
    query = statement(file)
    assert (query.sql, query.is_template) == ("SELECT 1\nFROM flow_logs", False)
    assert str(query.problem("wrong", 2)) == f"{file}:2: wrong"
    assert str(statement("SELECT 1\n,").problem("wrong", 2)) == "line 2: wrong"
    assert str(statement("SELECT 1\n").problem("wrong", 1)) == "wrong"
    for given in (written(tmp_path, "mine", minimal()), minimal()):
        with pytest.raises(QueryError, match="is a saved query, which has a header"):
            statement(given)
    with pytest.raises(QueryError, match="cannot be read: No such file"):
        statement(tmp_path / "nowhere.sql")


def test_a_broken_file_leaves_the_others(tmp_path: Path) -> None:
    written(tmp_path, "broken", "SELECT 1")
    written(tmp_path, "whole", minimal())
    library = load([tmp_path])
    assert "whole" in library.queries
    assert [problem.line for problem in library.problems] == [1]


def test_a_broken_file_tells_its_problem_when_asked_for(tmp_path: Path) -> None:
    file = written(tmp_path, "broken", "SELECT 1")
    with pytest.raises(QueryError) as caught:
        load([tmp_path]).get("broken")
    assert str(caught.value) == f"{file}:1: has no header; begin with /* --- … --- */"


def test_an_unknown_query_suggests_a_similar_one() -> None:
    with pytest.raises(QueryError, match=r"unknown query 'previw'; did you mean 'preview'\?"):
        PACKAGED.get("previw")


def test_an_unknown_query_without_a_similar_one_tells_where_to_look() -> None:
    with pytest.raises(QueryError) as caught:
        Library({}).get("x")
    assert str(caught.value) == "unknown query 'x'; 'flowathena queries list' lists them all"


def test_other_files_of_a_folder_are_no_queries(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine", encoding="utf-8")
    assert load([tmp_path]) == PACKAGED


def test_an_alias_is_another_name(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(
        '/* ---\ntitle = "T"\naliases = ["Theirs"]\n--- */\nSELECT srcaddr FROM flow_logs\n'
    )
    found = load([tmp_path]).get("Theirs")
    assert (found.name, found.aliases) == ("mine", ("Theirs",))


NETWORKS = [
    (name, param.name)
    for name, query in PACKAGED.queries.items()
    for param in query.params
    if param.type == "list[cidr]"
]


@pytest.mark.parametrize(("name", "parameter"), NETWORKS)
def test_a_list_of_networks_is_no_list_of_conditions(name: str, parameter: str) -> None:
    """Trino compiles some hundreds of conditions at most, whatever the length of the text."""
    query = PACKAGED.get(name)

    def conditions(many: int) -> int:
        networks = [f"10.0.{number}.0/24" for number in range(many)]
        tree = fill(query, params.bind(query.params, {parameter: networks}), 20).statement.tree
        return sum(1 for _ in tree.find_all(exp.Connector, exp.If, exp.Func))

    assert conditions(100) == conditions(1)
