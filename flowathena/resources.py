"""The files that ship with flowathena: saved queries and DDL templates.

In a checkout (and an editable install) they are at the top of the repository; in a wheel, they are
inside the package.
"""

from pathlib import Path

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
