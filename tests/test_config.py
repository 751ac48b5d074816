"""flowathena.toml, the environment and flags."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowathena.errors import ConfigError, Problem
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.formats import parse_log_format
from flowathena.target.config import Config, check_target, find, load, misspelt_variables
from flowathena.target.file import section
from flowathena.target.location import normalize_location, split_location
from flowathena.target.target import Target, differences, has_same_table

Problems = Callable[[str], list[tuple[int | None, str]]]


def read(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    (folder / "flowathena.toml").write_text(text, encoding="utf-8")
    return load(None, environ or {}, folder)


@pytest.fixture
def problems(tmp_path: Path) -> Problems:
    def of(text: str) -> list[tuple[int | None, str]]:
        with pytest.raises(ConfigError) as caught:
            read(tmp_path, text)
        return [(problem.line, problem.message) for problem in caught.value.problems]

    return of


def test_the_files_of_the_readme_are_read(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        default_target = "local"
        [targets.local]
        location = "./logs"
        [targets.prod]
        location = "s3://my-flow-logs/optional/prefix/"
        database = "network"
        table = "vpc_flow_logs"
        region = "eu-west-1"
        profile = "network-audit"
        workgroup = "primary"
        output_location = "s3://my-athena-results/flowathena/"
        """,
    )
    assert config.target() == Target("local", str(tmp_path / "logs"))
    assert config.target("prod") == Target(
        "prod",
        "s3://my-flow-logs/optional/prefix/",
        database="network",
        table="vpc_flow_logs",
        region="eu-west-1",
        profile="network-audit",
        workgroup="primary",
        output_location="s3://my-athena-results/flowathena/",
    )


def test_defaults(tmp_path: Path) -> None:
    target = read(tmp_path, '[targets.a]\nlocation = "s3://abc"').target()
    assert (target.database, target.table, target.workgroup, target.log_format) == (
        "flowathena",
        "vpc_flow_logs",
        "primary",
        DEFAULT_FORMAT,
    )


