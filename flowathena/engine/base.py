"""What an engine is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flowathena.query.render import Rendered
from flowathena.result.result import Result


@dataclass(frozen=True)
class Progress:
    """How far a run is: a state, seconds since its start, bytes scanned so far."""

    state: str
    seconds: float
    scanned_bytes: int


Listener = Callable[[Progress], None]
"""Called while a run is under way."""


class Engine(Protocol):
    """Runs one rendered statement at a time."""

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Run a statement to its last row.

        Raises:
            EngineError: the engine refused it or failed; carries the engine's reason.
            KeyboardInterrupt: interrupted; the statement has been cancelled.
        """
        ...
