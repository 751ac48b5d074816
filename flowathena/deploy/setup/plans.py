"""What a setup would do, and with what: for a command to show, to carry out, or to render."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flowathena.deploy.setup.flow_logs import FlowLogs
from flowathena.deploy.setup.forms import Form, Rendering, render
from flowathena.deploy.setup.live_flow_logs import LiveFlowLog
from flowathena.deploy.setup.setting import Setting
from flowathena.reconcile import Resources


@dataclass(frozen=True)
class Plan:
    """What should be in AWS, by kinds that build on each other.

    Attributes:
        kinds: for ``reconcile``.
        region: where.
        known: what is to be warned of, a line each.
        notes: what the user should know, a line each.
        existing: the flow logs that there are of the same things.
    """

    kinds: Sequence[Resources[Any]]
    region: str
    known: Sequence[str] = ()
    notes: Sequence[str] = ()
    existing: Sequence[LiveFlowLog] = ()

    def warnings(self) -> list[str]:
        """What is to be warned of, once what there is has been looked at: a line each."""
        settings = (each for each in self.kinds if isinstance(each, Setting))
        return [*self.known, *(line for each in settings for line in each.warnings())]

    def render(self, form: Form, *, offline: bool = False) -> Rendering:
        """What should be, for another tool.

        Args:
            form: which one.
            offline: ask AWS for nothing, so that what stands there is not merged into it.

        Raises:
            FlowathenaError: AWS does not say what stands there, or it cannot be.
        """
        values: list[object] = []
        for each in self.kinds:
            if isinstance(each, Setting):
                values += each.rendered(offline=offline)
            else:
                values += each.wanted().values()
        done = render(values, form, self.region)
        return Rendering(done.text, (*done.notes, *(() if offline else self._imports())))

    def _imports(self) -> Iterator[str]:
        """What another tool would try to create although it is there: a line each."""
        settings = [each for each in self.kinds if isinstance(each, Setting)]
        there = [f"{each.kind} {each.name}" for each in settings if each.is_import]
        there += [f"flow log {name}" for name in (self.flow_logs.ids if self.flow_logs else ())]
        for each in there:
            yield f"{each} is there already: import it there, or leave it out"

    @property
    def flow_logs(self) -> FlowLogs | None:
        """The kind that creates flow logs, if there is one: it knows their ids afterwards."""
        return next((each for each in self.kinds if isinstance(each, FlowLogs)), None)