def test_the_file_is_found_upward(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").touch()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find(below) == tmp_path / "flowathena.toml"


def test_the_nearest_file_is_found(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (tmp_path / "flowathena.toml").touch()
    (below / "flowathena.toml").touch()
    assert find(below) == below / "flowathena.toml"


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a" / "flowathena.toml").mkdir(parents=True)
    (tmp_path / "flowathena.toml").touch()
    assert find(tmp_path / "a") == tmp_path / "flowathena.toml"


def named(folder: Path, name: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(f'[targets.{name}]\nlocation = "s3://abc"', encoding="utf-8")
    return path


def test_the_flag_goes_before_the_environment(tmp_path: Path) -> None:
    environ = {"FLOWATHENA_CONFIG": str(named(tmp_path, "environment"))}
    assert list(load(named(tmp_path, "flag"), environ, tmp_path).targets) == ["flag"]


def test_the_environment_goes_before_the_search(tmp_path: Path) -> None:
    named(tmp_path, "flowathena")
    environ = {"FLOWATHENA_CONFIG": str(named(tmp_path, "environment"))}
    assert list(load(None, environ, tmp_path).targets) == ["environment"]


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    named(tmp_path, "flowathena")
    assert list(load(None, {"FLOWATHENA_CONFIG": ""}, tmp_path).targets) == ["flowathena"]


def test_a_named_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*nowhere\.toml: No such file"):
        load(tmp_path / "nowhere.toml", {}, tmp_path)


def test_without_a_file_there_is_no_target(tmp_path: Path) -> None:
    config = Config(None, None, {})
    assert load(None, {}, tmp_path).targets == config.targets
    with pytest.raises(ConfigError, match=r"'flowathena init LOCATION' writes flowathena\.toml"):
        config.target()


TWO = '[targets.prod]\nlocation = "s3://abc"\n[targets.test]\nlocation = "s3://abd"\n'


def test_the_only_target_is_meant_when_none_is_named(tmp_path: Path) -> None:
    assert read(tmp_path, '[targets.a]\nlocation = "s3://abc"').target().name == "a"


def test_one_of_several_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose a target with -t: prod, test"):
        read(tmp_path, TWO).target()


def test_the_default_target_is_meant_when_none_is_named(tmp_path: Path) -> None:
    assert read(tmp_path, 'default_target = "test"\n' + TWO).target().name == "test"


def test_the_environment_names_the_default_target(tmp_path: Path) -> None:
    config = read(tmp_path, 'default_target = "test"\n' + TWO, {"FLOWATHENA_TARGET": "prod"})
    assert config.target().name == "prod"


def test_the_flag_names_the_target_before_the_environment(tmp_path: Path) -> None:
    config = read(tmp_path, TWO, {"FLOWATHENA_TARGET": "prod"})
    assert config.target("test").name == "test"


def test_an_unknown_target_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown target 'prd'; did you mean 'prod'\?"):
        read(tmp_path, TWO).target("prd")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("database", "other"),
        ("table", "other"),
        ("region", "eu-central-1"),
        ("profile", "other"),
        ("workgroup", "other"),
        ("output_location", "s3://other/x/"),
        ("location", "s3://other/"),
    ],
)
def test_the_environment_goes_before_the_file(tmp_path: Path, key: str, value: str) -> None:
    text = '[targets.a]\nlocation = "s3://abc"\ndatabase = "file"\ntable = "file"\n'
    target = read(tmp_path, text, {f"FLOWATHENA_{key.upper()}": value}).target()
    assert getattr(target, key) == value


def test_an_empty_variable_leaves_the_file(tmp_path: Path) -> None:
    text = '[targets.a]\nlocation = "s3://abc"\ntable = "file"\n'
    assert read(tmp_path, text, {"FLOWATHENA_TABLE": ""}).target().table == "file"


def test_a_wrong_variable_is_a_problem(tmp_path: Path) -> None:
    text = '[targets.a]\nlocation = "s3://abc"\n'
    with pytest.raises(ConfigError, match="region 'Ireland' is not a Region name"):
        read(tmp_path, text, {"FLOWATHENA_REGION": "Ireland"})


def test_every_problem_is_told_at_once_with_its_line(problems: Problems) -> None:
    found = problems(
        "# comment\n"
        'default_targt = "a"\n'
        "\n"
        "[targets.a]\n"
        'location = "ftp://x"\n'
        "table = 7\n"
        "\n"
        "[targets.b]\n"
        'locaton = "s3://abc"\n'
        'region = "Ireland"\n'
    )
    assert [line for line, _ in found] == [2, 5, 6, 8, 9, 10]


def test_a_problem_is_printed_as_file_line_and_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, '\n[targets.a]\nlocation = "s3://abc"\ntable = "A B"\n')
    where = tmp_path / "flowathena.toml"
    assert str(caught.value).startswith(
        f"{where}:4: table 'A B' is not a name of lower-case letters"
    )


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            'defaul_target = "a"\n',
            1,
            (
                "unknown key 'defaul_target'; did you mean 'default_target'? "
                "known: default_target, query_paths, targets"
            ),
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nzone = "x"\n',
            3,
            (
                "unknown key 'zone'; known: account, archive_location, archive_table, cache_size, "
                "column_names, columns, database, external_id, file_format, flow_logs, "
                "granularity, header, keys, layout, location, log_format, "
                "log_region, max_cost, max_scan, metrics, output_location, own_networks, "
                "partition_keys, partitioning, price_per_tb, profile, quicksight, region, "
                "request_payer, role_arn, rollup_table, sources, table, types, workgroup"
            ),
        ),
        (
            'default_target = "b"\n[targets.a]\nlocation = "s3://abc"\n',
            1,
            "unknown default_target 'b'; known: a",
        ),
        (
            "default_target = 7\n",
            1,
            "default_target must be a string, not the integer 7; put it in quotes",
        ),
        ('[targets.a]\ndatabase = "x"\n', 1, "targets.a has no location"),
        ('targets = "x"\n', 1, "targets must be a table, not the string 'x'; write [targets.NAME]"),
        (
            '[targets]\na = "s3://abc"\n',
            2,
            "targets.a must be a table, not the string 's3://abc'; write [targets.a]",
        ),
        ('query_paths = "x"\n', 1, "query_paths must be a list of folders"),
        ('query_paths = ["nowhere"]\n', 1, "query_paths: 'nowhere' is not a folder"),
        (
            '[targets.a]\nlocation = "s3://abc"\ndatabase = true\n',
            3,
            "database must be a string, not the boolean true; put it in quotes",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nrole_arn = "admin"\n',
            3,
            "role_arn 'admin' is not an IAM role ARN",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\noutput_location = "results"\n',
            3,
            "output_location 'results' is not an s3://bucket/prefix/ location",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nexternal_id = "x"\n',
            3,
            "external_id is handed over when a role is assumed: set role_arn too",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nrequest_payer = "yes"\n',
            3,
            "request_payer must be true or false, not the string 'yes'",
        ),
        (
            '[targets.a]\nlocation = "logs"\nown_networks = ["10.0.0.0/8", "10.0.0.1/8"]\n',
            3,
            "own_networks: '10.0.0.1/8' has host bits set; did you mean 10.0.0.0/8?",
        ),
        (
            '[targets.a]\nlocation = "logs"\nown_networks = 7\n',
            3,
            "own_networks: is the integer 7, not a list of networks",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nmax_scan = "20 loads"\n',
            3,
            "max_scan: '20 loads' is not a size such as 20GB or 500MB",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nmax_scan = true\n',
            3,
            "max_scan: the boolean true is not a size such as 20GB or 500MB",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nmax_cost = "0.50"\n',
            3,
            "max_cost: '0.50' is not an amount of USD such as 0.50",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\nprice_per_tb = -1\n',
            3,
            "price_per_tb: -1 is not an amount of USD such as 0.50",
        ),
        (
            '[targets.a]\nlocation = "logs"\nmax_cost = 1\n',
            3,
            "max_cost is for logs in S3; the location of a is a folder",
        ),
        (
            '[targets.a]\nlocation = "logs"\nrequest_payer = true\n',
            3,
            "request_payer is for logs in S3; the location of a is a folder",
        ),
        (
            '[targets.a]\nlocation = "logs"\nworkgroup = "primary"\n',
            3,
            "workgroup is for logs in S3; the location of a is a folder",
        ),
        (
            '[targets.a]\nlocation = "s3://abc"\noutput_location = "arn:aws:s3:::results"\n',
            3,
            (
                "output_location 'arn:aws:s3:::results' is an ARN; write s3://bucket/prefix/, or "
                "s3://ALIAS/prefix/ with the alias of an access point"
            ),
        ),
        (
            (
                "[targets.a]\n"
                'location = "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/logs/mine/"\n'
            ),
            2,
            (
                "location 's3://arn:aws:s3:eu-west-1:111122223333:accesspoint/logs/mine/' is an "
                "ARN; Athena reads an access point by its alias: write s3://ALIAS/mine/ with the "
                "alias that 'aws s3control get-access-point --account-id 111122223333 --name logs "
                "--region eu-west-1 --query Alias --output text' prints"
            ),
        ),
    ],
)
def test_one_problem(problems: Problems, text: str, line: int, told: str) -> None:
    assert problems(text) == [(line, told)]


