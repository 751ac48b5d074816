"""``queries new``: a query of one's own, a case that passes, the folder in the configuration."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowathena.cases.reading import read
from flowathena.cases.starter import Started, start
from flowathena.cases.trial import try_case
from flowathena.catalog import wanted
from flowathena.errors import ConfigError, QueryError, UsageError
from flowathena.query import check, library, relation
from flowathena.target import config
from flowathena.target.edits import add_query_path

PACKAGED = library.load()


def begin(here: Path, name: str, **options: Any) -> Started:  # noqa: ANN401 - those of start
    settings = config.load(None, {}, here)
    return start(name, library.load(settings.query_paths), settings, here, **options)


def own(folder: Path) -> library.Library:
    loaded = library.load(config.load(None, {}, folder).query_paths)
    assert loaded.problems == ()
    return loaded


def test_what_is_written_runs_and_its_case_passes(tmp_path: Path) -> None:
    done = begin(tmp_path, "talkers", title='Who "talks", NAME or TITLE?')
    assert done == Started(
        tmp_path / "queries" / "talkers.sql",
        tmp_path / "queries" / "cases" / "talkers.toml",
        tmp_path / "flowathena.toml",
    )
    assert (tmp_path / "flowathena.toml").read_text() == 'query_paths = ["./queries"]\n'
    query = own(tmp_path).get("talkers")
    assert query.title == 'Who "talks", NAME or TITLE?'
    columns = relation.column_types(wanted.every_field())
    assert check.check_query(query, columns) == []
    assert done.cases
    (case,) = read(done.cases)
    assert case.reasons
    assert try_case(query, case).passed
    # The three reasons are real: without its condition, the query counts the records.
    wrong = query.sql.replace("action = 'ACCEPT' AND dstport = {{ port }}", "{{ port }} > 0")
    outcome = try_case(replace(query, sql=wrong), case)
    assert outcome.guilty == ((0, "another port"), (0, "refused"))


def test_the_second_query_changes_no_configuration(tmp_path: Path) -> None:
    begin(tmp_path, "one")
    assert begin(tmp_path, "two").configured is None
    assert own(tmp_path).own == {"one", "two"}


def test_the_first_folder_is_the_one(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    (tmp_path / "flowathena.toml").write_text('query_paths = ["b", "a"]\n')
    assert begin(tmp_path, "one").query == tmp_path / "b" / "one.sql"


def test_a_folder_within_is_the_topic(tmp_path: Path) -> None:
    begin(tmp_path, "one")
    done = begin(tmp_path, "two", folder=Path("queries/cost/nat"))
    assert done == Started(
        tmp_path / "queries/cost/nat/two.sql", tmp_path / "queries/cases/two.toml", None
    )
    assert own(tmp_path).get("two").topic == "cost/nat"
    done = begin(tmp_path, "three", folder=Path("more"))
    assert done.configured
    assert own(tmp_path).own == {"one", "two", "three"}


def test_a_copy_replaces_the_packaged_one_with_its_cases(tmp_path: Path) -> None:
    name = "top_https_servers"
    done = begin(tmp_path, name, source=name, title="Mine")
    query = own(tmp_path).get(name)
    assert (query.title, query.override, query.file) == ("Mine", True, done.query)
    original = PACKAGED.get(name)
    assert (query.sql, query.params) == (original.sql, original.params)
    assert query.topic == original.topic == "traffic"
    assert done.cases
    assert [case.rows for case in read(done.cases)] != []
    assert try_case(query, read(done.cases)[0]).passed


def test_a_copy_under_another_name_replaces_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "queries"
    folder.mkdir()
    (tmp_path / "flowathena.toml").write_text('query_paths = ["queries"]\n')
    (folder / "preview.sql").write_text(
        '/* ---\ntitle = "One"\naliases = [\n  "A-1", # ]\n  "B",\n]\noverride = true # so\n'
        'tags = ["x"]\n--- */\nSELECT 1\n'
    )
    done = begin(tmp_path, "two", source="preview")
    assert done.cases is None  # the one it came from has none
    assert done.query.read_text() == '/* ---\ntitle = "One"\ntags = ["x"]\n--- */\nSELECT 1\n'
    assert own(tmp_path).get("A-1").name == "preview"


def test_the_case_of_the_docs_is_one_of_the_query_that_is_begun(tmp_path: Path) -> None:
    done = begin(tmp_path, "host_talkers")
    page = Path(__file__).parents[1] / "docs" / "queries-own.md"
    text = page.read_text().partition("```toml\ncolumns")[2].partition("```")[0]
    assert done.cases
    done.cases.write_text(f"columns{text}")
    (case,) = read(done.cases)
    assert try_case(own(tmp_path).get("host_talkers"), case).passed


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Host-Talkers.sql", "begins with a letter; 'host_talkers' is one"),
        ("../evil", "'evil' is one"),
        ("Übersicht", "'ubersicht' is one"),
        ("9", "'9' is not a query's name"),
        ("", "'' is not a query's name"),
        ("preview", "'flowathena queries new preview --from preview' makes a copy"),
        ("there", "query 'there' exists already in "),
        ("broken", "query 'broken' exists already in "),
        ("tried", "tried.toml exists already; choose another name, or edit it"),
    ],
)
def test_a_name_that_is_taken_or_malformed_writes_nothing(
    tmp_path: Path, name: str, told: str
) -> None:
    begin(tmp_path, "there")
    (tmp_path / "queries" / "deep").mkdir()
    (tmp_path / "queries" / "deep" / "broken.sql").write_text("SELECT 1")
    (tmp_path / "queries" / "cases" / "tried.toml").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError) as raised:
        begin(tmp_path, name)
    assert told in str(raised.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_packaged_name_is_not_for_a_copy_of_another(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="query 'preview' ships with flowathena"):
        begin(tmp_path, "preview", source="ssh_rejects")
    with pytest.raises(QueryError, match="did you mean 'preview'"):
        begin(tmp_path, "mine", source="previw")


LOCAL = '[targets.local]\nlocation = "./logs"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'query_paths = ["./q"]\n'),
        ("# mine\n", '# mine\nquery_paths = ["./q"]\n'),
        (LOCAL, f'query_paths = ["./q"]\n\n{LOCAL}'),
        (
            f'#:schema ./s\n\ndefault_target = "local"\n\n# logs\n{LOCAL}',
            f'#:schema ./s\n\ndefault_target = "local"\nquery_paths = ["./q"]\n\n# logs\n{LOCAL}',
        ),
        (
            f"#:schema ./s.json\n# logs\n# of mine\n{LOCAL}",
            f'#:schema ./s.json\nquery_paths = ["./q"]\n\n# logs\n# of mine\n{LOCAL}',
        ),
        ("query_paths = [] # none\n", 'query_paths = ["./q"] # none\n'),
        ("query_paths = ['a',]\r\n", "query_paths = ['a', \"./q\"]\r\n"),
        ('query_paths = ["a", "b"]\n', 'query_paths = ["a", "b", "./q"]\n'),
        (
            LOCAL.replace("\n", "\r\n"),
            'query_paths = ["./q"]\r\n\r\n' + LOCAL.replace("\n", "\r\n"),
        ),
        (
            'targets.local.location = "./logs"',
            'query_paths = ["./q"]\n\ntargets.local.location = "./logs"',
        ),
    ],
)
def test_a_folder_is_added_and_every_other_byte_stays(
    tmp_path: Path, before: str, after: str
) -> None:
    for name in ("a", "b", "q"):
        (tmp_path / name).mkdir()
    file = tmp_path / "flowathena.toml"
    file.write_bytes(before.encode())
    settings = config.load(None, {}, tmp_path)
    assert add_query_path(settings, tmp_path / "q", tmp_path) == file
    assert file.read_bytes().decode() == after
    paths = config.load(None, {}, tmp_path).query_paths
    assert paths == (*settings.query_paths, tmp_path / "q")


def test_what_cannot_be_changed_line_by_line_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "flowathena.toml"
    file.write_text('query_paths = [\n  "a",\n]\n')
    settings = config.load(None, {}, tmp_path)
    with pytest.raises(ConfigError) as raised:
        add_query_path(settings, Path("/elsewhere"), tmp_path)
    assert str(raised.value) == (
        f'{file}:1: write query_paths = ["a", "/elsewhere"] above the first [table] by hand'
    )
    assert file.read_text() == 'query_paths = [\n  "a",\n]\n'
