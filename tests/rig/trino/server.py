"""One Trino process on free loopback ports, that cannot outlive whoever started it."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tests.rig.calls import ENGINE_KEY
from tests.rig.trino import install, java
from tests.rig.trino.client import Trino
from tests.rig.trino.java import TrinoMissingError

REGION = "eu-west-1"
CATALOG = "awsdatacatalog"
STRICT = "strict"
"""A catalog of the same tables that refuses a query without a partition filter."""

_START_SECONDS = 120
_ARCHIVING_SECONDS = 40
# Holds the read end of a pipe: however its writer dies, Java goes with it.
_GUARD = 'cat > /dev/null; kill -9 "$1"; sleep 0.2; rm -rf "$2"'
# The first compiler alone and the simplest collector: a test run is over before more would pay.
# An archive that another Java wrote is passed over.
_JVM = (
    "-Xmx3G",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+AutoCreateSharedArchive",
    "-XX:ReservedCodeCacheSize=256M",
    "-Djdk.attach.allowAttachSelf=true",
    "--enable-native-access=ALL-UNNAMED",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
)
_CONFIG = """
node.environment=test
node.id=rig
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
catalog.config-dir={folder}/catalog
query.max-memory=2GB
query.max-memory-per-node=2GB
memory.heap-headroom-per-node=512MB
task.concurrency=1
task.max-worker-threads=2
distributed-sort=false
"""
_LOG = "io.trino=WARN\nio.airlift=WARN\n"
_CATALOG = """
connector.name=hive
hive.metastore=glue
hive.metastore.glue.region={region}
hive.metastore.glue.aws-access-key={key}
hive.metastore.glue.aws-secret-key={key}
hive.metastore-cache-ttl=0s
hive.partition-projection-enabled=true
hive.recursive-directories=true
hive.non-managed-table-writes-enabled=true
hive.table-statistics-enabled=false
hive.collect-column-statistics-on-write=false
hive.max-partitions-per-writers=100
fs.native-s3.enabled=true
s3.endpoint={endpoint}
s3.region={region}
s3.path-style-access=true
s3.aws-access-key={key}
s3.aws-secret-key={key}
"""


class TrinoServer:
    """A running server over the Glue and S3 of one rig."""

    def __init__(self, endpoint: str) -> None:
        """Start the process; ``wait`` until it answers.

        Args:
            endpoint: where Glue and S3 are.
        """
        home, executable = install.ensure(), java.find()
        self._folder = Path(tempfile.mkdtemp(prefix="rig-trino-"))
        # Its classes, read and verified once for all: a start takes half the time.
        self._archive = home.with_name(f"{home.name}.jsa")
        self.port = _free_port()
        _configure(self._folder, self.port, endpoint)
        with (self._folder / "server.log").open("w") as log:
            self._java = subprocess.Popen(
                _command(executable, self._archive, self._folder, endpoint),
                cwd=home,
                env=_environment(endpoint),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", str(self._java.pid), self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def client(self) -> Trino:
        """Give a client."""
        return Trino(self.port)

    def wait(self, ready: Callable[[Trino], bool]) -> None:
        """Wait until a question is answered with yes; TrinoMissingError when it never is."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._java.poll() is None:
            if ready(self.client()):
                return
            time.sleep(0.2)
        told = "; ".join((self._folder / "server.log").read_text().splitlines()[-3:])
        self.stop()
        raise TrinoMissingError(f"Trino did not start: {told or 'no word from it'}")

    def stop(self) -> None:
        """Stop the process and wait until it is gone; the first one ever leaves the archive."""
        if not self._archive.exists():
            self._java.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._java.wait(_ARCHIVING_SECONDS)
        self._guard.kill()  # first: it must not meet a process that takes over the number
        self._guard.wait()
        if self._guard.stdin:
            self._guard.stdin.close()
        self._java.kill()
        self._java.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _command(executable: Path, archive: Path, folder: Path, endpoint: str) -> list[str]:
    classes = f"-XX:SharedArchiveFile={archive}"
    config = (f"-Dconfig={folder}/config.properties", f"-Dlog.levels-file={folder}/log.properties")
    # The property means nothing to Trino: it tells whose process this is in a list of them.
    whose = f"-Drig.endpoint={endpoint}"
    main = ("-cp", "lib/*", "io.trino.server.TrinoServer")
    return [str(executable), *_JVM, classes, *config, whose, *main]


def _configure(folder: Path, port: int, endpoint: str) -> None:
    catalog = _CATALOG.format(region=REGION, key=ENGINE_KEY, endpoint=endpoint)
    strict = f"{catalog}hive.query-partition-filter-required=true\n"
    (folder / "catalog").mkdir()
    (folder / "config.properties").write_text(_CONFIG.format(folder=folder, port=port))
    (folder / "log.properties").write_text(_LOG)
    (folder / "catalog" / f"{CATALOG}.properties").write_text(catalog)
    (folder / "catalog" / f"{STRICT}.properties").write_text(strict)


def _environment(endpoint: str) -> Mapping[str, str]:
    # In this release the catalog's own endpoint setting is taken for a proxy.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_ENDPOINT_URL_GLUE": endpoint}
