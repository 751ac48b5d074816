"""Policies as documents: merged with what stands there, compared, measured; pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
"""A policy, a statement or another JSON object."""

VERSION = "2012-10-17"
_BROAD = ("NotPrincipal", "NotAction")


def policy(*statements: Document) -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def compact(document: object) -> str:
    """A document as JSON without blanks: how AWS counts its size."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def statements_of(document: Document | None) -> list[Document]:
    """The statements of a policy; one alone needs no list there."""
    return as_list((document or {}).get("Statement", []))


def merge(standing: Document | None, own: Sequence[Document]) -> Document:
    """A policy with statements of ours in it.

    Those that stand there under the same Sid are replaced where they stand; the others are not
    touched, and keep their order. One that somebody else's says word for word is not added.

    Args:
        standing: the policy as it is; None if there is none.
        own: our statements, each with a Sid.
    """
    there = statements_of(standing)
    waiting = {each["Sid"]: each for each in own}
    ours = frozenset(waiting)
    merged: list[Document] = []
    for each in there:
        if each.get("Sid") not in ours:
            merged.append(each)
        elif wanted := waiting.pop(each["Sid"], None):
            merged.append(each if same(each, wanted) else wanted)
    merged += [each for each in waiting.values() if not any(_says(each, one) for one in there)]
    return {**(standing or {"Version": VERSION}), "Statement": merged}


def same(one: object, other: object) -> bool:
    """Whether two documents mean the same: AWS gives lists back in another order, or unwrapped."""
    return _canonical(one) == _canonical(other)


def changes(before: object, after: object) -> list[str]:
    """What differs between two documents, a line each: ``Condition.StringLike.x: a -> b``."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        f"{path}: {old.get(path, 'none')} -> {new.get(path, 'none')}"
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    ]


def statement_changes(before: Document | None, after: Document) -> list[str]:
    """What differs between the statements of two policies, a line each."""
    old, new = _by_name(before), _by_name(after)
    lines = [f"removes {name}" for name in old if name not in new]
    for name, each in new.items():
        if name not in old:
            lines.append(f"adds {name}")
        elif not same(old[name], each):
            lines += [f"{name}.{line}" for line in changes(old[name], each)]
    return lines


def broad_statements(document: Document | None) -> list[str]:
    """The statements with NotPrincipal or NotAction, which mean more than they say: a line each."""
    return [
        f"statement {name} has {key}, which holds for whatever it does not name; make sure that it "
        "does not deny the delivery"
        for name, each in _by_name(document).items()
        for key in _BROAD
        if key in each
    ]


def as_list(given: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON has there
    """What may be one thing or a list of them, as a list."""
    return list(given) if isinstance(given, list | tuple) else [given]


def _by_name(document: Document | None) -> dict[str, Document]:
    return {
        each.get("Sid") or f"number {number}": each
        for number, each in enumerate(statements_of(document), 1)
    }


def _says(wanted: Document, standing: Document) -> bool:
    return same({**wanted, "Sid": ""}, {**standing, "Sid": ""})


def _canonical(given: object) -> object:
    if isinstance(given, Mapping):
        return {key: _canonical(given[key]) for key in sorted(given)}
    if isinstance(given, list | tuple):
        items = [_canonical(each) for each in given]
        return items[0] if len(items) == 1 else sorted(items, key=compact)
    return given


def _leaves(given: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(given, Mapping):
        for key, value in given.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        shown = (each if isinstance(each, str) else compact(each) for each in as_list(given))
        yield path, ", ".join(sorted(shown))
