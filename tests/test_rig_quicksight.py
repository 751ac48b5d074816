"""What the rig plays of QuickSight, asked through boto3."""

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

ACCOUNT = "123456789012"
ARN = f"arn:aws:quicksight:eu-west-1:{ACCOUNT}"
COLUMNS = [{"Name": "date", "Type": "DATETIME"}, {"Name": "bytes", "Type": "INTEGER"}]


@pytest.fixture
def client(rig: Rig) -> Any:  # noqa: ANN401
    return rig.client("quicksight", Config(retries={"total_max_attempts": 1}))


def create_source(client: Any, name: str = "source") -> None:  # noqa: ANN401
    client.create_data_source(
        AwsAccountId=ACCOUNT,
        DataSourceId=name,
        Name="Athena",
        Type="ATHENA",
        DataSourceParameters={"AthenaParameters": {"WorkGroup": "primary"}},
    )


def create_set(client: Any, name: str = "set", mode: str = "SPICE", **more: object) -> Any:  # noqa: ANN401
    sql = {"DataSourceArn": f"{ARN}:datasource/source", "Name": "sql", "SqlQuery": "SELECT 1"}
    return client.create_data_set(
        AwsAccountId=ACCOUNT,
        DataSetId=name,
        Name="Set",
        PhysicalTableMap={"t": {"CustomSql": {**sql, "Columns": COLUMNS}}},
        ImportMode=mode,
        **more,
    )


def definition(column: str = "bytes", data_set: str = "set") -> dict[str, Any]:
    field = {
        "FieldId": "f",
        "Column": {"DataSetIdentifier": "d", "ColumnName": column},
        "AggregationFunction": {"SimpleNumericalAggregation": "SUM"},
    }
    wells = {"Values": [{"NumericalMeasureField": field}]}
    visual = {"KPIVisual": {"VisualId": "v", "ChartConfiguration": {"FieldWells": wells}}}
    return {
        "DataSetIdentifierDeclarations": [
            {"Identifier": "d", "DataSetArn": f"{ARN}:dataset/{data_set}"}
        ],
        "Sheets": [{"SheetId": "s", "Visuals": [visual]}],
    }


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


def test_what_is_made_is_in_progress_at_first_and_an_id_is_taken_once(
    rig: Rig,
    client: Any,  # noqa: ANN401
) -> None:
    rig.arrange("quicksight", looks=2)
    create_source(client)
    states = [
        client.describe_data_source(AwsAccountId=ACCOUNT, DataSourceId="source")["DataSource"][
            "Status"
        ]
        for _ in range(3)
    ]
    assert states == ["CREATION_IN_PROGRESS", "CREATION_IN_PROGRESS", "CREATION_SUCCESSFUL"]
    with pytest.raises(ClientError) as refused:
        create_source(client)
    assert code(refused) == "ResourceExistsException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    with pytest.raises(ClientError) as refused:
        client.describe_data_set(AwsAccountId=ACCOUNT, DataSetId="none")
    assert code(refused) == "ResourceNotFoundException"
    elsewhere = rig.client("quicksight", region="us-east-1")
    assert elsewhere.list_data_sources(AwsAccountId=ACCOUNT)["DataSources"] == []


def test_ingestions_go_through_their_states_and_fail_as_arranged(rig: Rig, client: Any) -> None:  # noqa: ANN401
    create_source(client)
    made = create_set(client)
    assert made["IngestionArn"].startswith(f"{ARN}:dataset/set/ingestion/")
    error = {"Type": "PERMISSION_DENIED", "Message": "no"}
    rig.arrange("quicksight", ingestion={"status": "FAILED", "error": error})
    asked = {"AwsAccountId": ACCOUNT, "DataSetId": "set", "IngestionId": "one"}
    client.create_ingestion(**asked, IngestionType="FULL_REFRESH")
    seen = [client.describe_ingestion(**asked)["Ingestion"] for _ in range(4)]
    states = [each["IngestionStatus"] for each in seen]
    assert states == ["INITIALIZED", "QUEUED", "RUNNING", "FAILED"]
    assert seen[-1]["ErrorInfo"] == error
    with pytest.raises(ClientError) as refused:
        client.create_ingestion(**asked)
    assert code(refused) == "ResourceExistsException"
    with pytest.raises(ClientError, match="not configured"):
        client.create_ingestion(
            **{**asked, "IngestionId": "two"}, IngestionType="INCREMENTAL_REFRESH"
        )


