"""CloudWatch: metrics whose equal datums add up, alarms, dashboards."""

from tests.rig.cloudwatch_alarms import AlarmsAndDashboards
from tests.rig.cloudwatch_metrics import Metrics
from tests.rig.service import Params, Service
from tests.rig.settings import Settings


class CloudWatch(Service):
    """The state of the service, in memory."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.metrics = Metrics(settings)
        self.alarms = AlarmsAndDashboards(settings)
        self.operations = {**self.metrics.operations, **self.alarms.operations}

    def reset(self) -> None:
        """Forget everything."""
        self.metrics.reset()
        self.alarms.reset()

    def arrange(self, given: Params) -> object:
        """Arrange metrics: see ``Metrics.arrange``."""
        return self.metrics.arrange(given)
