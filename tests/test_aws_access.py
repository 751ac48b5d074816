"""Whose credentials, who pays, and AWS's own words when it refuses."""

import json
import os
import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha1
from pathlib import Path

import pytest
from botocore.credentials import SSOProvider
from botocore.tokens import SSOTokenProvider

from flowathena.aws.session import Aws
from flowathena.errors import FlowathenaError
from flowathena.target.target import Target
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record, registered
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-02")
_PLACE = Place("111122223333", "eu-west-1", date(2026, 10, 1))
_ROLE = Target("t", "s3://any", region="eu-west-1", role_arn="arn:aws:iam::123456789012:role/audit")
_USER = "User: arn:aws:sts::111122223333:assumed-role/audit/me is not authorized to perform: "


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [_PLACE.key], log(record(1_790_856_000)))
    return configured(tmp_path, rig)


def refuse(rig: Rig, service: str, op: str, code: str, text: str, status: int = 400) -> None:
    fault = {"service": service, "op": op, "kind": "refuse", "code": code, "text": text}
    rig.faults([{**fault, "status": status}])


_KMS = (
    f"{_USER}kms:Decrypt on resource: arn:aws:kms:eu-west-1:444455556666:key/0f9c because no "
    "resource-based policy allows the kms:Decrypt action"
)
_LIST = (
    f'{_USER}s3:ListBucket on resource: "arn:aws:s3:::flow-logs" because no identity-based policy '
    "allows the s3:ListBucket action"
)


def test_the_key_that_may_not_be_used_is_named(rig: Rig, shell: Shell) -> None:
    refuse(rig, "s3", "GetObject", "AccessDenied", _KMS, 403)
    line = shell.refused("init", f"s3://{BUCKET}/", "-t", "other", code=1)
    assert line == f"error: s3://{BUCKET}/{_PLACE.key}: access denied: {_KMS}"


def test_what_may_not_be_listed_is_named_as_s3_names_it(rig: Rig, shell: Shell) -> None:
    refuse(rig, "s3", "ListObjectsV2", "AccessDenied", _LIST, 403)
    line = shell.refused("partitions", "plan", *_WINDOW, code=1)
    assert line.endswith(f": access denied: {_LIST}")
    assert "s3:GetObject" not in line


@pytest.mark.parametrize(
    ("op", "code", "text", "shown"),
    [
        (
            "GetTable",
            "AccessDeniedException",
            (
                f"{_USER}glue:GetTable on resource: arn:aws:glue:eu-west-1:1:catalog because no "
                "identity-based policy allows the glue:GetTable action (Service: AWSGlue; Status "
                "Code: 400; Error Code: AccessDeniedException; Request ID: 12-ab; Proxy: null)"
            ),
            (
                f"GetTable: AccessDeniedException: {_USER}glue:GetTable on resource: "
                "arn:aws:glue:eu-west-1:1:catalog because no identity-based policy allows the "
                "glue:GetTable action"
            ),
        ),
        (
            "GetTable",
            "AccessDeniedException",
            "Insufficient Lake Formation permission(s): Required Describe on vpc_flow_logs",
            "Insufficient Lake Formation permission(s): Required Describe on vpc_flow_logs",
        ),
        (
            "ListObjectsV2",
            "KMS.DisabledException",
            "arn:aws:kms:eu-west-1:1:key/0f9c is disabled.\n Request ID: 9",
            "ListObjectsV2: KMS.DisabledException: arn:aws:kms:eu-west-1:1:key/0f9c is disabled",
        ),
    ],
)
def test_each_service_is_quoted_on_one_line_without_request_ids(
    rig: Rig, shell: Shell, op: str, code: str, text: str, shown: str
) -> None:
    refuse(rig, "s3" if op == "ListObjectsV2" else "glue", op, code, text)
    line = shell.refused("partitions", "plan", *_WINDOW, code=1)
    assert line.rstrip(".").endswith(shown), line
    assert "Request" not in line


def test_ec2s_encoded_blob_is_left_out(rig: Rig, shell: Shell) -> None:
    text = f"You are not authorized to perform this operation. {_USER}ec2:DescribeFlowLogs"
    blob = f"{text} Encoded authorization failure message: aBcD-09_x"
    refuse(rig, "ec2", "DescribeFlowLogs", "UnauthorizedOperation", blob, 403)
    line = shell.refused("init", "--flow-log", "fl-0123456789abcdef0", "-t", "x", code=1)
    assert line.endswith(f"DescribeFlowLogs: UnauthorizedOperation: {text}")


def test_a_partition_that_glue_refuses_says_why_without_request_ids(rig: Rig, shell: Shell) -> None:
    refuse(
        rig, "glue", "BatchCreatePartition", "AccessDeniedException", f"{_USER}x (Request ID: 1)"
    )
    done = shell.run("partitions", "sync", *_WINDOW, "--format", "json", code=4)
    (failure,) = done.json["failed"]
    assert failure["error"].endswith(f"AccessDeniedException: {_USER}x".rstrip())