def test_a_key_is_looked_for_in_its_own_section(problems: Problems) -> None:
    text = (
        '[targets.a]\nlocation = "s3://abc"\ntable = "fine"\n'
        '[targets.b]\nlocation = "s3://abc"\ntable = "NOT"\n'
    )
    assert [line for line, _ in problems(text)] == [6]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # What looks like the key: in a comment, in a text, in the next target, in a table within.
        ('[targets.a]\n# table = "x"\nlocation = "s3://abc"\ntable = "A"\n', 4),
        ('# [targets.a]\n#\n[targets.a]\nlocation = "s3://abc"\ntable = "A"\n', 5),
        ('[targets.a]\nlocation = "s3://abc"\nprofile = """\ntable = 1"""\ntable = "A"\n', 5),
        ('[targets.b]\ntable = "t"\nlocation = "s3://abc"\n[targets.a]\ntable = "t"\n', 4),
        ('[targets.a]\n[targets.b]\nlocation = "s3://abc"\n', 1),
        (
            """\
[targets.a.columns]
region = "x"
srcaddr = "region"
[targets.a]
location = "s3://abc"
region = "Ireland"
""",
            6,
        ),
        # The many ways to write one.
        ('[targets]\na.location = "s3://abc"\na.table = "A"\n', 3),
        ('targets.a.location = "s3://abc"\ntargets.a.table = "A"\n', 2),
        ('[targets]\n"a" = { location = "s3://abc", table = "A" }\n', 2),
        ("[targets.'a']\nlocation = 's3://abc'\n\"table\" = 'A'\n", 3),
        ("[ targets . a ] # prod\r\nlocation = 's3://abc'\r\n table = 'A'\r\n", 3),
        ('[targets.a]\nlocation = "s3://abc"\n[targets.a.columns]\nx = "1"\n', 4),
        ('[targets.a]\nlocation = "s3://abc"\n[targets.a.keys]\nx = "day"\ny = "x"\n', 5),
    ],
)
def test_the_line_is_that_of_the_key(problems: Problems, text: str, line: int) -> None:
    assert [number for number, _ in problems(text)] == [line]


