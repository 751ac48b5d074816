"""What a service of the rig has whose state is its own: operations, things a test arranges."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.rig.answers import Answer, json_answer, not_implemented
from tests.rig.calls import Call
from tests.rig.faults import Fault
from tests.rig.settings import Settings

Params = dict[str, Any]
Operation = Callable[[Call], Params]


class Service:
    """One service of AWS, kept in memory.

    Its ``operations`` take a call and give the members of the answer; a refusal is raised as an
    ``AwsError``. One call at a time is answered, so that none sees another's half.
    """

    operations: Mapping[str, Operation]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.operations = {}

    def reset(self) -> None:
        """Forget everything."""

    def arrange(self, given: Params) -> object:
        """Have something be as a test wants it; what comes back is the test's answer."""
        raise ValueError(f"{type(self).__name__} has nothing to arrange: {given}")

    def answer(self, call: Call, _fault: Fault | None) -> Answer:
        """Answer one call."""
        if call.op not in self.operations:
            raise not_implemented(call.service, call.op)
        return self.form(call, self.operations[call.op](call))

    def form(self, _call: Call, members: Params) -> Answer:
        """The answer of these members in the protocol of the service."""
        return json_answer(members)
