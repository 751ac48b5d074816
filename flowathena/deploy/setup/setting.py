"""Something in AWS of which there is one: looked at, merged with what should be, put back."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.errors import FlowathenaError
from flowathena.reconcile import Operation, Resources

T = TypeVar("T")

_THERE_ALREADY = frozenset(
    {
        "BucketAlreadyOwnedByYou",
        "EntityAlreadyExists",
        "ResourceAlreadyExistsException",
        "InvalidRequestException",  # Athena's, of a workgroup among other things
    }
)
"""What a creation is answered with that was made before, and whose answer was lost."""


class Setting(Resources[T]):
    """One thing in AWS. What it should be may depend on what it is: others' parts stay.

    Args:
        aws: the clients.
        name: what a plan calls it.

    Attributes:
        seen: as it was when ``live`` was called last; None before.
        creates: whether it is a thing of its own, not a part of another one.
    """

    creates: bool = False

    def __init__(self, aws: Aws, name: str) -> None:
        self.aws = aws
        self.name = name
        self.seen: T | None = None

    def read(self) -> T | None:
        """As it is; None if there is none."""
        raise NotImplementedError

    def merge(self, live: T | None) -> T:
        """As it should be, given what it is.

        Raises:
            FlowathenaError: it cannot be.
        """
        raise NotImplementedError

    def write(self, wanted: T, live: T | None) -> None:
        """Make it what it should be."""
        raise NotImplementedError

    def changes(self, wanted: T, live: T | None) -> Sequence[str]:
        """What that changes, a few words each."""
        raise NotImplementedError

    def warnings(self) -> Sequence[str]:
        """What is to be warned of in what was looked at, a line each."""
        return ()

    def rendered(self, *, offline: bool) -> Sequence[T]:
        """As it should be, for another tool.

        Args:
            offline: do not look at what there is.
        """
        if not offline:
            self.live()
        return [*self.wanted().values()]

    @property
    def is_import(self) -> bool:
        """Whether another tool would try to create what is there already, and fail."""
        return self.creates and self.seen is not None

    def wanted(self) -> Mapping[str, T]:
        """As it should be; without what is there unless ``live`` was called before."""
        with translate_errors(f"{self.kind} {self.name}", FlowathenaError):
            return {self.name: self.merge(self.seen)}

    def live(self) -> Mapping[str, T]:
        """As it is."""
        with translate_errors(f"{self.kind} {self.name}", FlowathenaError):
            self.seen = self.read()
        return {} if self.seen is None else {self.name: self.seen}

    def describe(self, operation: Operation[T]) -> str:
        """What changes, in a line."""
        wanted = operation.wanted
        return "; ".join(self.changes(wanted, operation.live)) if wanted is not None else ""

    def do(self, operation: Operation[T]) -> None:
        """Put it, unless it is by now another than the one that was shown."""
        with translate_errors(f"{self.kind} {self.name}", FlowathenaError):
            now = self.read()
            if operation.live is not None and (now is None or not self.same(now, operation.live)):
                raise FlowathenaError(
                    f"{self.kind} {self.name} was changed meanwhile; run the same again, which "
                    "looks first"
                )
            wanted = self.merge(now)
            if now is None or not self.same(wanted, now):
                self._write(wanted, now)

    def _write(self, wanted: T, live: T | None) -> None:
        try:
            self.write(wanted, live)
        except ClientError as error:
            if live is not None or error_code(error) not in _THERE_ALREADY:
                raise
            now = self.read()
            if now is None:
                raise
            if not self.same(wanted, now):
                self.write(wanted, now)
