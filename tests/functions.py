"""The function of the zip, invoked in a process of its own, as Lambda has it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.rig.client import Rig

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "lambda" / "build.py"
MEMORY_BYTES = 512 * 2**20
"""What the stack gives the function."""
_ADDRESSES = 2**30
"""Lambda's memory is no limit of addresses: threads that use none of theirs would not start."""
_DRIVER = """
import json, os, resource, sys, threading
resource.setrlimit(resource.RLIMIT_AS, ({addresses}, {addresses}))
threading.stack_size(2 ** 20)
sys.path.insert(0, {folder!r})
given = json.load(sys.stdin)

class Context:
    def get_remaining_time_in_millis(self):
        return given["millis"]

def peak():
    # Not ru_maxrss: that of a process counts what its parent had when it was forked.
    with open("/proc/self/status") as status:
        lines = [line.split() for line in status if line.startswith("VmHWM:")]
    return int(lines[0][1]) * 1024

answers = []
if given["clients"]:
    from flowathena.aws.session import Aws
    from flowathena.target.target import Target
    aws = Aws(Target("x", "s3://x/"))
    aws.s3, aws.glue, aws.glue_listing, aws.athena, aws.cloudwatch, aws.cloudwatch_once
    aws.sns("eu-west-1"), aws.quicksight(), aws.account
from flowathena.aws_lambda import handler
for event in given["events"]:
    try:
        answers.append({{"returned": handler(event, Context())}})
    except Exception as error:
        answers.append({{"raised": type(error).__name__, "message": str(error)}})
modules = [each for each in list(sys.modules.values()) if getattr(each, "__file__", None)]
kept = {{
    "answers": answers,
    "most_bytes": peak(),
    "files": sorted(module.__file__ for module in modules),
    "cached": [each.__cached__ for each in modules if each.__file__.startswith({folder!r})],
}}
print("END " + json.dumps(kept), flush=True)
os._exit(0)  # Lambda's process goes on, and so do threads whose calls hang
"""


@dataclass(frozen=True)
class Invocations:
    """What came of events in one process.

    Attributes:
        answers: ``{"returned": …}`` or ``{"raised": …, "message": …}`` for each.
        log: the lines of JSON that were written.
        most_bytes: how much memory it had at most.
        files: the files of all modules.
        cached: the compiled files of the zip's modules.
    """

    answers: Sequence[Mapping[str, Any]]
    log: Sequence[Mapping[str, Any]]
    most_bytes: int
    files: Sequence[str]
    cached: Sequence[str]


@dataclass(frozen=True)
class Function:
    """The function: the folder with what the zip contains."""

    folder: Path

    def invoke(
        self,
        rig: Rig,
        *events: Mapping[str, Any],
        millis: int = 900_000,
        clients: bool = False,
        **variables: str,
    ) -> Invocations:
        """Invoke the handler, once for each event."""
        code = _DRIVER.format(folder=str(self.folder), addresses=_ADDRESSES)
        # Isolated, and without the packages of this environment.
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", code],
            input=json.dumps({"events": events, "millis": millis, "clients": clients}),
            cwd=self.folder,
            env={**rig.env(), **variables},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        *lines, last = done.stdout.splitlines()
        kept = json.loads(last.removeprefix("END "))
        return Invocations(log=[json.loads(line) for line in lines], **kept)


def build(output: Path, *options: str, cwd: Path | None = None) -> str:
    """Build the zip; what the script says."""
    done = subprocess.run(
        [sys.executable, str(BUILD), str(output), *options],
        cwd=cwd,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "no_proxy": "",
            "https_proxy": "http://127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
