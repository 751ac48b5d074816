"""botocore's descriptions of services, read once a process.

A client needs a dozen files, 20 MB of JSON; a session reads them anew. Here the second session and
every later one, and every child of the process, gets copies of its own of what the first has read.
The first session of a child gets what it was born with: that is a copy already.
"""

import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import boto3
from botocore.loaders import JSONFileLoader, Loader


class _Kept(JSONFileLoader):
    _copies: ClassVar[dict[str, bytes]] = {}
    _there: ClassVar[dict[str, bool]] = {}
    inherited: ClassVar[dict[str, Any]] = {}

    def exists(self, file_path: str) -> bool:
        if file_path not in self._there:
            self._there[file_path] = super().exists(file_path)
        return self._there[file_path]

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - JSON
        if file_path in self.inherited:
            return self.inherited.pop(file_path)
        if file_path in self._copies:
            return pickle.loads(self._copies[file_path])  # noqa: S301 - we wrote it
        content = super().load_file(file_path)
        if content is not None:
            self._copies[file_path] = pickle.dumps(content)
        return content

    @classmethod
    def bequeath(cls) -> None:
        """Have every child find a copy ready, and make none itself."""
        cls.inherited.update({path: pickle.loads(copy) for path, copy in cls._copies.items()})  # noqa: S301 - same


def keep() -> None:
    """From now on, keep what is read."""
    Loader.FILE_LOADER_CLASS = _Kept
    Loader.list_available_services = _list_once(Loader.list_available_services)  # type: ignore[method-assign,assignment]


def _list_once(listed: Callable[[Loader, str], list[str]]) -> Callable[[Loader, str], list[str]]:
    """The names of all services, for which botocore looks into 400 folders."""
    known: dict[str, list[str]] = {}

    def list_available_services(self: Loader, type_name: str) -> list[str]:
        if type_name not in known:
            known[type_name] = listed(self, type_name)
        return [*known[type_name]]

    return list_available_services


def warm() -> None:
    """Read what the clients of flowathena need."""
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    for service in ("athena", "ec2", "glue", "s3", "sts"):
        session.client(service)
    _Kept.bequeath()
