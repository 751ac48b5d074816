"""Ctrl-C, SIGTERM and SIGHUP as ``KeyboardInterrupt``, raised where Python can take it.

``concurrency.Interrupt`` and ``strike_again`` know the places where it cannot.
"""

import signal
import sys

from flowathena.concurrency import Interrupt, strike_again

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
            signal.signal(number, Interrupt(message, once=name == "SIGHUP"))
    sys.unraisablehook = strike_again


def ignore() -> None:
    """Hear none of them any more: the command has ended and only has to say so."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for name in _ENDS:
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN)
