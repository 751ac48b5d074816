"""Options that several commands share, and the configuration and client they select."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.concurrency import CONCURRENCY
from flowathena.errors import FlowathenaError
from flowathena.target import config as configs

if TYPE_CHECKING:
    from flowathena.client import Client


class ListFormat(StrEnum):
    """How lists and plans are written."""

    TABLE = "table"
    JSON = "json"


class Via(StrEnum):
    """Who registers: Glue, or Athena by statements."""

    GLUE = "glue"
    ATHENA = "athena"


class LogFormat(StrEnum):
    """How messages are written."""

    TEXT = "text"
    JSON = "json"


def configuration(path: Path | None) -> configs.Config:
    """The configuration that ``--config`` and the environment select."""
    return configs.load(path)


def client(target: str | None, config: Path | None, concurrency: int = CONCURRENCY) -> "Client":
    """The client of a target."""
    from flowathena.client import Client

    return Client(target, config_path=config, concurrency=concurrency)


def complete_target(incomplete: str) -> list[str]:
    """Target names of the configuration that would be used."""
    try:
        names = configuration(None).targets
    except FlowathenaError:
        return []
    return [name for name in names if name.startswith(incomplete)]


Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        metavar="NAME",
        help="Target of the configuration (FLOWATHENA_TARGET).",
        autocompletion=complete_target,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file (FLOWATHENA_CONFIG); else flowathena.toml here or above.",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help="Start, UTC: 2026-11-01, an ISO time, or 7d, 24h back from --until.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="WHEN", help="End, exclusive, UTC; now when left out."),
]
Everything = Annotated[bool, typer.Option("--all", help="All of time instead of a window.")]
Accounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="ID", help="Only this account; repeat for several."),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", help="Only this Region; repeat for several."),
]
Format = Annotated[ListFormat, typer.Option("--format", help="How to write it.")]
Concurrency = Annotated[
    int,
    typer.Option(metavar="N", min=1, max=64, help="How many calls to AWS are under way at once."),
]


def _speak(chosen: LogFormat) -> LogFormat:
    from flowathena.cli import terminal

    terminal.speak_json(chosen is LogFormat.JSON)
    return chosen


Messages = Annotated[
    LogFormat,
    typer.Option(
        "--log-format",
        callback=_speak,
        is_eager=True,
        help="How messages on stderr are written: text, or a JSON object a line for schedulers.",
    ),
]
