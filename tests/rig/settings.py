"""Knobs a test turns while the rig runs."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime


@dataclass
class Settings:
    """The knobs and what they are after a reset.

    Of the bucket ``requester_pays`` nothing is read by who does not agree to pay. The credentials
    of a role last ``role_seconds``; 0 leaves it to STS. The clock says ``now``, in Unix seconds; 0
    leaves it to the machine.
    """

    latency_ms: float = 0.0
    query_seconds: float = 0.0
    queue_polls: int = 1
    glue_page: int = 100
    requester_pays: str = ""
    role_seconds: float = 0.0
    now: float = 0.0

    def clock(self) -> datetime:
        """What time it is, UTC."""
        return datetime.fromtimestamp(self.now, UTC) if self.now else datetime.now(UTC)

    def restore(self) -> None:
        """Put every knob back to its first value."""
        for item in fields(self):
            setattr(self, item.name, item.default)

    def change(self, values: dict[str, float | str]) -> None:
        """Set some knobs; an unknown one is an error."""
        known = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no setting {name!r}; there are {', '.join(known)}")
            setattr(self, name, known[name](value))
