"""Named queries as files of SQL, each with what Athena knows of it in a comment at its top."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flowathena import files
from flowathena.deploy.named_queries import NamedQuery
from flowathena.errors import FlowathenaError, UsageError

_ODD = re.compile(r"[^a-z0-9]+")
_LINES = re.compile(r"\r\n|\r|\n")


class FileState(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    SAME = "same"
    DIFFERS = "differs"


@dataclass(frozen=True)
class PulledFile:
    """A saved query and its file; one that ``DIFFERS`` was there before, and was left as it is."""

    query: NamedQuery
    path: Path
    state: FileState

    def to_json(self) -> dict[str, object]:
        """Its stable shape in ``queries pull --format json``."""
        return {
            "name": self.query.name,
            "id": self.query.id,
            "file": str(self.path),
            "state": self.state,
        }


def file_names(queries: Sequence[NamedQuery]) -> list[str]:
    """A file name for each query, made of its name.

    Where several names make the same one, each has the query's id in it: the same query has the
    same file next time, unless one of them is new.
    """
    slugs = [_ODD.sub("_", query.name.lower()).strip("_") or "query" for query in queries]
    times = Counter(slugs)
    return [
        f"{slug}.sql" if times[slug] == 1 else f"{slug}-{_ODD.sub('', query.id.lower())}.sql"
        for slug, query in zip(slugs, queries, strict=True)
    ]


def content(query: NamedQuery, workgroup: str) -> str:
    """A file's content: what the query is, in comments, and its text as it is."""
    where = f"Saved query {query.id} of workgroup {workgroup}, database {query.database}."
    described = (query.name, *_LINES.split(query.description), where)
    lines = (" ".join(line.split()) for line in described)
    head = "".join(f"-- {line}\n" for line in lines if line)
    return f"{head}\n{query.sql.rstrip()}\n"


def write(queries: Sequence[NamedQuery], folder: Path, workgroup: str) -> tuple[PulledFile, ...]:
    """Write a file for each query.

    Raises:
        UsageError: the folder is a file.
        FlowathenaError: the folder cannot be made, or a file cannot be read or written.
    """
    if not queries:
        return ()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{folder} is not a folder") from error
    except (OSError, ValueError) as error:
        raise FlowathenaError(f"cannot make the folder {folder}: {error}") from error
    return tuple(_written(queries, folder, workgroup))


def _written(queries: Sequence[NamedQuery], folder: Path, workgroup: str) -> Iterator[PulledFile]:
    for query, name in zip(queries, file_names(queries), strict=True):
        path, text = folder / name, content(query, workgroup).encode()
        try:
            before = path.read_bytes()
        except FileNotFoundError:
            files.write(text, path)
            yield PulledFile(query, path, FileState.WRITTEN)
        except OSError as error:
            raise FlowathenaError(f"cannot read {path}: {error.strerror}") from error
        else:
            same = before == text
            yield PulledFile(query, path, FileState.SAME if same else FileState.DIFFERS)