def test_a_wrong_variable_is_one_problem_of_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, TWO, {"FLOWATHENA_REGION": "Ireland"})
    assert caught.value.problems == (
        Problem(
            "FLOWATHENA_REGION: region 'Ireland' is not a Region name such as eu-west-1",
        ),
    )


def test_the_environment_is_that_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWATHENA_CONFIG", str(named(tmp_path, "mine")))
    monkeypatch.setenv("FLOWATHENA_TABLE", "other")
    assert load().target("mine").table == "other"


def test_the_current_folder_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named(tmp_path, "flowathena")
    monkeypatch.chdir(tmp_path)
    assert load(environ={}).path == tmp_path / "flowathena.toml"


def test_a_syntax_error_is_told_with_its_line(problems: Problems) -> None:
    ((line, _),) = problems('[targets.a]\nlocation = "s3://abc\n')
    assert line == 2


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "flowathena.toml"
    path.write_bytes(b'# one\ndefault_target = "\xe9"')
    with pytest.raises(ConfigError, match=r"flowathena\.toml:2: this is not UTF-8 text$"):
        load(None, {}, tmp_path)


def test_an_empty_file_has_no_target(tmp_path: Path) -> None:
    assert read(tmp_path, "").targets == {}


def test_query_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "below").mkdir()
    (tmp_path / "flowathena.toml").write_text('query_paths = ["mine"]', encoding="utf-8")
    assert load(None, {}, tmp_path / "below").query_paths == (tmp_path / "mine",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://abc", "s3://abc/"),
        ("s3://abc/", "s3://abc/"),
        ("s3://abc/a/b", "s3://abc/a/b/"),
        ("s3://abc/a/b/", "s3://abc/a/b/"),
        ("logs", "/base/logs"),
        ("./logs/", "/base/logs"),
        ("../logs", "/logs"),
        ("/srv/logs", "/srv/logs"),
    ],
)
def test_a_location_has_one_form(text: str, expected: str) -> None:
    assert normalize_location(text, Path("/base")) == expected


def test_a_tilde_is_the_home_folder() -> None:
    assert normalize_location("~/logs", Path("/base")) == str((Path.home() / "logs").resolve())


@pytest.mark.parametrize(
    "text", ["s3://abc/AWSLogs/", "s3://abc/AWSLogs", "logs/AWSLogs", "./AWSLogs/", "AWSLogs"]
)
def test_a_location_that_names_awslogs_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="leave AWSLogs off"):
        normalize_location(text, Path("/base"))


