"""Columns of Python values as tables of Arrow and frames of pandas, each library if it is there."""

from collections.abc import Sequence
from typing import Any

from flowathena.errors import FlowathenaError
from flowathena.result import types
from flowathena.result.extras import optional
from flowathena.result.types import AthenaType
from flowathena.text import one_line

Columns = Sequence[tuple[str, AthenaType, Any]]
"""Names, types and values: a list, or an array of Arrow's in the type."""


def arrow_table(columns: Columns) -> Any:  # noqa: ANN401 - pyarrow has no types here
    """A ``pyarrow.Table``.

    Raises:
        FlowathenaError: pyarrow is not installed, or a value does not fit its column's type.
    """
    pa = optional("pyarrow", "arrow")
    arrays = [_array(pa, *column) for column in columns]
    return pa.Table.from_arrays(arrays, names=[name for name, _, _ in columns])


def pandas_frame(columns: Columns) -> Any:  # noqa: ANN401 - pandas neither
    """A ``pandas.DataFrame`` of nullable types.

    Raises:
        FlowathenaError: pandas is not installed, or a value does not fit its column's type.
    """
    pd = optional("pandas", "pandas")
    series = {column[0]: _series(pd, *column) for column in columns}
    # No one else holds them. Only columns of objects, copied, lie together in the frame.
    return pd.DataFrame(series, copy=any(each.dtype == "object" for each in series.values()))


def _array(pa: Any, name: str, kind: AthenaType, values: Any) -> Any:  # noqa: ANN401 - same
    if not isinstance(values, list):
        return values
    try:
        return types.arrow_array(pa, values, kind)
    except (ValueError, TypeError, OverflowError) as error:
        raise FlowathenaError(f"column {name!r}: {one_line(error)}") from error


def _series(pd: Any, name: str, kind: AthenaType, values: Any) -> Any:  # noqa: ANN401 - same
    own = types.pandas_type(kind)
    if own and isinstance(values, list):
        with optional("numpy", "pandas").errstate(over="ignore"):  # too large a real is infinite
            return pd.Series(values, dtype=own)
    if own:
        return pd.Series(pd.api.types.pandas_dtype(own).__from_arrow__(_without_nan(values)))
    try:
        pa = optional("pyarrow", "arrow")
    except FlowathenaError:
        return pd.Series(values, dtype="object")
    array = _array(pa, name, kind, values)
    return pd.Series(pd.array(array, dtype=pd.ArrowDtype(array.type)))


def _without_nan(array: Any) -> Any:  # noqa: ANN401 - same
    """The array with NULL for what is not a number, as pandas takes it in a list."""
    pa, compute = optional("pyarrow", "arrow"), optional("pyarrow.compute", "arrow")
    if not pa.types.is_floating(array.type):
        return array
    return compute.if_else(compute.is_nan(array), pa.scalar(None, array.type), array)
