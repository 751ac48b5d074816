"""The ready analysis and dashboard: one sheet about the daily volumes; pure.

What the data set lacks (a traffic path, before version 5) is left out of it, visual by visual.
Source: the model of the API, whose limits ``validation`` knows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flowathena.deploy.quicksight.values import Column

Json = dict[str, Any]

IDENTIFIER = "flows"
"""What the definition calls its data set."""
_SHEET = "overview"
_REJECTED = "rejected_flows"
_TOP = 10
_DAYS = 30
_WIDTH = 36  # columns of the grid


def ready_definition(columns: Sequence[Column], data_set_arn: str) -> Json:
    """The definition for a data set.

    Args:
        columns: the columns of the data set.
        data_set_arn: its ARN.
    """
    there = {column.name: column.type for column in columns}
    visuals = [each for each in _visuals(there) if each[1] <= there.keys()]
    filters = list(_filters(there))
    return {
        "DataSetIdentifierDeclarations": [{"Identifier": IDENTIFIER, "DataSetArn": data_set_arn}],
        "CalculatedFields": list(_calculated(there)),
        "Sheets": [
            {
                "SheetId": _SHEET,
                "Name": "Overview",
                "ContentType": "INTERACTIVE",
                "FilterControls": [control for _, control in filters],
                "Visuals": [visual for visual, _, _ in visuals],
                "Layouts": [_grid(_places(visuals))],
                "SheetControlLayouts": [_grid(_control_places(control for _, control in filters))],
            }
        ],
        "FilterGroups": [*(group for group, _ in filters), *_rejected_only(there)],
    }


# A visual, the columns that it needs, and how much room it takes: columns and rows of the grid.
_Visual = tuple[Json, set[str], tuple[int, int]]


def _visuals(there: Mapping[str, str]) -> Iterable[_Visual]:
    yield _number("bytes", "Bytes"), {"bytes"}, (12, 6)
    yield _number("flows", "Flows"), {"flows"}, (12, 6)
    if "action" in there:
        yield _number(_REJECTED, "Rejected flows"), {"flows", "action"}, (12, 6)
    yield (
        _lines("volume", "Bytes by day", "bytes", None),
        {"date", "bytes"},
        (18, 10),
    )
    yield (
        _lines("accepted_rejected", "Accepted and rejected flows by day", "flows", "action"),
        {"date", "flows", "action"},
        (18, 10),
    )
    bars = (
        ("top_talkers", "Top talkers by bytes sent", "srcaddr", "bytes", {"srcaddr", "bytes"}),
        (
            "rejected_sources",
            "Sources with the most rejected flows",
            "srcaddr",
            "flows",
            {"srcaddr", "action", "flows"},
        ),
        ("ports", "Destination ports by flows", "dstport", "flows", {"dstport", "flows"}),
        (
            "paths",
            "Bytes by traffic path",
            "traffic_path_name",
            "bytes",
            {"traffic_path_name", "bytes"},
        ),
    )
    for name, title, by, value, needed in bars:
        yield _bars(name, title, (by, there.get(by, "STRING")), value), needed, (18, 12)


def _calculated(there: Mapping[str, str]) -> Iterable[Json]:
    if {"action", "flows"} <= there.keys():
        yield {
            "DataSetIdentifier": IDENTIFIER,
            "Name": _REJECTED,
            "Expression": "ifelse({action} = 'REJECT', {flows}, 0)",
        }


def _column(name: str) -> Json:
    return {"DataSetIdentifier": IDENTIFIER, "ColumnName": name}


def _measure(visual: str, name: str) -> Json:
    return {
        "NumericalMeasureField": {
            "FieldId": f"{visual}.{name}",
            "Column": _column(name),
            "AggregationFunction": {"SimpleNumericalAggregation": "SUM"},
        }
    }


def _dimension(visual: str, name: str, kind: str) -> Json:
    field: Json = {"FieldId": f"{visual}.{name}", "Column": _column(name)}
    if kind == "DATETIME":
        return {"DateDimensionField": {**field, "DateGranularity": "DAY"}}
    if kind in {"INTEGER", "DECIMAL"}:
        return {"NumericalDimensionField": field}
    return {"CategoricalDimensionField": field}


def _titled(name: str, title: str, configuration: Json) -> Json:
    return {
        "VisualId": name,
        "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": title}},
        "ChartConfiguration": configuration,
        "VisualContentAltText": title,
    }


def _number(name: str, title: str) -> Json:
    visual = f"total_{name}"
    wells = {"Values": [_measure(visual, name)]}
    return {"KPIVisual": _titled(visual, title, {"FieldWells": wells})}


def _lines(name: str, title: str, value: str, colour: str | None) -> Json:
    wells: Json = {
        "Category": [_dimension(name, "date", "DATETIME")],
        "Values": [_measure(name, value)],
        "Colors": [_dimension(name, colour, "STRING")] if colour else [],
    }
    configuration: Json = {
        "FieldWells": {"LineChartAggregatedFieldWells": wells},
        "SortConfiguration": {
            "CategorySort": [{"FieldSort": {"FieldId": f"{name}.date", "Direction": "ASC"}}]
        },
        "Type": "LINE",
    }
    return {"LineChartVisual": _titled(name, title, configuration)}


def _bars(name: str, title: str, by: tuple[str, str], value: str) -> Json:
    wells = {"Category": [_dimension(name, *by)], "Values": [_measure(name, value)]}
    configuration = {
        "FieldWells": {"BarChartAggregatedFieldWells": wells},
        "SortConfiguration": {
            "CategorySort": [{"FieldSort": {"FieldId": f"{name}.{value}", "Direction": "DESC"}}],
            "CategoryItemsLimit": {"ItemsLimit": _TOP, "OtherCategories": "EXCLUDE"},
        },
        "Orientation": "HORIZONTAL",
    }
    return {"BarChartVisual": _titled(name, title, configuration)}


def _filters(there: Mapping[str, str]) -> Iterable[tuple[Json, Json]]:
    """Filters of the whole sheet, each with its control."""
    if there.get("date") == "DATETIME":
        dates = {
            "FilterId": "date",
            "Column": _column("date"),
            "AnchorDateConfiguration": {"AnchorOption": "NOW"},
            "TimeGranularity": "DAY",
            "RelativeDateType": "LAST",
            "RelativeDateValue": _DAYS,
            "NullOption": "NON_NULLS_ONLY",
        }
        control = {
            "RelativeDateTime": {
                "FilterControlId": "date-control",
                "Title": "Time",
                "SourceFilterId": "date",
            }
        }
        yield _group("date", {"RelativeDatesFilter": dates}, []), control
    for name, title in (("aws_account", "Account"), ("aws_region", "Region")):
        if there.get(name) == "STRING":
            chosen = {
                "FilterId": name,
                "Column": _column(name),
                "Configuration": {
                    "FilterListConfiguration": {
                        "MatchOperator": "CONTAINS",
                        "SelectAllOptions": "FILTER_ALL_VALUES",
                    }
                },
            }
            control = {
                "Dropdown": {
                    "FilterControlId": f"{name}-control",
                    "Title": title,
                    "SourceFilterId": name,
                    "Type": "MULTI_SELECT",
                }
            }
            yield _group(name, {"CategoryFilter": chosen}, []), control


def _rejected_only(there: Mapping[str, str]) -> Iterable[Json]:
    """What keeps accepted flows out of the rejected sources."""
    if {"action", "srcaddr", "flows"} <= there.keys():
        rejected = {
            "FilterId": "rejected",
            "Column": _column("action"),
            "Configuration": {
                "FilterListConfiguration": {
                    "MatchOperator": "EQUALS",
                    "CategoryValues": ["REJECT"],
                }
            },
        }
        yield _group("rejected", {"CategoryFilter": rejected}, ["rejected_sources"])


def _group(name: str, made: Json, visuals: Sequence[str]) -> Json:
    scope: Json = {"SheetId": _SHEET, "Scope": "ALL_VISUALS"}
    if visuals:
        scope |= {"Scope": "SELECTED_VISUALS", "VisualIds": list(visuals)}
    return {
        "FilterGroupId": f"{name}-group",
        "Filters": [made],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
        "Status": "ENABLED",
        "CrossDataset": "SINGLE_DATASET",
    }


def _grid(elements: list[Json]) -> Json:
    return {"Configuration": {"GridLayout": {"Elements": elements}}}


def _places(visuals: Sequence[_Visual]) -> list[Json]:
    """The visuals side by side, as many as fit, row below row."""
    elements: list[Json] = []
    column = row = height = 0
    for visual, _, (wide, high) in visuals:
        if column + wide > _WIDTH:
            column, row, height = 0, row + height, 0
        (made,) = visual.values()
        elements.append(_element(made["VisualId"], "VISUAL", (column, row), (wide, high)))
        column, height = column + wide, max(height, high)
    return elements


def _control_places(controls: Iterable[Json]) -> list[Json]:
    wide = 12
    return [
        _element(made["FilterControlId"], "FILTER_CONTROL", (wide * number, 0), (wide, 2))
        for number, control in enumerate(controls)
        for made in control.values()
    ]


def _element(name: str, kind: str, place: tuple[int, int], size: tuple[int, int]) -> Json:
    return {
        "ElementId": name,
        "ElementType": kind,
        "ColumnIndex": place[0],
        "ColumnSpan": size[0],
        "RowIndex": place[1],
        "RowSpan": size[1],
    }
