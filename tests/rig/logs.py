"""CloudWatch Logs: groups, metric filters, their patterns, Insights."""

from tests.rig.service import Service


class Logs(Service):
    """The state of the service, in memory."""
