"""Ctrl-C, SIGTERM and SIGHUP as ``KeyboardInterrupt``, raised where Python can take it.

There are two places where it cannot. Inside a destructor, Python would print the exception and go
on. And inside an ``__enter__`` or ``__exit__`` written in Python, such as that of the lock around
urllib3's pool of connections, the block would be left with its lock held: the next call, the one
that cancels the query, would wait for ever. The same where ``threading.Condition`` lets go of its
lock and takes it back. There the interrupt waits a moment.
"""

import signal
import sys
from types import FrameType
from typing import NoReturn

_HALFWAY = frozenset({"__enter__", "__exit__", "_release_save", "_acquire_restore"})
_PAUSE_SECONDS = 0.01
_MOST_PAUSES = 100
"""After a second the interrupt is raised wherever it strikes: the lock may be what hangs."""


_ENDS = {"SIGINT": "", "SIGTERM": "terminated", "SIGHUP": "hung up"}
"""The signals that end a command, and the message of each."""


def hear() -> None:
    """Have the signals that end a command raise ``KeyboardInterrupt`` from now on.

    Those that are ignored stay so: SIGHUP under nohup, SIGINT in a script's background.
    """
    for name, message in _ENDS.items():
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        ignored = number is None or signal.getsignal(number) is signal.SIG_IGN
        if number is not None and (name == "SIGTERM" or not ignored):
            signal.signal(number, _Interrupt(message, once=name == "SIGHUP"))
    sys.unraisablehook = _strike_again


def ignore() -> None:
    """Hear none of them any more: the command has ended and only has to say so."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for name in _ENDS:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN)


class _Interrupt:
    """A signal's handler.

    Args:
        message: the message of the ``KeyboardInterrupt``; empty for none.
        once: ignore the signal from then on: a hangup comes from the kernel and from the shell, and
            the second must not end the cancelling of a query.
    """

    def __init__(self, message: str = "", *, once: bool = False) -> None:
        self._message = message
        self._once = once
        self._pauses = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise the interrupt, or try again in a moment."""
        if self._once and number != signal.SIGALRM:
            signal.signal(number, signal.SIG_IGN)
        if frame is not None and _is_halfway(frame) and self._pauses < _MOST_PAUSES:
            self._pauses += 1
            self.strike_later()
            return
        self._pauses = 0
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._raise()

    def strike_later(self) -> None:
        """Let the current call end, then raise the interrupt."""
        signal.signal(signal.SIGALRM, self)
        signal.setitimer(signal.ITIMER_REAL, _PAUSE_SECONDS)

    def _raise(self) -> NoReturn:
        raise KeyboardInterrupt(*([self._message] if self._message else []))


def _is_halfway(frame: FrameType) -> bool:
    """Whether a lock may be neither held nor free where a frame has stopped."""
    if frame.f_code.co_name == "wait":  # Condition.wait sets "gotit" when it is sure of its lock
        names = frame.f_locals
        return "waiter" in names and "gotit" not in names
    return frame.f_code.co_name in _HALFWAY


def _strike_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Raise an interrupt again that came while Python cleared an object away."""
    error = unraisable.exc_value
    if isinstance(error, KeyboardInterrupt):
        _Interrupt(str(error)).strike_later()
    else:
        sys.__unraisablehook__(unraisable)
