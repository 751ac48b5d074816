"""What AWS and botocore say when a call fails, as one line. Pure.

AWS names the action and the resource that a policy does not allow; both are shown as they are. Left
out are request ids and encoded blobs.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import re

from botocore.exceptions import (
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from flowathena.text import one_line

# "(Service: AWSGlue; Status Code: 400; …; Request ID: …; Proxy: null)" and the same in brackets.
_CALL = re.compile(r"\s*[(\[][^()\[\]]*Request ID[^()\[\]]*[)\]]", re.IGNORECASE)
_REQUEST_ID = re.compile(
    r"[;,.]?\s*\b(?:S3 )?(?:Extended )?Request ID\b\s*:?\s*[^\s;,()]+", re.IGNORECASE
)
_ENCODED = re.compile(r"\s*Encoded authorization failure message:\s*\S+", re.IGNORECASE)
_NAMED = re.compile(r"not authorized to perform|Lake Formation|explicit deny", re.IGNORECASE)


def plain(message: object) -> str:
    """A message of AWS on one line, without request ids and encoded blobs."""
    text = one_line(message)
    for pattern in (_CALL, _REQUEST_ID, _ENCODED):
        text = pattern.sub("", text)
    return text.strip()


def names_permission(message: str) -> bool:
    """Whether a refusal says what is not allowed, rather than only "Access Denied"."""
    return _NAMED.search(message) is not None


def describe_failure(error: Exception, profile: str = "") -> str:
    """What botocore says, and what to do about it where that is known.

    Args:
        error: an exception of botocore.
        profile: the profile in use; empty if it is not known.
    """
    text = plain(error)
    if _is_sso(error):
        text = text.partition(" To refresh this SSO session")[0].rstrip(".")
        login = f"aws sso login --profile {profile}" if profile else "aws sso login"
        return f"{text}; sign in with '{login}'"
    if isinstance(error, NoCredentialsError):
        return f"{text}; sign in, or set profile in the target"
    if isinstance(error, NoRegionError):
        return f"{text.rstrip('.')}; set AWS_DEFAULT_REGION, or region in the target"
    if isinstance(error, ProfileNotFound):
        return f"{text}; 'aws configure list-profiles' lists them"
    if isinstance(error, CredentialRetrievalError) and profile:
        return f"profile {profile}: {text}"
    return text


def _is_sso(error: Exception) -> bool:
    """Whether a sign-in through IAM Identity Center is missing or has expired."""
    if isinstance(error, TokenRetrievalError):
        return "sso" in str(error.kwargs.get("provider", ""))
    return isinstance(error, SSOError)
