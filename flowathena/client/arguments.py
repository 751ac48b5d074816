"""What a caller gives a client: a target, folders and files; checked as those of a file are."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from flowathena.errors import ConfigError, Problem, UsageError
from flowathena.target.config import check_target, not_a_folder
from flowathena.target.location import split_location
from flowathena.target.settings import SETTINGS
from flowathena.target.target import AWS_ONLY, Target

_MOST_MINUTES = 10_080


def check_made(target: Target) -> Target:
    """A target that a caller made, checked as one of the file is; a relative folder is found here.

    Raises:
        ConfigError: a setting is invalid, or settings contradict each other; lists every problem.
    """
    if not isinstance(target.name, str):
        raise ConfigError(f"a target's name is a text, not {type(target.name).__name__}")
    usual = Target("", "").settings
    given = {
        key: dict(value) if isinstance(value, Mapping) else value
        for key, value in target.settings.items()
        if key in SETTINGS and (key == "location" or value != usual[key])
    }
    if not str(target.location).startswith("s3"):  # there, a variable may have set them
        given = {key: value for key, value in given.items() if key not in AWS_ONLY}
    given = _as_written(given)
    if target.sources:
        given["sources"] = [_as_written(target.source_settings(each)) for each in target.sources]
    try:
        made = check_target(target.name, given, Path.cwd())
    except ConfigError as error:
        about = f"target {target.name!r}: "
        raise ConfigError([Problem(f"{about}{each.message}") for each in error.problems]) from None
    return target if made == target else made


def _as_written(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings as TOML has them: a tuple is an array."""
    return {key: [*each] if isinstance(each, tuple) else each for key, each in settings.items()}


def query_folders(paths: Iterable[str | Path]) -> tuple[Path, ...]:
    """Query folders, absolute; relative ones are relative to the current folder.

    Raises:
        ConfigError: one is not a folder; lists every problem.
    """
    if isinstance(paths, str | Path):
        paths = (paths,)
    if not isinstance(paths, Iterable):
        raise ConfigError(f"query_paths are folders, not {type(paths).__name__}")
    folders = {path: path_of("query_paths", path).expanduser().resolve() for path in paths}
    problems = [
        Problem(not_a_folder(path)) for path, folder in folders.items() if not folder.is_dir()
    ]
    if problems:
        raise ConfigError(problems)
    return tuple(folders.values())


def path_of(what: str, given: object) -> Path:
    """A path that a caller gave.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(given, str | Path):
        raise ConfigError(f"{what}: a path is a text or a Path, not {type(given).__name__}")
    if "\0" in str(given):
        raise ConfigError(f"{what}: {str(given)!r} is no path")
    return Path(given)


def reuse_minutes(reuse: timedelta) -> int:
    """How old a result may be that Athena gives again, in minutes.

    Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_ResultReuseByAgeConfiguration.html

    Raises:
        UsageError: it is less than a minute, or more than Athena keeps results for that.
    """
    minutes = int(reuse.total_seconds() // 60)
    if not 1 <= minutes <= _MOST_MINUTES:
        raise UsageError("reuse: Athena reuses results that are from 1 minute to 7 days old")
    return minutes


def s3_folder(location: str) -> str:
    """A folder of a bucket that a caller gave.

    Raises:
        UsageError: it is not in S3.
    """
    try:
        bucket, prefix = split_location(location)
    except ValueError as error:
        raise UsageError(
            f"{location!r} is not a folder of S3: write s3://bucket/prefix/"
        ) from error
    return f"s3://{bucket}/{prefix}"
