"""What is set up in AWS before there are any logs: flow logs, their bucket, a workgroup."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flowathena.aws.session import Aws
from flowathena.deploy.permissions import Place
from flowathena.deploy.setup.bucket import Senders, delivery_statements, expiry_rule, key_statement
from flowathena.deploy.setup.buckets import (
    BucketPolicies,
    Buckets,
    Encryptions,
    Lifecycles,
    PublicAccessBlocks,
)
from flowathena.deploy.setup.flow_log import FILE_FORMATS, FlowLog
from flowathena.deploy.setup.flow_logs import FlowLogs
from flowathena.deploy.setup.inline_policies import Holder, InlinePolicies
from flowathena.deploy.setup.keys import KeyPolicies
from flowathena.deploy.setup.live_flow_logs import LiveFlowLog, match, read_flow_logs
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.deploy.setup.networks import overlaps, read_places, require_places
from flowathena.deploy.setup.old_flow_logs import OldFlowLogs, find_old, replacement
from flowathena.deploy.setup.plans import Plan
from flowathena.deploy.setup.requests import (
    Delivery,
    Recording,
    check_flow_logs,
    check_key,
    check_senders,
    check_workgroup,
    choose_layout,
    choose_place,
)
from flowathena.deploy.setup.tool_policy import Extras, check_purposes, tool_policy
from flowathena.deploy.setup.wanted import WantedFlowLogs
from flowathena.deploy.setup.workgroup import WorkGroup
from flowathena.deploy.setup.workgroups import WorkGroups
from flowathena.errors import ConfigError, FlowathenaError, UsageError
from flowathena.logs.aws_partition import partition_of
from flowathena.logs.layout import LOG_ROOT, is_account
from flowathena.query.library import Library
from flowathena.target.target import Target

if TYPE_CHECKING:
    from flowathena.deploy.setup.documents import Document
    from flowathena.reconcile import Resources


class Setup:
    """What can be set up with the credentials of a target, in its Region.

    Args:
        target: whose credentials and Region; its location, layout and format are the defaults.
        aws: the clients.
        library: gives the saved queries.
        clock: gives the current time.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        library: Callable[[], Library],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._aws = aws
        self._library = library
        self._clock = clock

    @property
    def region(self) -> str:
        """Where things are set up.

        Raises:
            ConfigError: nothing says where.
        """
        region = self._target.region or self._aws.session.region_name
        if not region:
            raise ConfigError("no Region: add --region, or set AWS_REGION or the target's region")
        return region

    def policy(
        self,
        purposes: Sequence[str],
        extras: Extras = Extras(),  # noqa: B008 - a frozen value
        *,
        name: str = "",
        account: str = "",
    ) -> ManagedPolicy:
        """The policy that flowathena needs for some kinds of work on the target; changes nothing.

        Args:
            purposes: names of ``tool_policy.PURPOSES``: ``sync``, ``run``, …
            extras: what some options need besides.
            name: the policy's name; empty for one made of the target's and the purposes'.
            account: the account of tables and workgroup; empty for that of the credentials.

        Raises:
            UsageError: something asked for cannot be.
            FlowathenaError: AWS does not say which account it is.
        """
        if account and not is_account(account):
            raise UsageError(f"{account!r} is not the id of an account: 12 digits")
        check_purposes(self._target, purposes)
        region = self.region
        place = Place(partition_of(region), region, account or self._account)
        return tool_policy(self._target, place, purposes, extras, name)

    def attachment(self, policy: ManagedPolicy, holder: Holder) -> Plan:
        """The policy as a part of a role or user.

        Args:
            policy: the policy, as ``policy`` makes it.
            holder: whose it is.

        Raises:
            UsageError: it is longer than IAM takes.
        """
        return Plan((InlinePolicies(self._aws, holder, policy),), self.region)

    def flow_logs(
        self,
        recording: Recording,
        delivery: Delivery,
        *,
        delete_old: Sequence[str] = (),
        force: bool = False,
    ) -> Plan:
        """Flow logs of VPCs, subnets and interfaces, and what those to a log group need.

        What is there is looked at. One that is as wanted is kept; no flow log can be changed, so
        one that differs gets another beside it, and is deleted once that stands in for it.

        Args:
            recording: what they record.
            delivery: where they go.
            delete_old: the ids of flow logs to be deleted.
            force: delete them although the overlap is too short.

        Raises:
            UsageError: something asked for cannot be.
            FlowathenaError: AWS does not say what there is.
        """
        makes = self._makes
        resources = makes.resources(recording)
        wanted, before = makes.compose(recording, delivery, resources)
        check_flow_logs(delete_old)
        existing = read_flow_logs(self._aws)
        places = self._places(wanted, existing)
        require_places(resources, places, self.region)
        old = find_old(delete_old, wanted, existing, None if force else self._clock())
        kept = [each for each in existing if each not in old]
        about = tuple(each for each in existing if each.flow_log.resource in resources)
        known = (
            *dict.fromkeys(map(str, overlaps(wanted, kept, places))),
            *self._format_warnings(wanted),
            *_failures(wanted, existing),
        )
        created = FlowLogs(self._aws, wanted, existing, self._clock)
        kinds = (*before, created, *([OldFlowLogs(self._aws, old)] if old else []))
        notes = _replacements(wanted, kept)
        return Plan(kinds, self.region, known, notes, about)

    def render_flow_logs(self, recording: Recording, delivery: Delivery) -> Plan:
        """The same without a look at what is there: to be rendered ``offline``.

        Raises:
            UsageError: something asked for cannot be.
        """
        makes = self._makes
        resources = makes.resources(recording)
        wanted, before = makes.compose(recording, delivery, resources)
        created = FlowLogs(self._aws, wanted, (), self._clock)
        return Plan((*before, created), self.region, self._format_warnings(wanted))

    def bucket(
        self,
        location: str,
        senders: Senders,
        *,
        layout: str | None = None,
        kms_key: str = "",
        expire_days: int | None = None,
        create: bool = False,
    ) -> Plan:
        """A bucket that flow logs can be delivered into.

        Args:
            location: ``s3://bucket/prefix/``; empty for the target's.
            senders: whose flow logs; without accounts and organization, those of the credentials.
            layout: the folders, as a target names them; None for the target's.
            kms_key: the ARN of the KMS key that encrypts them; empty to leave that as it is.
            expire_days: after how many days they are deleted; None to leave that as it is.
            create: whether a bucket that is not there is created.

        Raises:
            UsageError: something asked for cannot be.
        """
        bucket, prefix = choose_place(location, self._target)
        region, hive = self.region, choose_layout(layout, self._target).startswith("hive")
        senders = check_senders(senders, lambda: self._account)
        own = delivery_statements(bucket, prefix, region, senders, hive=hive)
        kinds: list[Resources[Any]] = [Buckets(self._aws, bucket, region, create=create)]
        if kms_key:
            check_key(kms_key, region)
            statement = key_statement(prefix, region, senders)
            kinds.append(KeyPolicies(self._aws, kms_key, statement))
        kinds += [
            Encryptions(self._aws, bucket, kms_key),
            PublicAccessBlocks(self._aws, bucket),
            BucketPolicies(self._aws, bucket, own),
        ]
        if expire_days is not None:
            rule = expiry_rule(f"{prefix}{LOG_ROOT}/", expire_days)
            kinds.append(Lifecycles(self._aws, bucket, rule))
        return Plan(kinds, region)

    def expiry(self, roots: Sequence[tuple[str, str]], days: int) -> Plan:
        """The lifecycle rules that delete flow logs after so many days.

        Args:
            roots: bucket and folder of each place that they are in.
            days: after how many.

        Raises:
            UsageError: a rule that stands keeps them longer.
        """
        rules: dict[str, list[Document]] = {}
        for bucket, root in roots:
            rules.setdefault(bucket, []).append(expiry_rule(root, days))
        kinds = [Lifecycles(self._aws, bucket, *own) for bucket, own in rules.items()]
        return Plan(kinds, self.region)

    def workgroup(self, workgroup: WorkGroup) -> Plan:
        """A workgroup of Athena.

        Raises:
            UsageError: something asked for cannot be.
        """
        check_workgroup(workgroup, self.region)
        usual = self._target.output_location
        return Plan((WorkGroups(self._aws, workgroup, usual),), self.region)

    @property
    def _account(self) -> str:
        """The account of the credentials.

        Raises:
            FlowathenaError: there are none, or AWS does not say.
        """
        try:
            return self._aws.account
        except FlowathenaError as error:
            raise FlowathenaError(f"{error}; or say which account: --account ID") from error

    @cached_property
    def _makes(self) -> WantedFlowLogs:
        return WantedFlowLogs(self._target, self._aws, self.region, self._library)

    def _places(
        self, wanted: Sequence[FlowLog], existing: Sequence[LiveFlowLog]
    ) -> dict[str, frozenset[str]]:
        """Where the things are that flow logs into the same folder record."""
        beside = {each.place for each in wanted}
        ids = [each.flow_log.resource for each in existing if each.flow_log.place in beside]
        return dict(read_places(self._aws, [*(each.resource for each in wanted), *ids]))

    def _format_warnings(self, wanted: Sequence[FlowLog]) -> list[str]:
        """Whether the target's table would read the new records otherwise than they are."""
        target, one = self._target, wanted[0]
        if not one.is_in_s3 or one.place != target.location:
            return []
        differ = [
            *(["fields"] if one.log_format != target.log_format else []),
            *(["file format"] if FILE_FORMATS[target.file_format] != one.file_format else []),
        ]
        if not differ:
            return []
        message = (
            f"target {target.name} expects other {' and '.join(differ)} in {one.place}: deliver "
            f"into a folder of its own (--to), or run '{target.command('partitions sync')}' "
            "afterwards, which tells what to add"
        )
        return [message]


def _replacements(wanted: Sequence[FlowLog], existing: Sequence[LiveFlowLog]) -> list[str]:
    """Which flow logs would be others than they are, if any could be changed: a line each."""
    return [
        replacement(each, one, match(one, existing))
        for one in wanted
        for each in existing
        if (each.flow_log.resource, each.flow_log.place) == (one.resource, one.place)
        and not one.records_as(each.flow_log)
    ]


def _failures(wanted: Sequence[FlowLog], existing: Sequence[LiveFlowLog]) -> Iterator[str]:
    """Why flow logs deliver nothing that are as wanted."""
    for each in wanted:
        live = match(each, existing)
        if live and live.error:
            yield f"{live.id} of {each.resource} cannot deliver: {live.error}"
