"""Policies and rules as documents: merged, compared, told apart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.deploy.setup import documents
from flowathena.deploy.setup.lifecycle import merge_rule
from flowathena.deploy.setup.partition import arn, bucket_arn
from flowathena.errors import UsageError
from flowathena.logs.aws_partition import partition_of

OWN = {
    "Sid": "Own",
    "Effect": "Allow",
    "Principal": {"Service": "x"},
    "Action": ["a:B"],
    "Resource": "*",
}
SIDS = st.sampled_from([None, "Own", "Own2", "Theirs", "Other"])


@st.composite
def statements(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Statements of others, some of them under our names."""
    made = []
    for sid in draw(st.lists(SIDS, max_size=6)):
        one: dict[str, Any] = {"Effect": "Deny", "Action": draw(st.sampled_from(["a:B", "c:D"]))}
        made.append({"Sid": sid, **one} if sid else one)
    return made


@given(statements())
def test_a_merge_keeps_what_is_not_ours_in_its_order_and_is_made_once(
    there: list[dict[str, Any]],
) -> None:
    own = [OWN, {**OWN, "Sid": "Own2", "Action": "e:F"}]
    standing = {"Version": "2008-10-17", "Id": "x", "Statement": there}
    merged = documents.merge(standing, own)
    assert (merged["Version"], merged["Id"]) == ("2008-10-17", "x")
    names = {"Own", "Own2"}
    others = [each for each in there if each.get("Sid") not in names]
    kept = [each for each in merged["Statement"] if each.get("Sid") not in names]
    assert kept == others
    ours = {each["Sid"]: each for each in merged["Statement"] if each.get("Sid") in names}
    assert ours == {each["Sid"]: each for each in own}
    assert len(merged["Statement"]) == len(others) + 2
    assert documents.merge(merged, own) == merged


def test_lists_of_one_and_other_orders_mean_the_same() -> None:
    one = {"Statement": [{"Action": ["a", "b"], "Resource": ["x"]}, {"Effect": "Deny", "Sid": "1"}]}
    other = {"Statement": [{"Sid": "1", "Effect": "Deny"}, {"Resource": "x", "Action": ["b", "a"]}]}
    assert documents.same(one, other)
    assert not documents.same(one, {"Statement": one["Statement"][:1]})
    assert not documents.same({"Action": ["a", "b"]}, {"Action": "a"})


def test_changes_are_told_where_they_are() -> None:
    before = {"Condition": {"StringEquals": {"k": ["a"]}}, "Action": "x"}
    after = {"Condition": {"StringEquals": {"k": ["a", "b"]}}, "Resource": "r"}
    assert documents.changes(before, after) == [
        "Condition.StringEquals.k: a -> a, b",
        "Action: x -> none",
        "Resource: none -> r",
    ]
    policies = (documents.policy({"Sid": "1", "Action": "x"}), documents.policy(OWN))
    assert documents.statement_changes(*policies) == ["removes 1", "adds Own"]


def test_one_statement_needs_no_list() -> None:
    assert documents.statements_of({"Statement": OWN}) == [OWN]
    assert documents.statements_of(None) == []


RULE = {
    "ID": "flow-logs",
    "Status": "Enabled",
    "Filter": {"Prefix": "net/AWSLogs/"},
    "Expiration": {"Days": 400},
}


@pytest.mark.parametrize(
    ("theirs", "is_refused"),
    [
        ({"Filter": {"Prefix": ""}, "Expiration": {"Days": 401}}, True),
        ({"Filter": {}, "Expiration": {"Days": 401}}, True),
        ({"Filter": {"Prefix": "net/AWSLogs/1"}, "Expiration": {"Days": 500}}, True),
        ({"Filter": {"And": {"Prefix": "net/"}}, "Expiration": {"Days": 500}}, True),
        ({"Filter": {"Prefix": "net/"}, "Expiration": {"Days": 500}, "Status": "Disabled"}, False),
        ({"Filter": {"Prefix": "net/"}, "Expiration": {"Days": 400}}, False),
        ({"Filter": {"Prefix": "other/"}, "Expiration": {"Days": 500}}, False),
        ({"Filter": {"Prefix": "net/"}, "Transitions": [{"Days": 500}]}, False),
    ],
)
def test_a_rule_that_keeps_objects_longer_is_not_undercut(
    theirs: dict[str, Any], is_refused: bool
) -> None:
    standing = {"ID": "theirs", "Status": "Enabled", **theirs}
    if is_refused:
        with pytest.raises(UsageError, match="rule 'theirs' keeps objects"):
            merge_rule([standing], RULE)
    else:
        assert merge_rule([standing], RULE) == (standing, RULE)


def test_a_rule_of_ours_is_replaced_where_it_stands() -> None:
    first: dict[str, Any] = {"ID": "a", "Status": "Disabled", "Filter": {}}
    last = {**first, "ID": "z"}
    before = {**RULE, "Expiration": {"Days": 9}}
    assert merge_rule([first, before, last], RULE) == (first, RULE, last)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("us-east-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_arns_begin_with_the_partition_of_the_region(region: str, partition: str) -> None:
    assert partition_of(region) == partition
    assert bucket_arn("b", region, "k/") == f"arn:{partition}:s3:::b/k/"
    assert arn("iam", region, "1", "role/x") == f"arn:{partition}:iam::1:role/x"
    assert arn("logs", region, "1", "x") == f"arn:{partition}:logs:{region}:1:x"
