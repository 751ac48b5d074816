"""The fields of a layout in the path of a file, as DuckDB reads them; pure.

DuckDB knows a file's path before it opens the file: a filter on an expression of the path keeps it
from reading the others.
"""

from itertools import chain

from flowathena.logs.layout import LOG_ROOT, Layout
from flowathena.logs.template import WIDTHS, Folder


def is_readable(layout: Layout) -> bool:
    """Whether the place of every field in a folder's name is known from the name's length."""
    folders = chain(layout.folders.places, layout.folders.times)
    return all(sum(name not in WIDTHS for name in each.fields) <= 1 for each in folders)


def split_location(location: str, layout: Layout) -> tuple[str, str]:
    """A partition's location as what is above the layout's folders, and the key below that.

    Args:
        location: a folder, with a slash at its end.
        layout: its layout, without a prefix.

    Returns:
        Both empty if the location has too few folders.
    """
    if not layout.template:
        base, root, below = location.rpartition(f"/{LOG_ROOT}/")
        return (f"{base}/", f"{LOG_ROOT}/{below}") if root else ("", "")
    parts = location.split("/")  # the last one is empty
    depth = layout.folders.text.count("/")
    if len(parts) <= depth:
        return "", ""
    cut = len(parts) - 1 - depth
    return "/".join([*parts[:cut], ""]), "/".join(parts[cut:])


def field_in_path(layout: Layout, name: str, first_part: int) -> str:
    """A DuckDB expression for a field's text in the path of a file.

    Args:
        layout: the layout of the folders.
        name: the field.
        first_part: which part of the path, from 1, is the first folder below the layout's root.
    """
    folders = (*layout.folders.places, *layout.folders.times)
    index, folder = next((i, each) for i, each in enumerate(folders) if name in each.fields)
    part = f"split_part(filename, '/', {first_part + index})"
    before, _, after = folder.text.partition(f"{{{name}}}")
    if not before and not after:
        return part
    if not after and before.endswith("=") and before.count("=") == 1 and "{" not in before:
        return f"split_part({part}, '=', 2)"
    return _cut(part, name, before, after)


def _cut(part: str, name: str, before: str, after: str) -> str:
    start, rest = _width(before), _width(after)
    if name not in WIDTHS:  # it has what the others leave
        return f"substr({part}, {start + 1}, length({part}) - {start + rest})"
    if _is_fixed(before):
        return f"substr({part}, {start + 1}, {WIDTHS[name]})"
    return f"substr({part}, length({part}) - {rest + WIDTHS[name] - 1}, {WIDTHS[name]})"


def _is_fixed(text: str) -> bool:
    return all(name in WIDTHS for name in Folder(text).fields)


def _width(text: str) -> int:
    """How many characters a part of a folder's name has, without the field that varies."""
    fields = {name: "0" * WIDTHS.get(name, 0) for name in Folder(text).fields}
    return len(Folder(text).name(fields))
