"""Pages of a listing that stays as it was when it was asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.rig.answers import AwsError


def invalid(message: str) -> AwsError:
    """Make Glue's refusal of a request."""
    return AwsError("InvalidInputException", message)


@dataclass(frozen=True)
class Page:
    """What a NextToken stands for: the listing as it was, and where to go on."""

    owner: str
    items: Sequence[Any]
    start: int


class Pages:
    """The tokens given out."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}

    def clear(self) -> None:
        """Forget every token."""
        self._pages.clear()

    def page(
        self, owner: str, params: dict[str, Any], size: int, full: Callable[[], Sequence[Any]]
    ) -> dict[str, Any]:
        """Give the items of a page and, where more follow, the token of the next.

        Args:
            owner: whose listing it is; a token of another's is refused.
            params: the call's, with the token it came with.
            size: how many items a page holds.
            full: makes the whole listing, once.
        """
        token = params.get("NextToken")
        if token is None:
            page = Page(owner, full(), 0)
        else:
            page = self._pages.get(token) or Page("", (), 0)
        if page.owner != owner:
            raise invalid(f"Invalid pagination token provided: {token}")
        end = page.start + size
        answer: dict[str, Any] = {"items": page.items[page.start : end]}
        if end < len(page.items):
            answer["NextToken"] = uuid4().hex
            self._pages[answer["NextToken"]] = Page(owner, page.items, end)
        return answer
