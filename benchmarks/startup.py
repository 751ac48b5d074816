"""``flowathena --help`` against a bare ``import typer``: medians of processes run in turns.

The promise: at most three times as long.
"""

import statistics
import subprocess
import sys
import time

_ROUNDS = 15
_COMMANDS = {
    "python -c 'import typer'": [sys.executable, "-c", "import typer"],
    "flowathena --help": [sys.executable, "-m", "flowathena", "--help"],
    "flowathena run --help": [sys.executable, "-m", "flowathena", "run", "--help"],
}
_LIMIT = 3.0


def main() -> None:
    """Measure and print; exit 1 when the promise is broken."""
    seconds: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for _ in range(_ROUNDS):
        for name, command in _COMMANDS.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
            seconds[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    floor = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:<28}{median * 1000:7.0f} ms  {median / floor:5.2f} x")
    ratio = medians["flowathena --help"] / floor
    if ratio > _LIMIT:
        sys.exit(f"flowathena --help takes {ratio:.2f} times a bare import of typer, not {_LIMIT}")


if __name__ == "__main__":
    main()
