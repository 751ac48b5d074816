"""flowathena: query VPC Flow Logs for who talked to whom, on Amazon Athena or on a laptop.

>>> import flowathena
>>> client = flowathena.Client("local")                    # doctest: +SKIP
>>> client.run("top_https_servers", since="7d").rows()     # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowathena.errors import (
    BadFilesError,
    CatalogError,
    ConfigError,
    CostError,
    EngineError,
    FlowathenaError,
    MissingFieldsError,
    ObjectError,
    ParameterError,
    PartialFailureError,
    PlaceError,
    QueryError,
    StorageError,
    TableMismatchError,
    TableMissingError,
    UsageError,
    WindowError,
)
from flowathena.package import __version__

if TYPE_CHECKING:
    from flowathena.check.criteria import CheckState
    from flowathena.check.result import CheckResult
    from flowathena.client import Client
    from flowathena.client.batch import Batch
    from flowathena.client.fleet import Fleet
    from flowathena.client.outcome import Outcome, OutcomeState
    from flowathena.client.turns import TargetOutcome, TargetState
    from flowathena.cost.estimate import Estimate
    from flowathena.cost.history import PastRun
    from flowathena.cost.limits import SpendingLimits
    from flowathena.cost.together import BatchEstimate
    from flowathena.inputs.params import Param
    from flowathena.query.query import Query
    from flowathena.query.render import Rendered
    from flowathena.result.result import Result, Stats
    from flowathena.target.target import Target

__all__ = [
    "BadFilesError",
    "Batch",
    "BatchEstimate",
    "CatalogError",
    "CheckResult",
    "CheckState",
    "Client",
    "ConfigError",
    "CostError",
    "EngineError",
    "Estimate",
    "Fleet",
    "FlowathenaError",
    "MissingFieldsError",
    "ObjectError",
    "Outcome",
    "OutcomeState",
    "Param",
    "ParameterError",
    "PartialFailureError",
    "PastRun",
    "PlaceError",
    "Query",
    "QueryError",
    "Rendered",
    "Result",
    "SpendingLimits",
    "Stats",
    "StorageError",
    "TableMismatchError",
    "TableMissingError",
    "Target",
    "TargetOutcome",
    "TargetState",
    "UsageError",
    "WindowError",
    "__version__",
]

# Imported on first use, so that the command line can show its help without delay.
_HOMES = {
    "Batch": "flowathena.client.batch",
    "BatchEstimate": "flowathena.cost.together",
    "CheckResult": "flowathena.check.result",
    "CheckState": "flowathena.check.criteria",
    "Client": "flowathena.client",
    "Estimate": "flowathena.cost.estimate",
    "Fleet": "flowathena.client.fleet",
    "Outcome": "flowathena.client.outcome",
    "OutcomeState": "flowathena.client.outcome",
    "Param": "flowathena.inputs.params",
    "PastRun": "flowathena.cost.history",
    "Query": "flowathena.query.query",
    "Rendered": "flowathena.query.render",
    "Result": "flowathena.result.result",
    "SpendingLimits": "flowathena.cost.limits",
    "Stats": "flowathena.result.result",
    "Target": "flowathena.target.target",
    "TargetOutcome": "flowathena.client.turns",
    "TargetState": "flowathena.client.turns",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type depends on the name
    if name not in _HOMES:
        raise AttributeError(f"module 'flowathena' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
