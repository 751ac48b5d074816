"""botocore's descriptions of services, read once a process.

A client needs a dozen files, 20 MB of JSON; a session reads them anew. Here the second session and
every later one, and every child of the process, gets copies of its own of what the first has read.
"""

import pickle
from typing import Any, ClassVar

import boto3
from botocore.loaders import JSONFileLoader, Loader


class _Kept(JSONFileLoader):
    _copies: ClassVar[dict[str, bytes]] = {}
    _there: ClassVar[dict[str, bool]] = {}

    def exists(self, file_path: str) -> bool:
        if file_path not in self._there:
            self._there[file_path] = super().exists(file_path)
        return self._there[file_path]

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - JSON
        if file_path in self._copies:
            return pickle.loads(self._copies[file_path])  # noqa: S301 - we wrote it
        content = super().load_file(file_path)
        if content is not None:
            self._copies[file_path] = pickle.dumps(content)
        return content


def keep() -> None:
    """From now on, keep what is read."""
    Loader.FILE_LOADER_CLASS = _Kept


def warm() -> None:
    """Read what the clients of flowathena need."""
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    for service in ("athena", "ec2", "glue", "s3", "sts"):
        session.client(service)
