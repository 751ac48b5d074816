"""QuickSight: data sources, data sets, ingestions, schedules, dashboards, users and groups."""

from tests.rig.service import Service


class QuickSight(Service):
    """The state of the service, in memory."""
