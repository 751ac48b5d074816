"""The kinds of flow logs in one place, of VPCs and of transit gateways: a target each; pure.

Both write into the same folders. Their records have different fields and mean different things, so
that no table, and no ``flow_logs``, contains both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flowathena.errors import StorageError
from flowathena.logs.formats import is_transit_gateway
from flowathena.storage.discovery import Discovery, FlowLog

_APART = "deliver the two kinds to a prefix each"
GATEWAY_TABLE = "transit_gateway_flow_logs"
"""The table of transit gateway flow logs, if none is named."""


@dataclass(frozen=True)
class Kind:
    """The flow logs of one kind.

    Attributes:
        logs: what was found of them.
        of_gateway: whether they are those of transit gateways.
        flow_logs: their ids, if the other kind is there as well; empty if it is not.
    """

    logs: Discovery
    of_gateway: bool = False
    flow_logs: tuple[str, ...] = ()

    def target_name(self, name: str) -> str:
        """The name of the target, of the name that its location's target has."""
        return f"{name}-tgw" if self._is_second else name

    def settings(
        self, table: object, flow_logs: Sequence[tuple[str, ...]]
    ) -> list[dict[str, object]]:
        """The settings of each table of the target that follow from the kind.

        Args:
            table: the first table, as it was named; None if it was not.
            flow_logs: the flow logs of each table.
        """
        own: list[dict[str, object]] = [
            {"flow_logs": list(ids)} if self.flow_logs else {} for ids in flow_logs
        ]
        if self.of_gateway:
            named = f"{table}_tgw" if self._is_second else table
            own[0]["table"] = named if table else GATEWAY_TABLE
        return own

    @property
    def _is_second(self) -> bool:
        return self.of_gateway and bool(self.flow_logs)


def divide(logs: Discovery) -> tuple[Kind, ...]:
    """The kinds of flow logs that were found, those of VPCs first; with what cannot be read.

    Raises:
        StorageError: both are there, and the names of one's files do not tell which is which.
    """
    gateways = [log for log in logs.flow_logs if is_transit_gateway(log.head.fields or ())]
    others = [log for log in logs.flow_logs if log not in gateways]
    if not gateways:
        return (Kind(logs),)
    if not any(log.error is None for log in others):
        return (Kind(logs, of_gateway=True),)
    for found in (gateways, others):
        if not _ids(found):
            raise StorageError(
                f"{found[0].head.key} and others are flow logs of VPCs and of transit gateways, "
                f"and their names tell no flow log (fl-…); {_APART}"
            )
    vpcs = Kind(_part(logs, others), flow_logs=_ids(others))
    # What was not looked at is said once.
    rest = replace(_part(logs, gateways), unseen=0, unlisted=())
    return vpcs, Kind(_of_places(rest), of_gateway=True, flow_logs=_ids(gateways))


def warnings(kinds: Sequence[Kind]) -> Iterator[str]:
    """What to know of kinds that share their folders."""
    if len(kinds) == 1:
        return
    yield (
        "flow logs of VPCs and of transit gateways write into the same folders: each has a target "
        "of its own, which reads the flow logs that it names (flow_logs)"
    )
    if any(not log.id for kind in kinds for log in kind.logs.flow_logs):
        yield (
            "the names of some files tell no flow log (fl-…), so neither target reads them; "
            + _APART
        )


def _part(logs: Discovery, some: Sequence[FlowLog]) -> Discovery:
    """What was found of some of the flow logs."""
    newest = next((log for log in some if log.error is None), None)
    layout = newest.layout if newest else logs.layout
    return replace(logs, layout=layout, flow_logs=tuple(some))


def _of_places(logs: Discovery) -> Discovery:
    """The same with the accounts and Regions of its flow logs alone."""
    origins = {log.origin for log in logs.flow_logs}
    return replace(
        logs,
        accounts=tuple(sorted({origin.account for origin in origins})),
        regions=tuple(sorted({origin.region for origin in origins})),
        origins=tuple(origin for origin in logs.origins if origin in origins),
    )


def _ids(logs: Sequence[FlowLog]) -> tuple[str, ...]:
    return tuple(sorted({log.id for log in logs if log.id}))
