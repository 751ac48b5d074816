"""The rules by which the tests read policies: those of IAM, worked by hand."""

from typing import Any

import pytest

from tests.iam.policies import PolicyError, Question, allows, without

BUCKET = "arn:aws:s3:::logs"


def policy(**statement: Any) -> dict[str, Any]:  # noqa: ANN401
    usual = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/a/*"}
    return {"Version": "2012-10-17", "Statement": [{**usual, **statement}]}


DENY = policy(Effect="Deny", Action="s3:*", Resource=f"{BUCKET}/a/secret")
LISTING = policy(
    Action="s3:ListBucket",
    Resource=BUCKET,
    Condition={"StringLike": {"s3:prefix": ["a/*", "b"]}},
)
BOTH = policy(Condition={"StringEquals": {"k:one": "1"}, "StringLike": {"k:two": "2*"}})


@pytest.mark.parametrize(
    ("policies", "action", "resource", "context", "allowed"),
    [
        ([policy()], "s3:GetObject", f"{BUCKET}/a/x", {}, True),
        ([policy()], "s3:getobject", f"{BUCKET}/a/x/y", {}, True),  # * matches slashes, too
        ([policy()], "s3:GetObject", f"{BUCKET}/b/a/x", {}, False),
        ([policy()], "s3:GetObject", f"{BUCKET}/A/x", {}, False),  # resources have case
        ([policy()], "s3:GetObjectAcl", f"{BUCKET}/a/x", {}, False),
        ([policy()], "s3:PutObject", f"{BUCKET}/a/x", {}, False),
        ([], "s3:GetObject", f"{BUCKET}/a/x", {}, False),
        ([policy(Action="s3:Get*")], "s3:GetObjectAcl", f"{BUCKET}/a/x", {}, True),
        (
            [policy(Action=["s3:PutObject", "s3:Get?bject"])],
            "s3:GetObject",
            f"{BUCKET}/a/",
            {},
            True,
        ),
        ([policy(Resource="*")], "s3:GetObject", "*", {}, True),
        # A pattern for one resource is not one for what has none.
        ([policy(Resource="arn:aws:s3:::*")], "s3:GetObject", "*", {}, False),
        ([policy(Resource="arn:aws:s3:::lo.s/*")], "s3:GetObject", f"{BUCKET}/a", {}, False),
        ([policy(), DENY], "s3:GetObject", f"{BUCKET}/a/secret", {}, False),
        ([DENY, policy()], "s3:GetObject", f"{BUCKET}/a/secrets", {}, True),
        ([LISTING], "s3:ListBucket", BUCKET, {"s3:prefix": "a/x"}, True),
        ([LISTING], "s3:ListBucket", BUCKET, {"S3:Prefix": "b"}, True),  # keys have no case
        ([LISTING], "s3:ListBucket", BUCKET, {"s3:prefix": "b/"}, False),
        ([LISTING], "s3:ListBucket", BUCKET, {}, False),  # a key that is not there
        ([BOTH], "s3:GetObject", f"{BUCKET}/a/x", {"k:one": "1", "k:two": "22"}, True),
        ([BOTH], "s3:GetObject", f"{BUCKET}/a/x", {"k:one": "1", "k:two": "1"}, False),
        ([BOTH], "s3:GetObject", f"{BUCKET}/a/x", {"k:one": "11", "k:two": "2"}, False),
    ],
)
def test_what_policies_allow(
    policies: list[dict[str, Any]],
    action: str,
    resource: str,
    context: dict[str, str],
    allowed: bool,
) -> None:
    assert allows(policies, Question(action, resource, context)) is allowed


@pytest.mark.parametrize(
    "statement",
    [
        {"NotResource": "*"},
        {"Condition": {"ArnLike": {"aws:SourceArn": "*"}}},
        {"Resource": "arn:aws:s3:::${aws:username}"},
    ],
)
def test_what_the_rules_do_not_know_is_refused(statement: dict[str, Any]) -> None:
    question = Question("s3:GetObject", f"{BUCKET}/a/x", {"aws:SourceArn": "x"})
    with pytest.raises(PolicyError):
        allows([policy(**statement)], question)


def test_an_action_is_taken_out_of_every_statement() -> None:
    one = policy(Action=["s3:GetObject", "s3:PutObject"])
    left = without(
        {**one, "Statement": [*one["Statement"], *policy()["Statement"]]}, "s3:GetObject"
    )
    assert not allows([left], Question("s3:GetObject", f"{BUCKET}/a/x"))
    assert allows([left], Question("s3:PutObject", f"{BUCKET}/a/x"))
