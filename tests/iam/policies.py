"""What identity policies allow, by the rules of IAM that ours use.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
_KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}
_OPERATORS = ("StringEquals", "StringLike")


class PolicyError(ValueError):
    """Raised for what a policy may have and these rules do not know."""


@dataclass(frozen=True)
class Question:
    """May somebody do this, to this, in this context?"""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        context = f" with {dict(self.context)}" if self.context else ""
        return f"{self.action} on {self.resource}{context}"


def allows(policies: Sequence[Mapping[str, Any]], question: Question) -> bool:
    """Whether one statement allows it and none denies it."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if _applies(statement, question)
    }
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], question: Question) -> bool:
    if unknown := statement.keys() - _KNOWN:
        raise PolicyError(f"a statement has {', '.join(sorted(unknown))}")
    actions = (each.lower() for each in _listed(statement["Action"]))  # no case in actions
    return (
        any(_matches(each, question.action.lower()) for each in actions)
        and any(_matches(each, question.resource) for each in _listed(statement["Resource"]))
        and all(
            _holds(operator, key, _listed(values), question.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, key: str, values: Sequence[str], context: Mapping[str, str]) -> bool:
    """Whether a condition holds; one on a key that the request lacks does not."""
    if operator not in _OPERATORS:
        raise PolicyError(f"a condition has {operator}")
    given = {name.lower(): value for name, value in context.items()}.get(key.lower())
    if given is None:
        return False
    if operator == "StringEquals":
        return given in values
    return any(_matches(each, given) for each in values)


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    if "${" in pattern:
        raise PolicyError(f"{pattern} has a variable")
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)


def _listed(given: Any) -> list[Any]:  # noqa: ANN401 - one, or a list of them
    return given if isinstance(given, list) else [given]


@cache
def printed(page: str) -> tuple[str, ...]:
    """The policies that a page prints, as texts."""
    blocks = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return tuple(each for each in blocks if '"Statement"' in each)


def of_page(page: str, number: int = 0) -> dict[str, Any]:
    """A policy of a page."""
    policy: dict[str, Any] = json.loads(printed(page)[number])
    return policy


def actions(policy: Mapping[str, Any]) -> Iterator[str]:
    """Every action that a policy names."""
    for statement in _listed(policy["Statement"]):
        yield from _listed(statement["Action"])


def without(policy: Mapping[str, Any], action: str) -> dict[str, Any]:
    """A policy that does not name an action."""
    statements = [
        {**each, "Action": [name for name in _listed(each["Action"]) if name != action]}
        for each in _listed(policy["Statement"])
    ]
    return {**policy, "Statement": statements}
