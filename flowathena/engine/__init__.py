"""What runs a rendered statement: Athena, or DuckDB over local files."""

from flowathena.engine.base import Engine
from flowathena.result.result import Listener

__all__ = ["Engine", "Listener"]
