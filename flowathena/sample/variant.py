"""What may vary between trees of the same records: folders, file format and fields."""

from collections.abc import Collection
from dataclasses import dataclass

from flowathena.logs.fields import BY_NAME, DEFAULT_FORMAT
from flowathena.logs.layout import Layout

LAYOUTS = {
    layout.name: layout
    for hive in (False, True)
    for layout in (Layout(hive=hive), Layout(hive=hive, hourly=True))
}
FILE_FORMATS = {"text": "log.gz", "parquet": "log.parquet"}
"""File formats of AWS, and how the names of their objects end."""


@dataclass(frozen=True)
class Variant:
    """Folders, file format and fields of a tree.

    Raises:
        ValueError: there is no such layout, file format or field, a field comes twice, or none.
    """

    layout: str = "plain-daily"
    file_format: str = "text"
    log_format: tuple[str, ...] = DEFAULT_FORMAT

    def __post_init__(self) -> None:
        _one_of("layout", self.layout, LAYOUTS)
        _one_of("file_format", self.file_format, FILE_FORMATS)
        unknown = [name for name in self.log_format if name not in BY_NAME]
        if unknown:
            raise ValueError(f"log_format has unknown fields: {', '.join(unknown)}")
        if not self.log_format or len(set(self.log_format)) < len(self.log_format):
            raise ValueError("log_format must name one field or more, none of them twice")

    @property
    def folders(self) -> Layout:
        """The layout itself."""
        return LAYOUTS[self.layout]

    @property
    def suffix(self) -> str:
        """How the name of an object ends."""
        return FILE_FORMATS[self.file_format]

    @property
    def told(self) -> dict[str, str]:
        """What differs from the defaults; nothing for trees written before there was a choice."""
        usual = Variant._texts(Variant())
        return {name: text for name, text in self._texts().items() if text != usual[name]}

    def _texts(self) -> dict[str, str]:
        return {
            "layout": self.layout,
            "file_format": self.file_format,
            "log_format": " ".join(self.log_format),
        }


def _one_of(name: str, value: str, values: Collection[str]) -> None:
    if value not in values:
        raise ValueError(f"{name} must be one of {', '.join(values)}, not {value!r}")
