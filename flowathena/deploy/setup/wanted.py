"""The flow logs that are asked for, and what they need, as they should be."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flowathena.aws.session import Aws
from flowathena.deploy.setup import record_format
from flowathena.deploy.setup.flow_log import FILE_FORMATS, FlowLog, delivery_role
from flowathena.deploy.setup.log_groups import LogGroups, Roles
from flowathena.deploy.setup.networks import read_vpcs
from flowathena.deploy.setup.partition import arn, bucket_arn
from flowathena.deploy.setup.requests import (
    Delivery,
    Recording,
    check_resources,
    choose_layout,
    choose_place,
)
from flowathena.errors import UsageError
from flowathena.logs.formats import is_transit_gateway
from flowathena.query.library import Library
from flowathena.reconcile import Resources
from flowathena.target.target import Target

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")
_GROUP = re.compile(r"[A-Za-z0-9_/.#-]{1,512}")


class WantedFlowLogs:
    """Makes the flow logs that are asked for.

    Args:
        target: its location, layout and format are the defaults.
        aws: the clients.
        region: where.
        library: gives the saved queries.
    """

    def __init__(
        self, target: Target, aws: Aws, region: str, library: Callable[[], Library]
    ) -> None:
        self._target = target
        self._aws = aws
        self._region = region
        self._library = library

    def resources(self, recording: Recording) -> tuple[str, ...]:
        """The ids of what is recorded, each once.

        Raises:
            UsageError: there are none, or an id is invalid.
        """
        check_resources(recording.resources)
        found = (*recording.resources, *self._vpcs(recording))
        if not found and recording.all_vpcs:
            raise UsageError(f"the account has no VPC of its own in {self._region}")
        if not found:
            raise UsageError("say what to record: --vpc, --subnet or --eni ID, or --all-vpcs")
        return tuple(dict.fromkeys(found))

    def _vpcs(self, recording: Recording) -> tuple[str, ...]:
        return read_vpcs(self._aws, self._aws.account) if recording.all_vpcs else ()

    def compose(
        self, recording: Recording, delivery: Delivery, resources: Sequence[str]
    ) -> tuple[list[FlowLog], tuple[Resources[Any], ...]]:
        """The flow logs, and what they need first.

        Raises:
            UsageError: something asked for cannot be.
        """
        one = FlowLog(
            resources[0],
            "",
            self._fields(recording),
            recording.traffic,
            recording.interval_seconds,
            tag_fields=recording.tag_fields,
            tags=tuple(sorted(dict(recording.tags).items())),
        )
        if delivery.log_group:
            one, before = self._to_group(one, delivery)
        else:
            one, before = self._to_s3(one, delivery), ()
        return [replace(one, resource=each) for each in resources], before

    def _to_s3(self, flow_log: FlowLog, delivery: Delivery) -> FlowLog:
        layout = choose_layout(delivery.layout, self._target)
        bucket, prefix = choose_place(delivery.location, self._target)
        return replace(
            flow_log,
            destination=bucket_arn(bucket, self._region, prefix),
            file_format=FILE_FORMATS[delivery.file_format or self._target.file_format],
            hive=layout.startswith("hive"),
            hourly=layout.endswith("hourly"),
        )

    def _to_group(
        self, flow_log: FlowLog, delivery: Delivery
    ) -> tuple[FlowLog, tuple[Resources[Any], ...]]:
        group, region, account = delivery.log_group, self._region, self._aws.account
        if not _GROUP.fullmatch(group):
            raise UsageError(f"{group!r} is not the name of a log group")
        groups = LogGroups(self._aws, group, delivery.retention_days)
        to_group = replace(flow_log, destination=arn("logs", region, account, f"log-group:{group}"))
        if _ROLE.fullmatch(delivery.role):
            return replace(to_group, role=delivery.role), (groups,)
        role = delivery_role(group, region, account, delivery.role)
        roles = Roles(self._aws, role)
        return replace(to_group, role=role.arn), (groups, roles)

    def _fields(self, recording: Recording) -> tuple[str, ...]:
        ways = (recording.fields, recording.version, recording.queries or None)
        if sum(each is not None for each in ways) > 1:
            raise UsageError("choose one of --fields, --version and --for-queries")
        tags = recording.tag_fields
        if recording.version is not None:
            return record_format.of_version(recording.version, tags)
        if recording.queries:
            return record_format.of_queries(recording.queries, self._library(), tags)
        return record_format.of_names(recording.fields or self._usual_fields(), tags)

    def _usual_fields(self) -> str:
        """The target's fields: its table fits a new flow log then."""
        fields = self._target.log_format
        return "default" if is_transit_gateway(fields) else " ".join(fields)