@pytest.mark.parametrize(
    ("service", "op", "kind"),
    [
        ("s3", "ListObjectsV2", "internal"),
        ("s3", "ListObjectsV2", "reset"),
        ("glue", "GetTable", "throttle"),
        ("glue", "GetTable", "truncate_body"),
    ],
)
def test_a_call_is_made_six_times_as_documented(
    rig: Rig, shell: Shell, service: str, op: str, kind: str
) -> None:
    pages = [Path(name).read_text() for name in ("docs/aws.md", "docs/partitions.md")]
    assert all("six attempts" in page for page in pages)
    rig.faults([{"service": service, "op": op, "kind": kind}])
    shell.refused("partitions", "plan", *_WINDOW, code=1)
    assert len(rig.journal(service, op)) == 6


def test_a_body_that_breaks_off_counts_as_an_attempt(rig: Rig, shell: Shell) -> None:
    fault = {"service": "s3", "op": "GetObject", "kind": "truncate_body"}
    rig.faults([{**fault, "times": 5}])
    shell.run("init", f"s3://{BUCKET}/", "-t", "lucky")
    assert len(rig.journal("s3", "GetObject")) == 6
    rig.clear_journal()
    rig.faults([fault])
    line = shell.refused("init", f"s3://{BUCKET}/", "-t", "other", code=1)
    assert line.startswith(f"error: s3://{BUCKET}")
    assert len(rig.journal("s3", "GetObject")) == 6


def test_a_role_is_renewed_before_it_ends(rig: Rig) -> None:
    rig.settings(role_seconds=60)  # less than the ten minutes before the end that renew it
    with pointed_at(rig):
        aws = Aws(_ROLE)
        for _ in range(3):
            aws.s3.list_buckets()
    assert len(rig.journal("sts", "AssumeRole")) == 4  # one to begin with, and one for each call


def test_a_role_that_lasts_is_assumed_once(rig: Rig) -> None:
    with pointed_at(rig):
        aws = Aws(_ROLE)
        for _ in range(3):
            aws.s3.list_buckets()
    assert len(rig.journal("sts", "AssumeRole")) == 1


def test_a_sync_goes_on_with_a_role_that_ends_all_the_time(rig: Rig, shell: Shell) -> None:
    rig.settings(role_seconds=60)
    env = {**shell.env, "FLOWATHENA_ROLE_ARN": str(_ROLE.role_arn)}
    Shell(shell.folder, env).run("partitions", "sync", *_WINDOW)
    assert registered(rig).keys() == {tuple(_PLACE.values.values())}
    assert len(rig.journal("sts", "AssumeRole")) > 2


def test_a_role_that_may_not_be_assumed_is_named(rig: Rig, shell: Shell) -> None:
    text = f"{_USER}sts:AssumeRole on resource: {_ROLE.role_arn}"
    refuse(rig, "sts", "AssumeRole", "AccessDenied", text, 403)
    env = {**shell.env, "FLOWATHENA_ROLE_ARN": str(_ROLE.role_arn)}
    line = Shell(shell.folder, env).refused("partitions", "plan", *_WINDOW, code=1)
    assert line == f"error: AWS credentials: AssumeRole: AccessDenied: {text}"


def test_a_requester_pays_bucket_is_read_by_who_pays(rig: Rig, shell: Shell) -> None:
    rig.settings(requester_pays=BUCKET)
    line = shell.refused("partitions", "plan", *_WINDOW, code=1)
    assert "access denied" in line
    paying = Shell(shell.folder, {**shell.env, "FLOWATHENA_REQUEST_PAYER": "true"})
    paying.run("partitions", "sync", *_WINDOW)
    assert len(registered(rig)) == 1
    paying.run("init", f"s3://{BUCKET}/", "-t", "other", "--request-payer")
    assert "request_payer = true" in (shell.folder / "flowathena.toml").read_text()
    reads = [c["params"] for op in ("ListObjectsV2", "GetObject") for c in rig.journal("s3", op)]
    assert {call["RequestPayer"] for call in reads if "RequestPayer" in call} == {"requester"}


def test_an_access_point_is_read_by_its_alias(rig: Rig, shell: Shell) -> None:
    alias = "logs-readers-abcdefgh1234567890abcdefgheuw1a-s3alias"
    create_bucket(rig, alias)
    key = f"mine/{_PLACE.key}"
    rig.put_keys(alias, [key], log(record(1_790_856_000)))
    shell.run("init", f"s3://{alias}/mine", "-t", "point", "--table", "points")
    shell.run("partitions", "sync", *_WINDOW, "-t", "point")
    pages = rig.client("glue").get_partitions(DatabaseName="flowathena", TableName="points")
    (partition,) = pages["Partitions"]
    assert partition["StorageDescriptor"]["Location"] == f"s3://{alias}/mine/{_PLACE.folder}"


