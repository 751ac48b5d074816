"""Waits for the thing itself, however long it takes: pytest's own timeout ends what never comes."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.naps import real_sleep

_TICKS = os.sysconf("SC_CLK_TCK")
_SECONDS = 0.01


def until(question: Callable[[], object], *processes: subprocess.Popen[Any]) -> None:
    """Ask until the answer is yes; fails if one of the processes ends before."""
    while not question():
        for process in processes:
            assert process.poll() is None, (process.args, process.communicate())
        real_sleep(_SECONDS)


def interrupt(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    """Send a signal; done as soon as the first thread has heard it and waits again, or ended."""
    process.send_signal(number)
    until(lambda: process.poll() is not None or _has_heard(process.pid, number))


def _has_heard(pid: int, number: int) -> bool:
    lines = (line.partition(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    status = {name: value.strip() for name, _, value in lines}
    pending = int(status["SigPnd"], 16) | int(status["ShdPnd"], 16)
    return not pending >> (number - 1) & 1 and status["State"].startswith("S")


def cpu_seconds(pid: int) -> float:
    """What a process and its children have computed so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return _seconds(Path(f"/proc/{pid}/stat")) + sum(cpu_seconds(int(each)) for each in children)


def computed_in(pid: int, seconds: float) -> float:
    """What a process and its children compute in some seconds."""
    before = cpu_seconds(pid)
    real_sleep(seconds)
    return cpu_seconds(pid) - before


def other_threads_seconds(pid: int) -> float:
    """What the busiest thread but the first has computed."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return max((_seconds(task / "stat") for task in tasks if task.name != str(pid)), default=0.0)


def _seconds(stat: Path) -> float:
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
