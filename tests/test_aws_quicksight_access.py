"""What a plan tells of QuickSight's role and of SPICE, over AWS's wire."""

import pytest

from tests.aws import RESULTS
from tests.rig.client import Rig
from tests.shell import Shell
from tests.test_aws_quicksight_refused import ACCOUNT, edit, errors
from tests.test_aws_quicksight_refused import shell as shell  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.rig

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/quicksight-athena"
TRUSTED = "quicksight.amazonaws.com"
DATA = "arn:aws:s3:::flow-logs"
RESULTS_ARN = f"arn:aws:s3:::{RESULTS}"
DOCUMENTED = [
    *(
        [name, arn]
        for name in ("s3:GetBucketLocation", "s3:ListBucket")
        for arn in (DATA, RESULTS_ARN)
    ),
    *(["s3:GetObject", f"{arn}/*"] for arn in (DATA, RESULTS_ARN)),
    *(
        [name, f"{RESULTS_ARN}/*"]
        for name in ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
    ),
]


@pytest.fixture
def named(rig: Rig, shell: Shell) -> Shell:
    """The same, with a role in the configuration and a workgroup that says where results go."""
    edit(shell, "[targets.prod.quicksight]", f'[targets.prod.quicksight]\nrole_arn = "{ROLE}"')
    where = {"ResultConfigurationUpdates": {"OutputLocation": f"s3://{RESULTS}/flowathena/"}}
    rig.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates=where)
    return shell


def line(shell: Shell, name: str, *, code: int = 0) -> str:
    """What the plan says of something, in its one line."""
    lines = shell.run("quicksight", "plan", code=code).err.splitlines()
    (found,) = [each for each in lines if f"{name}: " in each]
    return found


def test_the_documented_policy_is_enough(rig: Rig, named: Shell) -> None:
    rig.arrange("iam", role=ROLE, trusts=TRUSTED, allow=DOCUMENTED)
    assert line(named, "access role") == (
        f"access role: {ROLE} may use s3://flow-logs/ and s3://{RESULTS}/flowathena/"
    )


def test_the_role_reads_the_archive_too(rig: Rig, named: Shell) -> None:
    """The view daily reads it, and the daily sums in it."""
    location = 'archive_location = "s3://flow-archive/flows/"'
    edit(named, "[targets.prod.quicksight]", f"{location}\n[targets.prod.quicksight]")
    rig.arrange("iam", role=ROLE, trusts=TRUSTED, allow=DOCUMENTED)
    assert "s3:GetObject on arn:aws:s3:::flow-archive/flows/*" in line(named, "access role")
    archive = "arn:aws:s3:::flow-archive"
    allow = [["s3:GetBucketLocation", archive], ["s3:ListBucket", archive]]
    allow.append(["s3:GetObject", f"{archive}/flows/*"])
    rig.arrange("iam", role=ROLE, trusts=TRUSTED, allow=[*DOCUMENTED, *allow])
    told = line(named, "access role")
    assert "s3://flow-logs/ and s3://flow-archive/flows/ and s3://" in told


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        (["s3:GetObject", f"{DATA}/*"], f"s3:GetObject on {DATA}/*"),
        (["s3:ListBucket", DATA], f"s3:ListBucket on {DATA}"),
        (["s3:PutObject", f"{RESULTS_ARN}/*"], f"s3:PutObject on {RESULTS_ARN}/flowathena/*"),
    ],
)
def test_what_the_role_lacks_is_a_warning(
    rig: Rig, named: Shell, lacking: list[str], told: str
) -> None:
    allow = [each for each in DOCUMENTED if each != lacking]
    rig.arrange("iam", role=ROLE, trusts=TRUSTED, allow=allow)
    assert line(named, "access role") == (
        f"warning: access role: the policies of {ROLE} do not allow {told}: unless a bucket's own "
        "policy does, refreshes fail"
    )


def test_a_role_that_nobody_can_assume(rig: Rig, named: Shell) -> None:
    done = named.run("quicksight", "publish", code=1)
    assert errors(done) == [f"error: QuickSight access role: there is no {ROLE}; correct role_arn"]
    rig.arrange("iam", role=ROLE, trusts="ec2.amazonaws.com", allow=DOCUMENTED)
    done = named.run("quicksight", "plan")
    assert f"warning: access role: the trust policy of {ROLE} does not name {TRUSTED}" in done.err


@pytest.mark.parametrize("op", ["GetRole", "SimulatePrincipalPolicy"])
def test_a_role_that_may_not_be_looked_at_is_a_note(rig: Rig, named: Shell, op: str) -> None:
    rig.arrange("iam", role=ROLE, trusts=TRUSTED, allow=[])
    rig.faults([{"service": "iam", "op": op, "kind": "access_denied"}])
    assert line(named, "access role").startswith(f"access role: not looked at: {op}: AccessDenied")


def test_quicksights_own_role_is_a_note(rig: Rig, shell: Shell) -> None:
    assert line(shell, "access role").startswith("access role: QuickSight's own, which AWS shows")
    assert rig.journal("iam") == []


def vend(rig: Rig, used: float, limit: float) -> None:
    numbers = {"SPICECapacityConsumedInMB": used, "SPICECapacityLimitInMB": limit}
    rig.arrange(
        "cloudwatch",
        vended=[["eu-west-1", "AWS/QuickSight", name, value] for name, value in numbers.items()],
    )


def test_how_full_spice_is(rig: Rig, shell: Shell) -> None:
    assert line(shell, "SPICE").startswith("SPICE: CloudWatch has no numbers of the last 90 days;")
    vend(rig, 2_560, 10_240)
    assert line(shell, "SPICE") == "SPICE: 2.5 of 10.0 GB are used in eu-west-1"
    vend(rig, 9_728, 10_240)
    assert line(shell, "SPICE") == (
        "warning: SPICE: 9.5 of 10.0 GB are used in eu-west-1: a refresh may find it full"
    )
    rig.faults([{"service": "cloudwatch", "op": "GetMetricStatistics", "kind": "access_denied"}])
    assert line(shell, "SPICE").startswith(
        "SPICE: not looked at: GetMetricStatistics: AccessDenied"
    )
    edit(shell, "[targets.prod.quicksight]", '[targets.prod.quicksight]\nmode = "direct"')
    assert "SPICE: " not in shell.run("quicksight", "plan").err
