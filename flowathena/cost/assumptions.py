"""What of a month's cost cannot be seen; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowathena.errors import UsageError

CLOSED_DAYS = 7
_MOST_DAYS = 90


@dataclass(frozen=True)
class Assumptions:
    """What cannot be seen.

    Attributes:
        days: how many closed days are looked at.
        ratio: how many bytes AWS counts as delivered for a byte that is stored.
        retention_days: how long logs are kept; None for what the bucket's rules say.
        runs_a_day: how many queries run; None for those of the last month, or 10 if there are none.
        lambda_runs_a_day: how often a function of ``schedule cloudformation`` runs.
        prices: prices of one's own, by the names of ``cost.price_list``.
    """

    days: int = CLOSED_DAYS
    ratio: float = 1.0
    retention_days: int | None = None
    runs_a_day: float | None = None
    lambda_runs_a_day: float = 0.0
    prices: Mapping[str, float] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: a number is out of its range.
        """
        if not 1 <= self.days <= _MOST_DAYS:
            raise UsageError(f"--days: {self.days} is not between 1 and {_MOST_DAYS}")
        if not 1 <= self.ratio <= 1000:  # noqa: PLR2004 - gzip cannot do more
            raise UsageError(f"--ratio: {self.ratio:g} is not between 1 and 1000")
        for option, value in (
            ("--runs-a-day", self.runs_a_day or 0),
            ("--lambda-runs-a-day", self.lambda_runs_a_day),
        ):
            if not 0 <= value <= 10**6:
                raise UsageError(f"{option}: {value:g} is not between 0 and 1000000")
