"""What must be true of the account before anything is made: each told in one line."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import error_code
from flowathena.deploy.quicksight.api import Api, calls, is_missing
from flowathena.errors import FlowathenaError, UsageError

_IDENTITY = re.compile(r"your identity region is ([a-z]{2}(?:-[a-z]+)+-[0-9])")
_DENIED = "AccessDeniedException"
_ACTIVE = "ACCOUNT_CREATED"
STANDARD = "STANDARD"
NO_SHEETS = "QuickSight's Standard edition makes no analysis and no dashboard by API"


@dataclass(frozen=True)
class Precondition:
    """What is true of the account.

    Attributes:
        name: what is looked at: ``subscription``, ``edition``, ``identity Region``, ….
        text: what was found, and what to do if it must change.
        is_met: whether publishing can go on.
        is_doubtful: whether what is published may not work.
    """

    name: str
    text: str
    is_met: bool = True
    is_doubtful: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


@dataclass(frozen=True)
class Principal:
    """A user or group.

    Attributes:
        arn: its ARN.
        role: a user's role (``AUTHOR``, ``READER``, …); empty of a group.
    """

    arn: str
    role: str = ""

    @property
    def is_group(self) -> bool:
        """Whether it is a group."""
        return ":group/" in self.arn

    @property
    def only_reads(self) -> bool:
        """Whether it is a user who may own nothing, and open dashboards only."""
        return "READER" in self.role


@dataclass(frozen=True)
class Account:
    """What was found of the account.

    Attributes:
        preconditions: the lines.
        edition: ``STANDARD``, ``ENTERPRISE``, …
        owners: those who exist.
        readers: likewise.
    """

    preconditions: tuple[Precondition, ...]
    edition: str
    owners: tuple[Principal, ...] = ()
    readers: tuple[Principal, ...] = ()

    @property
    def is_standard(self) -> bool:
        """Whether it lacks what Enterprise has."""
        return self.edition == STANDARD


def examine(
    api: Api,
    owners: Sequence[str],
    readers: Sequence[str],
    identity_region: str | None,
    tell: Callable[[Precondition], None] = lambda _: None,
) -> Account:
    """Look at the account, and tell each precondition as it is known.

    Args:
        api: QuickSight.
        owners: users and groups, ``user/default/alice`` or ARNs.
        readers: likewise.
        identity_region: the Region of users; None looks for it.
        tell: called with each precondition.

    Raises:
        FlowathenaError: the account cannot be looked at.
    """
    looks = _Looks(api, tell, identity_region)
    edition = looks.subscription()
    if not looks.met:
        return Account(tuple(looks.told), edition)
    found = {name: looks.principal(name) for name in dict.fromkeys((*owners, *readers))}
    if edition == STANDARD:
        looks.refuse_groups([name for name, each in found.items() if each and each.is_group])
    looks.refuse_reading_owners([name for name in owners if (p := found[name]) and p.only_reads])
    if not owners:
        looks.tell(
            "owners",
            "none are named, so that nobody sees what is published in QuickSight's console; set "
            "owners in [targets.NAME.quicksight]",
        )
    return Account(
        tuple(looks.told),
        edition,
        tuple(each for name in owners if (each := found[name])),
        tuple(each for name in readers if name not in owners and (each := found[name])),
    )


def look(api: Api) -> Account:
    """Look at the subscription and its edition alone.

    Raises:
        FlowathenaError: the account cannot be looked at.
    """
    looks = _Looks(api, lambda _: None, None)
    edition = looks.subscription()
    return Account(tuple(looks.told), edition)


class _Looks:
    def __init__(
        self, api: Api, tell: Callable[[Precondition], None], identity_region: str | None
    ) -> None:
        self._api = api
        self._tell = tell
        self._region = identity_region or ""
        self._told_region = False
        self.told: list[Precondition] = []

    @property
    def met(self) -> bool:
        return all(each.is_met for each in self.told)

    def tell(self, name: str, text: str, *, is_met: bool = True) -> None:
        told = Precondition(name, text, is_met)
        self.told.append(told)
        self._tell(told)

    def subscription(self) -> str:
        """The edition; empty if the account has no subscription."""
        account, where = self._api.account, self._api.region
        with calls("subscription"):
            try:
                answer = self._api.client.describe_account_subscription(AwsAccountId=account)
            except ClientError as error:
                return self._without_subscription(error)
        info = answer.get("AccountInfo", {})
        status = info.get("AccountSubscriptionStatus", _ACTIVE)
        if status != _ACTIVE:
            self._refuse_subscription(f"account {account} is {status}")
            return ""
        self.tell("subscription", f"account {account} is subscribed; data in {where}")
        return self._edition(info.get("Edition", ""))

    def _without_subscription(self, error: ClientError) -> str:
        account = self._api.account
        if is_missing(error):
            self._refuse_subscription(f"account {account} has none")
            return ""
        if error_code(error) != _DENIED:
            raise error
        answer = self._api.client.describe_account_settings(AwsAccountId=account)
        self.tell("subscription", "not looked at: quicksight:DescribeAccountSubscription is denied")
        return self._edition(answer.get("AccountSettings", {}).get("Edition", ""))

    def _refuse_subscription(self, found: str) -> None:
        self.tell(
            "subscription",
            f"{found}: sign up for QuickSight in its console, or 'run … -o s3://… "
            "--quicksight-manifest' writes what another account's QuickSight can import",
            is_met=False,
        )

    def _edition(self, edition: str) -> str:
        if edition == STANDARD:
            self.tell(
                "edition",
                "Standard: no analysis, no dashboard and no groups, and a refresh reads all days, "
                "daily or weekly; Enterprise has them",
            )
        else:
            self.tell("edition", edition.capitalize().replace("_and_q", " with Q") or "unknown")
        return edition

    def principal(self, name: str) -> Principal | None:
        """A user or group; None, and a line, if there is none."""
        account, arn_region, kind, namespace, principal = _parts(name)
        if account not in ("", self._api.account):
            self.tell(
                "principal",
                f"{name} is of account {account}, not of {self._api.account}: correct owners or "
                "readers",
                is_met=False,
            )
            return None
        with calls(name):
            try:
                found = self._describe(kind, namespace, principal, arn_region)
            except ClientError as error:
                if not is_missing(error):
                    raise
                where = self._region or arn_region or self._api.region
                self.tell(
                    "principal",
                    f"there is no {name} in {where}; correct owners or readers",
                    is_met=False,
                )
                return None
        return found

    def _describe(self, kind: str, namespace: str, name: str, region: str) -> Principal:
        place = region or self._region or self._api.region
        try:
            found = self._ask(place, kind, namespace, name)
        except ClientError as error:
            elsewhere = _IDENTITY.search(str(error))
            if elsewhere is None:
                if is_missing(error):
                    self._remember(place)
                raise
            # Users and groups live in one Region of the account, and AWS says in which.
            if region or self._region:
                raise FlowathenaError(
                    f"QuickSight {kind}/{namespace}/{name}: the users of account "
                    f"{self._api.account} are in {elsewhere[1]}, not in {place}: correct "
                    "identity_region or the ARN"
                ) from error
            self._remember(elsewhere[1])
            return self._ask(elsewhere[1], kind, namespace, name)
        self._remember(place)
        return found

    def _remember(self, region: str) -> None:
        if not self._told_region:
            self._told_region, self._region = True, region
            self.tell("identity Region", f"users and groups are in {region}")

    def _ask(self, region: str, kind: str, namespace: str, name: str) -> Principal:
        client = self._api.of_region(region)
        about: Any = {"AwsAccountId": self._api.account, "Namespace": namespace}
        if kind == "group":
            group = client.describe_group(**about, GroupName=name)["Group"]
            return Principal(group.get("Arn", ""))
        user = client.describe_user(**about, UserName=name)["User"]
        return Principal(user.get("Arn", ""), user.get("Role", ""))

    def refuse_groups(self, names: Sequence[str]) -> None:
        for name in names:
            self.tell(
                "principal",
                f"{name} is a group, and Standard has no groups: name its users",
                is_met=False,
            )

    def refuse_reading_owners(self, names: Sequence[str]) -> None:
        for name in names:
            self.tell(
                "principal",
                f"{name} is a reader and can own nothing: make it an author, or name it in readers",
                is_met=False,
            )


def _parts(name: str) -> tuple[str, str, str, str, str]:
    """Account and Region (empty if none is named), ``user`` or ``group``, namespace and name."""
    account = region = ""
    if name.startswith("arn:"):
        _, _, _, region, account, name = name.split(":", 5)
    kind, namespace, principal = name.split("/", 2)
    return account, region, kind, namespace, principal


def require_sheets(account: Account, target: str, *, is_shown: bool) -> None:
    """Refuse a definition where there is nothing that could have it.

    Args:
        account: what was found of the account.
        target: the target's name.
        is_shown: whether its configuration has a dashboard.

    Raises:
        UsageError: there is none.
    """
    if account.is_standard:
        raise UsageError(NO_SHEETS)
    if not is_shown:
        raise UsageError(
            f"dashboard = false in [targets.{target}.quicksight]: no analysis and no dashboard is "
            "published"
        )


def refuse_unmet(account: Account) -> None:
    """Stop if something is missing that nothing works without.

    Raises:
        FlowathenaError: a precondition is not met.
    """
    unmet = [str(each) for each in account.preconditions if not each.is_met]
    if unmet:
        raise FlowathenaError(f"QuickSight {'; '.join(unmet)}")
