"""The JSON Schema of the configuration: it says what the check of the file says."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.errors import ConfigError
from flowathena.target.config import check_target, load
from flowathena.target.schema import schema
from flowathena.target.settings import SETTINGS
from flowathena.target.target import Target
from tests.shell import Shell

_VALIDATOR = jsonschema.Draft7Validator(schema())
_HERE = Path(__file__).resolve().parent
_S3 = 'location = "s3://abc"\n'
VALID = (
    "",
    'default_target = "a"\n[targets.a]\n' + _S3,
    'query_paths = ["."]\n',
    "[targets]\n",
    '[targets."a b"]\nlocation = "./logs"\n',
    "[targets.a]\nlocation = '/srv/logs/'\n",
    "[targets.a]\nlocation = '~/AWSLogs/below'\n",
    "[targets.a]\nlocation = 's3://my-logs.example/optional/prefix'\n",
    f"[targets.a]\n{_S3}log_format = 'default'\n",
    f"[targets.a]\n{_S3}log_format = '${{version}} ${{start}}'\n",
    f"[targets.a]\n{_S3}log_format = ['start', 'field-of-the-future']\n",
    f"[targets.a]\n{_S3}log_format = ['srcaddr', 'end']\n",
    f"[targets.a]\n{_S3}log_format = '${{instance-id}} ${{pkt-srcaddr}}'\n",
    f"[targets.a]\n{_S3}keys = {{ dt = 'day yyyyMMdd', x = 'account' }}\n",
    f"[targets.a]\n{_S3}columns = {{ srcaddr = 'Source IP' }}\n",
    f"[targets.a]\n{_S3}request_payer = true\n",
    f"[targets.a]\n{_S3}layout = 'hive-hourly'\npartition_keys = 'hive'\n",
    f"[targets.a]\n{_S3}role_arn = 'arn:aws-cn:iam::111122223333:role/path/x'\n",
    f"[targets.a]\n{_S3}profile = ''\nworkgroup = 'a.b_c-D'\nregion = 'us-gov-west-1'\n",
    f"[targets.a]\n{_S3}account = '012345678901'\noutput_location = 's3://results/x/'\n",
)
INVALID = (
    "targets = 'x'\n",
    "[[targets]]\n",
    "default_target = 7\n",
    "default_targt = 'a'\n",
    "query_paths = '.'\n",
    "query_paths = [7]\n",
    "[targets]\na = 's3://abc'\n",
    "[targets.a]\n",
    "[targets.a]\nlocation = 7\n",
    "[targets.a]\nlocation = ''\n",
    "[targets.a]\nlocation = '  '\n",
    "[targets.a]\nlocation = 's3://abc/AWSLogs/'\n",
    "[targets.a]\nlocation = 'logs/AWSLogs'\n",
    "[targets.a]\nlocation = 'https://example.com/x'\n",
    "[targets.a]\nlocation = 's3://A_B/'\n",
    "[targets.a]\nlocation = 'arn:aws:s3:::bucket/x'\n",
    *(
        f"[targets.a]\n{_S3}{line}\n"
        for line in (
            "regin = 'eu-west-1'",
            "region = 'Ireland'",
            "region = 'eu-west-1 '",
            "table = 'A'",
            "table = 7",
            "table = 2026-11-01",
            "database = true",
            "database = ''",
            "workgroup = 'a b'",
            "role_arn = 'admin'",
            "output_location = 'results'",
            "account = '1111'",
            "account = 111122223333",
            "log_region = ['eu-west-1']",
            "file_format = 'orc'",
            "layout = 'hive'",
            "partitioning = 'projected'",
            "partition_keys = 'date'",
            "granularity = 'week'",
            "column_names = 'old'",
            "log_format = 'v5'",
            "log_format = '${srcadr}'",
            "log_format = '${start},${end}'",
            "log_format = []",
            "log_format = ['srcadr']",
            "log_format = ['start', 'start']",
            "log_format = ['start', 7]",
            "log_format = ['start', 'A B']",
            "keys = 'dt'",
            "keys = { dt = 1 }",
            "keys = { dt = 'daay' }",
            "columns = ['x']",
            "request_payer = 'true'",
            "request_payer = 1",
            "columns = { srcadr = 'x' }",
            "columns = { srcaddr = 1 }",
        )
    ),
)


def is_valid(text: str, folder: Path) -> bool:
    (folder / "flowathena.toml").write_text(text, encoding="utf-8")
    try:
        load(None, {}, folder)
    except ConfigError:
        return False
    return True


def fits(text: str) -> bool:
    """Whether it fits the schema; TOML's dates are no type of JSON, and become what is none."""
    return bool(
        _VALIDATOR.is_valid(json.loads(json.dumps(tomllib.loads(text), default=lambda _: 0)))
    )


@pytest.mark.parametrize("text", VALID)
def test_what_is_valid_fits_the_schema(tmp_path: Path, text: str) -> None:
    assert is_valid(text, tmp_path)
    assert fits(text)


@pytest.mark.parametrize("text", INVALID)
def test_what_is_invalid_does_not(tmp_path: Path, text: str) -> None:
    assert not is_valid(text, tmp_path)
    assert not fits(text)


