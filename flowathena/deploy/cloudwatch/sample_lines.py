"""Made-up records of a format, to try a metric filter with; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_FLOW: Mapping[str, object] = {
    "version": 2,
    "account-id": "111122223333",
    "interface-id": "eni-0a1b2c3d4e5f60718",
    "srcaddr": "198.51.100.7",
    "dstaddr": "10.0.0.5",
    "srcport": 40_000,
    "dstport": 443,
    "protocol": 6,
    "packets": 3,
    "bytes": 180,
    "start": 1_760_000_000,
    "end": 1_760_000_060,
    "action": "ACCEPT",
    "log-status": "OK",
    "flow-direction": "ingress",
}
_NO_FLOW: Mapping[str, object] = dict.fromkeys(
    (
        *("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action"),
        "flow-direction",
    ),
    "-",
)
_CASES: Mapping[str, Mapping[str, object]] = {
    "SSH, rejected": {"dstport": 22, "action": "REJECT"},
    "SSH, accepted": {"dstport": 22},
    "HTTPS, accepted": {},
    "HTTPS, accepted, answer": {"srcport": 443, "dstport": 40_000, "flow-direction": "egress"},
    "DNS over UDP, rejected": {"dstport": 53, "protocol": 17, "action": "REJECT"},
    "ICMP, rejected": {"srcport": 0, "dstport": 0, "protocol": 1, "action": "REJECT"},
    "no traffic": {**_NO_FLOW, "log-status": "NODATA"},
    "flows lost": {**_NO_FLOW, "log-status": "SKIPDATA"},
}


@dataclass(frozen=True)
class SampleLine:
    """A record and what it is."""

    about: str
    text: str


def sample_lines(log_format: Iterable[str]) -> tuple[SampleLine, ...]:
    """Records of a format; a field that they do not need is ``-``."""
    names = tuple(log_format)
    return tuple(
        SampleLine(about, " ".join(str({**_FLOW, **changed}.get(name, "-")) for name in names))
        for about, changed in _CASES.items()
    )
