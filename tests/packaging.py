"""Build wheel and sdist, install each without the development tools, run them: all find their data.

Run by ``make check``: ``python tests/packaging.py``.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Build, look inside, install, run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(sys.executable, "-m", "build", "--outdir", str(folder), str(_ROOT))
        wheel = next(folder.glob("*.whl"))
        sdist = next(folder.glob("*.tar.gz"))
        _look_inside(wheel)
        for artefact in (wheel, sdist):
            _try_out(artefact, folder / f"venv-{artefact.suffix[1:]}")
    print("wheel and sdist: built, installed, run")


def _look_inside(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    wanted = {
        f"flowathena/{path.relative_to(_ROOT)}"
        for folder in ("queries", "ddl")
        for path in (_ROOT / folder).rglob("*.sql")
    }
    wanted |= {
        f"flowathena/queries/cases/{path.name}" for path in (_ROOT / "tests/cases").glob("*.toml")
    }
    wanted |= {"flowathena/sql/functions.txt", "flowathena/py.typed"}
    missing = wanted - set(names)
    strangers = [
        name for name in names if not name.startswith("flowathena/") and ".dist-info/" not in name
    ]
    if missing or strangers:
        sys.exit(f"wheel lacks {sorted(missing)}, holds {strangers}")


def _try_out(artefact: Path, venv: Path) -> None:
    _run(sys.executable, "-m", "venv", str(venv))
    python = str(venv / "bin" / "python")
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(artefact))
    command = str(venv / "bin" / "flowathena")
    _run(command, "sample", "logs", "--records", "1000", cwd=venv)
    _run(command, "init", "./logs", cwd=venv)
    _run(command, "partitions", "sync", "--dry-run", cwd=venv)
    _run(command, "partitions", "sync", cwd=venv)
    _run(command, "run", "top_https_servers", cwd=venv)
    _run(command, "run", "traffic_by_day", "--tz", "Europe/Berlin", cwd=venv)
    _run(command, "queries", "test", "top_https_servers", cwd=venv)
    _run(command, "queries", "new", "top_https_servers", "--from", "top_https_servers", cwd=venv)
    _run(command, "queries", "test", cwd=venv)


def _run(*command: str, cwd: Path | None = None) -> None:
    # No time zones of the system: a slim image has none.
    environ = {**os.environ, "PYTHONTZPATH": ""}
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    main()
