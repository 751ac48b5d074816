"""How AWS's answers are read: times, the listing of partitions, answers cut short, refusals."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
from botocore.exceptions import IncompleteReadError
from botocore.loaders import Loader, create_loader
from botocore.model import OperationModel
from botocore.utils import parse_timestamp

from flowathena.concurrency import Backoff

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse

ATTEMPTS = 6
"""How often a call is made at most, the first time included; a truncated answer counts too."""

THROTTLES = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"),
        *("RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException"),
    }
)
"""The codes of refusals because of too many calls: what was asked for has not been begun."""

_TRUNCATED = Backoff(0.5, 8.0, jitter=1.0)  # full jitter, as botocore draws its own pauses


def new_core() -> botocore.session.Session:
    """What is below a boto3 session; it reads times faster than botocore's own."""
    core = botocore.session.Session()
    # A page of a thousand partitions has as many times; botocore guesses the form of each.
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
    return core


def find_models_by_name(loader: Loader) -> None:
    """Have a loader look for a model in the folder of its service alone.

    botocore's own looks into those of all 400 services, for every kind of model: a tenth of a
    second of each command.
    """

    @cache
    def names() -> list[str]:
        folders = [Path(path) for path in loader.search_paths]
        return sorted({each.name for path in folders if path.is_dir() for each in path.iterdir()})

    loader.list_available_services = lambda _kind: names()  # type: ignore[method-assign,assignment]


def trimmed_loader(core: botocore.session.Session) -> Loader:
    """A loader of botocore's models in which a partition of Glue has values and location alone."""
    loader = create_loader(core.get_config_variable("data_path"))
    find_models_by_name(loader)
    shapes = loader.load_service_model("glue", "service-2", api_version=None)["shapes"]
    location = shapes["StorageDescriptor"]["members"]["Location"]
    shapes["PartitionPlace"] = {"type": "structure", "members": {"Location": location}}
    values = shapes["Partition"]["members"]["Values"]
    shapes["Partition"] = {
        "type": "structure",
        "members": {"Values": values, "StorageDescriptor": {"shape": "PartitionPlace"}},
    }
    return loader


def _moment(value: object) -> datetime:
    """A time of an answer, aware: Unix seconds, ISO 8601, or what else AWS writes."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = parse_timestamp(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_truncated(
    attempts: int,
    operation: OperationModel,
    response: "tuple[AWSResponse, object] | None" = None,
    **_: object,
) -> float | None:
    """How long to pause before the next attempt if a response was cut short; None if it was not.

    botocore takes half of a JSON response for one without content. This is an event handler of
    ``needs-retry``: ``response`` is the response and what was parsed from it, None after an error.
    """
    if response is None or operation.has_streaming_output:
        return None
    http = response[0]
    announced, read = int(http.headers.get("content-length") or 0), len(http.content)
    if read >= announced:
        return None
    if attempts >= ATTEMPTS:
        raise IncompleteReadError(actual_bytes=read, expected_bytes=announced)
    return _TRUNCATED.seconds(attempts - 1)
