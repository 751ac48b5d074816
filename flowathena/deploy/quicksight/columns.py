"""QuickSight's types of columns, from Athena's; pure.

Source: https://docs.aws.amazon.com/quick/latest/userguide/supported-data-types-and-values.html
"""

from collections.abc import Iterable

from flowathena.deploy.quicksight.values import Column
from flowathena.errors import QueryError
from flowathena.result import types

_TYPES = {
    **dict.fromkeys(("varchar", "char", "string", "ipaddress", "uuid", "json"), "STRING"),
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint"), "INTEGER"),
    **dict.fromkeys(("real", "float", "double", "decimal"), "DECIMAL"),
    **dict.fromkeys(("date", "timestamp"), "DATETIME"),
    "boolean": "BOOLEAN",
}
_INSTEAD = {
    "array": "array_join",
    "map": "json_format(CAST(… AS json))",
    "row": "json_format(CAST(… AS json))",
    "timestamp with time zone": "CAST(… AS timestamp)",
}
_NAME_LIMIT = 128


def data_set_columns(query: str, columns: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    """The columns of a data set.

    Args:
        query: whose columns they are, for messages.
        columns: names and Athena types (Hive's names of them too), in order.

    Raises:
        QueryError: QuickSight has no such type, or takes no such name.
    """
    made = tuple(Column(name, _type(query, name, kind)) for name, kind in columns)
    seen: set[str] = set()
    for column in made:
        name = column.name.lower()
        if name in seen:
            raise QueryError(
                f"query {query} has two columns {column.name}; QuickSight takes each name once: "
                "give one another name"
            )
        if not 1 <= len(name) <= _NAME_LIMIT:
            raise QueryError(
                f"query {query}: the column {column.name} has {len(name)} characters; QuickSight "
                f"takes {_NAME_LIMIT}"
            )
        seen.add(name)
    return made


def _type(query: str, name: str, kind: str) -> str:
    athena = types.parse(kind).name
    if athena in _TYPES:
        return _TYPES[athena]
    instead = _INSTEAD.get(athena, "CAST(… AS varchar)")
    raise QueryError(
        f"query {query}: column {name} is {kind}, for which QuickSight has no type: write "
        f"{instead} in the query"
    )
