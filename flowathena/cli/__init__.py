"""The command line: it parses, calls the library, shows the result and sets the exit code.

Exit codes: 0 done, 1 error, 2 usage or configuration, 3 drift found, 4 some partitions failed,
130 interrupted. Data goes to stdout, messages and progress to stderr.
"""

from flowathena.cli.app import main

__all__ = ["main"]
