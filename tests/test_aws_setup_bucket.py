"""``flowathena setup bucket`` and ``workgroup`` on the rig: merged into what others have made."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena.client import Client
from flowathena.deploy.setup.bucket import Senders
from flowathena.reconcile import OperationResult, State, reconcile
from flowathena.target.target import Target
from tests.aws import create_bucket, pointed_at
from tests.rig.backends import ACCOUNT
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

BUCKET = "my-flow-logs"
TO = ("setup", "bucket", "--to", f"s3://{BUCKET}/net/")
APPLY = ("--apply", "--yes")
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0f0f0f0f-1111-2222-3333-444455556666"
THEIRS = [
    {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
    {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/other/*",
    },
]


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """An account with a bucket."""
    create_bucket(rig, BUCKET)
    return Shell(tmp_path, rig.env())


def policy(rig: Rig) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rig.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"])
    return found


def put_policy(rig: Rig, *statements: object, **more: str) -> None:
    document = {"Version": "2012-10-17", **more, "Statement": statements}
    rig.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))


def puts(rig: Rig) -> list[str]:
    return [each["op"] for each in rig.journal() if each["op"].startswith(("Put", "Create", "Up"))]


def test_statements_of_others_stay_and_keep_their_order(rig: Rig, shell: Shell) -> None:
    put_policy(rig, *THEIRS, Id="theirs")
    shell.run(*TO, *APPLY)
    first = policy(rig)
    assert first["Id"] == "theirs"
    assert first["Statement"][:2] == THEIRS
    write, check = first["Statement"][2:]
    assert write == {
        "Sid": write["Sid"],
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/net/AWSLogs/{ACCOUNT}/*",
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": ACCOUNT,
                "s3:x-amz-acl": "bucket-owner-full-control",
            },
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:*:{ACCOUNT}:*"},
        },
    }
    assert check["Resource"] == f"arn:aws:s3:::{BUCKET}"

    put_policy(rig, write, THEIRS[0], check, THEIRS[1])
    accounts = ("--account", ACCOUNT, "--account", "210987654321", "--log-region", "eu-west-1")
    done = shell.run(*TO, *accounts, *APPLY)
    assert f"aws:SourceAccount: {ACCOUNT} -> {ACCOUNT}, 210987654321" in done.err
    again = policy(rig)["Statement"]
    assert again[1::2] == THEIRS
    assert [each["Sid"] for each in again[::2]] == [write["Sid"], check["Sid"]]
    assert again[0]["Resource"] == [
        f"arn:aws:s3:::{BUCKET}/net/AWSLogs/{ACCOUNT}/*",
        f"arn:aws:s3:::{BUCKET}/net/AWSLogs/210987654321/*",
    ]
    assert again[0]["Condition"]["ArnLike"]["aws:SourceArn"] == [
        f"arn:aws:logs:eu-west-1:{ACCOUNT}:*",
        "arn:aws:logs:eu-west-1:210987654321:*",
    ]


def test_two_folders_of_one_bucket_have_statements_of_their_own(rig: Rig, shell: Shell) -> None:
    shell.run(*TO, *APPLY)
    shell.run("setup", "bucket", "--to", f"s3://{BUCKET}/", "--layout", "hive-daily", *APPLY)
    found = policy(rig)["Statement"]
    assert [each["Resource"] for each in found if each["Action"] == "s3:PutObject"] == [
        f"arn:aws:s3:::{BUCKET}/net/AWSLogs/{ACCOUNT}/*",
        f"arn:aws:s3:::{BUCKET}/AWSLogs/aws-account-id={ACCOUNT}/*",
    ]
    rig.clear_journal()
    shell.run(*TO, *APPLY)
    assert puts(rig) == []


def test_what_another_statement_says_word_for_word_is_not_added(rig: Rig, shell: Shell) -> None:
    shell.run(*TO, *APPLY)
    renamed = [{**each, "Sid": f"AWS{n}"} for n, each in enumerate(policy(rig)["Statement"])]
    put_policy(rig, *renamed)
    rig.clear_journal()
    shell.run(*TO, *APPLY)
    assert puts(rig) == []


def test_an_organization_stands_for_its_accounts(rig: Rig, shell: Shell) -> None:
    shell.run(*TO, "--organization", "o-a1b2c3d4e5", *APPLY)
    write = policy(rig)["Statement"][0]
    assert write["Resource"] == f"arn:aws:s3:::{BUCKET}/net/AWSLogs/*/*"
    assert write["Condition"]["StringEquals"]["aws:SourceOrgID"] == "o-a1b2c3d4e5"
    assert write["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:logs:*:*:*"}


def test_a_policy_that_would_be_too_large_is_refused(rig: Rig, shell: Shell) -> None:
    accounts = [word for n in range(200) for word in ("--account", f"{n:012d}")]
    rig.clear_journal()
    message = shell.refused(*TO, *accounts, *APPLY)
    assert "may have 20480: let --organization stand for its accounts" in message
    assert puts(rig) == []


def test_statements_that_mean_more_than_they_say_are_told(rig: Rig, shell: Shell) -> None:
    deny = {**THEIRS[0], "Sid": "Others", "NotPrincipal": {"AWS": ACCOUNT}}
    deny.pop("Principal")
    put_policy(rig, deny)
    assert "statement Others has NotPrincipal" in shell.run(*TO).err


def changed_in_between(rig: Rig) -> OperationResult[Any]:
    """What becomes of the bucket's policy if others put theirs before the question is answered."""

    def confirm(_: object) -> bool:
        put_policy(rig, *THEIRS)
        return True

    with pointed_at(rig):
        setup = Client(Target("prod", f"s3://{BUCKET}/net/", region="eu-west-1")).setup
        results = reconcile(setup.bucket("", Senders()).kinds, confirm=confirm)
    (found,) = [each for each in results if each.operation.kind == "bucket policy"]
    return found


