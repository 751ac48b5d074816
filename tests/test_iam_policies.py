"""The IAM policies that the documentation prints: whole, narrow, and of actions that AWS knows.

Each scene plays the commands of a page on the rig. What they asked for must be allowed by the
policies of the page; of another bucket, database, account, … it must be denied; and each action
must be needed.
"""

import json
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from typer.main import get_command

from flowathena.cli.app import app
from tests.iam import scenes, simulator
from tests.iam.asked import ACCOUNT, on_behalf, questions
from tests.iam.policies import DOCS, Question, actions, allows, of_page, printed, without
from tests.iam.scenes import SCENES, build
from tests.portion import with_slow
from tests.rig.client import Rig

PAGES = {page.name: len(printed(page.name)) for page in sorted(DOCS.glob("*.md"))}
PRINTED = [(page, number) for page, count in PAGES.items() for number in range(count)]
ROLE = ("quicksight.md", 1)
"""The policy of who asks for nothing in any journal: QuickSight."""

_NAMES = (
    r"(:s3:::)[^/]+",
    r"(:(?:database|table|workgroup|datacatalog|role)/)[^/]+",
    r"(:iam::[0-9]+:user/)[^/]+",
    r"(:log-group:)[^:]+",
    r"(:(?:alarm:|dashboard/|datasource/|dataset/|analysis/))[^*/]+",
    r"(:sns:[^:]+:[^:]+:).+",
)
"""Where the resources of a question have names."""
_OF_ALL = re.compile(
    r".*:log-group::log-stream:|.*:(table/network|alarm:|account|analysis|dashboard)/?\*"
)
"""What is asked of all there is."""
_ACTION = re.compile(
    r"`((?:s3|glue|athena|cloudwatch|logs|sns|ec2|kms|sts|iam|quicksight):[A-Z]\w+)`"
)
_KEYS = "kms:"
"""Actions that the key's own policy must leave to IAM as well: the simulator has none."""
_UNTOLD = {"quicksight:DescribeDashboardDefinition"}
"""Calls of the API that AWS's reference of actions leaves out."""


def elsewhere(asked: set[Question]) -> Iterator[Question]:
    """Questions about what is somebody else's."""
    of_all = {each.action for each in asked if _OF_ALL.fullmatch(each.resource)}
    for each in asked:
        if _OF_ALL.fullmatch(each.resource):
            continue
        names = () if each.action in of_all else _NAMES
        others = {each.resource.replace(f":{ACCOUNT}:", ":999999999999:")}
        others |= {re.sub(name, r"\1another", each.resource, count=1) for name in names}
        for other in others - {each.resource}:
            yield Question(each.action, other, each.context)
        if namespace := each.context.get("cloudwatch:namespace"):
            yield Question(each.action, each.resource, {"cloudwatch:namespace": f"{namespace}2"})


@pytest.mark.rig
@pytest.mark.parametrize(
    "name", with_slow(SCENES, slow=("archive", "month", "quicksight", "reading"))
)
def test_policies_allow_what_their_commands_need_and_no_more(
    rig: Rig, tmp_path: Path, name: str
) -> None:
    scene = SCENES[name]
    world = build(rig, tmp_path, scene)
    asked = questions([entry for step in scene.steps for entry in step.play(world)])
    check(scene.policies, asked)


def test_the_role_of_quicksight_may_do_what_athena_does_for_it() -> None:
    workgroup = f"arn:aws:athena:eu-west-1:{ACCOUNT}:workgroup/primary"
    catalog = f"arn:aws:athena:eu-west-1:{ACCOUNT}:datacatalog/AwsDataCatalog"
    glue = f"arn:aws:glue:eu-west-1:{ACCOUNT}"
    asked = {
        *on_behalf("eu-west-1"),
        *(
            Question(f"athena:{op}", workgroup)
            for op in (
                *("StartQueryExecution", "GetQueryExecution", "StopQueryExecution"),
                *("GetQueryResults", "GetQueryResultsStream", "GetWorkGroup"),
            )
        ),
        *(Question(f"athena:{op}", catalog) for op in ("GetDataCatalog", "GetTableMetadata")),
        Question("athena:ListWorkGroups", "*"),
        Question("glue:GetDatabases", f"{glue}:catalog"),
        *(
            Question("glue:GetTables", f"{glue}:{each}")
            for each in ("catalog", "database/network", "table/network/*")
        ),
        Question("s3:GetBucketLocation", f"arn:aws:s3:::{scenes.LOGS}"),
    }
    check([ROLE], asked)


