"""Amazon Athena as an engine."""

import time
from collections.abc import Callable

from sqlglot import exp

from flowathena.aws.athena import STATEMENT_LIMIT, Athena
from flowathena.aws.marks import mark
from flowathena.aws.session import Aws
from flowathena.aws.unload import Unload
from flowathena.errors import ParameterError
from flowathena.query.render import Rendered
from flowathena.query.template import to_literal
from flowathena.result.result import Listener, Result
from flowathena.target.target import Target

_LONG_BYTES = 10_000  # of one value: the statement itself is not what is long


class AthenaEngine:
    """Runs rendered statements in a target's workgroup.

    Args:
        target: the target.
        aws: its clients.
        reuse_minutes: how old a result of the same statement may be that Athena gives again; None
            to have every one run.
        sleep: pauses between two looks at a query, for a number of seconds.
        unload: where the rows are written as Parquet; None for a plain result.
    """

    is_billed = True

    def __init__(
        self,
        target: Target,
        aws: Aws,
        reuse_minutes: int | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        unload: Unload | None = None,
    ) -> None:
        self._reuse_minutes = reuse_minutes
        self._unload = unload
        self._database = target.database
        self._athena = Athena(aws, target, sleep)

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Run a statement; ``listener`` is called with every state seen.

        Raises:
            ParameterError: a parameter's values make the statement longer than Athena takes.
        """
        return self._athena.execute(
            _text(rendered),
            database=self._database,
            listener=listener,
            reuse_minutes=self._reuse_minutes,
            unload=self._unload,
            names=_names(rendered) if self._unload else (),
        )

    def start(self, rendered: Rendered) -> str:
        """Start a statement and leave it to Athena; its id.

        Raises:
            ParameterError: as of ``run``.
            EngineError: Athena refuses it.
        """
        return self._athena.start(
            _text(rendered), database=self._database, reuse_minutes=self._reuse_minutes
        )


def _text(rendered: Rendered) -> str:
    """What Athena gets: the statement, and a comment that names its query in the history."""
    _refuse_long_values(rendered)
    return mark(rendered.sql, rendered.name)


def _names(rendered: Rendered) -> list[str]:
    """The names of a statement's columns, as Athena writes them; none if a star stands for some."""
    tree = rendered.statement.tree
    names = tree.named_selects if isinstance(tree, exp.Query) else []
    return [] if "*" in names or "" in names else [name.lower() for name in names]


def _refuse_long_values(rendered: Rendered) -> None:
    """Name the parameter that makes a statement too long; without one, the client refuses it."""
    size_bytes = len(rendered.sql.encode())
    if size_bytes <= STATEMENT_LIMIT or not rendered.values:
        return
    sizes = {name: len(to_literal(value).encode()) for name, value in rendered.values.items()}
    name = max(sizes, key=sizes.__getitem__)
    value = rendered.values[name]
    if sizes[name] < _LONG_BYTES:
        return
    what = f"{len(value):,} values" if isinstance(value, tuple) else "a value"
    raise ParameterError(
        name,
        f"{what} of {sizes[name]:,} bytes make a statement of {size_bytes:,} bytes; Athena takes "
        f"{STATEMENT_LIMIT:,}: give fewer, and run the query several times",
    )
