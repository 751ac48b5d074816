"""The protocol of an engine."""

from typing import Protocol

from flowathena.query.render import Rendered
from flowathena.result.result import Listener, Result


class Engine(Protocol):
    """Runs one rendered statement at a time."""

    @property
    def is_billed(self) -> bool:
        """Whether what it scans is billed."""
        ...

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Run a statement to its last row.

        Raises:
            EngineError: the engine refused it or failed; carries the engine's reason.
            KeyboardInterrupt: interrupted; the statement has been cancelled.
        """
        ...
