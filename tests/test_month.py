"""What a target costs a month: quantities and prices, multiplied by hand."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowathena.cli.setup_cost import row
from flowathena.cost import price_list
from flowathena.cost.history import PastRun
from flowathena.cost.month import Bill, MonthlyCost, Volume, scans_of, scans_of_example
from flowathena.cost.price_list import NAMES, PriceList
from flowathena.deploy.setup.expiry import Expiry, expiry_of
from flowathena.errors import UsageError

GB = 2**30
LIST = PriceList.of({})


def volume(gb_in_a_week: float, region: str = "us-east-1", **more: int) -> Volume:
    """A week that is over: 7 days."""
    size = {region: int(gb_in_a_week * GB)}
    given = {"objects": 700, "partitions": 7, **more}
    return Volume(date(2026, 11, 22), date(2026, 11, 28), size, **given)


def bill_of(seen: Volume, ratio: float = 1.0, *, is_parquet: bool = False) -> list[float | None]:
    bill = Bill(LIST)
    bill.add_delivery(seen, ratio, is_parquet=is_parquet)
    return [each.usd for each in bill.lines]


def test_delivery_has_steps_and_each_is_a_line() -> None:
    # 70 GB in 7 days are 300 in 30, at 0.25.
    assert bill_of(volume(70)) == [75.0]
    # Ten times as much: 3,000 GB.
    assert bill_of(volume(70), 10) == [750.0]
    # 14,000 GB in 7 days are 60,000: of 10,240, 20,480, 20,480 and 8,800 each has its price.
    bill = Bill(LIST)
    bill.add_delivery(volume(14_000), 1, is_parquet=False)
    assert [(each.quantity, each.usd_per_unit) for each in bill.lines] == [
        (10_240, 0.25),
        (20_480, 0.15),
        (20_480, 0.075),
        (8_800, 0.05),
    ]
    assert [each.usd for each in bill.lines] == pytest.approx([2_560, 3_072, 1_536, 440])
    assert {each.unit for each in bill.lines} == {"GB"}
    assert bill.lines[0].source == "https://aws.amazon.com/cloudwatch/pricing/"
    assert bill.lines[0].checked == date(2026, 11, 29)


def test_each_region_of_flow_logs_has_its_own_price() -> None:
    both = Volume(
        *(date(2026, 11, 22), date(2026, 11, 28)),
        {"us-east-1": 7 * GB, "ap-northeast-1": 14 * GB, "eu-north-9": 7 * GB},
        *(1, 1),
    )
    # 60 GB at 0.38, of the unknown Region 30 GB, and 30 GB at 0.25.
    assert bill_of(both) == [pytest.approx(22.8), None, 7.5]


def test_more_than_the_known_steps_is_not_guessed() -> None:
    # 2,800 GB in 7 days are 12,000 in 30: in Tokyo 10,240 have a price.
    bill = Bill(LIST)
    bill.add_delivery(volume(2_800, "ap-northeast-1"), 1, is_parquet=False)
    assert [(each.quantity, each.usd_per_unit) for each in bill.lines] == [
        (10_240, 0.38),
        (1_760, None),
    ]
    cost = MonthlyCost("prod", volume(1), tuple(bill.lines))
    assert cost.known_usd == pytest.approx(3_891.2)
    assert cost.to_json()["usd"] is None
    assert [each.quantity for each in cost.unknown] == [1_760]


def test_parquet_is_converted_for_money() -> None:
    # 70 GB a week in Tokyo: 300 GB at 0.38, and 300 at 0.056.
    assert bill_of(volume(70, "ap-northeast-1"), is_parquet=True) == pytest.approx([114, 16.8])


def test_storage_is_what_is_kept_and_one_month_if_nothing_expires() -> None:
    # 70 GB a week are 10 a day: 90 days are 900 GB at 0.023; 30 days are 300. 700 objects in 7 days
    # are 3,000 in 30, at 0.005 a thousand.
    for retention, expected in ((90, 20.7), (None, 6.9)):
        bill = Bill(LIST)
        bill.add_storage(volume(70), "us-east-1", retention)
        assert [each.usd for each in bill.lines] == pytest.approx([expected, 0.015])
        assert [each.unit for each in bill.lines] == ["GB-months", "PUTs"]
    assert bill.lines[0].basis == "one month of logs"


def test_the_first_million_objects_of_glue_is_free() -> None:
    bill = Bill(LIST)
    bill.add("objects in Glue", 1_250_000, "catalog", "us-east-1")
    assert [(each.quantity, each.usd) for each in bill.lines] == [
        (1_000_000, 0),
        (250_000, pytest.approx(2.5)),
    ]
    # Of a Region without a price it is free, too, and the rest is not known.
    bill = Bill(LIST)
    bill.add("objects in Glue", 1_250_000, "catalog", "xx-north-9")
    assert [(each.quantity, each.usd) for each in bill.lines] == [(1_000_000, 0), (250_000, None)]


def test_nothing_costs_nothing_although_its_price_is_not_known() -> None:
    bill = Bill(LIST)
    bill.add("alarms in CloudWatch", 0, "alarms", "xx-north-9")
    assert [(each.quantity, each.usd, each.usd_per_unit) for each in bill.lines] == [(0, 0, None)]


def run(query: str, scanned: int, usd: float | None) -> PastRun:
    submitted = datetime(2026, 11, 28, tzinfo=UTC)
    return PastRun("id", query, "SELECT", "SUCCEEDED", submitted, 1.0, scanned, usd)


def test_scans_are_those_of_our_runs_as_billed() -> None:
    runs = [
        run("top_talkers", 1_000, 0.00005),  # 10 MB at least
        run("top_talkers", 12_000_001, None),  # 13 MB, at whatever price
        run("", 10**12, 5.0),  # somebody else's
        run("top_talkers", 10**12, 0.0),  # a result that was given again
    ]
    found = scans_of(runs, 10)
    assert found is not None
    assert found.size_bytes == pytest.approx(69_000_000)  # 23 MB in 10 days
    assert found.basis == "2 runs of flowathena in 10 days"
    assert scans_of(runs[2:], 10) is None
    bill = Bill(LIST)
    bill.add_scans(found, "eu-west-1")
    (line,) = bill.lines
    assert line.usd == pytest.approx(0.000345)
    assert line.unit == "TB"


def test_the_example_runs_one_query_as_often_as_another() -> None:
    # 10 MB at least, and 2 GB: 1.005 GB in the mean; 4 runs a day are 120 in a month.
    found = scans_of_example([1, 2 * 10**9], 4, "an example")
    assert found.size_bytes == pytest.approx(120.6 * 10**9)


def test_a_price_of_ones_own_comes_first_and_has_no_page() -> None:
    own = PriceList.of({"delivery": 0.5, "scan": 7.0})
    assert own.find("delivery", "xx-north-9").steps[0].usd == 0.5
    assert own.find("delivery", "xx-north-9").source == ""
    assert own.find("scan", "us-east-1").steps[0].usd == 7.0
    assert own.find("storage", "us-east-1").steps[0].usd == 0.023
    with pytest.raises(UsageError, match="no price 'deliver'; did you mean 'delivery'"):
        PriceList.of({"deliver": 1.0})
    for wrong in (-1.0, float("inf"), float("nan")):
        with pytest.raises(UsageError, match="is not a price in USD"):
            PriceList.of({"delivery": wrong})


def test_the_table_of_prices() -> None:
    table = price_list._table()  # noqa: SLF001 - the whole table
    assert {*table, "scan"} == {*NAMES}
    for name, entry in table.items():
        for region, steps in entry["usd"].items():
            found = LIST.find(name, region)
            tops = [each.most for each in found.steps]
            assert tops == sorted(set(tops)), (name, region)
            assert all(0 <= each.usd <= 5 for each in found.steps)
            assert found.source.startswith("https://aws.amazon.com/")
            assert len(steps) == len(found.steps)


def test_the_example_of_the_documentation_is_worked_out_so() -> None:
    """100 GB a month, one question a day over one day, a function every night."""
    seen = Volume(
        *(date(2026, 11, 1), date(2026, 11, 30), {"us-east-1": 100 * GB}),
        objects=8_640,
        partitions=30,
    )
    bill = Bill(LIST)
    bill.add_delivery(seen, 10, is_parquet=False)
    bill.add_storage(seen, "us-east-1", 400)
    bill.add("objects in Glue", 400, "catalog", "us-east-1")
    bill.add_scans(scans_of_example([100 * GB // 30], 1, ""), "us-east-1")
    bill.add("function of the schedule", 150, "compute", "us-east-1")
    bill.add("metrics in CloudWatch", 1, "metrics", "us-east-1")
    bill.add("alarms in CloudWatch", 2, "alarms", "us-east-1")
    page = (Path(__file__).parents[1] / "docs" / "operate.md").read_text(encoding="utf-8")
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in page.partition("| what | how much a month |")[2].splitlines()[2:]
        if line.startswith("|")
    ]
    assert rows == [
        (each.what, f"{row(each)[1]} {each.unit}", row(each)[3], f"{each.usd:.2f}")
        for each in bill.lines
    ]
    whole = sum(each.usd or 0 for each in bill.lines)
    assert f"{whole:.2f} USD together" in page
    assert f"delivery is 25 and all of it {whole - 225:.2f}" in page
    yearly_tb = 365 / 30 * 100 * GB / 10**12
    assert f"scans {yearly_tb:.1f} TB, {yearly_tb * 5:.2f} USD" in page


def rule(days: int | None, prefix: str = "", **more: object) -> dict[str, object]:
    expiry = {"Expiration": {"Days": days}} if days else {}
    return {"ID": f"r{days}", "Status": "Enabled", "Filter": {"Prefix": prefix}, **expiry, **more}


def test_the_rule_that_deletes_first_says_how_long_logs_are_kept() -> None:
    assert expiry_of([], "AWSLogs/") == Expiry()
    assert expiry_of([rule(90), rule(400, "AWSLogs/")], "AWSLogs/") == Expiry(90, "r90")
    others = [
        rule(5, "other/"),
        rule(6, "AWSLogs/111122223333/"),
        rule(7, Status="Disabled"),
        {**rule(8), "Filter": {"Tag": {"Key": "a", "Value": "b"}}},
        {**rule(9), "Filter": {"And": {"Prefix": "", "Tags": []}}},
    ]
    assert expiry_of(others, "AWSLogs/") == Expiry()
    moving = rule(None, Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}])
    assert expiry_of([moving, rule(9, "A")], "AWSLogs/") == Expiry(9, "r9", ("STANDARD_IA",))
