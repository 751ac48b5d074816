"""What is known of archived partitions, and the manifest that keeps it; pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from flowathena.errors import EngineError
from flowathena.shape.shape import Values

_VERSION = 1


class ManifestError(EngineError):
    """Raised when a file is no manifest."""


@dataclass(frozen=True)
class Sums:
    """What the records of one partition add up to, by whichever engine counts them.

    Attributes:
        rows: how many there are.
        packets: the sum of their packets.
        bytes: the sum of their bytes.
        checksums: a checksum of every column, whatever the order of the records.
    """

    rows: int = 0
    packets: int = 0
    bytes: int = 0
    checksums: Mapping[str, str] = field(default_factory=dict)

    def differences(self, other: "Sums") -> tuple[str, ...]:
        """What differs: ``rows (10, not 9)``, ``column dstaddr``."""
        counts = [
            f"{name} ({own:,}, not {others:,})"
            for name in ("rows", "packets", "bytes")
            if (own := getattr(self, name)) != (others := getattr(other, name))
        ]
        columns = [
            f"column {name}"
            for name in self.checksums
            if self.checksums[name] != other.checksums.get(name)
        ]
        return (*counts, *columns) if self.rows or other.rows else ()


@dataclass(frozen=True)
class Archived:
    """A partition that is archived and verified.

    Attributes:
        values: account, Region and day, as the archive's partition has them.
        location: its folder, absolute.
        log_files: how many log files it was made of.
        log_bytes: their size as stored.
        size_bytes: the size of its Parquet files.
        rows: how many records it has.
        packets: the sum of their packets.
        bytes: the sum of their bytes.
    """

    values: Values
    location: str
    log_files: int
    log_bytes: int
    size_bytes: int
    rows: int
    packets: int
    bytes: int

    @property
    def day(self) -> date:
        """Its day."""
        return date.fromisoformat(self.values[-1])

    @property
    def name(self) -> str:
        """How messages call it: ``111122223333 eu-west-1 2026-11-01``."""
        return name_of(self.values)

    def agrees_with(self, sums: Sums) -> bool:
        """Whether the records add up to what was written."""
        own = (self.rows, self.packets, self.bytes)
        return own == (sums.rows, sums.packets, sums.bytes)


def name_of(values: Values) -> str:
    """How messages call a partition of the archive."""
    return " ".join(values)


@dataclass(frozen=True)
class Manifest:
    """What one run has archived, beside its folder.

    Attributes:
        run: the run's id.
        partitions: what it has archived, and nothing that did not verify.
    """

    run: str
    partitions: tuple[Archived, ...] = ()

    def encode(self, archive: str) -> bytes:
        """The manifest as JSON; its folders are relative: an archive may be moved as a whole.

        Args:
            archive: the location of the archive, with its slash.
        """
        content = {
            "version": _VERSION,
            "run": self.run,
            "partitions": [_entry(each, archive) for each in self.partitions],
        }
        return json.dumps(content, indent=1).encode()

    @classmethod
    def decode(cls, content: bytes, name: str, archive: str) -> Self:
        """A manifest that was written.

        Args:
            content: the JSON.
            name: what messages call it.
            archive: the location of the archive, with its slash.

        Raises:
            ManifestError: it is no manifest.
            EngineError: it is that of a later release.
        """
        try:
            read = json.loads(content)
            version = read["version"]
            entries = [_archived(each, archive) for each in read["partitions"]]
            run = str(read["run"])
        except (ValueError, KeyError, TypeError) as error:
            raise ManifestError(
                f"{name} is no manifest of an archive: what it was of counts as not archived"
            ) from error
        if version != _VERSION:
            raise EngineError(f"{name} is of a newer release of flowathena; upgrade flowathena")
        return cls(run, tuple(entries))


def _entry(archived: Archived, archive: str) -> dict[str, object]:
    content = asdict(archived)
    location = content.pop("location")
    return {**content, "folder": location.removeprefix(archive)}


def _archived(entry: Mapping[str, Any], archive: str) -> Archived:
    numbers = {
        key: int(entry[key])
        for key in ("log_files", "log_bytes", "size_bytes", "rows", "packets", "bytes")
    }
    values = tuple(map(str, entry["values"]))
    date.fromisoformat(values[-1])
    return Archived(values, f"{archive}{entry['folder']}", **numbers)


def by_values(manifests: Iterable[Manifest]) -> dict[tuple[Values, str], Archived]:
    """Everything that was archived, by partition values and location."""
    return {
        (each.values, each.location.rstrip("/")): each
        for manifest in manifests
        for each in manifest.partitions
    }