def check(where: Any, asked: set[Question]) -> None:  # noqa: ANN401
    """Hold policies against questions; the last of the policies is the page's own."""
    *others, own = [of_page(page, number) for page, number in where]
    policies = [*others, own]
    assert [str(each) for each in asked if not allows(policies, each)] == []
    others_own = list(elsewhere(asked))
    assert others_own
    assert [str(each) for each in others_own if allows(policies, each)] == []
    if simulator.FOLDER:
        agree(policies, [*asked, *others_own])
    unneeded = [
        action
        for action in actions(own)
        if all(allows([*others, without(own, action)], each) for each in asked)
    ]
    assert unneeded == []


def agree(policies: list[dict[str, Any]], questions_: list[Question]) -> None:
    """Hold our rules against those of a simulator by others."""
    known = [
        each
        for each in questions_
        if each.action not in _UNTOLD and not each.action.startswith(_KEYS)
    ]
    ours = {
        str(each): "Allowed" if allows(policies, each) else "ImplicitlyDenied" for each in known
    }
    assert simulator.simulated(policies, known) == ours


def test_every_command_has_its_permissions_tested() -> None:
    """A command that is new needs a place in a scene."""
    played = [step.words for scene in SCENES.values() for step in scene.steps if step.words]
    unknown = [
        words
        for words in commands(get_command(app))
        if not any(step[: len(words)] == words for step in played)
        and " ".join(words) not in scenes.ALONE
    ]
    assert unknown == []


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - typer hides its types
    """The words of every command; those whose own commands are the saved queries end there."""
    below = getattr(command, "commands", {})
    for name, each in below.items():
        yield from commands(each, (*words, name))
    if not below:
        yield words


def test_every_printed_policy_is_tested() -> None:
    tested = {place for scene in SCENES.values() for place in scene.policies} | {ROLE}
    assert set(PRINTED) == tested


@pytest.mark.parametrize(("page", "number"), PRINTED)
def test_printed_policies_are_of_actions_and_resources_that_aws_knows(
    page: str, number: int
) -> None:
    """By parliament: unknown actions and condition keys, resources that an action cannot have."""
    found = parliament().analyze_policy_string(printed(page)[number]).findings
    known = {"RESOURCE_STAR"}
    if page == "setup.md":  # who sets a bucket up may change who reads it: the page says so
        known.add("RESOURCE_POLICY_PRIVILEGE_ESCALATION")
    wrong = [(each.issue, str(each.detail)) for each in found if each.issue not in known]
    left_out = [("UNKNOWN_ACTION", f"Unknown action {each}") for each in _UNTOLD]
    assert [each for each in wrong if each not in left_out] == []


def test_pages_name_actions_that_aws_knows() -> None:
    """In their prose and tables, too."""
    known = {
        f"{service['prefix']}:{each['privilege']}"
        for service in parliament().iam_definition
        for each in service["privileges"]
    }
    named = {
        (page, action)
        for page in PAGES
        for action in _ACTION.findall((DOCS / page).read_text(encoding="utf-8"))
        if action not in known | _UNTOLD
    }
    assert named == set()


def test_what_the_reference_leaves_out_is_called_so() -> None:
    for action in _UNTOLD:
        service, _, op = action.partition(":")
        assert op in botocore.session.get_session().get_service_model(service).operation_names


@pytest.mark.parametrize(
    ("statement", "issue"),
    [
        ({"Action": "logs:StartQueries", "Resource": "*"}, "UNKNOWN_ACTION"),
        ({"Action": "sns:Publish", "Resource": "arn:aws:s3:::x"}, "RESOURCE_MISMATCH"),
        ({"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b/*"}, "RESOURCE_MISMATCH"),
    ],
)
def test_a_wrong_policy_would_be_found(statement: dict[str, str], issue: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    found = parliament().analyze_policy_string(json.dumps(policy)).findings
    assert [each.issue for each in found] == [issue]


@cache
def parliament() -> Any:  # noqa: ANN401
    """The linter, which leaves two files open when it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import parliament as linter  # noqa: PLC0415

        return linter
