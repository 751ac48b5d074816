"""Trino put behind a front."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

from requests.exceptions import RequestException
from trino.exceptions import Error

from tests.rig import backends
from tests.rig.descriptors import LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT
from tests.rig.executor.trino import TrinoExecutor
from tests.rig.server import Front
from tests.rig.trino.client import Trino
from tests.rig.trino.server import REGION, TrinoServer

_PROBE = "SELECT word FROM probe.words"


@contextmanager
def trino_behind(front: Front, endpoint: str) -> Iterator[int]:
    """Start Trino over a front that serves already; give its port, stop it in the end."""
    server = TrinoServer(endpoint)
    try:
        _put_probe()
        server.wait(_answers)
        front.reset()
        front.use(lambda: TrinoExecutor(server.client()))
        yield server.port
    finally:
        server.stop()


def _put_probe() -> None:
    """A table of one row: only a query over a table shows that every part is up."""
    backends.ensure_bucket("probe")
    backends.put_objects("probe", [("words/a.gz", gzip.compress(b"ready\n"))])
    descriptor = {
        "Columns": [{"Name": "word", "Type": "string"}],
        "Location": "s3://probe/words/",
        "InputFormat": TEXT_INPUT,
        "OutputFormat": TEXT_OUTPUT,
        "SerdeInfo": {"SerializationLibrary": LAZY_SIMPLE, "Parameters": {}},
    }
    table = {"Name": "words", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": descriptor}
    glue = backends.glue(REGION)
    glue.create_database("probe", {"Name": "probe"})
    glue.create_table("probe", "words", table)


def _answers(trino: Trino) -> bool:
    try:
        return trino.rows(_PROBE) == [["ready"]]
    except (Error, RequestException):
        return False
