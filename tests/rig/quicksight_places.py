"""QuickSight's account: its edition, users and groups in one Region, tags, data sources."""

from datetime import datetime
from typing import Any

from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.quicksight_store import (
    ACCOUNT,
    NOUNS,
    Asset,
    Making,
    Store,
    check_actions,
    invalid,
    not_found,
    page,
)
from tests.rig.service import Operation, Params
from tests.rig.settings import Settings

_LISTS = {
    "datasource": ("DataSources", "DataSourceId"),
    "dataset": ("DataSetSummaries", "DataSetId"),
    "dashboard": ("DashboardSummaryList", "DashboardId"),
    "analysis": ("AnalysisSummaryList", "AnalysisId"),
}


class Places:
    """What the account has, and what assets of every kind have in common."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.store = Store()
        self.edition: str | None = "ENTERPRISE"
        self.identity_region = "eu-west-1"
        self.users: dict[str, str] = {}
        self.groups: list[str] = []
        self.looks = 1
        self.errors: list[Params] = []
        self.ingestion: Params = {}
        self.operations: dict[str, Operation] = {
            "DescribeAccountSubscription": self._subscription,
            "DescribeAccountSettings": self._settings_of,
            "DescribeUser": self._user,
            "DescribeGroup": self._group,
            "ListUsers": self._list_users,
            "ListTagsForResource": self._tags,
            "TagResource": self._tag,
            "CreateDataSource": self._create_source,
            "UpdateDataSource": self._update_source,
            "DescribeDataSource": self._source,
            "DeleteDataSource": lambda call: self.delete(call, "datasource"),
            "ListDataSources": lambda call: self.list_(call, "datasource"),
            "DescribeDataSourcePermissions": lambda call: self.permissions(call, "datasource"),
            "UpdateDataSourcePermissions": lambda call: self.grant(call, "datasource"),
        }

    def arrange(self, given: Params) -> object:
        """Have the account be as a test wants it."""
        for name, value in given.items():
            if name not in {
                *("edition", "identity_region", "users", "groups"),
                *("looks", "errors", "ingestion"),
            }:
                raise ValueError(f"quicksight has no {name} to arrange")
            setattr(self, name, value)
        return None

    def now(self) -> datetime:
        """The rig's time."""
        return self._settings.clock()

    # What assets have in common

    def make(self, call: Call, kind: str, members: Params) -> Asset:
        """A new asset of the call's parameters."""
        params, now = call.params, self.now()
        name = params[_LISTS[kind][1]]
        granted = params.get("Permissions", [])
        self.check_permissions(kind, granted)
        asset = Asset(
            kind,
            name,
            f"arn:aws:quicksight:{call.region}:{ACCOUNT}:{kind}/{name}",
            params["Name"],
            now,
            now,
            self.making("CREATION"),
            members,
            {each["Key"]: each["Value"] for each in params.get("Tags", [])},
            {each["Principal"]: set(each["Actions"]) for each in granted},
        )
        self.store.add(call.region, asset)
        return asset

    def making(self, verb: str) -> Making:
        """What begins now."""
        errors, self.errors = self.errors, []
        return Making(verb, self.looks, errors)

    def find(self, call: Call, kind: str) -> Asset:
        """The asset that a call is about."""
        return self.store.get(call.region, kind, call.params[_LISTS[kind][1]])

    def delete(self, call: Call, kind: str) -> Params:
        """Answer a deletion."""
        asset = self.store.delete(call.region, kind, call.params[_LISTS[kind][1]])
        return {"Arn": asset.arn, _LISTS[kind][1]: asset.id}

    def list_(self, call: Call, kind: str) -> Params:
        """Answer a list."""
        member, identity = _LISTS[kind]
        assets, more = page(list(self.store.of(call.region, kind)), call.params)
        return {member: [self._summary(each, identity) for each in assets], **more}

    def _summary(self, asset: Asset, identity: str) -> Params:
        summary: Params = {"Arn": asset.arn, identity: asset.id, "Name": asset.name}
        summary |= {"CreatedTime": asset.created, "LastUpdatedTime": asset.updated}
        if asset.kind == "dashboard":
            summary["PublishedVersionNumber"] = asset.published
        elif asset.kind == "dataset":
            summary["ImportMode"] = asset.members["ImportMode"]
        else:
            summary["Status"] = asset.making.status
        return summary

    def permissions(self, call: Call, kind: str) -> Params:
        """Answer who may do what."""
        asset = self.find(call, kind)
        listed: list[Params] = [
            {"Principal": principal, "Actions": sorted(actions, key=len)}
            for principal, actions in asset.permissions.items()
        ]
        noun = NOUNS[kind]
        return {f"{noun}Arn": asset.arn, f"{noun}Id": asset.id, "Permissions": listed}

    def grant(self, call: Call, kind: str) -> Params:
        """Answer a change of who may do what."""
        asset, params = self.find(call, kind), call.params
        granted = params.get("GrantPermissions", [])
        revoked = params.get("RevokePermissions", [])
        if not granted and not revoked:
            raise invalid("Grant and revoke permissions are both empty")
        self.check_permissions(kind, granted)
        for each in revoked:
            left = asset.permissions.get(each["Principal"], set()) - set(each["Actions"])
            asset.permissions[each["Principal"]] = left
        for each in granted:
            had = asset.permissions.get(each["Principal"], set())
            asset.permissions[each["Principal"]] = had | set(each["Actions"])
        asset.permissions = {who: what for who, what in asset.permissions.items() if what}
        return self.permissions(call, kind)

    def check_permissions(self, kind: str, granted: list[Any]) -> None:
        """Refuse actions and principals that there are not."""
        check_actions(kind, granted)
        for each in granted:
            if each["Principal"] not in self._principals():
                raise invalid(f"Principal {each['Principal']} is not a valid principal")
            is_group = ":group/" in each["Principal"]
            if is_group and self.edition == "STANDARD":
                message = "Groups are not supported in the Standard edition"
                raise AwsError("UnsupportedUserEditionException", message, 403)

    def _principals(self) -> set[str]:
        return {
            *(self._principal("user", name) for name in self.users),
            *(self._principal("group", name) for name in self.groups),
        }

    def _principal(self, kind: str, name: str) -> str:
        return f"arn:aws:quicksight:{self.identity_region}:{ACCOUNT}:{kind}/default/{name}"

    # The account

    def _subscription(self, _: Call) -> Params:
        status = "ACCOUNT_CREATED"
        return {"AccountInfo": {"Edition": self.edition, "AccountSubscriptionStatus": status}}

    def _settings_of(self, _: Call) -> Params:
        known = {"AccountName": "rig", "Edition": self.edition, "DefaultNamespace": "default"}
        return {"AccountSettings": known}

    def _in_identity_region(self, call: Call) -> None:
        if call.region != self.identity_region:
            raise AwsError(
                "AccessDeniedException",
                f"Operation is being called from endpoint {call.region}, but your identity region "
                f"is {self.identity_region}. Please use the {self.identity_region} endpoint.",
                401,
            )
        if call.params["Namespace"] != "default":
            raise not_found("Namespace", call.params["Namespace"])

    def _user(self, call: Call) -> Params:
        self._in_identity_region(call)
        name = call.params["UserName"]
        if name not in self.users:
            raise not_found("User", name)
        return {"User": self._described(name)}

    def _described(self, name: str) -> Params:
        role = self.users[name]
        arn = self._principal("user", name)
        return {"Arn": arn, "UserName": name, "Role": role, "Active": True}

    def _group(self, call: Call) -> Params:
        self._in_identity_region(call)
        name = call.params["GroupName"]
        if name not in self.groups:
            raise not_found("Group", name)
        return {"Group": {"Arn": self._principal("group", name), "GroupName": name}}

    def _list_users(self, call: Call) -> Params:
        self._in_identity_region(call)
        users, more = page([self._described(name) for name in self.users], call.params)
        return {"UserList": users, **more}

    def _tags(self, call: Call) -> Params:
        tags = self.store.by_arn(call.params["ResourceArn"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag(self, call: Call) -> Params:
        tags = self.store.by_arn(call.params["ResourceArn"]).tags
        tags.update({each["Key"]: each["Value"] for each in call.params["Tags"]})
        return {}

    # Data sources

    def _create_source(self, call: Call) -> Params:
        parameters = self._athena(call.params)
        if call.params["Type"] != "ATHENA":
            raise invalid(f"the rig plays data sources of Athena, not {call.params['Type']}")
        asset = self.make(call, "datasource", {"DataSourceParameters": parameters})
        known = {"Arn": asset.arn, "DataSourceId": asset.id}
        return {**known, "CreationStatus": asset.making.status}

    def _update_source(self, call: Call) -> Params:
        asset = self.find(call, "datasource")
        if asset.making.looks > 0:
            raise AwsError("ConflictException", f"{asset.id} is being changed", 409)
        asset.members["DataSourceParameters"] = self._athena(call.params)
        asset.name, asset.updated = call.params["Name"], self.now()
        asset.making = self.making("UPDATE")
        known = {"Arn": asset.arn, "DataSourceId": asset.id}
        return {**known, "UpdateStatus": asset.making.status}

    @staticmethod
    def _athena(params: Params) -> Params:
        parameters: Params = params.get("DataSourceParameters", {})
        if set(parameters) != {"AthenaParameters"}:
            raise invalid("DataSourceParameters must be AthenaParameters")
        return parameters

    def _source(self, call: Call) -> Params:
        asset = self.find(call, "datasource")
        known = self._summary(asset, "DataSourceId")
        known |= {"Type": "ATHENA", **asset.members, "Status": asset.making.look()}
        if asset.making.errors and known["Status"].endswith("FAILED"):
            known["ErrorInfo"] = asset.making.errors[0]
        return {"DataSource": known}
