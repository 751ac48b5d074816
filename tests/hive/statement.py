"""A reviewed statement, read by hand; partitions and records for its table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TABLE = "`network`.`vpc_flow_logs`"
_BUCKET = "s3://flow-logs/"
_DEFINITION = re.compile(r"^  `(.+)` (\w+),?$", re.MULTILINE)
_PROPERTY = re.compile(r"^  '(.+)' = '(.*)',?$", re.MULTILINE)

Row = tuple[str | int | None, ...]


@dataclass(frozen=True)
class Part:
    """A partition: the values of the keys, and the folder below the bucket."""

    values: Mapping[str, str]
    folder: str


@dataclass(frozen=True)
class Statement:
    """The text of a snapshot."""

    text: str

    @cached_property
    def columns(self) -> list[tuple[str, str]]:
        return _DEFINITION.findall(self.text.partition("PARTITIONED BY (")[0])

    @cached_property
    def keys(self) -> list[tuple[str, str]]:
        return _DEFINITION.findall(self.text.partition("PARTITIONED BY (")[2])

    @property
    def is_text(self) -> bool:
        return "FIELDS TERMINATED BY ' '" in self.text

    def below(self, root: Path) -> str:
        """The statement for a bucket that is a local folder; nothing else is changed."""
        places = ["LOCATION '", "'storage.location.template' = '"]
        places = places if "'projection.enabled'" in self.text else places[:1]
        assert self.text.count(_BUCKET) == len(places)
        text = self.text
        for place in places:
            assert text.count(f"{place}{_BUCKET}") == 1
            text = text.replace(f"{place}{_BUCKET}", f"{place}{root.as_uri()}/")
        return text

    def properties(self, root: Path) -> dict[str, str]:
        """What TBLPROPERTIES says, for the same bucket."""
        return dict(_PROPERTY.findall(self.below(root)))

    def parts(self) -> tuple[Part, Part]:
        """Two hours of a day, or two days: the last key alone tells them apart."""
        if ("hour", "string") in self.keys:
            return self._part("14", "05"), self._part("14", "06")
        return self._part("14", "05"), self._part("15", "05")

    def _part(self, day: str, hour: str) -> Part:
        template = dict(_PROPERTY.findall(self.text)).get("storage.location.template")
        # A projection writes a day as its folders do, a registered partition as ISO does.
        full = f"2026/11/{day}" if template else f"2026-11-{day}"
        named = {
            "aws_account": "111122223333",
            "aws_region": "eu-west-1",
            "aws-account-id": "111122223333",
            "aws-service": "vpcflowlogs",
            "aws-region": "eu-west-1",
            "year": "2026",
            "month": "11",
            "day": day if ("year", "string") in self.keys else full,
            "dt": full,
            "hour": hour,
        }
        values = {key: named[key] for key, _ in self.keys}
        if template:
            folder = re.sub(r"\$\{(.+?)\}", lambda found: values[found[1]], template)
            return Part(values, folder.removeprefix(_BUCKET))
        if "aws-account-id" in values:
            below = "/".join(f"{key}={value}" for key, value in values.items())
        else:
            below = f"111122223333/vpcflowlogs/eu-west-1/2026/11/{day}"
            below += f"/{hour}" if "hour" in values else ""
        return Part(values, f"central/AWSLogs/{below}/")

    def record(self, number: int) -> Row:
        """A value of its own for every column; a bigint is one that no int holds."""
        return tuple(
            f"{name}/{number}" if kind == "string" else number + i + (kind == "bigint") * 2**33
            for i, (name, kind) in enumerate(self.columns)
        )

    @property
    def dashes(self) -> Row:
        """What is read of a record with a dash in every field: as a number it is none."""
        return tuple("-" if kind == "string" else None for _, kind in self.columns)

    @property
    def header(self) -> Row:
        """What is read of the first line of a text file by who takes it for a record."""
        return tuple(name if kind == "string" else None for name, kind in self.columns)
