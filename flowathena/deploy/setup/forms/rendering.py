"""What a form has been made into, and names for what is in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Rendering:
    """A text for another tool; ``notes`` are what it could not be told, a line each."""

    text: str
    notes: tuple[str, ...] = ()


def snake(*words: str) -> str:
    """A name such as ``vpc_0a1b``, of letters and digits and what joins them."""
    return "_".join(_WORD.findall(" ".join(words))).lower()


def camel(*words: str) -> str:
    """A name such as ``FlowLogVpc0a1b``, of letters and digits alone."""
    return "".join(each[:1].upper() + each[1:] for each in _WORD.findall(" ".join(words)))


def distinct(names: Sequence[str]) -> list[str]:
    """The names, of which a repeated one gets a number."""
    made: list[str] = []
    for name in names:
        number = 2
        while (other := name if name not in made else f"{name}{number}") in made:
            number += 1
        made.append(other)
    return made