def test_every_configuration_of_the_documentation_fits() -> None:
    pages = [_HERE.parent / "README.md", *(_HERE.parent / "docs").glob("*.md")]
    blocks = [
        block
        for page in pages
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if "[targets." in block
    ]
    assert len(blocks) >= 2
    assert all(map(fits, blocks))


def test_it_is_a_schema_that_draft_4_reads_alike() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    newer = {"const", "contains", "if", "then", "else", "propertyNames", "examples", "$defs", "$id"}
    assert not newer & set(_keywords(schema()))
    fourth = jsonschema.Draft4Validator(schema())
    for text in (*VALID, *INVALID):
        data = json.loads(json.dumps(tomllib.loads(text), default=lambda _: 0))
        assert fourth.is_valid(data) == _VALIDATOR.is_valid(data), text


def _keywords(value: object) -> list[str]:
    if isinstance(value, list):
        return [word for inner in value for word in _keywords(inner)]
    if not isinstance(value, dict):
        return []
    names = value.get("properties", {})
    inner = [
        *names.values(),
        *(value[key] for key in value if key not in {"properties", "default"}),
    ]
    return [*value, *(word for each in inner for word in _keywords(each))]


def test_every_setting_of_a_target_is_in_it_with_its_default() -> None:
    assert set(SETTINGS) == set(Target("", "").settings) - {"name"}
    properties = schema()["definitions"]["target"]["properties"]  # type: ignore[index]
    assert list(properties) == [*SETTINGS, "sources", "quicksight", "metrics"]
    for section in ("sources", "quicksight", "metrics"):
        properties.pop(section)
    for name, value in properties.items():
        assert value["description"] == SETTINGS[name].meaning
        if name in {"database", "table", "workgroup", "layout", "partitioning"}:
            assert value["default"] == getattr(Target("", ""), name)
    # A default that a schema names is one that may be written.
    given = {name: value["default"] for name, value in properties.items() if "default" in value}
    assert check_target("a", {"location": "s3://abc", **given}, Path("/")).table == "vpc_flow_logs"


_TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["day", "hour", "text", "hive", "single", "older", "projection", "default", "s3://abc/x/"]
    ),
    st.from_regex(r"[a-z]{2}-[a-z]{4}-[0-9]", fullmatch=True),
    st.from_regex(r"[0-9]{11,13}", fullmatch=True),
    st.from_regex(r"s3://[a-zA-Z._-]{1,5}/?[a-z/]{0,5}", fullmatch=True),
    st.from_regex(r"\$\{(start|end)\}( \$\{[a-z]{1,3}\})?", fullmatch=True),
)
# Whether a text is a network, a pattern can say only roughly; an archive depends on the logs.
_ALONE = sorted(
    set(SETTINGS)
    - {"partition_keys", "granularity", "partitioning", "location", "external_id", "own_networks"}
    - {"archive_location", "archive_table", "rollup_table"}
)


@given(
    st.sampled_from(_ALONE),
    st.one_of(_TEXTS, st.lists(_TEXTS, max_size=3), st.integers(), st.booleans()),
)
def test_schema_and_check_agree_on_any_value(name: str, value: object) -> None:
    settings = {"location": "s3://abc", name: value}
    try:
        check_target("a", settings, Path("/"))
        accepted = True
    except ConfigError as error:
        # What several settings say together, and a text with a field twice: see the module.
        spared = ("column_names must be", "has a field twice", "is less than a byte")
        if any(each in str(error) for each in spared):
            return
        accepted = False
    assert _VALIDATOR.is_valid({"targets": {"a": settings}}) == accepted


def test_the_command_prints_it_and_init_writes_it_beside_a_new_file(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shown = shell.run("config", "schema").json
    assert shown == json.loads(json.dumps(schema()))
    shell.run("sample", "logs", "--days", "1", "--records", "10")
    shell.run("init", "./logs")
    first, blank, *_ = (tmp_path / "flowathena.toml").read_text().splitlines()
    assert (first, blank) == ("#:schema ./.flowathena/schema.json", "")
    # The path of the comment is relative to the file.
    written = tmp_path / first.removeprefix("#:schema ")
    assert json.loads(written.read_text(encoding="utf-8")) == shown
    assert fits((tmp_path / "flowathena.toml").read_text(encoding="utf-8"))
    # One more target renews the schema; the comment stays the only one.
    written.write_text("{}")
    shell.run("init", "./logs", "-t", "two")
    assert json.loads(written.read_text(encoding="utf-8")) == shown
    assert (tmp_path / "flowathena.toml").read_text().count("#:schema") == 1


def test_a_file_that_names_no_schema_gets_none(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--days", "1", "--records", "10")
    (tmp_path / "flowathena.toml").write_text(f"[targets.a]\n{_S3}")
    shell.run("init", "./logs")
    assert not (tmp_path / ".flowathena").exists()
    assert "#:schema" not in (tmp_path / "flowathena.toml").read_text()


def test_without_a_place_for_the_schema_the_file_is_written_alone(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--days", "1", "--records", "10")
    (tmp_path / ".flowathena").write_text("mine")
    shell.run("init", "./logs")
    assert (tmp_path / "flowathena.toml").read_text().startswith("default_target")
