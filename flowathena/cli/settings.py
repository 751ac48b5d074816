"""The configuration and client that a command's options mean."""

from pathlib import Path
from typing import TYPE_CHECKING

from flowathena.target import config as configs

CONCURRENCY = 16
"""How many calls to AWS are under way at once where nobody says."""

if TYPE_CHECKING:
    from flowathena.client import Client


def configuration(path: Path | None) -> configs.Config:
    """The configuration as ``--config`` and the environment say."""
    return configs.load(path)


def client(target: str | None, config: Path | None, concurrency: int = CONCURRENCY) -> "Client":
    """The client of a target."""
    from flowathena.client import Client

    return Client(target, config_path=config, concurrency=concurrency)