@pytest.mark.parametrize(
    "text", ["s3://", "s3:///x", "s3://A_B/", "s3://ab", "https://abc/x", "", "  ", "s3://abc-/x"]
)
def test_other_locations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="location"):
        normalize_location(text, Path("/base"))


def test_bucket_and_prefix_of_a_location() -> None:
    target = Target("a", "s3://abc/x/y/")
    assert (target.bucket, target.prefix, target.is_local) == ("abc", "x/y/", False)


def test_a_bucket_alone_has_no_prefix() -> None:
    assert Target("a", "s3://abc/").prefix == ""


def test_a_folder_has_no_prefix() -> None:
    target = Target("a", "/srv/logs")
    assert (target.prefix, target.is_local) == ("", True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("default", DEFAULT_FORMAT),
        ("${version} ${start}", ("version", "start")),
        ("${start} ${pkt-src-aws-service}", ("start", "pkt-src-aws-service")),
        (["start", "srcaddr"], ("start", "srcaddr")),
        (["srcaddr"], ("srcaddr",)),
        ("${instance-id} ${end}", ("instance-id", "end")),
        (["start", "of-tomorrow"], ("start", "of-tomorrow")),
    ],
)
def test_log_formats(value: object, expected: tuple[str, ...]) -> None:
    assert parse_log_format(value) == expected


@pytest.mark.parametrize(
    "value",
    ["version start", "${version},${start}", "${version}  ${start}", "", [], [1], 7, ["srcadr"]],
)
def test_what_is_no_log_format(value: object) -> None:
    with pytest.raises(ValueError, match=r"write|lacks start"):
        parse_log_format(value)


def test_a_wrong_log_format_is_a_problem(problems: Problems) -> None:
    ((line, told),) = problems('[targets.a]\nlocation = "s3://abc"\nlog_format = "v5"\n')
    assert (line, told) == (
        3,
        'log_format: write "default", a list of field names or "${version} ${srcaddr} …"',
    )


def test_a_target_from_settings_is_checked_as_one_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="table 'A' is not a name of lower-case letters"):
        check_target("a", {"location": "s3://abc", "table": "A"}, tmp_path)


def test_problems_of_settings_name_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check_target("a", {"location": "ftp://x"}, tmp_path)
    assert caught.value.problems == (
        Problem("location 'ftp://x' is neither s3://bucket/prefix/ nor a folder"),
    )


HIVE_HOURS = {"layout": "hive-hourly", "granularity": "hour", "partition_keys": "hive"}


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        ({"file_format": "parquet"}, "file_format", "parquet"),
        ({"layout": "hive-daily"}, "layout", "hive-daily"),
        ({"partitioning": "projection"}, "partitioning", "projection"),
        (HIVE_HOURS, "partition_keys", "hive"),
        (HIVE_HOURS, "granularity", "hour"),
        ({"column_names": "older"}, "column_names", "older"),
        ({"account": "111122223333"}, "account", "111122223333"),
        ({"log_region": "us-gov-west-1"}, "log_region", "us-gov-west-1"),
        ({"keys": {"p0": "day yyyyMMdd"}}, "keys", {"p0": "day yyyyMMdd"}),
        ({"columns": {"srcaddr": "source"}}, "columns", {"srcaddr": "source"}),
    ],
)
def test_a_setting_of_the_table_is_taken(
    tmp_path: Path, settings: dict[str, object], name: str, value: object
) -> None:
    target = check_target("a", {"location": "s3://abc", **settings}, tmp_path)
    assert getattr(target, name) == value


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('file_format = "orc"', "unknown file_format 'orc'; known: parquet, text"),
        ('layout = "hive"', "unknown layout 'hive'; known: hive-daily, hive-hourly, "),
        ('partitioning = "project"', "unknown partitioning 'project'; did you mean 'projection'?"),
        ('partition_keys = "date"', "unknown partition_keys 'date'; known: hive, single, standard"),
        ('granularity = "week"', "unknown granularity 'week'; known: day, hour"),
        ('column_names = "old"', "unknown column_names 'old'; did you mean 'older'?"),
        ('account = "1111"', "account '1111' is not a 12-digit account id"),
        ("account = 111122223333", "account must be a string, not the integer 111122223333; put"),
        ('log_region = "Ireland"', "log_region 'Ireland' is not a Region name"),
        ('keys = "dt"', "keys must be a table of strings; write keys = { dt = 'day' }"),
        ("keys = { dt = 1 }", "keys must be a table of strings; write keys = { dt = 'day' }"),
        ("keys = { dt = 'daay' }", "keys: unknown part 'daay'; did you mean 'day'?"),
        ("columns = ['x']", "columns must be a table of strings; write columns = { srcaddr = "),
        ("columns = { srcadr = 'x' }", "columns: unknown field 'srcadr'; did you mean 'srcaddr'?"),
    ],
)
def test_a_wrong_setting_of_the_table_is_told_with_its_line(
    problems: Problems, line: str, told: str
) -> None:
    ((number, message),) = problems(f'[targets.a]\nlocation = "s3://abc"\n{line}\n')
    assert number == 3
    assert message.startswith(told)


