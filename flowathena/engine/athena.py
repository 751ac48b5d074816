"""Amazon Athena as an engine."""

from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.query.render import Rendered
from flowathena.result.result import Listener, Result
from flowathena.target.target import Target


class AthenaEngine:
    """Runs rendered statements in a target's workgroup."""

    def __init__(self, target: Target, aws: Aws) -> None:
        self._database = target.database
        self._athena = Athena(aws, target)

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Run a statement; ``listener`` is called with every state seen."""
        return self._athena.execute(rendered.sql, database=self._database, listener=listener)
