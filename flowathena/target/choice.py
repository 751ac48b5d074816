"""Which targets are meant by a name, a pattern, a list of them, or ``all``; pure."""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from flowathena.errors import ConfigError
from flowathena.target.check import describe_unknown, list_names

ALL = "all"
_WILDCARDS = frozenset("*?[")


def asks_for_several(asked: str | None, names: Collection[str]) -> bool:
    """Whether what is asked for is not one target, however many it turns out to be.

    A target that really has the name that is asked for is meant, and no other.
    """
    return (
        asked is not None
        and asked not in names
        and (asked == ALL or "," in asked or _is_pattern(asked))
    )


def choose(asked: str, names: Sequence[str]) -> list[str]:
    """The names that are meant, each once, in the order of ``names``.

    Args:
        asked: a name, a pattern as of the shell (``prod-*``), ``all``, or several with commas
            between.
        names: the names there are.

    Raises:
        ConfigError: one of them means no target.
    """
    if asked in names:
        return [asked]
    parts = [part.strip() for part in asked.split(",") if part.strip()]
    if not parts:
        raise ConfigError(f"no target is named; there are {list_names(names)}")
    chosen = {name for part in parts for name in _meant(part, names)}
    return [name for name in names if name in chosen]


def _meant(part: str, names: Sequence[str]) -> Iterable[str]:
    if part in names:
        return [part]
    if part == ALL and names:
        return names
    if not _is_pattern(part):
        raise ConfigError(describe_unknown("target", part, names))
    found = [name for name in names if fnmatchcase(name, part)]
    if not found:
        raise ConfigError(f"no target matches {part!r}; there are {list_names(names)}")
    return found


def _is_pattern(text: str) -> bool:
    return not _WILDCARDS.isdisjoint(text)
