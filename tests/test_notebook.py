"""``docs/notebook.ipynb`` runs on made-up logs and shows what is written in it."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.portion import left_to_slow

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTEBOOK = DOCS / "notebook.ipynb"


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_notebook", DOCS / "notebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@left_to_slow
def test_every_cell_runs_and_shows_what_is_written(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    made = runner.execute(NOTEBOOK)
    assert json.loads(made) == json.loads(NOTEBOOK.read_text()), "python docs/notebook.py writes it"
    code = [cell for cell in json.loads(made)["cells"] if cell["cell_type"] == "code"]
    assert len(code) >= 8
    assert all(cell["outputs"] for cell in code)


def test_a_cell_that_fails_is_named(runner: ModuleType, tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["x = 1\n", "x"]},
        {"cell_type": "code", "source": ["x / 0"]},
    ]
    path = tmp_path / "broken.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    with pytest.raises(ZeroDivisionError) as caught:
        runner.execute(path)
    assert str(caught.traceback[-1].path).endswith("notebook.ipynb, cell 2")
