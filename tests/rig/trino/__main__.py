"""Fetch what the tests on Trino need: ``python -m tests.rig.trino``."""

import sys

from tests.rig.trino import install, java
from tests.rig.trino.java import TrinoMissingError


def main() -> None:
    """Say in one line what is missing, or where everything is."""
    try:
        executable, home = java.find(), install.ensure()
    except TrinoMissingError as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(f"Trino {install.VERSION} in {home}, on {executable}\n")


if __name__ == "__main__":
    main()
