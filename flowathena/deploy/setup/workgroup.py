"""A workgroup of Athena: what holds for every query in it; pure.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
"""

from dataclasses import dataclass, fields, replace
from typing import Any

LEAST_CUTOFF_BYTES, MOST_CUTOFF_BYTES = 10_000_000, 7 * 10**18
"""Source: https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html"""
MOST_DESCRIPTION = 1_024
_ABOUT = {
    "cutoff_bytes": "scan limit in bytes",
    "output_location": "output location",
    "encryption": "encryption of results",
    "key": "key of results",
    "enforce": "its settings hold for everybody",
    "metrics": "metrics in CloudWatch",
    "requester_pays": "requester-pays buckets",
    "description": "description",
}


@dataclass(frozen=True)
class WorkGroup:
    """A workgroup; what is None is Athena's default, or stays as it is.

    Attributes:
        name: its name.
        cutoff_bytes: at how many bytes scanned a query is ended.
        output_location: where results go: ``s3://…/``.
        encryption: of results: ``SSE_S3``, ``SSE_KMS`` or ``CSE_KMS``.
        key: the ARN of the KMS key of results.
        enforce: whether clients cannot choose otherwise.
        metrics: whether CloudWatch gets metrics of its queries.
        requester_pays: whether queries may read requester-pays buckets.
        description: what it is for.
    """

    name: str
    cutoff_bytes: int | None = None
    output_location: str | None = None
    encryption: str | None = None
    key: str | None = None
    enforce: bool | None = None
    metrics: bool | None = None
    requester_pays: bool | None = None
    description: str | None = None

    @property
    def configuration(self) -> dict[str, Any]:
        """The ``Configuration`` of ``CreateWorkGroup``."""
        results = {"OutputLocation": self.output_location, "EncryptionConfiguration": self._secret}
        return _given(
            {
                "ResultConfiguration": _given(results) or None,
                "EnforceWorkGroupConfiguration": self.enforce,
                "PublishCloudWatchMetricsEnabled": self.metrics,
                "BytesScannedCutoffPerQuery": self.cutoff_bytes,
                "RequesterPaysEnabled": self.requester_pays,
            }
        )

    @property
    def request(self) -> dict[str, Any]:
        """The input of ``CreateWorkGroup``."""
        described = {"Description": self.description, "Configuration": self.configuration}
        return {"Name": self.name, **_given(described)}

    @property
    def _secret(self) -> dict[str, str] | None:
        if self.encryption is None:
            return None
        return _given({"EncryptionOption": self.encryption, "KmsKey": self.key})

    def update(self, live: "WorkGroup") -> dict[str, Any]:
        """The input of ``UpdateWorkGroup`` that makes a live one this; only what differs."""
        wanted, there = self.configuration, live.configuration
        changed = {key: value for key, value in wanted.items() if value != there.get(key)}
        results = changed.pop("ResultConfiguration", {})
        before = there.get("ResultConfiguration", {})
        if new := {key: value for key, value in results.items() if value != before.get(key)}:
            changed["ResultConfigurationUpdates"] = new
        description = None if self.description == live.description else self.description
        more = {"ConfigurationUpdates": changed or None, "Description": description}
        return {"WorkGroup": self.name, **_given(more)}

    def over(self, live: "WorkGroup") -> "WorkGroup":
        """The same where it says something, and a live one where it does not."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        if self.encryption and not self.key:
            said["key"] = None if self.encryption == "SSE_S3" else live.key
        kept = replace(live, **_given(said))
        return replace(kept, key=None) if self.encryption == "SSE_S3" else kept

    def changes(self, live: "WorkGroup") -> list[str]:
        """What differs in a live one, a few words each."""
        return [
            f"{about}: {_shown(getattr(live, name))} -> {_shown(getattr(self, name))}"
            for name, about in _ABOUT.items()
            if getattr(self, name) != getattr(live, name)
        ]


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
