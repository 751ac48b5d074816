"""The report: what it says, and the files that it becomes."""

from pathlib import Path

from flowathena import files
from flowathena.errors import UsageError
from flowathena.report.contents import Contents
from flowathena.report.page import render
from flowathena.result import cells

FORMS = ("html", "json")
"""The endings of a report's file."""


class Report(Contents):
    """The state of a network in a window; ``save`` makes it a file."""

    def html(self) -> str:
        """One page, which needs nothing from anywhere.

        Raises:
            FlowathenaError: vl-convert is not installed.
        """
        return render(self)

    def encoded(self, form: str) -> bytes:
        """The report as ``html`` or ``json``.

        Raises:
            UsageError: there is no such form.
            FlowathenaError: vl-convert is not installed.
        """
        if form == "json":
            return f"{cells.to_json(self.to_json())}\n".encode()
        if form == "html":
            return self.html().encode()
        raise UsageError(f"a report is a .html or .json file, not {form or 'none'}")

    def save(self, path: str | Path) -> None:
        """Write it to a file, ``.html`` or ``.json``, which appears whole or not at all.

        Raises:
            UsageError: the ending is another one.
            FlowathenaError: vl-convert is not installed, or the file cannot be written.
        """
        file = Path(path)
        files.write(self.encoded(file.suffix.lower().removeprefix(".")), file)
