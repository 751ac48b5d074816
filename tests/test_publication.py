"""Published queries, pure: whose a named query is, what differs, and the files of pulled ones."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena.deploy import publication, pulled
from flowathena.deploy.named_queries import NamedQuery
from flowathena.deploy.pulled import FileState
from flowathena.errors import FlowathenaError, UsageError
from flowathena.query.query import Query
from flowathena.reconcile import Action, Operation

TABLE = "network.vpc_flow_logs"
TOP = Query("top", "The top", "SELECT 1", "Sums\nper host.")
MARKED = "Mine. [flowathena:network.vpc_flow_logs/top]"


def test_what_is_made_of_a_query() -> None:
    made = publication.make(f"{TABLE}/top", TOP, "SELECT 1", "network")
    assert made == NamedQuery(
        "network.vpc_flow_logs/top",
        "-- The top\n"
        "-- Published by flowathena from its query top, whose next publication replaces\n"
        "-- what is changed here: save a changed text under another name.\n"
        "SELECT 1\n",
        "The top. Sums per host. [flowathena:network.vpc_flow_logs/top]",
        "network",
    )


def test_a_label_tells_two_of_one_query_apart() -> None:
    assert publication.published_name(TABLE, "top") == "network.vpc_flow_logs/top"
    assert publication.published_name(TABLE, "top", "web") == "network.vpc_flow_logs/top:web"
    assert publication.base_query(TABLE, "network.vpc_flow_logs/top:web") == "top"


@settings(max_examples=40)
@given(title=st.text(max_size=1200), description=st.text(max_size=1200))
def test_a_mark_is_found_whatever_the_description(title: str, description: str) -> None:
    name = f"{TABLE}/top"
    made = publication.make(name, Query("top", title, "", description), "SELECT 1", "network")
    assert len(made.description) <= 1024
    assert publication.mark_of(made) == name
    assert all(line.startswith("-- ") for line in made.sql.split("SELECT 1")[0].splitlines()[:1])
    assert made.sql.count("\n") == 4
    assert publication.same(made, made)


@pytest.mark.parametrize(
    ("description", "mark"),
    [
        ("", ""),
        ("Mine.", ""),
        ("[flowathena:a.b/c] was mine", ""),
        ("[flowathena:a.b/c]", "a.b/c"),
        ("Mine. [flowathena:a.b/c]\n", "a.b/c"),
        ("Of [flowathena:x.y/z]: [flowathena:a.b/c]", "a.b/c"),
        ("[something else]", ""),
    ],
)
def test_a_mark_ends_the_description(description: str, mark: str) -> None:
    assert publication.mark_of(NamedQuery("n", "SELECT 1", description)) == mark


def test_whose_each_named_query_is() -> None:
    first = NamedQuery("renamed", "SELECT 1", MARKED, id="1")
    second = NamedQuery("network.vpc_flow_logs/top", "SELECT 1", MARKED, id="2")
    theirs = NamedQuery("network.vpc_flow_logs/new", "SELECT 2", "Mine.", id="3")
    other_table = NamedQuery("x.y/top", "SELECT 3", "[flowathena:x.y/top]", id="4")
    live = publication.sort_out([first, second, theirs, other_table], TABLE)
    assert live.ours == {"network.vpc_flow_logs/top": first}
    assert live.doubles == (second,)
    assert live.others == (theirs, other_table)
    assert live.taken("network.vpc_flow_logs/new") is theirs
    assert live.taken("network.vpc_flow_logs/top") is None
    assert live.taken("free") is None


def test_a_table_whose_name_begins_as_ours_is_another() -> None:
    other = NamedQuery("n", "SELECT 1", "[flowathena:network.vpc_flow_logs_daily/top]")
    assert publication.sort_out([other], TABLE).others == (other,)


@pytest.mark.parametrize(
    ("live", "detail"),
    [
        (NamedQuery("n", "SELECT 1\nFROM t", "d", "elsewhere", "7"), ""),
        (NamedQuery("n", "SELECT 1  \r\nFROM t\r\n\r\n", "d"), ""),
        (NamedQuery("n", "SELECT 2\nFROM t", "d"), "text"),
        (NamedQuery("m", "SELECT  1\nFROM t", "e"), "name, description, text"),
    ],
)
def test_what_differs(live: NamedQuery, detail: str) -> None:
    wanted = NamedQuery("n", "SELECT 1\nFROM t\n", "d", "network")
    assert publication.describe(wanted, live) == detail
    assert publication.same(wanted, live) is not bool(detail)


def test_the_diff_of_a_replaced_one() -> None:
    wanted, live = NamedQuery("n", "SELECT 1\n", "d"), NamedQuery("n", "SELECT 2", "d", id="7")
    operation = Operation("saved query", "n", Action.REPLACE, wanted, live)
    assert publication.difference(operation).splitlines() == [
        "--- n (live)",
        "+++ n (wanted)",
        "@@ -1,4 +1,4 @@",
        " name: n",
        " description: d",
        " ",
        "-SELECT 2",
        "+SELECT 1",
    ]


def test_what_athena_does_not_take() -> None:
    assert publication.obstacle(NamedQuery("n" * 128, "é" * 131_072)) == ""
    assert publication.obstacle(NamedQuery("n" * 129, "SELECT 1")) == (
        f"the name {'n' * 129} has 129 characters; Athena takes 128: shorten the query's name or "
        "its label"
    )
    assert publication.obstacle(NamedQuery("n", "é" * 131_073)) == (
        "the text of n has 262,146 bytes; Athena takes 262,144: give its lists fewer values"
    )


def test_files_are_named_as_queries_are() -> None:
    names = ["Top talkers", "top/talkers", "Ports (22, 3389)", "流量", "../../etc/passwd", "流"]
    queries = [NamedQuery(name, "SELECT 1", id=f"A-{n}") for n, name in enumerate(names)]
    assert pulled.file_names(queries) == [
        "top_talkers-a0.sql",
        "top_talkers-a1.sql",
        "ports_22_3389.sql",
        "query-a3.sql",
        "etc_passwd.sql",
        "query-a5.sql",
    ]


@settings(max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=8), max_size=6))
def test_no_two_queries_have_one_file(names: list[str]) -> None:
    queries = [NamedQuery(name, "SELECT 1", id=f"id{n}") for n, name in enumerate(names)]
    files = pulled.file_names(queries)
    assert len({name.casefold() for name in files}) == len(names)
    assert all("/" not in name and not name.startswith(".") for name in files)


def test_a_file_says_what_it_is_and_a_second_pull_changes_nothing(tmp_path: Path) -> None:
    talk = NamedQuery("Talk", "SELECT 1;\r\n", "Who\ntalks.\r\n", "net", "7")
    folder = tmp_path / "a" / "b"
    (written,) = pulled.write([talk], folder, "primary")
    assert (written.path, written.state) == (folder / "talk.sql", FileState.WRITTEN)
    assert written.path.read_bytes() == (
        b"-- Talk\n-- Who\n-- talks.\n"
        b"-- Saved query 7 of workgroup primary, database net.\n\nSELECT 1;\n"
    )
    (same,) = pulled.write([talk], folder, "primary")
    assert same.state is FileState.SAME
    written.path.write_text("SELECT 2")
    other = NamedQuery("Other", "SELECT 3", id="8")
    again = pulled.write([talk, other], folder, "primary")
    assert [each.state for each in again] == [FileState.DIFFERS, FileState.WRITTEN]
    assert written.path.read_text() == "SELECT 2"


def test_a_folder_that_is_a_file_and_a_file_that_is_a_folder(tmp_path: Path) -> None:
    talk = NamedQuery("Talk", "SELECT 1")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is not a folder"):
        pulled.write([talk], tmp_path / "file", "primary")
    (tmp_path / "talk.sql").mkdir()
    with pytest.raises(FlowathenaError, match=r"cannot read .*talk\.sql: Is a directory"):
        pulled.write([talk], tmp_path, "primary")
    assert pulled.write([], tmp_path / "none", "primary") == ()
    assert not (tmp_path / "none").exists()