def test_a_policy_that_changed_since_it_was_shown_is_not_overwritten(
    rig: Rig,
    shell: Shell,  # noqa: ARG001 - the bucket
) -> None:
    put_policy(rig, THEIRS[0])
    found = changed_in_between(rig)
    assert found.state is State.FAILED
    assert "was changed meanwhile; run the same again" in found.summary
    assert policy(rig)["Statement"] == THEIRS


def test_a_policy_that_appeared_since_is_merged(
    rig: Rig,
    shell: Shell,  # noqa: ARG001 - the bucket
) -> None:
    assert changed_in_between(rig).state is State.DONE
    statements = policy(rig)["Statement"]
    assert statements[:2] == THEIRS
    assert len(statements) == 4


def test_the_bucket_is_closed_and_encrypted_with_the_key(rig: Rig, shell: Shell) -> None:
    s3: Any = rig.client("s3")
    rig.arrange("kms", key=KEY)
    off = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "RestrictPublicBuckets": False}
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=off)
    done = shell.run(*TO, "--kms-key", KEY, *APPLY)
    assert "switches on IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets" in done.err
    assert set(
        s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()
    ) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": KEY,
    }
    own, delivery = json.loads(
        rig.client("kms").get_key_policy(KeyId=KEY, PolicyName="default")["Policy"]
    )["Statement"]
    assert own["Sid"] == "Enable IAM User Permissions"
    assert delivery["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    rig.clear_journal()
    shell.run(*TO, "--kms-key", KEY, *APPLY)
    shell.run(*TO, *APPLY)
    assert puts(rig) == []


def test_a_key_that_flow_logs_cannot_use_is_told(rig: Rig, shell: Shell) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    rig.client("s3").put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    assert "flow logs need a key of your own" in shell.run(*TO).err
    elsewhere = KEY.replace("eu-west-1", "eu-west-3")
    assert "must be in eu-west-1" in shell.refused(*TO, "--kms-key", elsewhere)
    assert "is not the ARN of a KMS key" in shell.refused(*TO, "--kms-key", "alias/logs")


def rules(rig: Rig) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rig.client("s3").get_bucket_lifecycle_configuration(
        Bucket=BUCKET
    )["Rules"]
    return found


def put_rule(rig: Rig, prefix: str, **more: object) -> dict[str, Any]:
    rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": prefix}, **more}
    rig.client("s3").put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}
    )
    return rule


def test_rules_of_others_stay(rig: Rig, shell: Shell) -> None:
    theirs = put_rule(
        rig,
        "",
        Transitions=[{"Date": datetime(2027, 1, 1, tzinfo=UTC), "StorageClass": "GLACIER"}],
    )
    shell.run(*TO, "--expire-after", "400d", *APPLY)
    there, own = rules(rig)
    assert there == theirs
    assert own["Filter"] == {"Prefix": "net/AWSLogs/"}
    assert own["Expiration"] == {"Days": 400}
    done = shell.run(*TO, "--expire-after", "30d")
    assert "after 400 -> 30 days, which deletes older ones" in done.out.replace("\n", " ")
    rig.clear_journal()
    shell.run(*TO, "--expire-after", "400", *APPLY)
    assert puts(rig) == []


