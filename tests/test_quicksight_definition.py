"""The ready analysis and dashboard, and what is found wrong with another one; without AWS."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from botocore.validate import ParamValidator

from flowathena.catalog import wanted
from flowathena.deploy.quicksight.columns import data_set_columns
from flowathena.deploy.quicksight.definition import IDENTIFIER, ready_definition
from flowathena.deploy.quicksight.validation import check_meaning, check_model
from flowathena.deploy.quicksight.values import Column
from flowathena.errors import QueryError
from flowathena.logs.fields import FIELDS
from flowathena.table.view_text import wanted_view
from flowathena.target.target import Target
from tests.rig import limits
from tests.rig.calls import Call, model

ARN = "arn:aws:quicksight:eu-west-1:123456789012:dataset/daily"
SHAPE = model("quicksight").shape_for("DashboardVersionDefinition")
DEFAULT_FORMAT = Target("t", "s3://flow-logs/").log_format
FORMATS = {
    "default": DEFAULT_FORMAT,
    "all": tuple(field.name for field in FIELDS),
    "least": ("start", "end", "log-status"),
}


def columns(log_format: tuple[str, ...]) -> tuple[Column, ...]:
    target = Target("t", "s3://flow-logs/", log_format=log_format)
    view = wanted_view("daily", wanted.flow_table(wanted.wanted_table(target), target))
    return data_set_columns("daily", view.daily_columns.items())


@pytest.fixture(params=FORMATS)
def made(request: pytest.FixtureRequest) -> tuple[tuple[Column, ...], dict[str, Any]]:
    known = columns(FORMATS[request.param])
    return known, ready_definition(known, ARN)


def test_the_model_of_the_api_takes_it(made: tuple[tuple[Column, ...], dict[str, Any]]) -> None:
    """By botocore's own validation, by the rig's walk over the limits, and by ours."""
    known, definition = made
    report = ParamValidator().validate(definition, SHAPE)
    assert not report.has_errors(), report.generate_report()
    about = {"AwsAccountId": "123456789012", "DashboardId": "board", "Name": "Board"}
    params = {**about, "Definition": definition}
    limits.check(Call("quicksight", "CreateDashboard", params, "eu-west-1", "", b""))
    assert list(check_model(SHAPE, definition)) == []
    assert list(check_meaning(definition, {IDENTIFIER: known})) == []


def test_it_answers_the_questions_that_the_columns_allow() -> None:
    def visuals(name: str) -> list[str]:
        sheet = ready_definition(columns(FORMATS[name]), ARN)["Sheets"][0]
        return [made["VisualId"] for each in sheet["Visuals"] for made in each.values()]

    totals = ["total_bytes", "total_flows", "total_rejected_flows"]
    days = ["volume", "accepted_rejected"]
    bars = ["top_talkers", "rejected_sources", "ports"]
    assert visuals("default") == [*totals, *days, *bars]
    assert visuals("all") == [*totals, *days, *bars, "paths"]
    assert visuals("least") == ["total_flows"]
    groups = ready_definition(columns(DEFAULT_FORMAT), ARN)["FilterGroups"]
    assert [each["FilterGroupId"] for each in groups] == [
        "date-group",
        "aws_account-group",
        "aws_region-group",
        "rejected-group",
    ]
    # Only the rejected sources leave accepted flows out.
    (scope,) = groups[-1]["ScopeConfiguration"]["SelectedSheets"][
        "SheetVisualScopingConfigurations"
    ]
    assert scope["VisualIds"] == ["rejected_sources"]


def test_visuals_do_not_overlap() -> None:
    sheet = ready_definition(columns(FORMATS["all"]), ARN)["Sheets"][0]
    cells: set[tuple[int, int]] = set()
    for element in sheet["Layouts"][0]["Configuration"]["GridLayout"]["Elements"]:
        covered = {
            (column, row)
            for column in range(
                element["ColumnIndex"], element["ColumnIndex"] + element["ColumnSpan"]
            )
            for row in range(element["RowIndex"], element["RowIndex"] + element["RowSpan"])
        }
        assert not covered & cells
        assert max(column for column, _ in covered) < 36
        cells |= covered


def _rename(definition: dict[str, Any]) -> None:
    field = _well(definition)["NumericalMeasureField"]
    field["Column"]["ColumnName"] = "byts"


def _well(definition: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    visual = definition["Sheets"][0]["Visuals"][0]["KPIVisual"]
    return visual["ChartConfiguration"]["FieldWells"]["Values"][0]


def _sort(definition: dict[str, Any]) -> None:
    bars = definition["Sheets"][0]["Visuals"][5]["BarChartVisual"]["ChartConfiguration"]
    bars["SortConfiguration"]["CategorySort"][0]["FieldSort"]["FieldId"] = "other"


def _date(definition: dict[str, Any]) -> None:
    filters = definition["FilterGroups"][0]["Filters"]
    filters[0]["RelativeDatesFilter"]["Column"]["ColumnName"] = "srcaddr"


def _place(definition: dict[str, Any]) -> None:
    definition["Sheets"][0]["Layouts"][0]["Configuration"]["GridLayout"]["Elements"][0][
        "ElementId"
    ] = "gone"


def _scope(definition: dict[str, Any]) -> None:
    scope = definition["FilterGroups"][0]["ScopeConfiguration"]["SelectedSheets"]
    scope["SheetVisualScopingConfigurations"][0]["SheetId"] = "gone"


def _twice(definition: dict[str, Any]) -> None:
    visuals = definition["Sheets"][0]["Visuals"]
    visuals.append(deepcopy(visuals[0]))


def _undeclared(definition: dict[str, Any]) -> None:
    _well(definition)["NumericalMeasureField"]["Column"]["DataSetIdentifier"] = "other"


def _control(definition: dict[str, Any]) -> None:
    control = definition["Sheets"][0]["FilterControls"][0]["RelativeDateTime"]
    control["SourceFilterId"] = "gone"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_rename, "the data set flows has no column byts"),
        (_sort, "the visual top_talkers sorts by other, which it does not show"),
        (_date, "RelativeDatesFilter: the column srcaddr is STRING, not DATETIME"),
        (_place, "the layout of sheet overview has gone, which is not there"),
        (_scope, "the filter group date-group is about the sheet gone, which is not there"),
        (_twice, "the visual total_bytes is there 2 times"),
        (_undeclared, "the data set other is not declared"),
        (_control, "the control date-control is of the filter gone, which is not there"),
    ],
)
def test_what_cannot_be_meant_is_found(spoil: Callable[[dict[str, Any]], None], said: str) -> None:
    known = columns(DEFAULT_FORMAT)
    definition = ready_definition(known, ARN)
    spoil(definition)
    assert not list(check_model(SHAPE, definition))
    assert list(check_meaning(definition, {IDENTIFIER: known})) == [said]


def _faults() -> Iterator[tuple[Any, str]]:
    declared = [{"Identifier": "d", "DataSetArn": ARN}]
    good = {"DataSetIdentifierDeclarations": declared}
    yield {}, "Definition.DataSetIdentifierDeclarations is missing"
    yield {**good, "Sheet": []}, "Definition.Sheet is unknown"
    yield {**good, "Sheets": {}}, "Definition.Sheets must be a list"
    sheet = {"SheetId": "a b"}
    yield (
        {**good, "Sheets": [sheet]},
        (r"Definition.Sheets[0].SheetId: 'a b' does not match [\w\-]+"),
    )
    sheet = {"SheetId": "a", "ContentType": "MOVIE"}
    yield (
        {**good, "Sheets": [sheet]},
        ("Definition.Sheets[0].ContentType: 'MOVIE' is none of PAGINATED, INTERACTIVE"),
    )
    yield {**good, "Sheets": [{"SheetId": "a"}] * 21}, "Definition.Sheets: 21 is more than 20"
    place = {"ElementId": "v", "ElementType": "VISUAL", "ColumnSpan": 37, "RowSpan": 1}
    layout = {"Configuration": {"GridLayout": {"Elements": [place]}}}
    yield (
        {**good, "Sheets": [{"SheetId": "a", "Layouts": [layout]}]},
        (
            "Definition.Sheets[0].Layouts[0].Configuration.GridLayout.Elements[0].ColumnSpan: "
            "37 is more than 36"
        ),
    )


@pytest.mark.parametrize(("definition", "said"), list(_faults()))
def test_what_breaks_the_model_is_found(definition: Any, said: str) -> None:  # noqa: ANN401
    assert list(check_model(SHAPE, definition)) == [said]


def test_types_of_columns() -> None:
    given = {
        "a": "varchar(3)",
        "b": "bigint",
        "c": "decimal(10,2)",
        "d": "timestamp(3)",
        "e": "date",
        "f": "boolean",
        "g": "double",
    }
    made = data_set_columns("q", given.items())
    kinds = ["STRING", "INTEGER", "DECIMAL", "DATETIME", "DATETIME", "BOOLEAN", "DECIMAL"]
    assert [each.type for each in made] == kinds
    for kind, instead in {
        "array(varchar)": "array_join",
        "array": "array_join",
        "timestamp(3) with time zone": r"CAST\(… AS timestamp\)",
        "varbinary": r"CAST\(… AS varchar\)",
    }.items():
        with pytest.raises(QueryError, match=f"query q: column x is .* write {instead}"):
            data_set_columns("q", [("x", kind)])
    with pytest.raises(QueryError, match="two columns B"):
        data_set_columns("q", [("b", "bigint"), ("B", "bigint")])
