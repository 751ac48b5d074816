"""The sections of a target that say what QuickSight and CloudWatch have of it."""

from datetime import timedelta
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from flowathena.errors import ConfigError
from flowathena.target.config import load
from flowathena.target.feed import AlarmFeed, Feed, MetricsFeed, QuickSightFeed
from flowathena.target.schema import schema

HEAD = '[targets.prod]\nlocation = "s3://my-flow-logs/"\n'


def feed(folder: Path, text: str) -> Feed:
    """What the target of a file is fed to."""
    file = folder / "flowathena.toml"
    file.write_text(HEAD + text)
    return load(file, environ={}).target().feed


def test_without_sections_there_is_no_feed(tmp_path: Path) -> None:
    assert feed(tmp_path, "") == Feed()


def test_every_setting_is_read(tmp_path: Path) -> None:
    text = """
[targets.prod.quicksight]
owners = ["user/default/alice"]
readers = ["group/default/network", "arn:aws:quicksight:eu-west-1:123456789012:group/default/all"]
queries = ["top_talkers"]
mode = "direct"
window = "30d"
lookback = "2d"
refresh = "hourly"
refresh_at = "04:30"
timezone = "Europe/Berlin"
role_arn = "arn:aws:iam::123456789012:role/quicksight"
identity_region = "us-east-1"
dashboard = false

[targets.prod.metrics]
namespace = "Network"
queries = ["rejected_tcp"]
delay = "45m"
ledger = "s3://results/ledger/"
notify = ["arn:aws:sns:eu-west-1:123456789012:network"]
log_group = "/vpc/flow-logs"

[[targets.prod.metrics.alarms]]
query = "ssh_rejects"
threshold = 1
comparison = ">"
periods = 3
breaching = 2
missing = "bad"
dimensions = { protocol = "tcp" }
"""
    made = feed(tmp_path, text)
    assert made.quicksight == QuickSightFeed(
        owners=("user/default/alice",),
        readers=(
            "group/default/network",
            "arn:aws:quicksight:eu-west-1:123456789012:group/default/all",
        ),
        queries=("top_talkers",),
        mode="direct",
        window=timedelta(days=30),
        lookback=timedelta(days=2),
        refresh="hourly",
        refresh_at="04:30",
        timezone="Europe/Berlin",
        role_arn="arn:aws:iam::123456789012:role/quicksight",
        identity_region="us-east-1",
        dashboard=False,
    )
    alarm = AlarmFeed(
        "ssh_rejects",
        1.0,
        comparison=">",
        periods=3,
        breaching=2,
        missing="bad",
        dimensions={"protocol": "tcp"},
    )
    assert made.metrics == MetricsFeed(
        namespace="Network",
        queries=("rejected_tcp",),
        delay=timedelta(minutes=45),
        ledger="s3://results/ledger/",
        notify=("arn:aws:sns:eu-west-1:123456789012:network",),
        alarms=(alarm,),
        log_group="/vpc/flow-logs",
    )


WRONG = {
    "[targets.prod.quicksight]\nowner = []": (4, "did you mean 'owners'?"),
    '[targets.prod.quicksight]\nowners = "a"': (4, "owners must be a list, not the string 'a'"),
    '[targets.prod.quicksight]\nowners = ["alice"]': (4, "'alice' is not user/NAMESPACE/NAME"),
    '[targets.prod.quicksight]\nmode = "spicy"': (4, "did you mean 'spice'?"),
    '[targets.prod.quicksight]\nwindow = "1h"': (4, "window 1h is less than 1d"),
    '[targets.prod.quicksight]\nwindow = "7301d"': (4, "window 7301d is more than 7300d"),
    '[targets.prod.quicksight]\nlookback = "7301d"': (4, "lookback 7301d is more than 7300d"),
    "[targets.prod.quicksight]\nwindow = 3": (4, "window must be a duration such as 2d"),
    '[targets.prod.quicksight]\nrefresh_at = "24:00"': (4, "'24:00' is not a time"),
    '[targets.prod.quicksight]\ntimezone = "Berlin"': (4, "is not the name of a time zone"),
    "[targets.prod.quicksight]\ndashboard = 1": (4, "dashboard must be true or false"),
    "[targets.prod]\nquicksight = 3": (3, ""),
    '[targets.prod.metrics]\nnamespace = "AWS/EC2"': (4, "does not begin with AWS/"),
    '[targets.prod.metrics]\nnamespace = ":Network"': (4, "does not begin with AWS/ or a colon"),
    '[targets.prod.metrics]\nnotify = ["mail"]': (4, "is not the ARN of an SNS topic"),
    "[targets.prod.metrics]\nalarms = 3": (4, "write [[targets.prod.metrics.alarms]]"),
    "[[targets.prod.metrics.alarms]]\nthreshold = 1": (3, "an alarm has no query"),
    '[[targets.prod.metrics.alarms]]\nquery = "q"': (3, "an alarm has no threshold"),
    '[[targets.prod.metrics.alarms]]\nquery = "q"\nthreshold = nan': (5, "a finite number"),
    '[[targets.prod.metrics.alarms]]\nquery = "q"\nthreshold = 1\nbreaching = 2': (
        6,
        "breaching 2 is more than periods 1",
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    line, message = WRONG[text]
    with pytest.raises(ConfigError) as caught:
        feed(tmp_path, text)
    assert message in str(caught.value)
    assert [problem.line for problem in caught.value.problems] == [line]


def test_the_schema_agrees() -> None:
    target = {
        "location": "s3://my-flow-logs/",
        "quicksight": {"owners": ["user/default/alice"], "mode": "spice", "dashboard": True},
        "metrics": {"alarms": [{"query": "ssh_rejects", "threshold": 1}]},
    }
    jsonschema.validate({"targets": {"prod": target}}, schema())
    wrongs: tuple[dict[str, object], ...] = (
        {"quicksight": {"mode": "spicy"}},
        {"quicksight": {"owner": []}},
        {"metrics": {"alarms": [{"query": "ssh_rejects"}]}},
        {"metrics": {"delay": 3}},
    )
    for wrong in wrongs:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"targets": {"prod": target | wrong}}, schema())
