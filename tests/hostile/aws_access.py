"""AWS: profiles, endpoints, settings and refusals."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.hostile.case import WINDOW, AwsCase, Case
from tests.rig.client import Rig

_PLAN = f"partitions plan {WINDOW}"
_RUN = f"run preview {WINDOW}"
_SOMEONE = "User: arn:aws:sts::111122223333:assumed-role/audit/me is not authorized to perform: "
_NOWHERE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "aws.cfg",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
_KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
_ROLE = "role_arn = arn:aws:iam::111122223333:role/x"
_SSO = "sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Audit"
_CORP = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1"
_SAYS = "credential_process = echo"


def _settings(*lines: str, location: str = "s3://flow-logs/") -> Callable[[Path], object]:
    text = "\n".join(["[targets.odd]", f'location = "{location}"', *lines, ""])
    return lambda folder: (folder / "flowathena.toml").write_text(text)


def _profile(text: str) -> Callable[[Path], object]:
    """The project of a bucket, and an AWS configuration with a profile ``p``."""

    def spoil(folder: Path) -> None:
        _settings('profile = "p"')(folder)
        (folder / "aws.cfg").write_text(f"[profile p]\n{text}\n")

    return spoil


def _setting(name: str, line: str, *lines: str, location: str = "s3://flow-logs/") -> Case:
    spoil = _settings(*lines, location=location)
    return Case(name, "config validate", 2, line, spoil, registered=False)


def _credentials(name: str, text: str, line: str, code: int = 1) -> Case:
    return Case(name, _PLAN, code, line, _profile(text), _NOWHERE, registered=False)


def _environment(name: str, env: Mapping[str, str], line: str) -> Case:
    merged = {**_NOWHERE, **_KEYS, "AWS_CONFIG_FILE": "/dev/null", **env}
    return Case(name, _PLAN, 1, line, _settings(), merged, registered=False)


def _refused(
    name: str, call: tuple[str, str], code: str, text: str, line: str, command: str = _PLAN
) -> AwsCase:
    service, op = call
    fault = {"service": service, "op": op, "kind": "refuse", "code": code, "text": text}
    return AwsCase(
        name, command, 1, line, registered=False, break_aws=lambda rig: rig.faults([fault])
    )


def _broken(name: str, faults: Mapping[str, str], line: str, **settings: float | str) -> AwsCase:
    """A run whose calls of Athena fail for good."""

    def break_aws(rig: Rig) -> None:
        rig.settings(**settings)
        rig.faults([{"service": "athena", "op": op, "kind": kind} for op, kind in faults.items()])

    return AwsCase(name, _RUN, 1, line, break_aws=break_aws)


CASES: list[Case] = [
    _setting("an external id for no role", "set role_arn too", 'external_id = "x"'),
    _setting(
        "who pays, as text", "must be true or false, not the string 'yes'", 'request_payer = "yes"'
    ),
    _setting(
        "who pays, as a number", "must be true or false, not the integer 1", "request_payer = 1"
    ),
    _setting(
        "who pays, for a folder",
        "request_payer is for logs in S3; the location of odd is a folder",
        "request_payer = true",
        location="logs",
    ),
    _setting(
        "a role for a folder",
        "role_arn is for logs in S3",
        'role_arn = "arn:aws:iam::111122223333:role/x"',
        location="logs",
    ),
    _setting(
        "an access point by its ARN",
        "'aws s3control get-access-point --account-id 111122223333 --name logs",
        location="s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/logs/mine/",
    ),
    _setting(
        "an access point of many Regions",
        "with the alias of an access point",
        location="s3://arn:aws:s3::111122223333:accesspoint/x.mrap/",
    ),
    _setting("a bucket by its ARN", "is an ARN; write", location="arn:aws:s3:::flow-logs/"),
    _setting("results by an ARN", "is an ARN; write", 'output_location = "arn:aws:s3:::results/"'),
    _setting("a role that is a user", "is not an IAM role ARN", 'role_arn = "arn:aws:iam::1:u/x"'),
    Case(
        "who pays, from the environment",
        _PLAN,
        2,
        "FLOWATHENA_REQUEST_PAYER: request_payer must be true or false, not the string 'perhaps'",
        env={"FLOWATHENA_REQUEST_PAYER": "perhaps"},
    ),
    Case(
        "init of an ARN",
        "init s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/logs -t x",
        2,
        "is an ARN; Athena reads an access point by its alias",
    ),
    Case(
        "a profile that is missing",
        _PLAN,
        1,
        "The config profile (nobody) could not be found; 'aws configure list-profiles' lists them",
        _settings('profile = "nobody"'),
        {**_NOWHERE, "AWS_CONFIG_FILE": "/dev/null"},
        registered=False,
    ),
    _credentials("a profile without a word", "", "Unable to locate credentials; sign in"),
    _credentials(
        "a sign-in that is missing",
        f"{_SSO}\n{_CORP}",
        "sign in with 'aws sso login --profile p'",
    ),
    _credentials(
        "a sign-in of no session", _SSO, 'The specified sso-session does not exist: "corp"'
    ),
    _credentials(
        "a code that nobody can enter",
        f"{_ROLE}\nsource_profile = q\nmfa_serial = arn:aws:iam::1:mfa/me\n"
        "[profile q]\naws_access_key_id = a\naws_secret_access_key = b",
        "needs an MFA code, which is asked for on a terminal only",
        2,
    ),
    _credentials(
        "a process that fails",
        "credential_process = sh -c 'echo one >&2; echo two >&2; exit 3'",
        "profile p: Error when retrieving credentials from custom-process: one two",
    ),
    _credentials(
        "a process that is no program",
        "credential_process = /no/such/tool",
        "profile p: cannot read or run /no/such/tool: No such file or directory",
    ),
    _credentials("a process that talks", f"{_SAYS} nonsense", "gives no valid credentials"),
    _credentials("a process that gives a list", f"{_SAYS} '[]'", "gives no valid credentials"),
    _credentials("a process without a version", f"{_SAYS} '{{}}'", "Unsupported version"),
    _credentials("a process with an open quote", f"{_SAYS} 'x", "No closing quotation"),
    _credentials(
        "credentials that ended long ago",
        f'{_SAYS} \'{{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", '
        '"Expiration": "2020-01-01T00:00:00Z"}\'',
        "the refreshed credentials are still expired",
    ),
    _credentials("a role over a profile that is gone", f"{_ROLE}\nsource_profile = gone", "gone"),
    _credentials(
        "roles in a circle",
        f"{_ROLE}\nsource_profile = q\n[profile q]\n{_ROLE}\nsource_profile = p",
        "Infinite loop in credential configuration",
    ),
    _credentials("a role over nothing", _ROLE, "Partial credentials found in assume-role"),
    _credentials("an AWS file that is damaged", "[profile", "Unable to parse config file"),
    _environment("half of the keys", {"AWS_SECRET_ACCESS_KEY": ""}, "Partial credentials found"),
    _environment("an endpoint that is no URL", {"AWS_ENDPOINT_URL": "x"}, "Invalid endpoint: x"),
    _environment("an endpoint that is down", {}, "Could not connect to the endpoint URL"),
    _environment(
        "a Region with spaces", {"AWS_DEFAULT_REGION": "not one"}, "region_name 'not one' doesn't"
    ),
    _environment(
        "a token file that is missing",
        {
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/token",
            "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/x",
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
        },
        "cannot read or run /no/token: No such file or directory",
    ),
    _refused(
        "a key that may not be used",
        ("s3", "GetObject"),
        "AccessDenied",
        f"{_SOMEONE}kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/0f",
        f"access denied: {_SOMEONE}kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/0f",
        "init s3://flow-logs/ -t x",
    ),
    _refused(
        "a key that is disabled",
        ("s3", "GetObject"),
        "KMS.DisabledException",
        "arn:aws:kms:eu-west-1:1:key/0f is disabled.",
        "GetObject: KMS.DisabledException: arn:aws:kms:eu-west-1:1:key/0f is disabled.",
        "init s3://flow-logs/ -t x",
    ),
    _refused(
        "a table that Lake Formation guards",
        ("glue", "GetTable"),
        "AccessDeniedException",
        "Insufficient Lake Formation permission(s): Required Describe on vpc_flow_logs",
        "Insufficient Lake Formation permission(s): Required Describe on vpc_flow_logs",
    ),
    _refused(
        "a reason of many lines",
        ("glue", "GetTable"),
        "AccessDeniedException",
        f"{_SOMEONE}\n\n glue:GetTable\n(Service: AWSGlue; Request ID: 1)",
        "is not authorized to perform: glue:GetTable",
    ),
    _refused("a refusal without a reason", ("glue", "GetTable"), "Odd", "", "GetTable: Odd: "),
    AwsCase(
        "a bucket whose requester pays",
        _PLAN,
        1,
        "s3://flow-logs/AWSLogs/: access denied",
        registered=False,
        break_aws=lambda rig: rig.settings(requester_pays="flow-logs"),
    ),
    _broken(
        "polls that fail for good",
        {"GetQueryExecution": "internal"},
        "has been cancelled",
        query_seconds=3600,
    ),
    _broken(
        "a query that cannot be stopped",
        {"GetQueryExecution": "expired_token", "StopQueryExecution": "expired_token"},
        "cancel it with 'aws athena stop-query-execution --query-execution-id ",
        query_seconds=3600,
    ),
    _broken(
        "a start whose answer is lost",
        {"StartQueryExecution": "reset"},
        "'aws athena list-query-executions --work-group primary --region eu-west-1' shows its id",
    ),
    _broken(
        "a result that may not be read",
        {"GetQueryResults": "access_denied"},
        "SUCCEEDED, 'flowathena results ",
    ),
]
