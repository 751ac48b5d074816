"""What can vary between trees of the same records: folders, file format and fields."""

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
"""AWS's file formats and the suffixes of their objects."""


@dataclass(frozen=True)
class Variant:
    """Folders, file format and fields of a tree.

    Raises:
        ValueError: layout, file format or a field is unknown, or the fields are empty or repeat.
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
            raise ValueError("log_format needs at least one field, and none twice")

    @property
    def folders(self) -> Layout:
        """The layout of the folders."""
        return LAYOUTS[self.layout]

    @property
    def suffix(self) -> str:
        """The suffix of an object's name."""
        return FILE_FORMATS[self.file_format]

    @property
    def changes(self) -> dict[str, str]:
        """What differs from the defaults: nothing in trees that are older than this class."""
        defaults = _texts(Variant())
        return {name: text for name, text in _texts(self).items() if text != defaults[name]}


def _texts(variant: Variant) -> dict[str, str]:
    return {
        "layout": variant.layout,
        "file_format": variant.file_format,
        "log_format": " ".join(variant.log_format),
    }


def _one_of(name: str, value: str, values: Collection[str]) -> None:
    if value not in values:
        raise ValueError(f"{name} must be one of {', '.join(values)}, not {value!r}")
