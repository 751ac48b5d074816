"""``flowathena setup cost``: what the logs of a target and its queries cost a month."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.setup_plan import parse_days
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from flowathena.cost.month import Line, MonthlyCost

_HEADINGS = ("what", "quantity", "unit", "usd_per_unit", "usd", "region", "basis")


def _complete_price(incomplete: str) -> list[str]:
    from flowathena.cost.price_list import NAMES

    return [f"{name}=" for name in NAMES if name.startswith(incomplete)]


def cost(
    target: options.Target = None,
    config: options.Config = None,
    days: Annotated[int, typer.Option(metavar="N", help="How many closed days are looked at.")] = 7,
    retention: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS", help="How long logs are kept: 400d (default: the bucket's rule)."
        ),
    ] = None,
    ratio: Annotated[
        float,
        typer.Option(
            metavar="N", help="Bytes that AWS counts as delivered for one that is stored."
        ),
    ] = 1.0,
    runs_a_day: Annotated[
        float | None,
        typer.Option(
            "--runs-a-day",
            metavar="N",
            help="Queries a day (default: flowathena's of the last 30 days; if none, 10).",
            show_default=False,
        ),
    ] = None,
    lambda_runs_a_day: Annotated[
        float,
        typer.Option(
            "--lambda-runs-a-day",
            metavar="N",
            help="Runs a day of a function of 'schedule cloudformation'.",
        ),
    ] = 0.0,
    price: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=USD",
            help="A price for a unit, as delivery=0.25; repeat for several.",
            autocompletion=_complete_price,
        ),
    ] = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Work out what a target costs a month: delivery, storage, requests, Glue, Athena, CloudWatch.

    Looks at what was delivered on the last closed days; changes nothing. Each line is a quantity
    and a price. Prices are list prices of the Region; one that is not known is said, not guessed.
    """
    from flowathena.cost.assumptions import Assumptions
    from flowathena.result.formats import to_json

    given = Assumptions(
        days,
        ratio,
        parse_days("--retention", retention) if retention is not None else None,
        runs_a_day,
        lambda_runs_a_day,
        dict(map(_price, price or ())),
    )
    flows = options.client(target, config)
    terminal.progress("listing what was delivered")
    found = flows.monthly_cost(given)
    if form is ListFormat.JSON:
        terminal.text(to_json(found.to_json()))
        return
    _show(found)


def _price(text: str) -> tuple[str, float]:
    name, mark, usd = text.partition("=")
    try:
        return name, float(usd if mark else "?")
    except ValueError as error:
        raise UsageError(f"--price {text!r}: write NAME=USD, such as delivery=0.25") from error


def _show(found: "MonthlyCost") -> None:
    terminal.table(list(_HEADINGS), [row(each) for each in found.lines], wrap=["basis", "what"])
    for note in found.notes:
        terminal.say(note)
    sources = {each.source: each.checked for each in found.lines if each.source}
    for source, checked in sources.items():
        terminal.detail(f"prices of {source}, as of {checked}")
    unknown = dict.fromkeys((each.price, each.region) for each in found.unknown)
    for name, region in unknown:
        terminal.warn(
            f"the price of {name} in {region} is not known, or not of so much: add "
            f"--price {name}=USD"
        )
    without = f", without {len(found.unknown)} of the lines" if found.unknown else ""
    seen = found.volume
    terminal.say(
        f"target {found.target}: {found.known_usd:.2f} USD a month{without}, from {seen.first} to "
        f"{seen.last}, list prices"
    )


def row(line: "Line") -> tuple[str, ...]:
    """The cells of a line, as ``_HEADINGS`` names them."""
    return (
        line.what,
        f"{line.quantity:,.6g}" if line.quantity < 1000 else f"{line.quantity:,.0f}",  # noqa: PLR2004
        line.unit,
        "not known"
        if line.usd_per_unit is None
        else f"{line.usd_per_unit:.10f}".rstrip("0").rstrip("."),
        "not known" if line.usd is None else f"{line.usd:,.4f}",
        line.region,
        line.basis,
    )
