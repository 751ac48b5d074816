"""One million partitions: the plan against a bare set difference, or alone for its memory.

``python benchmarks/million.py seconds`` and ``python benchmarks/million.py memory`` print a line of
JSON each; partitions.py runs them in processes of their own.
"""

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from flowathena.partitions.plan import diff

_ACCOUNTS, _REGIONS, _DAYS = 100, 20, 500
_FIRST = date(2025, 7, 9)
_Values = tuple[str, ...]
_Partitions = list[tuple[_Values, str]]


def _partitions() -> Iterator[tuple[_Values, str]]:
    """Values and location of each, every text made anew, as an answer of AWS is read."""
    for a in range(_ACCOUNTS):
        for r in range(_REGIONS):
            account, region = f"{210_000_000_000 + a:012d}", f"eu-region-{r}"
            for n in range(_DAYS):
                day = _FIRST + timedelta(n)
                folders = f"AWSLogs/{account}/vpcflowlogs/{region}/{day:%Y/%m/%d}/"
                yield (account, region, day.isoformat()), f"s3://flow-logs/{folders}"


def _ours(stored: _Partitions, registered: _Partitions) -> bool:
    plan = diff(dict(stored), registered)
    return not (plan.add or plan.stale or plan.relocate)


def _bare(stored: _Partitions, registered: _Partitions) -> bool:
    here, there = set(stored), set(registered)
    return not (here - there or there - here)


def _seconds() -> dict[str, float]:
    """Seconds of the processor, of each on texts of its own: a text hashed once knows its hash."""
    return {"ours": _timed(_ours), "bare": _timed(_bare)}


def _timed(compare: Callable[[_Partitions, _Partitions], bool]) -> float:
    stored, registered = list(_partitions()), list(_partitions())
    gc.collect()
    began = time.process_time()
    same = compare(stored, registered)
    taken = time.process_time() - began
    if not same:
        sys.exit(f"{compare.__name__} finds a difference between equals")
    return taken


def _memory() -> dict[str, float]:
    """The listing held, the catalog's pages read past it, as a plan does."""
    plan = diff(dict(_partitions()), _partitions())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return {"partitions": plan.keep, "mb": peak / (1e6 if sys.platform == "darwin" else 1e3)}


if __name__ == "__main__":
    print(json.dumps(_memory() if sys.argv[1] == "memory" else _seconds()))
