"""What the doctor says of registered partitions and of access, from what was read alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from flowathena.catalog import Described, wanted
from flowathena.catalog.placement import misplacements
from flowathena.doctor import partition_findings
from flowathena.doctor.access import Looks
from flowathena.doctor.findings import Finding, Need
from flowathena.doctor.partition_findings import Registered, check_partitions
from flowathena.errors import CatalogError, FlowathenaError, StorageError
from flowathena.inputs.selection import DEFAULT_SINCE
from flowathena.inputs.window import parse_duration
from flowathena.partitions.repair import MAX_DROP_PERCENT
from flowathena.shape.table import Column
from flowathena.target.target import Target
from tests.doctor import commands

TARGET = Target("prod", "s3://flow-logs/", "network", "flows")
TABLE = wanted.wanted_table(TARGET)
SHAPE = wanted.flow_table(TABLE, TARGET).shape
A, B, EU = "111122223333", "444455556666", "eu-west-1"
TODAY = date(2026, 11, 28)
FIRST = TODAY - timedelta(days=30)
SYNC = ["partitions", "sync", "-t", "prod"]
Values = tuple[str, ...]


def stored(*days: int, account: str = A) -> dict[Values, str]:
    """Location by values of some days before today, written out by hand."""
    dates = [TODAY - timedelta(days=back) for back in days]
    return {
        (account, EU, f"{day}"): (
            f"s3://flow-logs/AWSLogs/{account}/vpcflowlogs/{EU}/{day:%Y/%m/%d}/"
        )
        for day in dates
    }


def judged(
    there: Mapping[Values, str],
    known: Mapping[Values, str],
    *,
    empty: Mapping[Values, str] | None = None,
    described: Mapping[Values, Described] | None = None,
) -> list[Finding]:
    pairs = tuple(known.items())
    seen = Registered(
        FIRST,
        pairs,
        there,
        misplacements(pairs, SHAPE, TARGET, there),
        tuple((empty or {}).items()),
        described,
    )
    return list(check_partitions(TARGET, TABLE, SHAPE, seen, TODAY))


def command(finding: Finding) -> list[str]:
    ((*words,),) = commands(finding.fix)
    assert words[:2] == SYNC[:2]
    assert words[-2:] == SYNC[2:]
    return [*SYNC, *words[2:-2]]


def test_all_is_registered() -> None:
    assert judged(stored(0, 1, 2), stored(0, 1, 2)) == []
    ahead = stored(-1)
    assert judged(stored(0, 1), stored(0, 1) | ahead) == []


def test_the_newest_days() -> None:
    (finding,) = judged(stored(0, 1, 2), stored(2))
    assert finding.what == "the newest days are not registered"
    assert finding.evidence == "logs up to 2026-11-28, registered up to 2026-11-26"
    assert command(finding) == SYNC


def test_a_sync_reaches_the_days_that_are_missing() -> None:
    """Without options it looks at 30 days, of which the first may be past when it runs."""
    (finding,) = judged(stored(0, 30), stored(0))
    assert command(finding) == [*SYNC, "--since", "2026-10-29"]
    (finding,) = judged(stored(0, 28), stored(0))
    assert command(finding) == SYNC


def test_an_account_and_days_between() -> None:
    there = stored(0, 1, 2) | stored(0, account=B)
    unknown, between = judged(there, stored(0, 2))
    assert (unknown.what, unknown.evidence) == (
        "accounts and Regions with logs have no registered partition",
        f"{B} {EU}",
    )
    assert between.what == "1 partition with logs is not registered"
    assert between.evidence.startswith(f"{A}/{EU}/2026-11-27 at s3://flow-logs/")


def test_folders_without_logs_are_pruned_by_force_if_they_are_many() -> None:
    known = stored(*range(20))
    one = dict([*known.items()][:1])
    (finding,) = judged(known, known, empty=one)
    assert finding.evidence.startswith("1 of 20 since 2026-10-29: ")
    assert command(finding) == [*SYNC, "--prune"]
    many = dict([*known.items()][:3])
    (finding,) = judged(known, known, empty=many)  # 15 %, more than the 10 of --max-drop
    assert command(finding) == [*SYNC, "--prune", "--force"]


@pytest.mark.parametrize(
    ("location", "what", "flags"),
    [
        ("s3://elsewhere/2026/11/28/", "partitions point outside the target's location", []),
        (
            "s3://flow-logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/01/",
            "partitions point at the folder of another day, account or Region",
            [],
        ),
        ("s3://flow-logs/other/", "partitions point elsewhere than at their logs", []),
    ],
)
def test_other_locations(location: str, what: str, flags: list[str]) -> None:
    (values,) = stored(0)
    (finding,) = judged(stored(0), {values: location})
    assert finding.what == what
    assert command(finding) == [*SYNC, "--relocate", *flags]


@pytest.mark.parametrize(
    "location",
    [
        "s3://elsewhere/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/27/",
        "s3://flow-logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/28/",
    ],
)
def test_other_logs_without_own_ones_are_dropped_by_glue(location: str) -> None:
    """A sync has no folder to point them at, and drops nothing that contains logs."""
    there = stored(0)
    (finding,) = judged(there, there | {(A, EU, "2026-11-27"): location})
    assert finding.fix == (
        "aws glue batch-delete-partition --database-name network --table-name flows "
        f"--partitions-to-delete Values={A},{EU},2026-11-27"
    )


def test_the_command_for_glue_is_for_the_region_and_profile_of_the_target() -> None:
    target = replace(TARGET, region="eu-west-1", profile="audit")
    there = stored(0)
    strays = ((A, EU, "2026-11-27"), "s3://elsewhere/x/")
    pairs = (*there.items(), strays)
    seen = Registered(FIRST, pairs, there, misplacements(pairs, SHAPE, target, there))
    (finding,) = check_partitions(target, TABLE, SHAPE, seen, TODAY)
    assert " --region eu-west-1 --profile audit --partitions-to-delete Values=" in finding.fix


def test_what_could_not_be_listed_is_not_to_be_dropped() -> None:
    """Its own logs may be there."""
    there = stored(0)
    pairs = (*there.items(), ((B, EU, "2026-11-27"), "s3://elsewhere/x/"))
    wrong = misplacements(pairs, SHAPE, TARGET, there)
    seen = Registered(FIRST, pairs, there, wrong, is_partial=True)
    (finding,) = check_partitions(TARGET, TABLE, SHAPE, seen, TODAY)
    assert command(finding) == [*SYNC, "--relocate"]


def test_a_day_written_otherwise_is_outside_of_every_window() -> None:
    there = stored(0)
    odd = {(A, EU, "2026/11/28"): there[A, EU, "2026-11-28"]}
    (finding,) = judged(there, there | odd)
    assert finding.what == "partitions are registered twice, so that their records count twice"
    assert command(finding) == [*SYNC, "--all", "--prune", "--force"]


def test_registered_twice() -> None:
    known = stored(0) | {(A, "EU-WEST-1", "2026-11-28"): next(iter(stored(0).values()))}
    (finding,) = judged(stored(0), known)
    assert finding.what == "partitions are registered twice, so that their records count twice"
    assert command(finding) == [*SYNC, "--prune", "--force"]


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        (Described("text", TABLE.columns), ""),
        (Described("text", tuple(Column(c.name.upper(), c.type) for c in TABLE.columns)), ""),
        (Described("parquet", TABLE.columns), "the format parquet, not text"),
        (
            Described("text", TABLE.columns[:8]),
            "nothing as column 9, not packets bigint",
        ),
        (
            Described("text", (*TABLE.columns, Column("vpc_id", "string"))),
            "vpc_id string as column 15, not nothing",
        ),
        (
            Described("text", (Column("version", "string"), *TABLE.columns[1:])),
            "version string as column 1, not version int",
        ),
    ],
)
def test_descriptions(described: Described, reason: str) -> None:
    (values,) = stored(0)
    found = judged(stored(0), stored(0), described={values: described})
    assert [finding.evidence for finding in found] == (
        [f"1 of 1 looked at: {'/'.join(values)} has {reason}"] if reason else []
    )


def test_many_descriptions_are_one_finding_with_one_command() -> None:
    known = stored(*range(30))
    odd = dict.fromkeys(known, Described("parquet", TABLE.columns))
    (finding,) = judged(known, known, described=odd)
    assert finding.evidence.startswith("30 of 30 looked at: ")
    assert finding.fix.count("Values=") == 25  # the most that a call accepts


def _failed(error: FlowathenaError) -> Finding:
    looks = Looks(TARGET)
    for _ in range(3):
        looks.fail("logs", Need("s3:GetObject", "arn:aws:s3:::flow-logs/*"), error)
    (finding,) = looks.failed
    return finding


def _refused(code: str, message: str) -> FlowathenaError:
    answer = {"Error": {"Code": code, "Message": message}}
    error = StorageError(f"s3://flow-logs: GetObject: {code}: {message}")
    error.__cause__ = ClientError(answer, "GetObject")  # type: ignore[arg-type]
    return error


def test_a_role_that_cannot_be_assumed_is_one_finding() -> None:
    """Every look fails for it, whatever each needs."""
    role = "arn:aws:iam::111122223333:role/audit"
    looks = Looks(replace(TARGET, role_arn=role))
    error = FlowathenaError("AWS credentials: AssumeRole: AccessDenied: Access denied")
    answer = {"Error": {"Code": "AccessDenied", "Message": "Access denied"}}
    error.__cause__ = ClientError(answer, "AssumeRole")  # type: ignore[arg-type]
    for side, action in (("logs", "s3:ListBucket"), ("table", "glue:GetTable")):
        looks.fail(side, Need(action, "*"), error)
    (finding,) = looks.failed
    assert finding.what == "the permission sts:AssumeRole is missing"
    assert finding.fix == f"allow sts:AssumeRole on {role}"


def test_without_credentials_there_is_one_finding() -> None:
    looks = Looks(TARGET)
    for text in ("s3://flow-logs", "Glue table network.flows", "workgroup primary"):
        error = CatalogError(f"{text}: Unable to locate credentials")
        error.__cause__ = NoCredentialsError()
        looks.fail("logs", Need("s3:ListBucket", "*"), error)
    assert len(looks.failed) == 1


def test_aws_names_the_action_that_is_missing() -> None:
    message = (
        "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: "
        "kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/k because no policy "
        "allows it"
    )
    finding = _failed(_refused("AccessDenied", message))
    assert finding.what == "the permission kms:Decrypt is missing"
    assert finding.fix == "allow kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/k"


def test_aws_names_nothing() -> None:
    finding = _failed(_refused("AccessDenied", "Access Denied"))
    assert finding.fix == "allow s3:GetObject on arn:aws:s3:::flow-logs/*"


def test_a_folder_that_may_not_be_read() -> None:
    error = StorageError("cannot read /logs/AWSLogs: Permission denied")
    error.__cause__ = PermissionError(13, "Permission denied", "/logs/AWSLogs")
    assert _failed(error).fix == "chmod -R u+rX /logs/AWSLogs"


def test_an_error_that_says_what_to_do() -> None:
    error = CatalogError(
        "catalog file /x is damaged (file is not a database); remove it, then "
        "'flowathena partitions sync --all -t prod' writes it anew"
    )
    assert _failed(error).fix == "remove it, then flowathena partitions sync --all -t prod"


def test_the_doctor_knows_what_a_sync_does_without_options() -> None:
    """Neither may import the other: both are on one floor."""
    assert partition_findings.MAX_DROP_PERCENT == MAX_DROP_PERCENT
    assert parse_duration(DEFAULT_SINCE) == timedelta(days=partition_findings.DEFAULT_DAYS)
