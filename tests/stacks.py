"""CloudFormation templates resolved, and EventBridge's expressions read, by rules of their own."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACCOUNT = "123456789012"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "flow-logs",
}
_ABSENT = object()


@dataclass(frozen=True)
class Stack:
    """A template with values for its parameters."""

    template: Mapping[str, Any]
    given: Mapping[str, str]

    @property
    def resources(self) -> dict[str, Any]:
        """The resources that are made, by name, with every function worked out."""
        return {
            name: self.resolve(each)
            for name, each in self.template["Resources"].items()
            if "Condition" not in each or self.holds(each["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, Any]:
        """The properties of the resources of a type, by name."""
        return {
            name: each["Properties"]
            for name, each in self.resources.items()
            if each["Type"] == kind
        }

    def holds(self, condition: str) -> bool:
        """Whether a condition does."""
        return bool(self.resolve(self.template["Conditions"][condition]))

    def resolve(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """A part of the template, worked out."""
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not _ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name == "Ref":
                return self._ref(given)
            if name.startswith("Fn::"):
                return getattr(self, f"_{name[4:].lower()}")(given)
        resolved = {key: self.resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not _ABSENT}

    def _ref(self, name: str) -> Any:  # noqa: ANN401 - same
        if name == "AWS::NoValue":
            return _ABSENT
        if name in _PSEUDO:
            return _PSEUDO[name]
        parameter = self.template["Parameters"].get(name)
        if parameter is None:
            assert name in self.template["Resources"], name
            return f"resource-{name}"
        value = self.given.get(name, parameter.get("Default"))
        assert value is not None, f"{name} has no value"
        if "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], value), (name, value)
        if "AllowedValues" in parameter:
            assert value in parameter["AllowedValues"], (name, value)
        is_list = parameter["Type"] == "CommaDelimitedList"
        return str(value).split(",") if is_list else value

    def _getatt(self, given: list[str]) -> str:
        resource, attribute = given
        assert resource in self.template["Resources"], resource
        return f"arn:aws:of:{attribute}:{resource}"

    def _sub(self, text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda match: str(self._ref(match[1])), text)

    def _join(self, given: list[Any]) -> str:
        return str(given[0]).join(self.resolve(given[1]))

    def _if(self, given: list[Any]) -> Any:  # noqa: ANN401 - same
        return self.resolve(given[1 if self.holds(given[0]) else 2])

    def _equals(self, given: list[Any]) -> bool:
        one, other = map(self.resolve, given)
        return bool(one == other)

    def _not(self, given: list[Any]) -> bool:
        return not self.resolve(given[0])


def read_stack(text: str, **given: str) -> Stack:
    """The stack of a template's text."""
    return Stack(json.loads(text), given)


class ExpressionError(ValueError):
    """Raised for what EventBridge refuses."""


_RATE = re.compile(r"rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))


def check_expression(text: str) -> None:
    """Refuse a schedule of a rule that EventBridge would refuse; of cron, ranges are unknown.

    cfn-lint takes an hour of 25.
    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html

    Raises:
        ExpressionError: it is malformed.
    """
    if rate := _RATE.fullmatch(text):
        if (rate[1] == "1") == bool(rate[3]):
            raise ExpressionError(f"{text}: one day, two days")
        return
    cron = _CRON.fullmatch(text)
    if cron is None:
        raise ExpressionError(f"{text}: neither rate(…) nor cron(…) of six fields")
    if (cron[3] == "?") == (cron[5] == "?"):
        raise ExpressionError(f"{text}: one of day of month and day of week is ?")
    for field, (least, most) in zip(cron.groups(), _RANGES, strict=True):
        for part in field.split(",") if field not in {"*", "?"} else ():
            if not part.isdigit() or not least <= int(part) <= most:
                raise ExpressionError(f"{text}: {part} is not from {least} to {most}")
