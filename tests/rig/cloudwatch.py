"""CloudWatch: metrics whose equal datums add up, alarms, dashboards."""

from tests.rig.service import Service


class CloudWatch(Service):
    """The state of the service, in memory."""
