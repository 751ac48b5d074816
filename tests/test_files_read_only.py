"""A file of one's own that is read-only is not replaced."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowathena import files
from flowathena.errors import FlowathenaError, UsageError

_NOBODY = 65534


@contextmanager
def anybody() -> Iterator[Path]:
    """A folder of a user who is not root; root is that user meanwhile, whom no mode stops."""
    own = os.geteuid()
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        if own == 0:
            os.chown(name, _NOBODY, -1)
            os.seteuid(_NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(own)


def test_a_read_only_file_stays_as_it_is() -> None:
    with anybody() as folder:
        path = folder / "flowathena.toml"
        path.write_text("# mine\n")
        path.chmod(0o444)
        with pytest.raises(FlowathenaError, match=r"cannot write .*: it is read-only$"):
            files.write(b"# other\n", path)
        with pytest.raises(UsageError, match=r"it is read-only$"):
            files.check_destination(path)
        assert path.read_text() == "# mine\n"
        assert os.listdir(folder) == ["flowathena.toml"]  # noqa: PTH208 - names
        path.chmod(0o644)
        files.write(b"# other\n", path)
        assert path.read_text() == "# other\n"
