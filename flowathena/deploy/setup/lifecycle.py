"""A lifecycle rule of ours among those of others; pure.

Of two rules for the same object S3 heeds the one that deletes it first.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
"""

from collections.abc import Iterator, Sequence

from flowathena.deploy.setup import documents
from flowathena.deploy.setup.documents import Document
from flowathena.errors import UsageError
from flowathena.text import counted

_MOST_RULES = 1_000


def merge_rule(standing: Sequence[Document], own: Document) -> tuple[Document, ...]:
    """The rules with ours: where it stands, or behind them.

    Raises:
        UsageError: another rule keeps the same objects longer, or there are too many.
    """
    own = _in_style(own, standing)
    for each in _conflicts(standing, own):
        raise UsageError(each)
    replaced = [own if each.get("ID") == own["ID"] else each for each in standing]
    there = any(each.get("ID") == own["ID"] or _does_same(each, own) for each in standing)
    merged = replaced if there else [*standing, own]
    if len(merged) > _MOST_RULES:
        raise UsageError(f"the bucket has {len(merged) - 1} lifecycle rules, and can have no more")
    return tuple(merged)


def rule_changes(standing: Sequence[Document], own: Document) -> list[str]:
    """How long objects are kept, before and after."""
    before = next((days_of(each) for each in standing if each.get("ID") == own["ID"]), None)
    after = days_of(own) or 0
    where = prefix_of(own)
    if before is None:
        return [f"deletes objects below {where} after {counted(after, 'day')}"]
    sooner = ", which deletes older ones" if after < before else ""
    return [f"deletes objects below {where} after {before} -> {counted(after, 'day')}{sooner}"]


def prefix_of(rule: Document) -> str:
    """The keys that a rule is about begin so."""
    about = rule.get("Filter") or {}
    found = about.get("Prefix") or about.get("And", {}).get("Prefix") or rule.get("Prefix")
    return str(found or "")


def days_of(rule: Document) -> int | None:
    """After how many days a rule deletes objects; None if it does not."""
    days = rule.get("Expiration", {}).get("Days")
    return int(days) if days else None


def _conflicts(standing: Sequence[Document], own: Document) -> Iterator[str]:
    wanted, here = days_of(own) or 0, prefix_of(own)
    for each in standing:
        days, there = days_of(each), prefix_of(each)
        nested = here.startswith(there) or there.startswith(here)
        if each.get("ID") == own["ID"] or each.get("Status") != "Enabled" or not nested:
            continue
        if days and days > wanted:
            yield (
                f"lifecycle rule {each.get('ID', '(without a name)')!r} keeps objects below "
                f"{there or 'the whole bucket'} {days} days; {wanted} would delete them sooner: "
                f"write --expire-after {days}d, or change that rule"
            )


def _in_style(own: Document, standing: Sequence[Document]) -> Document:
    """Ours with a bare prefix where others have one: S3 takes no mixture with filters."""
    if not any("Prefix" in each for each in standing):
        return own
    rest = {name: value for name, value in own.items() if name != "Filter"}
    return {**rest, "Prefix": prefix_of(own)}


def _does_same(rule: Document, own: Document) -> bool:
    return documents.same({**rule, "ID": ""}, {**own, "ID": ""})
