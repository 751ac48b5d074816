"""What is wrong with a target's archive: its table, its bucket."""

from collections.abc import Iterator

from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, wanted
from flowathena.catalog.archive import archive_source
from flowathena.catalog.flow_logs import joined
from flowathena.doctor.access import Looks
from flowathena.doctor.findings import Finding, Need, bucket_of
from flowathena.doctor.look import bucket_arn
from flowathena.errors import TableMismatchError
from flowathena.shape.shape import FlowTable
from flowathena.storage.buckets import bucket_region
from flowathena.target.target import Target
from flowathena.text import counted

SIDE = "archive"


class ArchiveLook:
    """One look at an archive.

    Args:
        target: the target.
        aws: the clients.
        looks: takes what cannot be seen.
    """

    def __init__(self, target: Target, aws: Aws, looks: Looks) -> None:
        self._target = target
        self._aws = aws
        self._looks = looks
        self.note = ""

    def examine(self) -> Iterator[Finding]:
        """What is wrong; ``note`` says afterwards what is worth knowing."""
        archive = self._target.archive
        if archive is None:
            return
        if not archive.is_local:
            yield from self._check_bucket(archive)
        need = Need("glue:GetTable", f"table/{archive.database}/{archive.table}")
        found = self._looks.attempt(SIDE, need, lambda: (open_catalog(archive, self._aws).table(),))
        if found is None:
            return
        (table,) = found
        if table is None:
            command = self._target.command("archive run")
            self.note = f"nothing is archived in {archive.location} yet: '{command}'"
            return
        try:
            logs = self._logs()
        except TableMismatchError:
            return  # what is wrong with the target's own table is told already
        try:
            source = archive_source(self._target, table, logs)
        except TableMismatchError as error:
            yield Finding(
                SIDE,
                "queries fail, as the archive's table is not one that they can read",
                str(error),
                f"name another archive_table and archive_location in [targets.{self._target.name}]",
            )
            return
        days = counted(len(source.archived), "day")
        self.note = f"read from the archive {archive.location}: {days}"

    def _logs(self) -> FlowTable:
        """The tables of the target: those that are there, others as they would be made."""
        tables = []
        for each in self._target.tables:
            table = open_catalog(each, self._aws).table() or wanted.wanted_table(each)
            tables.append(wanted.flow_table(table, each))
        return joined(tables)

    def _check_bucket(self, archive: Target) -> Iterator[Finding]:
        bucket, region = bucket_of(archive.location), self._aws.session.region_name
        need = Need("s3:GetBucketLocation", bucket_arn(bucket))
        found = self._looks.attempt(SIDE, need, lambda: (bucket_region(self._aws, bucket),))
        if found is None:
            return
        if found[0] is None:
            where = f" --region {region}" if region else ""
            yield Finding(
                SIDE,
                "the bucket of the archive does not exist",
                f"archive_location is {archive.location}",
                f"aws s3 mb s3://{bucket}{where}, or name another archive_location",
            )
        elif region and found[0] != region:
            yield Finding(
                SIDE,
                "the bucket of the archive is in another Region",
                f"{archive.location} is in {found[0]}, Athena in {region}",
                f"name an archive_location in {region}: other Regions cost for every byte read",
            )