def test_refresh_properties_come_before_an_incremental_schedule(client: Any) -> None:  # noqa: ANN401
    create_source(client)
    create_set(client)
    create_set(client, "direct", "DIRECT_QUERY")
    about = {"AwsAccountId": ACCOUNT, "DataSetId": "set"}
    schedule = {
        "ScheduleId": "s",
        "ScheduleFrequency": {"Interval": "DAILY", "TimeOfTheDay": "03:00", "Timezone": "UTC"},
        "RefreshType": "INCREMENTAL_REFRESH",
    }

    def window(column: str) -> dict[str, Any]:
        back = {"ColumnName": column, "Size": 3, "SizeUnit": "DAY"}
        return {"RefreshConfiguration": {"IncrementalRefresh": {"LookbackWindow": back}}}

    with pytest.raises(ClientError) as refused:
        client.create_refresh_schedule(**about, Schedule=schedule)
    assert code(refused) == "PreconditionNotMetException"
    with pytest.raises(ClientError, match="not a DATETIME"):
        client.put_data_set_refresh_properties(**about, DataSetRefreshProperties=window("bytes"))
    with pytest.raises(ClientError, match="not a SPICE dataset"):
        client.put_data_set_refresh_properties(
            AwsAccountId=ACCOUNT, DataSetId="direct", DataSetRefreshProperties=window("date")
        )
    client.put_data_set_refresh_properties(**about, DataSetRefreshProperties=window("date"))
    client.create_refresh_schedule(**about, Schedule=schedule)
    with pytest.raises(ClientError, match="already"):
        client.put_data_set_refresh_properties(**about, DataSetRefreshProperties=window("date"))
    (kept,) = client.list_refresh_schedules(**about)["RefreshSchedules"]
    assert kept["Arn"] == f"{ARN}:dataset/set/refresh-schedule/s"


def test_a_new_version_of_a_dashboard_is_not_published(rig: Rig, client: Any) -> None:  # noqa: ANN401
    create_source(client)
    create_set(client)
    about = {"AwsAccountId": ACCOUNT, "DashboardId": "board"}
    rig.arrange("quicksight", looks=1)
    client.create_dashboard(**about, Name="Board", Definition=definition())
    client.describe_dashboard(**about)
    answer = client.update_dashboard(**about, Name="Board", Definition=definition())
    assert answer["VersionArn"].endswith("/version/2")
    with pytest.raises(ClientError) as refused:
        client.update_dashboard_published_version(**about, VersionNumber=2)
    assert code(refused) == "ConflictException"
    assert client.describe_dashboard(**about)["Dashboard"]["Version"]["VersionNumber"] == 1
    second = client.describe_dashboard(**about, VersionNumber=2)["Dashboard"]["Version"]
    assert second["Status"] == "CREATION_IN_PROGRESS"
    client.update_dashboard_published_version(**about, VersionNumber=2)
    assert client.describe_dashboard(**about)["Dashboard"]["Version"]["VersionNumber"] == 2


def test_a_definition_of_missing_columns_or_data_sets_fails_later(rig: Rig, client: Any) -> None:  # noqa: ANN401
    create_source(client)
    create_set(client)
    rig.arrange("quicksight", looks=0)
    faults = {
        "column": (definition("nope"), "COLUMN_REPLACEMENT_MISSING"),
        "set": (definition(data_set="nope"), "DATA_SET_NOT_FOUND"),
    }
    for name, (given, kind) in faults.items():
        client.create_analysis(AwsAccountId=ACCOUNT, AnalysisId=name, Name="A", Definition=given)
        found = client.describe_analysis(AwsAccountId=ACCOUNT, AnalysisId=name)["Analysis"]
        assert found["Status"] == "CREATION_FAILED"
        assert [each["Type"] for each in found["Errors"]] == [kind]


def test_users_live_in_one_region_and_permissions_are_of_users_that_exist(
    rig: Rig,
    client: Any,  # noqa: ANN401
) -> None:
    rig.arrange("quicksight", identity_region="us-east-1", users={"alice": "AUTHOR"})
    about = {"AwsAccountId": ACCOUNT, "Namespace": "default", "UserName": "alice"}
    with pytest.raises(
        ClientError,
        match="called from endpoint eu-west-1, but your identity region is us-east-1",
    ) as refused:
        client.describe_user(**about)
    assert code(refused) == "AccessDeniedException"
    user = rig.client("quicksight", region="us-east-1").describe_user(**about)["User"]
    assert user["Arn"] == f"arn:aws:quicksight:us-east-1:{ACCOUNT}:user/default/alice"
    create_source(client)
    granted = [{"Principal": user["Arn"], "Actions": ["quicksight:DescribeDataSet"]}]
    create_set(client, Permissions=granted)
    for principal, action in (
        (user["Arn"], "quicksight:DescribeDashboard"),
        (user["Arn"].replace("us-east-1", "eu-west-1"), "quicksight:DescribeDataSet"),
    ):
        with pytest.raises(ClientError) as refused:
            create_set(client, "other", Permissions=[{"Principal": principal, "Actions": [action]}])
        assert code(refused) == "InvalidParameterValueException"


def test_editions_and_accounts_without_a_subscription(rig: Rig, client: Any) -> None:  # noqa: ANN401
    rig.arrange("quicksight", edition="STANDARD")
    with pytest.raises(ClientError) as refused:
        client.list_dashboards(AwsAccountId=ACCOUNT)
    assert code(refused) == "UnsupportedUserEditionException"
    rig.arrange("quicksight", edition=None)
    with pytest.raises(ClientError) as refused:
        client.describe_account_subscription(AwsAccountId=ACCOUNT)
    assert code(refused) == "ResourceNotFoundException"
