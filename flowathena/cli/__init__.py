"""The command line: it parses, calls the library, shows the result and sets the exit code.

Exit codes: 0 done, 1 error, 2 usage or configuration, 3 drift found, 4 some partitions failed,
130 interrupted. Data goes to stdout, messages and progress to stderr.
"""

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        from flowathena.cli import app  # takes 100 ms and more, in which Ctrl-C may strike
    except KeyboardInterrupt:
        sys.exit(_interrupted())
    app.main(arguments)


def _interrupted() -> int:
    """Report an interrupt while the modules were still being imported; the exit code."""
    sys.stderr.write("error: interrupted\n")
    return 130
