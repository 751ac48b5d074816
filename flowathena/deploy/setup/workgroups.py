"""A workgroup of Athena: looked at, created, and changed where it differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, error_message
from flowathena.deploy.setup.setting import Setting
from flowathena.deploy.setup.workgroup import WorkGroup
from flowathena.errors import StorageError, UsageError
from flowathena.storage.buckets import bucket_region
from flowathena.target.location import split_location


class WorkGroups(Setting[WorkGroup]):
    """A workgroup; what the wanted one does not say stays as it is.

    Args:
        aws: the clients.
        workgroup: what it should be.
        usual_output: where results of a new one go, unless that is said; None for nowhere.
    """

    kind = "workgroup"
    creates = True

    def __init__(self, aws: Aws, workgroup: WorkGroup, usual_output: str | None) -> None:
        super().__init__(aws, workgroup.name)
        self._workgroup = workgroup
        self._usual_output = usual_output
        self._faults: tuple[str, ...] = ()

    def read(self) -> WorkGroup | None:
        """As it is.

        Raises:
            UsageError: Athena keeps its results, so that there is no place to be said.
        """
        try:
            found = self.aws.athena.get_work_group(WorkGroup=self.name)["WorkGroup"]
        except ClientError as error:
            if error_code(error) != "InvalidRequestException" or "not found" not in error_message(
                error
            ):
                raise
            return None
        given: dict[str, Any] = {**found.get("Configuration", {})}
        if given.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
            self._refuse_place()
        results = given.get("ResultConfiguration", {})
        secret = results.get("EncryptionConfiguration", {})
        return WorkGroup(
            self.name,
            given.get("BytesScannedCutoffPerQuery"),
            results.get("OutputLocation"),
            secret.get("EncryptionOption"),
            secret.get("KmsKey"),
            given.get("EnforceWorkGroupConfiguration"),
            given.get("PublishCloudWatchMetricsEnabled"),
            given.get("RequesterPaysEnabled"),
            found.get("Description") or None,
        )

    def live(self) -> Mapping[str, WorkGroup]:
        """As it is; whether its results could be written is looked at, too."""
        found = super().live()
        self._faults = tuple(self._find_faults(self.merge(self.seen).output_location))
        return found

    def warnings(self) -> tuple[str, ...]:
        """Why every query would fail, although the workgroup is there: a line each."""
        return self._faults

    def _find_faults(self, place: str | None) -> Iterator[str]:
        """What is wrong with the bucket of results."""
        if not place:
            return
        bucket, own = split_location(place)[0], self.aws.session.region_name
        try:
            region = bucket_region(self.aws, bucket)
        except StorageError:  # a bucket that may not be looked at may be written into
            return
        if region is None:
            yield (
                f"the bucket of results {bucket} does not exist, and every query would fail: "
                f"aws s3 mb s3://{bucket}"
            )
        elif own and region != own:
            yield f"the bucket of results {bucket} is in {region}; Athena in {own} refuses it"

    def merge(self, live: WorkGroup | None) -> WorkGroup:
        """With what was asked for.

        Raises:
            UsageError: a new one would hold for everybody, and has no place for results.
        """
        if live is not None:
            return self._workgroup.over(live)
        usual = {
            "enforce": True,
            "metrics": True,
            "output_location": self._usual_output,
            "encryption": "SSE_S3",
        }
        said = self._workgroup
        unsaid: dict[str, Any] = {key: e for key, e in usual.items() if getattr(said, key) is None}
        made = replace(said, **unsaid)
        if made.enforce and not made.output_location:
            raise UsageError(
                f"workgroup {self.name} would hold for everybody and has no place for results: add "
                "--output s3://bucket/prefix/, or --no-enforce"
            )
        return made

    def write(self, wanted: WorkGroup, live: WorkGroup | None) -> None:
        """Create it, or change what differs."""
        if live is None:
            self.aws.athena.create_work_group(**wanted.request)
        else:
            self.aws.athena.update_work_group(**wanted.update(live))

    def changes(self, wanted: WorkGroup, live: WorkGroup | None) -> Sequence[str]:
        """Each setting that differs."""
        return wanted.changes(live or WorkGroup(self.name))

    def _refuse_place(self) -> None:
        if self._workgroup.output_location or self._workgroup.encryption:
            raise UsageError(
                f"Athena itself keeps the results of workgroup {self.name}: leave --output and "
                "encryption away"
            )
