"""Hive's errors in Athena's words."""

from tests.rig.executor.base import QueryFailedError

_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."
_SEMANTIC = "FAILED: SemanticException [Error {}]: {}"


def semantic(number: int, text: str) -> QueryFailedError:
    """Make a failure of the analysis, by Hive's number."""
    return QueryFailedError(_SEMANTIC.format(number, text), kind=1006)


def task(text: str) -> QueryFailedError:
    """Make a failure of the change itself."""
    return QueryFailedError(f"{_TASK} {text}", kind=1006)
