"""``setup policy --role`` and ``--user`` on the rig: put once, replaced where it differs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.aws import configured
from tests.rig.backends import ACCOUNT
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

ROLE = "flowathena-nightly"
POLICY = ("setup", "policy", "--for", "sync")
APPLY = ("--apply", "--yes")
NAME = "flowathena-prod-sync"
_LONG = ("--notify-sns", f"arn:aws:sns:eu-west-1:{ACCOUNT}:{'x' * 250}") * 5


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """An account with a role and a user."""
    rig.arrange("iam", role=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", trusts="lambda.amazonaws.com")
    rig.arrange("iam", user="alice")
    made = configured(tmp_path, rig)
    rig.clear_journal()
    return made


def puts(rig: Rig) -> list[str]:
    return [each["op"] for each in rig.journal("iam") if each["op"].startswith("Put")]


def of_role(rig: Rig, name: str = NAME) -> dict[str, Any]:
    answer = rig.client("iam").get_role_policy(RoleName=ROLE, PolicyName=name)
    found: dict[str, Any] = answer["PolicyDocument"]
    return found


def test_it_is_shown_first_and_put_once(rig: Rig, shell: Shell) -> None:
    to = (*POLICY, "--role", ROLE)
    shown = shell.run(*to, "--exit-code", code=3)
    assert f"{NAME} of {ROLE}" in shown.out.replace("\n", " ")
    assert "allows s3:ListBucket" in shown.out
    assert puts(rig) == []
    assert "without one it needs --yes" in shell.refused(*to, "--apply")
    shell.run(*to, *APPLY)
    printed = shell.run(*POLICY).json
    assert of_role(rig) == printed
    rig.clear_journal()
    assert "nothing to change" in shell.run(*to, *APPLY).err
    shell.run(*to, "--exit-code")
    assert puts(rig) == []


def test_what_others_have_put_under_its_name_is_replaced_and_the_rest_stays(
    rig: Rig, shell: Shell
) -> None:
    theirs = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    for name in (NAME, "theirs"):
        rig.client("iam").put_role_policy(
            RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(theirs)
        )
    done = shell.run(*POLICY, "--role", ROLE, *APPLY, "--format", "json").json
    (change,) = done["changes"]
    assert change["action"] == "replace"
    assert "Action: s3:* -> " in change["detail"]
    assert of_role(rig) == shell.run(*POLICY).json
    assert of_role(rig, "theirs") == theirs


def test_a_user_has_it_under_a_name_of_ones_own(rig: Rig, shell: Shell) -> None:
    to = ("setup", "policy", "--for", "plan", "--user", "alice", "--name", "reader")
    shell.run(*to, *APPLY)
    answer = rig.client("iam").get_user_policy(UserName="alice", PolicyName="reader")
    assert answer["PolicyDocument"] == shell.run("setup", "policy", "--for", "plan").json
    rig.clear_journal()
    shell.run(*to, *APPLY)
    assert puts(rig) == []


def test_a_lost_answer_is_no_failure_the_second_time(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": "iam", "op": "PutRolePolicy", "kind": "access_denied", "times": 1}])
    done = shell.run(*POLICY, "--role", ROLE, *APPLY, code=1)
    assert "not authorized" in done.err
    shell.run(*POLICY, "--role", ROLE, *APPLY)
    assert of_role(rig) == shell.run(*POLICY).json


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--role", "nobody"), "there is no role nobody: create it, or correct its name"),
        (("--user", "nobody"), "there is no user nobody: create it, or correct its name"),
        (("--role", ROLE, "--user", "alice"), "choose one of --role and --user"),
        (("--role", f"arn:aws:iam::{ACCOUNT}:role/x"), "is not the name of a role"),
        (("--user", ""), "--user: '' is not the name of a user"),
        (("--role", ROLE, "--as", "terraform"), "--as writes a managed policy"),
        (APPLY, "--apply needs --role NAME or --user NAME"),
        (("--exit-code",), "--exit-code needs --role NAME or --user NAME"),
        (("--role", ROLE, "--apply", "--dry-run"), "choose one of --apply and --dry-run"),
        (("--user", "alice", "--for", "run", *_LONG), "and those in a user 2,048 together"),
    ],
)
def test_what_cannot_be_is_refused(
    rig: Rig, shell: Shell, words: tuple[str, ...], message: str
) -> None:
    assert message in shell.refused(*POLICY, *words)
    assert puts(rig) == []
