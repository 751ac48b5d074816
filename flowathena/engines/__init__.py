"""What runs a rendered statement: Athena, or DuckDB over local files."""

from flowathena.engines.base import Engine, Listener

__all__ = ["Engine", "Listener"]
