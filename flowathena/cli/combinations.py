"""Which options of a run go together."""

from typing import Any

from flowathena.errors import UsageError

_WITHOUT_ROWS = ("dry_run", "estimate", "no_wait")
_ESTIMATE_FORMS = (None, "", "table", "json")


def check(own: dict[str, Any]) -> None:
    """Refuse options that contradict each other.

    Args:
        own: the options of a run, by name; those that a command has not are as not given.

    Raises:
        UsageError: they ask for two things at once, or one goes without another.
    """
    _check_purpose(own)
    _check_unload(own)


def _check_purpose(own: dict[str, Any]) -> None:
    chosen = [name for name in _WITHOUT_ROWS if own.get(name)]
    if len(chosen) > 1:
        names = " and ".join(map(option, chosen))
        raise UsageError(f"{names} cannot be combined")
    if own.get("no_wait") and (own.get("output") or own.get("form")):
        raise UsageError("--no-wait prints an id; --format and -o go with 'flowathena results ID'")
    if own.get("no_wait") and own.get("engine") == "local":
        raise UsageError("--no-wait leaves a query to Athena; --engine local runs it here")
    if own.get("no_wait") and own.get("skip_bad_files"):
        raise UsageError(
            "--no-wait leaves a query to Athena, which fails on a damaged file; "
            "--skip-bad-files is for the local engine"
        )
    if chosen and own.get("quicksight_manifest"):
        raise UsageError(f"{option(chosen[0])} writes no rows; leave out --quicksight-manifest")
    if chosen and own.get("chart"):
        raise UsageError(f"{option(chosen[0])} has no rows to draw; leave out --chart")
    if own.get("estimate") and own.get("output"):
        raise UsageError("--estimate prints an estimate; leave -o out")
    if own.get("estimate") and own.get("form") not in _ESTIMATE_FORMS:
        raise UsageError(f"--estimate prints a table or JSON, not {own['form']}")


def _check_unload(own: dict[str, Any]) -> None:
    if own.get("keep_unloaded") and not own.get("unload"):
        raise UsageError("--keep-unloaded goes with --unload s3://BUCKET/PREFIX/")
    if not own.get("unload"):
        return
    if own.get("engine") == "local":
        raise UsageError("--unload is for Athena; leave out --engine local")
    if own.get("skip_bad_files"):
        raise UsageError("--skip-bad-files is for the local engine; Athena fails on a damaged file")
    for name in ("no_wait", "reuse"):
        if own.get(name):
            raise UsageError(f"--unload writes files anew; leave out {option(name)}")


def check_batch(own: dict[str, Any]) -> None:
    """Refuse options of several queries that contradict each other.

    Raises:
        UsageError: as of ``check``.
    """
    check(own)
    if own.get("dry_run") and own.get("output"):
        raise UsageError("--dry-run prints SQL; leave -o out")
    if own.get("no_wait") and own.get("concurrency"):
        raise UsageError("--no-wait starts all of them; leave out --concurrency")


def option(name: str) -> str:
    """The option of a name."""
    return f"--{name.replace('_', '-')}"
