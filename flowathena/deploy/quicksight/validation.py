"""What is wrong with a definition, before QuickSight says it minutes later; pure.

botocore checks names and types of members. Here are the limits that its model has besides (length,
enumeration, pattern), and what no model knows: whether the columns exist, ids are unique, and what
refers to something refers to what is there.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from flowathena.deploy.quicksight.values import Column
from flowathena.text import shortened

_NUMBERS = ("integer", "long", "double", "float")
_DATED = ("DateDimensionField", "DateMeasureField", "RelativeDatesFilter", "TimeRangeFilter")


def check_model(shape: Shape, value: object, path: str = "Definition") -> Iterator[str]:
    """What breaks the model of the API.

    Args:
        shape: botocore's shape of the value.
        value: the value.
        path: where it is, for messages.
    """
    if isinstance(shape, StructureShape):
        yield from _check_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{path} must be a list"
            return
        yield from _check_size(shape, len(value), path)
        for number, item in enumerate(value):
            yield from check_model(shape.member, item, f"{path}[{number}]")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield f"{path} must be an object"
            return
        for key, item in value.items():
            yield from check_model(shape.value, item, f"{path}.{key}")
    else:
        yield from _check_scalar(shape, value, path)


def _check_structure(shape: StructureShape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} must be an object"
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{path}.{name} is missing"
    for name, given in value.items():
        if name not in shape.members:
            yield f"{path}.{name} is unknown"
        elif given is not None:
            yield from check_model(shape.members[name], given, f"{path}.{name}")


def _check_scalar(shape: Shape, value: object, path: str) -> Iterator[str]:
    if isinstance(shape, StringShape):
        if not isinstance(value, str):
            yield f"{path} must be a string"
            return
        if shape.enum and value not in shape.enum:
            yield f"{path}: {shortened(value)!r} is none of {', '.join(shape.enum)}"
        pattern = shape.metadata.get("pattern", "")
        # Java's \p{..} has no form in Python. The model's patterns are not anchored, and mean all.
        if pattern and not re.search(r"\\[pu]", pattern) and not re.fullmatch(pattern, value):
            yield f"{path}: {shortened(value)!r} does not match {pattern}"
        yield from _check_size(shape, len(value), path)
    elif shape.type_name == "boolean":
        if not isinstance(value, bool):
            yield f"{path} must be true or false"
    elif shape.type_name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{path} must be a number"
            return
        yield from _check_size(shape, value, path)


def _check_size(shape: Shape, size: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{path}: {size} is less than {low}"
    if high is not None and size > high:
        yield f"{path}: {size} is more than {high}"


def check_meaning(
    definition: Mapping[str, Any], columns: Mapping[str, Sequence[Column]]
) -> Iterator[str]:
    """What a valid definition cannot mean.

    Args:
        definition: the definition.
        columns: the columns of the data sets, by the identifiers that it declares; one that is not
            there is not checked.
    """
    declared = [each["Identifier"] for each in definition["DataSetIdentifierDeclarations"]]
    kinds = {
        name: {column.name: column.type for column in columns[name]}
        for name in declared
        if name in columns
    }
    for each in definition.get("CalculatedFields", ()):
        kinds.get(each["DataSetIdentifier"], {})[each["Name"]] = ""
    yield from _repeated("data set", declared)
    yield from _check_columns(definition, set(declared), kinds)
    filters = set(_all(definition.get("FilterGroups", ()), "FilterId"))
    sheets = {each["SheetId"]: each for each in definition.get("Sheets", ())}
    yield from _repeated("sheet", [each["SheetId"] for each in definition.get("Sheets", ())])
    for name, sheet in sheets.items():
        yield from _check_sheet(name, sheet, filters)
    for group in definition.get("FilterGroups", ()):
        yield from _check_scope(group, sheets)


def _repeated(noun: str, names: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"the {noun} {name} is there {count} times"


def _check_columns(
    definition: Mapping[str, Any], declared: set[str], kinds: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    seen: set[str] = set()
    for parent, column in _columns(definition, ""):
        name, identifier = column["ColumnName"], column["DataSetIdentifier"]
        kind = kinds.get(identifier, {}).get(name)
        if identifier not in declared:
            problem = f"the data set {identifier} is not declared"
        elif identifier in kinds and kind is None:
            problem = f"the data set {identifier} has no column {name}"
        elif kind and parent in _DATED and kind != "DATETIME":
            problem = f"{parent}: the column {name} is {kind}, not DATETIME"
        else:
            continue
        if problem not in seen:
            seen.add(problem)
            yield problem


def _check_sheet(name: str, sheet: Mapping[str, Any], filters: set[str]) -> Iterator[str]:
    visuals = [made["VisualId"] for each in sheet.get("Visuals", ()) for made in each.values()]
    controls = [
        (made["FilterControlId"], made["SourceFilterId"])
        for each in sheet.get("FilterControls", ())
        for made in each.values()
        if "FilterControlId" in made and "SourceFilterId" in made
    ]
    others = {*_all(sheet, "SheetTextBoxId"), *_all(sheet, "SheetImageId")}
    others |= {*_all(sheet, "ParameterControlId")}
    known = {*visuals, *(control for control, _ in controls), *others}
    yield from _repeated("visual", visuals)
    for each in sheet.get("Visuals", ()):
        for made in each.values():
            wells = list(_field_ids(made.get("ChartConfiguration", {}).get("FieldWells", {})))
            yield from _repeated(f"field of the visual {made['VisualId']}", wells)
            sorts = _sorts(made.get("ChartConfiguration", {}).get("SortConfiguration", {}))
            for field in sorts:
                if field not in wells:
                    yield f"the visual {made['VisualId']} sorts by {field}, which it does not show"
    for layout in ("Layouts", "SheetControlLayouts"):
        for element in _all(sheet.get(layout, ()), "ElementId"):
            if element not in known:
                yield f"the layout of sheet {name} has {element}, which is not there"
    for control, source in controls:
        if source not in filters:
            yield f"the control {control} is of the filter {source}, which is not there"


def _check_scope(group: Mapping[str, Any], sheets: Mapping[str, Any]) -> Iterator[str]:
    scope = group["ScopeConfiguration"].get("SelectedSheets", {})
    for each in scope.get("SheetVisualScopingConfigurations", ()):
        where = f"the filter group {group['FilterGroupId']} is about"
        sheet = sheets.get(each["SheetId"])
        if sheet is None:
            yield f"{where} the sheet {each['SheetId']}, which is not there"
            continue
        visuals = {made["VisualId"] for one in sheet.get("Visuals", ()) for made in one.values()}
        for visual in each.get("VisualIds", ()):
            if visual not in visuals:
                yield f"{where} the visual {visual}, which is not there"


def _columns(node: object, parent: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every column that is named, and the member that it is in."""
    if isinstance(node, list):
        for each in node:
            yield from _columns(each, parent)
    elif isinstance(node, dict):
        if "ColumnName" in node and "DataSetIdentifier" in node:
            yield parent, node
        for key, value in node.items():
            yield from _columns(value, parent if key in {"Column", "SortBy"} else key)


def _all(node: object, member: str) -> Iterator[str]:
    """Every value of a member, however deep."""
    if isinstance(node, list | tuple):
        for each in node:
            yield from _all(each, member)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == member and isinstance(value, str):
                yield value
            else:
                yield from _all(value, member)


def _field_ids(node: object, *, is_well: bool = False) -> Iterator[str]:
    """The ids of fields, where they are defined."""
    if isinstance(node, list | tuple):
        for each in node:
            yield from _field_ids(each, is_well=is_well)
    elif isinstance(node, dict):
        if is_well and isinstance(node.get("FieldId"), str):
            yield node["FieldId"]
        for key, value in node.items():
            yield from _field_ids(value, is_well=key.endswith(("DimensionField", "MeasureField")))


def _sorts(node: object) -> Iterator[str]:
    yield from _all(node, "FieldId")
