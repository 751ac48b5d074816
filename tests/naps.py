"""Imported before anything that takes ``time.sleep`` for a default: pauses are far shorter.

Retries and polls happen as often as ever; what passes between them does not matter to a test, which
waits for what it waits for with ``tests.waiting.until``.
"""

import time
from typing import SupportsIndex

_SHORTER = 50
real_sleep = time.sleep


def _nap(seconds: float | SupportsIndex) -> None:
    real_sleep(float(seconds) / _SHORTER)


time.sleep = _nap
