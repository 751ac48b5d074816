"""What AWS says, as one line."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import (
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from pyathena.model import AthenaQueryExecution

from flowathena.aws.messages import describe_failure, names_permission, plain
from flowathena.aws.watch import StatementWatch
from flowathena.cli import terminal
from flowathena.errors import UsageError

_KMS = (
    "User: arn:aws:sts::111122223333:assumed-role/audit/me is not authorized to perform: "
    "kms:Decrypt on resource: arn:aws:kms:eu-west-1:444455556666:key/0f9c because no "
    "resource-based policy allows the kms:Decrypt action"
)
_EC2 = (
    "You are not authorized to perform this operation. User: arn:aws:iam::1:user/me is not "
    "authorized to perform: ec2:DescribeFlowLogs because no identity-based policy allows the "
    "ec2:DescribeFlowLogs action."
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (_KMS, _KMS),
        (f"{_EC2} Encoded authorization failure message: aBc_d-EF0123456789", _EC2),
        (
            (
                "Insufficient Lake Formation permission(s): Required Select on flows (Service: "
                "AWSLakeFormation; Status Code: 400; Error Code: AccessDeniedException; Request "
                "ID: 0a1b-2c3d; Proxy: null)"
            ),
            "Insufficient Lake Formation permission(s): Required Select on flows",
        ),
        (
            (
                "Permission denied on S3 path: s3://logs/a (Service: Amazon S3; Status Code: 403; "
                "Request ID: 9X; S3 Extended Request ID: y+z=; Proxy: null)\n[Request ID: 12-34]"
            ),
            "Permission denied on S3 path: s3://logs/a",
        ),
        ("Rate exceeded,\n\n  Request ID: 7f-00", "Rate exceeded"),
        ("It failed; Request ID: 7f-00; try s3://a(b)", "It failed; try s3://a(b)"),
        ("Table (a, b) is [odd]", "Table (a, b) is [odd]"),
        ("", ""),
    ],
)
def test_a_message_is_one_line_without_request_ids(said: str, shown: str) -> None:
    assert plain(said) == shown


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (_KMS, True),
        (_EC2, True),
        ("Insufficient Lake Formation permission(s) on flows", True),
        ("Access denied with an explicit deny in a service control policy", True),
        ("Access Denied", False),
        ("Forbidden", False),
    ],
)
def test_a_refusal_that_names_the_permission_is_known(message: str, named: bool) -> None:
    assert names_permission(message) == named


_NO_TOKEN = SSOTokenLoadError(error_msg="Token for https://x.awsapps.com/start does not exist")
_EXPIRED = "The SSO session associated with this profile has expired or is otherwise invalid"


@pytest.mark.parametrize(
    ("error", "profile", "shown"),
    [
        (
            UnauthorizedSSOTokenError(),
            "dev",
            f"{_EXPIRED}; sign in with 'aws sso login --profile dev'",
        ),
        (UnauthorizedSSOTokenError(), "", f"{_EXPIRED}; sign in with 'aws sso login'"),
        (
            _NO_TOKEN,
            "dev",
            (
                "Error loading SSO Token: Token for https://x.awsapps.com/start does not exist; "
                "sign in with 'aws sso login --profile dev'"
            ),
        ),
        (
            TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
            "dev",
            (
                "Error when retrieving token from sso: Token has expired and refresh failed; "
                "sign in with 'aws sso login --profile dev'"
            ),
        ),
        (
            CredentialRetrievalError(provider="custom-process", error_msg="one\ntwo"),
            "tool",
            "profile tool: Error when retrieving credentials from custom-process: one two",
        ),
        (
            ProfileNotFound(profile="nobody"),
            "",
            (
                "The config profile (nobody) could not be found; 'aws configure list-profiles' "
                "lists them"
            ),
        ),
        (
            NoRegionError(),
            "",
            "You must specify a region; set AWS_DEFAULT_REGION, or region in the target",
        ),
        (
            NoCredentialsError(),
            "",
            "Unable to locate credentials; sign in, or set profile in the target",
        ),
    ],
)
def test_a_failure_before_the_call_says_what_to_do(
    error: Exception, profile: str, shown: str
) -> None:
    assert describe_failure(error, profile) == shown


def test_athenas_reason_has_its_type_and_whether_to_try_again() -> None:
    error = {"ErrorCategory": 1, "ErrorType": 401, "Retryable": True, "ErrorMessage": "other"}
    status = {
        "State": "FAILED",
        "StateChangeReason": "GENERIC_INTERNAL_ERROR:\n it broke (Request ID: 1)",
        "AthenaError": error,
    }
    answer = {"QueryExecution": {"QueryExecutionId": "q", "Query": "SELECT 1", "Status": status}}
    watch = StatementWatch(None, 0.0)
    watch.polled(AthenaQueryExecution(answer))
    assert watch.describe_outcome() == "query q FAILED (system error)"
    assert watch.failure == (
        "GENERIC_INTERNAL_ERROR: it broke (error type 401); it may succeed if it is run again"
    )


def test_a_code_is_asked_for_where_a_person_and_ctrl_c_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "can_ask", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: " 123456 ")
    assert terminal.ask_code("Code: ") == "123456"
    with ThreadPoolExecutor(1) as pool, pytest.raises(UsageError, match="on a terminal only"):
        pool.submit(terminal.ask_code, "Code: ").result()
    monkeypatch.setattr(terminal, "can_ask", lambda: False)
    with pytest.raises(UsageError, match="'aws sts get-caller-identity'"):
        terminal.ask_code("Code: ")


def test_no_code_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(terminal, "can_ask", lambda: True)
    monkeypatch.setattr("getpass.getpass", closed)
    with pytest.raises(UsageError, match="no MFA code was entered"):
        terminal.ask_code("Code: ")