def test_a_table_of_keys_may_have_a_section_of_its_own(problems: Problems) -> None:
    text = '[targets.a]\nlocation = "s3://abc"\n[targets.a.keys]\ndt = "daay"\n'
    ((_, message),) = problems(text)
    assert message.startswith("keys: unknown part 'daay'")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"granularity": "hour"}, "granularity 'hour' needs hour folders; layout is 'plain-daily'"),
        ({"partition_keys": "hive"}, "partition_keys 'hive' needs a hive layout, not"),
        ({"partition_keys": "single"}, "partition_keys 'single' needs account and log_region"),
        (
            {"partition_keys": "single", "account": "111122223333"},
            "partition_keys 'single' needs account and log_region",
        ),
        (
            {"partitioning": "projection", "location": "logs"},
            "partition projection is a feature of Athena; a local target needs 'registered'",
        ),
        (
            {"partitioning": "projection", "layout": "hive-daily"},
            "projection over a hive layout needs partition_keys 'hive'",
        ),
        (
            {"column_names": "older", "file_format": "parquet"},
            "Parquet columns are found by AWS's names: column_names must be 'aws'",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_told(
    tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_target("a", {"location": "s3://abc", **settings}, tmp_path)
    (problem,) = caught.value.problems
    assert problem.message.startswith(told)


def _pair(**other: Any) -> tuple[Target, Target]:  # noqa: ANN401 - settings
    one = Target("a", "s3://a/", region="eu-west-1")
    return one, replace(one, name="b", **other)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"location": "s3://b/"}, True),
        ({"region": None}, True),
        ({"workgroup": "other", "file_format": "parquet"}, True),
        ({"region": "us-east-1"}, False),
        ({"table": "other"}, False),
        ({"database": "other"}, False),
        ({"profile": "prod"}, False),
        ({"role_arn": "arn:aws:iam::111122223333:role/x"}, False),
        ({"location": "/logs"}, False),
    ],
)
def test_two_targets_have_one_table(other: dict[str, Any], same: bool) -> None:
    assert has_same_table(*_pair(**other)) is same
    assert has_same_table(*reversed(_pair(**other))) is same


def test_a_local_table_belongs_to_its_folder() -> None:
    one = Target("a", "/logs")
    assert has_same_table(one, replace(one, name="b", file_format="parquet"))
    assert not has_same_table(one, replace(one, name="b", location="/logs/more"))


def test_what_makes_two_tables_of_two_targets() -> None:
    assert differences(*_pair(workgroup="other", region=None)) == ()
    names = ("location", "file_format", "granularity")
    other = {"location": "s3://b/", "file_format": "parquet", "granularity": "hour"}
    assert differences(*_pair(**other)) == names


