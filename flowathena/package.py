"""The package itself: its version, and the files that ship with it, queries and DDL templates.

In a checkout (and an editable install) they are at the top of the repository; in a wheel, they are
inside the package.
"""

from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The shipped folder with a name (``queries`` or ``ddl``).

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    for candidate in (_PACKAGE / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"flowathena is installed without its {name}/ folder")
