"""SNS: topics and what is published to them."""

from tests.rig.service import Service


class Sns(Service):
    """The state of the service, in memory."""
