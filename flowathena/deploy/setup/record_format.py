"""Which fields a new flow log records: as they are named, of a version, or those queries need."""

from collections.abc import Sequence

from flowathena.catalog import wanted
from flowathena.deploy.setup.flow_log import TAG_FIELDS
from flowathena.engine.gates import gates
from flowathena.errors import UsageError
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from flowathena.logs.formats import parse_fields, unknown_fields
from flowathena.query.library import Library
from flowathena.target.target import Target

TagFields = tuple[tuple[str, tuple[str, ...]], ...]
_VERSIONS = tuple(dict.fromkeys(field.version for field in FIELDS))
_MOST_KEYS = 2
_OF_TAGS = frozenset(f"{name}{end}" for name in TAG_FIELDS.values() for end in ("", "-2"))


def parse_tag_fields(texts: Sequence[str]) -> TagFields:
    """The tags whose values are recorded: ``instance=Name,team``.

    Raises:
        UsageError: one is not written so.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        kind, _, rest = text.partition("=")
        keys = tuple(filter(None, rest.split(",")))
        if kind not in TAG_FIELDS or kind in found or not 1 <= len(keys) <= _MOST_KEYS:
            raise UsageError(
                f"--tag-field {text!r}: write KIND=KEY or KIND=KEY,KEY, each KIND once, of "
                f"{', '.join(TAG_FIELDS)}"
            )
        found[kind] = keys
    return tuple(sorted(found.items()))


def of_names(text: str, tag_fields: TagFields) -> tuple[str, ...]:
    """The fields that somebody names, in that order.

    Raises:
        UsageError: they are no fields of VPC flow logs, or the tags of theirs are not named.
    """
    try:
        names = parse_fields(text)
    except ValueError as error:
        raise UsageError(f"--fields {error}") from error
    known = {field.name for field in FIELDS}
    if unknown := (*unknown_fields(names), *(each for each in names if each not in known)):
        raise UsageError(f"--fields: VPC flow logs have no {', '.join(dict.fromkeys(unknown))}")
    _require_tags(names, tag_fields, exactly=True)
    return names


def of_version(version: int, tag_fields: TagFields) -> tuple[str, ...]:
    """Every field up to a version, in AWS's order; those of tags only if their tags are named.

    Raises:
        UsageError: there is no such version.
    """
    if version not in _VERSIONS:
        raise UsageError(
            f"--version {version}: versions of VPC flow logs are {', '.join(map(str, _VERSIONS))}"
        )
    names = {field.name for field in FIELDS if field.version <= version} - _OF_TAGS
    return _ordered(names | _tagged(tag_fields))


def of_queries(names: Sequence[str], library: Library, tag_fields: TagFields) -> tuple[str, ...]:
    """The default fields, and those that queries need besides, in AWS's order.

    Raises:
        UsageError: a query is unknown, or needs what VPC flow logs do not have, or tags.
    """
    every = Target("fields", "s3://any/", log_format=tuple(field.name for field in FIELDS))
    source = wanted.flow_table(wanted.wanted_table(every), every)
    chosen = [library.get(name) for name in names]
    needed: set[str] = set()
    for name, gate in gates(chosen, source).items():
        if not gate.is_open:
            raise UsageError(f"--for-queries {name}: {gate.problems[0]}")
        needed |= {field.name for field in gate.needs.fields}
    _require_tags(needed, tag_fields, exactly=False)
    return _ordered({*DEFAULT_FORMAT, *needed} | _tagged(tag_fields))


def _tagged(tag_fields: TagFields) -> set[str]:
    """The fields in which the values of tags are recorded."""
    return {
        f"{TAG_FIELDS[kind]}{end}"
        for kind, keys in tag_fields
        for end, _ in zip(("", "-2"), keys, strict=False)
    }


def _require_tags(names: Sequence[str] | set[str], tag_fields: TagFields, *, exactly: bool) -> None:
    tagged = _tagged(tag_fields)
    untold = sorted(_OF_TAGS & set(names) - tagged)
    if untold:
        raise UsageError(
            f"{', '.join(untold)} has the value of a tag: say which with --tag-field KIND=KEY"
        )
    if exactly and (unused := sorted(tagged - set(names))):
        raise UsageError(f"--tag-field: --fields lacks {', '.join(unused)}, which its values go to")


def _ordered(names: set[str]) -> tuple[str, ...]:
    return tuple(field.name for field in FIELDS if field.name in names)
