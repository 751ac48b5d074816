"""Several targets at once: each in a thread of its own, a few at a time; one fails alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from flowathena.client import arguments
from flowathena.client.client import Client
from flowathena.client.turns import PATIENCE_SECONDS, FleetProgress, FleetRun, Turn, Value
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import UsageError
from flowathena.target import config
from flowathena.target.choice import ALL, choose
from flowathena.text import counted

AT_ONCE = 4
"""Targets at once by default; each makes as many calls at once as one target alone."""


class Fleet:
    """Targets of one configuration, of whatever accounts and Regions.

    >>> fleet = Fleet("prod-*")                                          # doctest: +SKIP
    >>> for outcome in fleet.run(lambda client, turn: client.doctor()):  # doctest: +SKIP
    ...     print(outcome.target, outcome.value or outcome.reason)

    Args:
        targets: a pattern as of the shell (``prod-*``), ``all``, a name, or several with commas
            between. A target that is really called so is meant before all.
        config_path: the configuration file; None searches as the command line does.
        clock: returns the current time, aware.
        concurrency: how many calls to AWS may be under way at once for each target.
        ask_code: asks a person for the MFA code of an AWS profile, as of ``Client``; it is called
            in the thread that iterates, before the first target is worked on.

    Attributes:
        names: the targets in the order of the file, also those whose settings are invalid.
        invalid: what is wrong with these, by name.

    Raises:
        ConfigError: the configuration is invalid elsewhere than in its targets, or no target is
            meant.
    """

    def __init__(
        self,
        targets: str = ALL,
        *,
        config_path: str | Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        concurrency: int = CONCURRENCY,
        ask_code: Callable[[str], str] | None = None,
    ) -> None:
        path = arguments.path_of("config_path", config_path) if config_path else None
        configured = config.load(path, lenient=True)
        if not configured.names:
            configured.target()  # says how to configure one
        self.names = choose(targets, configured.names)
        self.invalid = {
            name: error for name, error in configured.invalid.items() if name in self.names
        }
        self._clients = {
            name: Client._of(configured, name, clock, concurrency, ask_code)  # noqa: SLF001 - ours
            for name in self.names
            if name not in self.invalid
        }

    def __repr__(self) -> str:
        return f"<Fleet of {counted(len(self.names), 'target')}: {', '.join(self.names)}>"

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Client]:
        """The clients of the targets whose settings are valid, in the order of the file."""
        return iter(self._clients.values())

    def run(
        self,
        work: Callable[[Client, Turn], Value],
        *,
        at_once: int = AT_ONCE,
        patience_seconds: float = PATIENCE_SECONDS,
        listener: Callable[[FleetProgress], None] | None = None,
    ) -> "FleetRun[Value]":
        """Do something with every target, a few at a time; iterate over what becomes of each.

        Nothing is begun before the first outcome is asked for; ``with`` stops, at its end, what is
        still under way.

        Args:
            work: what is done with a client, in a thread of its own. ``turn.watch`` is for methods
                that take a ``watch``, ``turn.listen`` for those with a ``listener``: with them an
                interrupt ends the work.
            at_once: how many targets are worked on at once.
            patience_seconds: how long is waited, at most, for what is being stopped; 0 for work
                that changes nothing.
            listener: called while they are, in the thread that iterates.

        Raises:
            UsageError: ``at_once`` is not a number of targets.
        """
        if type(at_once) is not int or at_once < 1:
            raise UsageError(f"at_once: {at_once!r} is not a number of targets, 1 or more")
        members = {name: self._clients.get(name) or self.invalid[name] for name in self.names}
        return FleetRun(members, work, at_once, patience_seconds, listener)
