"""A project whose days are as old as the command line's own clock has them: three are closed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.rolled import ACCOUNTS, Row, expected, logs

TODAY = datetime.now(UTC).date()
CLOSED_DAYS = [TODAY - timedelta(days=age) for age in (6, 5, 4)]
OPEN_DAY = TODAY - timedelta(days=1)
FILES = [logs(day, account) for day in (*CLOSED_DAYS, OPEN_DAY) for account in ACCOUNTS]
RIGHT = expected(*FILES)
"""The rows of each day."""
CLOSED: dict[str, set[Row]] = {str(day): RIGHT[str(day)] for day in CLOSED_DAYS}
PARTITIONS = len(CLOSED_DAYS) * len(ACCOUNTS)
RECORDS = 60 * PARTITIONS
"""Flows of the closed days."""


def files_below(folder: Path) -> dict[str, int]:
    """Every file, and when it was last written."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in found}
