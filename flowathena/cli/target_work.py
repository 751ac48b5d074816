"""What a command does with a target, one or several: the work, and what a summary says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from flowathena.cli.options import ListFormat

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.result.result import Progress

Value = TypeVar("Value")


class Turn(Protocol):
    """What follows the work on a target, and may stop it."""

    def watch(self, what: str, done: int, total: int, /) -> None:
        """Follow partitions."""
        ...

    def listen(self, progress: "Progress", /) -> None:
        """Follow a run."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


@dataclass(frozen=True)
class Summary:
    """What a summary of several targets says of one.

    Attributes:
        code: the exit code.
        counts: what was counted, by the name of its column.
        error: what went wrong first; empty if nothing did.
        state: a word for the code, if the usual one says too little.
        is_summed: whether the counts of several targets add up to something.
    """

    code: int
    counts: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
    state: str = ""
    is_summed: bool = True


class Work(Protocol[Value]):
    """What a command does with a target, and how it tells of it.

    Attributes:
        changes: whether something would be half done if it were left under way.
    """

    @property
    def changes(self) -> bool: ...  # noqa: D102 - an attribute

    def check(self) -> None:
        """Refuse what no target could do, or what is for one alone; called for several.

        Raises:
            UsageError: the options are invalid.
        """
        ...

    def do(self, flows: "Client", turn: Turn, /) -> Value:
        """Do it; writes nothing to the terminal."""
        ...

    def partial(self, interrupt: BaseException, /) -> Value | None:
        """What was done before an interrupt; None if that is not known."""
        ...

    def show(self, value: Value, form: ListFormat) -> None:
        """Write messages, and a table if the format is one."""
        ...

    def to_json(self, value: Value) -> object:
        """The document of one target."""
        ...

    def summarize(self, value: Value) -> Summary:
        """What the summary says, the exit code included."""
        ...