def test_rules_with_a_bare_prefix_are_not_mixed_with_filters(rig: Rig, shell: Shell) -> None:
    rule = {"ID": "theirs", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 9}}
    rig.client("s3").put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}
    )
    shell.run(*TO, "--expire-after", "400d", *APPLY)
    assert [each["Prefix"] for each in rules(rig)] == ["tmp/", "net/AWSLogs/"]
    rig.clear_journal()
    shell.run(*TO, "--expire-after", "400d", *APPLY)
    assert puts(rig) == []


def test_a_rule_that_keeps_logs_longer_is_not_undercut(rig: Rig, shell: Shell) -> None:
    put_rule(rig, "net/", Expiration={"Days": 730})
    message = shell.refused(*TO, "--expire-after", "400d", *APPLY)
    assert "lifecycle rule 'theirs' keeps objects below net/ 730 days" in message
    shell.run(*TO, "--expire-after", "730d", *APPLY)
    assert len(rules(rig)) == 2


def test_a_bucket_is_created_only_if_that_is_asked_for(rig: Rig, shell: Shell) -> None:
    words = ("setup", "bucket", "--to", "s3://another-bucket/", *APPLY)
    assert "bucket another-bucket does not exist" in shell.refused(*words)
    rig.faults([{"service": "s3", "op": "CreateBucket", "kind": "lose", "times": 1}])
    shell.run(*words, "--create")
    place = rig.client("s3").get_bucket_location(Bucket="another-bucket")
    assert place["LocationConstraint"] == "eu-west-1"
    assert "is in eu-west-1: add --region eu-west-1" in shell.refused(
        *words, "--region", "eu-central-1"
    )


GROUP = ("setup", "workgroup", "network")


def workgroup(rig: Rig) -> dict[str, Any]:
    found: dict[str, Any] = rig.client("athena").get_work_group(WorkGroup="network")["WorkGroup"]
    return found


