"""Libraries that an extra of flowathena brings."""

from importlib import import_module
from typing import Any

from flowathena.errors import FlowathenaError


def optional(module: str, extra: str) -> Any:  # noqa: ANN401 - an optional library
    """Import an optional library.

    Raises:
        FlowathenaError: it is not installed; names the extra that brings it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise FlowathenaError(
            f"this needs {module}; install flowathena with its extra: flowathena[{extra}]"
        ) from error


def is_installed(module: str) -> bool:
    """Whether an optional library can be imported."""
    try:
        import_module(module)
    except ImportError:
        return False
    return True
