"""Definitions that go out and come back: a dashboard exported, a file published.

In a file a data set of ours is named as in the configuration (``daily``, a query), not by an ARN,
so that the file fits another account and Region.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowathena.deploy.quicksight.validation import check_meaning, check_model
from flowathena.deploy.quicksight.values import Column
from flowathena.errors import Problem, QueryError, UsageError

if TYPE_CHECKING:
    from botocore.model import Shape

_MOST_PROBLEMS = 20


def read(path: Path) -> dict[str, Any]:
    """The definition in a file: bare, or as ``describe-dashboard-definition`` prints it.

    Raises:
        UsageError: the file cannot be read, or is no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from error
    if isinstance(found, dict):
        found = found.get("Definition", found)
    if not isinstance(found, dict):
        raise UsageError(f"{path} has no definition: write what 'quicksight export' prints")
    return found


def resolve(definition: Mapping[str, Any], arns: Mapping[str, str]) -> dict[str, Any]:
    """The definition with ARNs for the names of our data sets.

    Args:
        definition: the definition of a file.
        arns: the ARNs of our data sets, by name.
    """
    return _declared(definition, lambda given: arns.get(given, given))


def portable(definition: Mapping[str, Any], arns: Mapping[str, str]) -> dict[str, Any]:
    """The definition with names for the ARNs of our data sets."""
    names = {arn: name for name, arn in arns.items()}
    return _declared(definition, lambda given: names.get(given, given))


def _declared(definition: Mapping[str, Any], replaced: Any) -> dict[str, Any]:  # noqa: ANN401 - a function
    declared = definition.get("DataSetIdentifierDeclarations")
    if not isinstance(declared, list):
        return dict(definition)
    changed = [
        {**each, "DataSetArn": replaced(each["DataSetArn"])}
        if isinstance(each, dict) and isinstance(each.get("DataSetArn"), str)
        else each
        for each in declared
    ]
    return {**definition, "DataSetIdentifierDeclarations": changed}


def check(
    path: Path,
    definition: Mapping[str, Any],
    shape: "Shape",
    columns: Mapping[str, Sequence[Column]],
) -> None:
    """Refuse a definition that QuickSight would not take.

    Args:
        path: the file, for messages.
        definition: its definition, with ARNs.
        shape: botocore's shape of a definition.
        columns: the columns of our data sets, by ARN.

    Raises:
        QueryError: it breaks the API's model, or refers to what is not there; lists every problem.
    """
    problems = list(check_model(shape, definition))
    if not problems:
        declared = definition["DataSetIdentifierDeclarations"]
        strange = [each["DataSetArn"] for each in declared if ":" not in each["DataSetArn"]]
        problems = [f"there is no data set {name} in the configuration" for name in strange]
        known = {
            each["Identifier"]: columns[each["DataSetArn"]]
            for each in declared
            if each["DataSetArn"] in columns
        }
        problems += check_meaning(definition, known)
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        shown = problems[:_MOST_PROBLEMS] + ([f"and {more} more problems"] if more > 0 else [])
        raise QueryError([Problem(each, path) for each in shown])