# Profiles


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with the profiles that the test writes."""
    folder = tmp_path / "home"
    (folder / ".aws").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


_PROFILES = """
[profile base]
aws_access_key_id = testing
aws_secret_access_key = testing

[profile guarded]
role_arn = arn:aws:iam::111122223333:role/audit
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/me

[profile signed]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Audit

[profile older]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Audit

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[profile tool]
credential_process = sh -c 'echo no token; echo expired >&2; exit 3'

[profile orphan]
role_arn = arn:aws:iam::111122223333:role/audit
source_profile = gone
"""


@pytest.fixture
def profiles(rig: Rig, home: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The environment of a command that has these profiles and no other credentials."""
    config = home / ".aws" / "config"
    config.write_text(_PROFILES)
    env = {k: v for k, v in rig.env().items() if "KEY" not in k and "TOKEN" not in k}
    env["AWS_CONFIG_FILE"] = str(config)
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


def target(profile: str) -> Target:
    return Target("t", "s3://any", region="eu-west-1", profile=profile)


def test_a_code_is_asked_for_once_and_its_credentials_are_kept(
    rig: Rig, profiles: Mapping[str, str], home: Path
) -> None:
    assert profiles
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "123456"

    for _ in range(2):
        Aws(target("guarded"), ask_code=answer).s3.list_buckets()
    assert asked == ["Enter MFA code for arn:aws:iam::111122223333:mfa/me: "]
    (call,) = rig.journal("sts", "AssumeRole")
    assert call["params"]["TokenCode"] == "123456"
    assert call["params"]["SerialNumber"] == "arn:aws:iam::111122223333:mfa/me"
    (kept,) = (home / ".aws" / "cli" / "cache").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_role_over_a_profile_with_a_code_asks_for_it_too(
    rig: Rig, profiles: Mapping[str, str]
) -> None:
    assert profiles
    other = "arn:aws:iam::444455556666:role/reader"
    both = Target("t", "s3://any", region="eu-west-1", profile="guarded", role_arn=other)
    Aws(both, ask_code=lambda _: "654321").s3.list_buckets()
    first, second = (call["params"] for call in rig.journal("sts", "AssumeRole"))
    assert (first["TokenCode"], second["RoleArn"]) == ("654321", other)


def test_a_home_that_takes_no_file_keeps_no_credentials(
    profiles: Mapping[str, str], home: Path
) -> None:
    assert profiles
    (home / ".aws" / "cli").write_text("in the way")
    Aws(target("guarded"), ask_code=lambda _: "123456").s3.list_buckets()


@pytest.mark.parametrize(
    ("profile", "shown"),
    [
        ("guarded", "nobody can be asked for it: hand an ask_code function to the client"),
        ("signed", "sign in with 'aws sso login --profile signed'"),
        ("older", "sign in with 'aws sso login --profile older'"),
        (
            "tool",
            "profile tool: Error when retrieving credentials from custom-process: expired",
        ),
        ("nobody", "The config profile (nobody) could not be found"),
        ("orphan", "gone"),
    ],
)
@pytest.mark.usefixtures("profiles")
def test_a_profile_that_gives_nothing_says_why_on_one_line(profile: str, shown: str) -> None:
    with pytest.raises(FlowathenaError) as caught:
        Aws(target(profile)).s3.list_buckets()
    assert str(caught.value).startswith("AWS credentials: ")
    assert shown in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("profiles")
def test_the_profile_of_the_environment_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "signed")
    with pytest.raises(FlowathenaError, match="aws sso login --profile signed"):
        _ = Aws(Target("t", "s3://any", region="eu-west-1")).session


@pytest.mark.usefixtures("profiles")
def test_a_token_that_has_ended_says_how_to_sign_in(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    for reader in (SSOProvider, SSOTokenProvider):  # both look up the home when they are imported
        monkeypatch.setattr(reader, "_SSO_TOKEN_CACHE_DIR", str(cache))
    # botocore names the file by the SHA-1 of the session's name.
    token = {"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z", "startUrl": "https://corp"}
    name = sha1(b"corp", usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(token))
    with pytest.raises(FlowathenaError) as caught:
        _ = Aws(target("signed")).session
    assert re.search(
        r"expired.*; sign in with 'aws sso login --profile signed'$", str(caught.value)
    )


def test_a_code_is_asked_for_on_a_terminal_only(shell: Shell, profiles: Mapping[str, str]) -> None:
    env = {**profiles, "AWS_PROFILE": "guarded"}
    for command in (("partitions", "plan"), ("init", f"s3://{BUCKET}/", "-t", "x")):
        line = Shell(shell.folder, env).refused(*command)
        assert line == (
            "error: the AWS profile needs an MFA code, which is asked for on a terminal only; run "
            "'aws sts get-caller-identity' with this profile on one first"
        )