@pytest.mark.parametrize(("value", "paid"), [("true", True), ("false", False)])
def test_who_pays_may_come_from_the_environment(tmp_path: Path, value: str, paid: bool) -> None:
    file = tmp_path / "flowathena.toml"
    file.write_text('[targets.a]\nlocation = "s3://abc"\n')
    assert load(file, {"FLOWATHENA_REQUEST_PAYER": value}).target("a").request_payer is paid
    with pytest.raises(ConfigError, match="FLOWATHENA_REQUEST_PAYER: request_payer must be true"):
        load(file, {"FLOWATHENA_REQUEST_PAYER": "1"})


def test_a_variable_for_aws_leaves_a_local_target_alone(tmp_path: Path) -> None:
    file = tmp_path / "flowathena.toml"
    file.write_text('[targets.a]\nlocation = "logs"\n[targets.b]\nlocation = "s3://abc"\n')
    loaded = load(file, {"FLOWATHENA_REGION": "eu-west-1", "FLOWATHENA_REQUEST_PAYER": "true"})
    assert loaded.target("b").request_payer


@pytest.mark.parametrize("paid", [True, False])
def test_who_pays_is_written_as_it_is_read(tmp_path: Path, paid: bool) -> None:
    target = Target("a", "s3://abc/", request_payer=paid)
    file = tmp_path / "flowathena.toml"
    file.write_text(section(target, target.location))
    assert load(file, {}).target("a") == target


@pytest.mark.parametrize(
    ("location", "parts"),
    [
        ("s3://logs/a/b/", ("logs", "a/b/")),
        ("s3://logs", ("logs", "")),
        ("s3a://logs/a", ("logs", "a")),
        ("s3://x-abc-s3alias/a/", ("x-abc-s3alias", "a/")),
        (
            "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/logs/a/b",
            ("arn:aws:s3:eu-west-1:111122223333:accesspoint/logs", "a/b"),
        ),
    ],
)
def test_a_location_is_a_bucket_or_an_access_point_and_a_key(
    location: str, parts: tuple[str, str]
) -> None:
    assert split_location(location) == parts


@pytest.mark.parametrize("location", ["", "s3://", "s3:///a", "file:///a", "logs/a", "http://x/y"])
def test_what_is_no_location_in_s3_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match="is not an s3:// location"):
        split_location(location)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-11-01", "a date; put it in quotes"),
        ("2026-11-01T10:00:00Z", "a date and time; put it in quotes"),
        ("10:00:00", "a time; put it in quotes"),
        ("1.5", "the number 1.5; put it in quotes"),
        ("[]", "an array"),
        ("{}", "a table"),
    ],
)
def test_a_value_of_another_type_is_named_in_tomls_terms(
    problems: Problems, value: str, told: str
) -> None:
    for key in ("table", "location", "region"):
        location = "" if key == "location" else 'location = "s3://abc"\n'
        found = problems(f"[targets.a]\n{location}{key} = {value}\n")
        assert [message for _, message in found] == [f"{key} must be a string, not {told}"]


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert read(tmp_path, '\ufeffdefault_target = "prod"\n' + TWO).target().name == "prod"


