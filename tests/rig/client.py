"""The rig as tests use it."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

REGION = "eu-west-1"
_ROOT = Path(__file__).resolve().parents[2]
_FAKE = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class RigError(Exception):
    """The rig refused an administrative request, or did not start."""


class Rig:
    """A rig in a process of its own; a context manager."""

    def __init__(
        self,
        endpoint: str,
        process: subprocess.Popen[str] | None = None,
        trino_port: int | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.trino_port = trino_port
        self._process = process
        self._clients: dict[tuple[str, str], Any] = {}
        self._own = threading.local()
        self._lines: list[HTTPConnection] = []

    @classmethod
    def start(cls, engine: str | None = None) -> Self:
        """Start the process and wait until it is ready.

        Args:
            engine: ``duckdb`` or ``trino``; None for what RIG_ENGINE names, else DuckDB.
        """
        engine = engine or os.environ.get("RIG_ENGINE", "duckdb")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.rig", "--port", "0", "--engine", engine],
            cwd=_ROOT,
            env={**inherited, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RigError(f"the rig did not start: exit {process.wait()}")
        said = json.loads(line)
        return cls(said["endpoint"], process, said.get("trino_port"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the process."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        for line in self._lines:
            line.close()
        if self._process is None:
            return
        self._process.terminate()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait(timeout=60)
        self._process = None

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._process.pid if self._process else None

    def env(self) -> dict[str, str]:
        """Give the AWS variables of a process that is to talk to the rig; it keeps no cache."""
        nowhere = f"{os.devnull}/cache"
        return {**_FAKE, "AWS_ENDPOINT_URL": self.endpoint, "FLOWATHENA_CACHE": nowhere}

    def client(self, service: str, config: Config | None = None, region: str = REGION) -> Any:  # noqa: ANN401
        """Give a boto3 client; those without a config of their own are made once."""
        if config is not None:
            return self._client(service, config, region)
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self._client(service, None, region)
        return self._clients[key]

    def _client(self, service: str, config: Config | None, region: str) -> Any:  # noqa: ANN401
        session = boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region
        )
        make: Any = session.client
        return make(service, endpoint_url=self.endpoint, config=config)

    def _admin(self, method: str, door: str, payload: object = None) -> Any:  # noqa: ANN401
        body = None if payload is None else json.dumps(payload).encode()
        line = self._line()
        try:
            line.request(method, f"/_rig/{door}", body)
            answer = line.getresponse()
            said = answer.read()
        except BaseException:
            line.close()  # in the middle of a word; the next request opens it again
            raise
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise RigError(f"{door}: {said.decode()}")
        return json.loads(said)

    def _line(self) -> HTTPConnection:
        """The thread's own connection for administrative requests, which stays open."""
        if not hasattr(self._own, "line"):
            self._own.line = HTTPConnection(urlsplit(self.endpoint).netloc, timeout=120)
            self._lines.append(self._own.line)
        line: HTTPConnection = self._own.line
        return line

    def reset(self) -> None:
        """Put everything back to empty."""
        self._admin("POST", "reset", {})

    def faults(self, plan: Sequence[Mapping[str, object]]) -> None:
        """Put faults in force beside those already there."""
        self._admin("POST", "faults", list(plan))

    def clear_faults(self) -> None:
        """Take every fault out of force."""
        self._admin("DELETE", "faults")

    def held(self) -> int:
        """Give how many answers a fault holds."""
        return int(self._admin("GET", "held")["answers"])

    def release(self) -> None:
        """Let answers go that are held, and queries end that take their time."""
        self._admin("POST", "release", {})

    def settings(self, **values: float | str) -> None:
        """Set the knobs of ``tests.rig.settings``."""
        self._admin("POST", "settings", values)

    def journal(self, service: str | None = None, op: str | None = None) -> list[dict[str, Any]]:
        """Give the calls so far, of a service and an operation or all."""
        parts = [f"{k}={v}" for k, v in (("service", service), ("op", op)) if v is not None]
        entries: list[dict[str, Any]] = self._admin("GET", f"journal?{'&'.join(parts)}")
        return entries

    def clear_journal(self) -> None:
        """Forget the calls so far."""
        self._admin("DELETE", "journal")

    def load_tree(self, bucket: str, root: Path | str, prefix: str = "") -> int:
        """Put a folder tree into a bucket without the wire; give how many objects."""
        place = {"bucket": bucket, "prefix": prefix, "root": str(Path(root).resolve())}
        return int(self._admin("POST", "load", place)["objects"])

    def put_keys(self, bucket: str, keys: Sequence[str], body: bytes = b"") -> int:
        """Put objects of one content into a bucket without the wire; give how many."""
        given = {"bucket": bucket, "keys": list(keys)}
        encoded = base64.b64encode(body).decode()
        return int(self._admin("POST", "keys", {**given, "body_base64": encoded})["objects"])

    def flow_logs(self, *flow_logs: Mapping[str, object]) -> None:
        """Have these flow logs and no others, in the names of EC2's API."""
        self._admin("POST", "flow_logs", list(flow_logs))

    def arrange(self, service: str, **given: object) -> Any:  # noqa: ANN401
        """Have something in a service be as wanted: see ``arrange`` of the service in the rig."""
        return self._admin("POST", "arrange", {"service": service, **given})["answer"]
