"""The library's front door."""

from flowathena.client.client import Client

__all__ = ["Client"]
