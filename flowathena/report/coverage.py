"""The panel of coverage: which days have logs, and which of them the catalog has; pure."""

from datetime import timedelta

from flowathena.partitions.coverage import Coverage, PlaceCoverage
from flowathena.result.chart.chart import Chart, Kind
from flowathena.result.result import Result, Row, Stats

_COLUMNS = (
    ("account", "varchar"),
    ("region", "varchar"),
    ("registered_days", "bigint"),
    ("unregistered_days", "bigint"),
    ("days_without_logs", "bigint"),
    ("first_unregistered", "date"),
    ("first_without_logs", "date"),
    ("newest_log", "timestamp"),
)
_CHART = Chart(
    Kind.BAR,
    ("account", "region"),
    ("registered_days", "unregistered_days", "days_without_logs"),
)


def coverage_result(coverage: Coverage) -> Result:
    """A row for each account and Region, drawn as bars of days."""
    rows = [_row(place, coverage) for place in coverage.places]
    failed = tuple(f"{each.error}" for each in coverage.failed)
    # Why nothing is there is told by whoever reads the logs.
    warnings = failed + (coverage.warnings if coverage.places else ())
    result = Result(_COLUMNS, rows, Stats("catalog", len(rows), 0.0, warnings=warnings))
    result.usual_chart = _CHART
    return result


def _row(place: PlaceCoverage, coverage: Coverage) -> Row:
    days = coverage.days
    first = days[0] if days else coverage.end
    expected = [first + timedelta(days=n) for n in range((coverage.end - first).days)]
    without = sorted(set(expected) - set(place.stored))
    missing = sorted(place.missing)
    return (
        place.account,
        place.region,
        len(set(place.stored) - set(missing)),
        len(missing),
        len(without),
        missing[0] if missing else None,
        without[0] if without else None,
        place.newest,
    )
