"""A compiled sqlglot (sqlglotc) refuses classes that extend its parser: one line says so."""

import pytest

from flowathena.errors import ExitCode, FlowathenaError
from flowathena.sql import dialect
from flowathena.sql.statement import Statement


class _Compiled:
    """As mypyc's classes: what is interpreted cannot inherit from it."""

    def __init__(self, **_options: object) -> None:
        raise TypeError("interpreted classes cannot inherit from compiled")


def test_a_compiled_parser_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "_CallParser", _Compiled)
    with pytest.raises(FlowathenaError, match=r"run 'pip uninstall sqlglotc'") as caught:
        _ = Statement("SELECT 1").tree
    assert caught.value.exit_code is ExitCode.ERROR
    assert "\n" not in str(caught.value)