def test_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    config = read(tmp_path, TWO.replace("\n", "\r\n"))
    assert [target.location for target in config.targets.values()] == ["s3://abc/", "s3://abd/"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("\ufeff[targets.a]\n".encode("utf-16"), "toml:1: this is not UTF-8 text but UTF-16; save"),
        (b"#" * 1_000_001, "is larger than 1 MB; it is not a configuration"),
        (b"a = " + b"[" * 100_000, "toml:1: arrays or tables are nested too deeply"),
        (b"a = " + b"9" * 5_000, "toml:1: a number has too many digits"),
        (b"a = [\n" + b"'x',\n" * 100_000, "toml:1: the value is missing, or does not end"),
    ],
    ids=["UTF-16", "1 MB", "nested", "digits", "unended"],
)
def test_what_is_no_configuration(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "flowathena.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(None, {}, tmp_path)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_the_variable_that_names_a_file_or_target_is_told(tmp_path: Path) -> None:
    missing = {"FLOWATHENA_CONFIG": str(tmp_path / "nowhere.toml")}
    with pytest.raises(ConfigError, match=r"^FLOWATHENA_CONFIG: cannot read .*nowhere\.toml: No"):
        load(None, missing, tmp_path)
    with pytest.raises(ConfigError, match=r"^FLOWATHENA_CONFIG: .* is a folder; name its file"):
        load(None, {"FLOWATHENA_CONFIG": str(tmp_path)}, tmp_path)
    with pytest.raises(ConfigError, match=r"^cannot read /a\x00b: embedded null byte"):
        load(Path("/a\0b"), {}, tmp_path)
    config = read(tmp_path, TWO, {"FLOWATHENA_TARGET": "prd"})
    with pytest.raises(ConfigError, match=r"^FLOWATHENA_TARGET: unknown target 'prd'; did you"):
        config.target()
    with pytest.raises(ConfigError, match=r"^unknown target 'prd'; did you mean 'prod'"):
        config.target("prd")


@pytest.mark.parametrize("key", ["keys", "columns"])
def test_a_table_cannot_be_a_variable(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, TWO, {f"FLOWATHENA_{key.upper()}": "{ dt = 'day' }"})
    assert str(caught.value) == (
        f"FLOWATHENA_{key.upper()}: {key} is a table, which a variable cannot set; write it into "
        "flowathena.toml"
    )


def test_where_a_value_comes_from(tmp_path: Path) -> None:
    text = (
        'default_target = "a"\n'
        "query_paths = []\n"
        "[targets.a]\n"
        'location = "s3://abc"\n'
        'table = "flows"\n'
        "keys = { dt = 'day' }\n"
        '[targets."b"]\n'
        "location = 's3://abd'\n"
    )
    environ = {"FLOWATHENA_TABLE": "other", "FLOWATHENA_REGION": "", "HOME": "/"}
    config = read(tmp_path, text, environ)
    file = tmp_path / "flowathena.toml"

    def source(*path: str) -> tuple[str, str]:
        found = config.source(*path)
        return str(found), str(found.to_json()["from"])

    assert source("default_target") == ("flowathena.toml:1", "file")
    assert source("query_paths") == ("flowathena.toml:2", "file")
    assert source("targets", "a", "location") == ("flowathena.toml:4", "file")
    assert source("targets", "a", "table") == ("FLOWATHENA_TABLE", "environment")
    assert source("targets", "a", "keys") == ("flowathena.toml:6", "file")
    assert source("targets", "b", "location") == ("flowathena.toml:8", "file")
    assert source("targets", "b", "table") == ("FLOWATHENA_TABLE", "environment")
    # An empty variable sets nothing.
    assert source("targets", "a", "region") == ("default", "default")
    assert config.source("targets", "a", "location").to_json() == {
        "from": "file", "variable": None, "file": str(file), "line": 4,
    }  # fmt: skip
    config = read(tmp_path, text, {"FLOWATHENA_TARGET": "b"})
    assert source("default_target") == ("FLOWATHENA_TARGET", "environment")


def test_misspelt_variables() -> None:
    environ = {
        "FLOWATHENA_TARGTE": "prod",
        "FLOWATHENA_TARGET": "prod",
        "FLOWATHENA_OUTPUT": "s3://x/",
        "FLOWATHENA_LOG_FORMAT": "default",
        "FLOWATHENA_REGOIN": "",
        "AWS_REGOIN": "x",
        "FLOWATHENA_TARGET_": "x",
        "FLOWATHENA_": "x",
    }
    assert misspelt_variables(environ) == [
        (
            "FLOWATHENA_ is not a variable of flowathena and is ignored; "
            "docs/configuration.md lists them"
        ),
        (
            "FLOWATHENA_OUTPUT is not a variable of flowathena and is ignored; "
            "docs/configuration.md lists them"
        ),
        (
            "FLOWATHENA_TARGET_ is not a variable of flowathena and is ignored; "
            "did you mean FLOWATHENA_TARGET?"
        ),
        (
            "FLOWATHENA_TARGTE is not a variable of flowathena and is ignored; "
            "did you mean FLOWATHENA_TARGET?"
        ),
    ]