def test_a_workgroup_is_created_and_then_only_changed_where_it_differs(
    rig: Rig, shell: Shell
) -> None:
    shell.run(*GROUP, "--max-scan", "100GB", "--output", "s3://results/net", *APPLY)
    made = workgroup(rig)["Configuration"]
    assert made["BytesScannedCutoffPerQuery"] == 100_000_000_000
    assert made["EnforceWorkGroupConfiguration"] is True
    assert made["ResultConfiguration"] == {
        "OutputLocation": "s3://results/net/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    done = shell.run(*GROUP, "--max-scan", "50GB", "--no-enforce", *APPLY)
    assert "scan limit in bytes: 100000000000 -> 50000000000" in done.err
    assert "its settings hold for everybody: yes -> no" in done.err
    (update,) = rig.journal("athena", "UpdateWorkGroup")
    assert update["params"] == {
        "WorkGroup": "network",
        "ConfigurationUpdates": {
            "BytesScannedCutoffPerQuery": 50_000_000_000,
            "EnforceWorkGroupConfiguration": False,
        },
    }
    rig.clear_journal()
    shell.run(*GROUP, "--max-scan", "50GB", *APPLY)
    assert puts(rig) == []
    shell.run(*GROUP, "--kms-key", KEY, *APPLY)
    secret = workgroup(rig)["Configuration"]["ResultConfiguration"]["EncryptionConfiguration"]
    assert secret == {"EncryptionOption": "SSE_KMS", "KmsKey": KEY}


def test_the_largest_limits_are_taken(rig: Rig, shell: Shell) -> None:
    words = (*GROUP, "--no-enforce", "--max-scan", "7000000TB", *APPLY)
    shell.run(*words)
    assert workgroup(rig)["Configuration"]["BytesScannedCutoffPerQuery"] == 7 * 10**18
    shell.run(*TO, "--expire-after", "2147483647d", *APPLY)
    (rule,) = rules(rig)
    assert rule["Expiration"] == {"Days": 2**31 - 1}


def test_a_bucket_of_results_that_is_not_there_is_told(rig: Rig, shell: Shell) -> None:
    output = ("--output", "s3://no-such-bucket/net/")
    told = "the bucket of results no-such-bucket does not exist, and every query would fail: aws"
    assert told in shell.run(*GROUP, *output).err
    shell.run(*GROUP, *output, *APPLY)
    assert told in shell.run(*GROUP).err  # the one that stands there
    create_bucket(rig, "no-such-bucket")
    assert "no-such-bucket" not in shell.run(*GROUP).err
    far = "the bucket of results no-such-bucket is in eu-west-1; Athena in us-east-1 refuses it"
    assert far in shell.run(*GROUP, *output, "--region", "us-east-1").err
    rig.faults([{"service": "s3", "op": "GetBucketLocation", "kind": "access_denied"}])
    assert "no-such-bucket" not in shell.run(*GROUP).err


def test_without_credentials_the_account_can_be_named(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {"AWS_EC2_METADATA_DISABLED": "true"})
    words = (*TO, "--region", "eu-west-1", "--as", "json", "--offline")
    assert "or say which account: --account ID" in shell.refused(*words, code=1)
    assert ACCOUNT in shell.run(*words, "--account", ACCOUNT).out
    target = 'location = "s3://logs/"\nregion = "eu-west-1"\n'
    (tmp_path / "flowathena.toml").write_text(f"[targets.prod]\n{target}")
    policy = ("setup", "policy", "--for", "sync")
    assert "or say which account: --account ID" in shell.refused(*policy, code=1)
    assert ACCOUNT in shell.run(*policy, "--account", ACCOUNT).out


def test_a_lost_answer_makes_a_workgroup_once(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "athena", "op": "CreateWorkGroup", "kind": "lose", "times": 1}])
    shell.run(*GROUP, "--max-scan", "1GB", "--output", "s3://results/", *APPLY)
    assert workgroup(rig)["Configuration"]["BytesScannedCutoffPerQuery"] == 1_000_000_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*GROUP, "--max-scan", "1MB"), "no scan limit below 10 MB"),
        ((*GROUP, "--max-scan", "99999999999TB"), "no scan limit above 7 EB, which is 7000000TB"),
        ((*GROUP, "--description", "x" * 1025), "a description has 1,024 characters at most"),
        ((*TO, "--expire-after", "99999999999d"), "such as 400d, at most 2147483647d"),
        ((*TO, "--expire-after", "2147483648d"), "such as 400d, at most 2147483647d"),
        ((*TO, "--kms-key", KEY.replace("aws:", "aws-cn:")), "is in the partition aws-cn of AWS"),
        (("setup", "bucket", "--to", f"s3://{BUCKET}/a*b/"), "has *, ? or $, which mean"),
        (("setup", "bucket", "--to", f"s3://{BUCKET}/a?b/"), "has *, ? or $, which mean"),
        (("setup", "bucket", "--to", f"s3://{BUCKET}/${{aws:x}}/"), "has *, ? or $, which mean"),
        (
            ("setup", "flow-logs", "--vpc", "vpc-0a1b2c3d", "--to", f"s3://{BUCKET}/a*b/"),
            "has *, ? or $, which mean",
        ),
        ((*GROUP, "--output", "results"), "results go to s3://bucket/prefix/, not to 'results/'"),
        (GROUP, "has no place for results: add --output s3://bucket/prefix/, or --no-enforce"),
        (("setup", "workgroup", "a b"), "'a b' is not the name of a workgroup"),
        ((*GROUP, "--max-scan", "lots"), "--max-scan 'lots' is not a size"),
        ((*TO, "--account", "12"), "'12' is not an account"),
        ((*TO, "--organization", "x"), "'x' is not an organization"),
        ((*TO, "--organization", "o-a1b2c3d4e5", "--account", ACCOUNT), "choose one of"),
        ((*TO, "--expire-after", "0d"), "write a number of days"),
        ((*TO, "--apply", "--as", "json"), "choose one of --apply and --as"),
        ((*TO, "--apply", "--exit-code"), "choose one of --apply and --exit-code"),
        ((*TO, "--apply"), "without one it needs --yes"),
        ((*TO, "--offline"), "--offline needs --as"),
        (("setup", "bucket"), "say where: --to s3://bucket/prefix/, or -t TARGET"),
        (("setup", "flow-logs", *TO[2:]), "say what to record"),
        (("setup", "flow-logs", "--vpc", "vpc-1", *TO[2:]), "'vpc-1' is not the id of a VPC"),
        (("setup", "flow-logs", "--vpc", "vpc-0a1b2c3d", *TO[2:]), "there is no vpc-0a1b2c3d"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    rig: Rig,  # noqa: ARG001 - empty
    shell: Shell,
    words: tuple[str, ...],
    message: str,
) -> None:
    assert message in shell.refused(*words)
