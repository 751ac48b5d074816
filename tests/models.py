"""botocore's descriptions of services, read once a process.

A client needs a dozen files, 20 MB of JSON; a session reads them anew. Here every session of the
process, and of its children, gets what the first has read: to botocore they are one session. Our
client for listings replaces some shapes of a service, so each reader has tables of his own. The
rules for endpoints are made of it once, and so are the methods of a service's clients, and the
context for TLS, which no test speaks.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from ssl import SSLContext
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import boto3
from botocore import endpoint_provider, hooks
from botocore.client import ClientCreator
from botocore.endpoint_provider import RuleSet
from botocore.hooks import EventAliaser
from botocore.httpsession import URLLib3Session, create_urllib3_context
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel

_SERVICES = (
    *("athena", "cloudwatch", "ec2", "glue", "iam", "logs", "quicksight", "s3", "sns", "sts"),
)


class _Kept(JSONFileLoader):
    _read: ClassVar[dict[str, Any]] = {}
    _there: ClassVar[dict[str, bool]] = {}

    def exists(self, file_path: str) -> bool:
        if file_path not in self._there:
            self._there[file_path] = super().exists(file_path)
        return self._there[file_path]

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - JSON
        if file_path not in self._read:
            content = super().load_file(file_path)
            if content is None:
                return None
            self._read[file_path] = content
        return _own_tables(self._read[file_path])


def _own_tables(content: Any) -> Any:  # noqa: ANN401 - JSON
    """The content with its outer two levels copied."""
    if not isinstance(content, dict):
        return content
    return {
        name: dict(value) if isinstance(value, dict) else value for name, value in content.items()
    }


def keep() -> None:
    """From now on, keep what is read."""
    Loader.FILE_LOADER_CLASS = _Kept
    Loader.list_available_services = _list_once(Loader.list_available_services)  # type: ignore[method-assign,assignment]
    Loader.load_service_model = _load_once(Loader.load_service_model)  # type: ignore[method-assign]
    endpoint_provider.RuleSet = _rules_once()  # type: ignore[misc,assignment]
    ClientCreator._load_service_model = _model_once()  # type: ignore[attr-defined]  # noqa: SLF001
    ClientCreator._create_methods = _methods_once(ClientCreator._create_methods)  # type: ignore[attr-defined]  # noqa: SLF001
    hooks.accepts_kwargs = lru_cache(4096)(hooks.accepts_kwargs)
    EventAliaser._alias_event_name = _aliases_once(EventAliaser._alias_event_name)  # type: ignore[attr-defined]  # noqa: SLF001
    URLLib3Session._get_ssl_context = _context_once()  # type: ignore[attr-defined]  # noqa: SLF001


def _list_once(listed: Callable[[Loader, str], list[str]]) -> Callable[[Loader, str], list[str]]:
    """The names of all services, for which botocore looks into 400 folders."""
    known: dict[str, list[str]] = {}

    def list_available_services(self: Loader, type_name: str) -> list[str]:
        if type_name not in known:
            known[type_name] = listed(self, type_name)
        return [*known[type_name]]

    return list_available_services


def _load_once(load: Callable[..., Any]) -> Callable[..., Any]:
    """What a session has found for a service, without another look into all of its folders.

    A loader gives the same tables each time: ours changes them.
    """
    known: dict[tuple[str, str, str | None], Any] = {}
    given: WeakKeyDictionary[Loader, dict[tuple[str, str, str | None], Any]] = WeakKeyDictionary()

    def load_service_model(
        self: Loader, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:  # noqa: ANN401 - JSON
        key = service_name, type_name, api_version
        own = given.setdefault(self, {})
        if key not in known:
            known[key] = load(self, service_name, type_name, api_version)
        if key not in own:
            own[key] = _own_tables(known[key])
        return own[key]

    return load_service_model


def _model_once() -> Callable[..., ServiceModel]:
    """A service's model, which learns its shapes as they are asked for, by the shapes themselves.

    Those of our client for listings are not those of the service.
    """
    known: dict[tuple[str, tuple[int, ...]], tuple[Any, ServiceModel]] = {}

    def load_service_model(
        self: Any,  # noqa: ANN401 - botocore's
        service_name: str,
        api_version: str | None = None,
    ) -> ServiceModel:
        content = self._loader.load_service_model(service_name, "service-2", api_version)
        key = service_name, tuple(map(id, content["shapes"].values()))
        if key not in known:  # with what it is known by, lest another gets the same numbers
            known[key] = content, ServiceModel(content, service_name=service_name)
        return known[key][1]

    return load_service_model


def _rules_once() -> Callable[..., RuleSet]:
    """A service's rules by the list that they are read from, which stays."""
    known: dict[int, tuple[list[Any], RuleSet]] = {}

    def rule_set(rules: list[Any], **others: Any) -> RuleSet:  # noqa: ANN401 - JSON
        if id(rules) not in known:
            known[id(rules)] = rules, RuleSet(rules=rules, **others)
        return known[id(rules)][1]

    return rule_set


def _methods_once(made: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The methods of a service's clients: they pass on what they are given, by their names."""
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def create_methods(self: ClientCreator, model: Any) -> dict[str, Any]:  # noqa: ANN401 - botocore's
        key = (model.service_name, model.api_version, *model.operation_names)
        if key not in known:
            known[key] = made(self, model)
        return {**known[key]}

    return create_methods


def _aliases_once(alias: Callable[[EventAliaser, str], str]) -> Callable[[EventAliaser, str], str]:
    """The names of events, which every session looks for in a list of two hundred."""
    known: dict[str, str] = {}

    def alias_event_name(self: EventAliaser, event_name: str) -> str:
        if event_name not in known:
            known[event_name] = alias(self, event_name)
        return known[event_name]

    return alias_event_name


def _context_once() -> Callable[[URLLib3Session], SSLContext]:
    made = cache(create_urllib3_context)
    return lambda _session: made()


def warm() -> None:
    """Read what the clients of flowathena need."""
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    for service in _SERVICES:
        client: Any = session.client(service)  # type: ignore[call-overload]
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
