"""Run the cells of ``docs/notebook.ipynb`` and write what they print and show beneath them.

``python docs/notebook.py`` writes it, ``--check`` fails if what is written there is out of date.
The logs are made up, of fixed days, so that every run gives the same.

The cells need no kernel: plain Python, one namespace, the value of a last expression is shown.
"""

import ast
import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NOTEBOOK = Path(__file__).with_name("notebook.ipynb")


def main() -> None:
    """Write the notebook, or check that it is up to date."""
    text = execute(_NOTEBOOK)
    if text == _NOTEBOOK.read_text():
        return
    if "--check" in sys.argv:
        sys.exit(f"out of date: {_NOTEBOOK.name}; 'make format' regenerates it")
    _NOTEBOOK.write_text(text)


def execute(path: Path) -> str:
    """The text of a notebook with the outputs of a run in a folder of its own."""
    notebook = json.loads(path.read_text())
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for number, cell in enumerate(cells, 1):
            cell["execution_count"] = number
            cell["outputs"] = list(_outputs("".join(cell["source"]), number, names))
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _outputs(source: str, number: int, names: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run a cell; what it prints, then the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    where = f"{_NOTEBOOK.name}, cell {number}"
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, where, "exec"), names)  # noqa: S102 - the cells are ours
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), where, "eval"), names)  # noqa: S307 - same
    if printed.getvalue():
        yield {
            "name": "stdout",
            "output_type": "stream",
            "text": printed.getvalue().splitlines(keepends=True),
        }
    if value is not None:
        yield {
            "data": _shown(value),
            "execution_count": number,
            "metadata": {},
            "output_type": "execute_result",
        }


def _shown(value: object) -> dict[str, list[str]]:
    """A value as a notebook keeps it: as text, and as HTML if it has some."""
    shown = {"text/plain": repr(value)}
    html = getattr(value, "_repr_html_", None)
    if html is not None:
        shown = {"text/html": html(), **shown}
    return {kind: text.splitlines(keepends=True) for kind, text in shown.items()}


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "100")
    main()
