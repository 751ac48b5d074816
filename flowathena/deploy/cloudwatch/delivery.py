"""Values into CloudWatch, each call once; and which of them are there.

A datum cannot be replaced or deleted, and one that is put twice adds up. So a call is made again
only if it certainly had no effect: CloudWatch refused it, or it was never sent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING, cast

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)
from botocore.parsers import ResponseParserError

from flowathena.aws.answers import THROTTLES
from flowathena.aws.messages import describe_failure
from flowathena.aws.session import Aws, describe_error, error_code, translate_errors
from flowathena.concurrency import Backoff
from flowathena.deploy.cloudwatch.datums import Datum, request
from flowathena.errors import FlowathenaError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

MOST_POINTS = 1_440
"""Points in one answer of GetMetricStatistics."""

_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError)


class NotPutError(FlowathenaError):
    """Raised when a call certainly had no effect."""


class InDoubtError(FlowathenaError):
    """Raised when nobody knows whether a call had an effect."""


class Delivery:
    """The metrics of a namespace.

    Args:
        aws: the clients.
        namespace: the namespace.
        backoff: makes the pauses between attempts that are throttled.
    """

    def __init__(
        self,
        aws: Aws,
        namespace: str,
        backoff: Callable[[], Backoff] = lambda: Backoff(0.5, 8.0, jitter=1.0, budget=60.0),
    ) -> None:
        self._aws = aws
        self._namespace = namespace
        self._backoff = backoff

    def put(self, datums: Sequence[Datum], is_late: Callable[[], bool]) -> None:
        """Put the values of one call.

        Args:
            datums: the values.
            is_late: whether it is too late to begin an attempt.

        Raises:
            NotPutError: it was refused, or not sent: nothing is there.
            InDoubtError: the answer was lost, or the service failed: all, some or nothing is there.
        """
        pause = self._backoff()
        while True:
            if is_late():
                raise NotPutError("PutMetricData: took too long; the next run goes on")
            try:
                self._put(datums)
            except ClientError as error:
                if error_code(error) in THROTTLES and pause.pause():
                    continue
                raise _verdict(error) from error
            except (BotoCoreError, ResponseParserError) as error:
                raise _verdict(error) from error
            return

    def present(self, datums: Iterable[Datum], period: int) -> set[Datum]:
        """Those of some values that CloudWatch has, as far as can be seen yet.

        Raises:
            FlowathenaError: it cannot be asked.
        """
        found: set[Datum] = set()
        for _, group in groupby(sorted(datums, key=_order), lambda each: each.series):
            for some in _within_points(list(group), period):
                counted = self._counted(some, period)
                found |= {each for each in some if each.bucket in counted}
        return found

    def _put(self, datums: Sequence[Datum]) -> None:
        self._aws.cloudwatch_once.put_metric_data(
            Namespace=self._namespace,
            MetricData=cast("list[MetricDatumTypeDef]", list(map(request, datums))),
        )

    def _counted(self, datums: Sequence[Datum], period: int) -> set[datetime]:
        """The buckets of one metric in which there is a value."""
        name, dimensions = datums[0].series
        wanted: list[DimensionTypeDef] = [{"Name": n, "Value": v} for n, v in dimensions]
        with translate_errors(f"metric {name} of {self._namespace}", FlowathenaError):
            answer = self._aws.cloudwatch.get_metric_statistics(
                Namespace=self._namespace,
                MetricName=name,
                Dimensions=wanted,
                StartTime=datums[0].bucket,
                EndTime=datums[-1].bucket + timedelta(seconds=period),
                Period=period,
                Statistics=["SampleCount"],
            )
        return {each["Timestamp"] for each in answer["Datapoints"] if each.get("SampleCount")}


def _verdict(error: Exception) -> FlowathenaError:
    """What an error means for the values of its call."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        refused = refused and status != HTTPStatus.REQUEST_TIMEOUT
        line = describe_error(error)
        return NotPutError(line) if refused else InDoubtError(f"PutMetricData: {line}")
    line = f"PutMetricData: {describe_failure(error)}"
    return NotPutError(line) if isinstance(error, _NOT_SENT) else InDoubtError(line)


def _order(datum: Datum) -> tuple[object, ...]:
    return (*datum.series, datum.bucket)


def _within_points(datums: Sequence[Datum], period: int) -> Iterator[Sequence[Datum]]:
    """Values of one metric, by bucket, in spans of as many points as an answer may have."""
    span = timedelta(seconds=period * MOST_POINTS)
    start = 0
    for place, datum in enumerate(datums):
        if datum.bucket + timedelta(seconds=period) > datums[start].bucket + span:
            yield datums[start:place]
            start = place
    yield datums[start:]
