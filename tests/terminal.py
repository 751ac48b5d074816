"""A terminal: runs the command line in a pty and shows what stands on the screen at the end."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.shell import FORKS, Shell

_TIMEOUT_SECONDS = 60
_QUESTION = "[y/N]"
_PIECE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


@dataclass(frozen=True)
class Shown:
    """What a command wrote to its terminal, and its exit code."""

    code: int
    raw: str
    screen: list[str]


def run_on_terminal(
    shell: Shell,
    *args: str,
    width: int = 80,
    interrupt_at: str = "",
    answer: str = "",
    stdout: int | None = None,
) -> Shown:
    """Run a command on a terminal of its own.

    Args:
        shell: where, and with which environment.
        args: the command.
        width: characters of a line.
        interrupt_at: press Ctrl-C as soon as this has been written.
        answer: type this as soon as a question has been asked.
        stdout: a file for standard output; the terminal if there is none.
    """
    keys = (interrupt_at, b"\x03") if interrupt_at else (_QUESTION, f"{answer}\n".encode())
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    env = {"TERM": "xterm-256color", **shell.environment()}
    if stdout is None and not any(name.startswith("PYTHON") for name in shell.env):
        with ThreadPoolExecutor(1) as pool:
            code = pool.submit(FORKS.run_on, os.ttyname(its), shell, args, env)
            code.add_done_callback(lambda _: os.close(its))  # what is read ends then
            raw = _read(mine, *keys)
        os.close(mine)
        return Shown(code.result(), raw, screen(raw))
    process = subprocess.Popen(
        shell.command(*args),
        cwd=shell.folder,
        env=env,
        stdin=its,
        stdout=its if stdout is None else stdout,
        stderr=its,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
    )
    os.close(its)
    raw = _read(mine, *keys)
    os.close(mine)
    return Shown(process.wait(timeout=_TIMEOUT_SECONDS), raw, screen(raw))


def _read(terminal: int, awaited: str, keys: bytes) -> str:
    """All that is written until the other side closes; keys are pressed once, at their time."""
    raw = b""
    pressed = False
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:
            piece = b""
        if not piece:
            return raw.decode()
        raw += piece
        if not pressed and awaited in raw.decode(errors="replace"):
            os.write(terminal, keys)
            pressed = True


def screen(raw: str) -> list[str]:
    """The lines that stand there after all this was written; wrapped lines count as one."""
    lines = [""]
    row = column = 0
    for parameters, final, control, text in _PIECE.findall(raw):
        if text:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + text + line[column + len(text) :]
            column += len(text)
        elif control == "\r":
            column = 0
        elif control == "\n":
            row += 1
            lines += [""] * (row - len(lines) + 1)
        elif final == "A":
            row = max(0, row - int(parameters or 1))
        elif final == "K":
            lines[row] = "" if parameters == "2" else lines[row][:column]
        else:
            assert final in "hlm", (parameters, final)  # cursor on and off, styles
    assert raw.count("\x1b[?25l") == raw.count("\x1b[?25h"), "the cursor is hidden"
    return [line.rstrip() for line in lines]
