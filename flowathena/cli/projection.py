"""Options of a partition projection, which several commands of ``table`` share."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flowathena.table.projection import ProjectionOptions

Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="Projection: list this account; repeat for several (default: those of the bucket).",
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="Projection: list this Region; repeat for several (default: those of the bucket).",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DAY",
        help="Projection: its first day (default: the live table's, or 2020-01-01).",
    ),
]
Organization = Annotated[
    str | None,
    typer.Option(
        "--organization",
        metavar="ID",
        help="Projection: the o-… folder above the accounts (default: looked up).",
    ),
]
Injected = Annotated[
    bool,
    typer.Option(
        "--injected-accounts",
        help="Projection: list no accounts; every query has to name its own.",
    ),
]


def projection_options(
    account: list[str] | None,
    region: list[str] | None,
    since: str | None,
    organization: str | None,
    injected: bool,
) -> "ProjectionOptions":
    """The options as the library takes them."""
    return {
        "account": account,
        "region": region,
        "since": since,
        "organization": organization,
        "injected": injected,
    }
