"""Options that say what a projected table reaches."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flowathena.table.projection import Asked

Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="Projection: list this account; repeat for several. Those of the bucket else.",
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="Projection: list this Region; repeat for several. Those of the bucket else.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DAY",
        help="Projection: its first day; that of the live table else, or 2020-01-01.",
    ),
]
Organization = Annotated[
    str | None,
    typer.Option(
        "--organization",
        metavar="ID",
        help="Projection: the o-… folder above the accounts; looked up else.",
    ),
]
Injected = Annotated[
    bool,
    typer.Option(
        "--injected-accounts",
        help="Projection: list no accounts; every query has to name its own.",
    ),
]


def asked(
    account: list[str] | None,
    region: list[str] | None,
    since: str | None,
    organization: str | None,
    injected: bool,
) -> "Asked":
    """What the options ask for."""
    return {
        "account": account,
        "region": region,
        "since": since,
        "organization": organization,
        "injected": injected,
    }
