"""What every renderer is given: the target, its tasks, when they run. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from flowathena.deploy.schedule.tasks import Tasks
from flowathena.deploy.schedule.timetable import Timetable
from flowathena.target.target import Target

_NOT_OF_NAMES = re.compile(r"[^a-z0-9-]+")
_LONGEST = 30  # characters of a target's name: Kubernetes takes 52 of a CronJob's


@dataclass(frozen=True)
class Job:
    """One target's schedule.

    Attributes:
        target: the target.
        tasks: what runs.
        timetable: when.
        executable: the absolute path of the command on the machine that runs it.
        config: the absolute path of the configuration there; empty if the variable
            FLOWATHENA_CONFIG or the current folder leads to it.
        settings: the target's settings, as the file has them.
        document: the whole text of the configuration.
    """

    target: Target
    tasks: Tasks
    timetable: Timetable
    executable: str = "flowathena"
    config: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    document: str = ""

    @property
    def name(self) -> str:
        """``flowathena-prod``: a name that systemd, Kubernetes and CloudFormation all take.

        A target's name that they do not take is changed, and gets a number made of it: ``prod_eu``
        and ``prod-eu`` are two.
        """
        own = self.target.name
        name = _NOT_OF_NAMES.sub("-", own.lower()).strip("-")[:_LONGEST].rstrip("-") or "target"
        number = "" if name == own else f"-{crc32(own.encode()):08x}"
        return f"flowathena-{name}{number}"

    @property
    def description(self) -> str:
        """One line for people: ``flowathena, target prod: sync, metrics; every day at …``."""
        tasks = ", ".join(self.tasks.names)
        return f"flowathena, target {self.target.name}: {tasks}; {self.timetable.description}"

    @property
    def command(self) -> tuple[str, ...]:
        """The command line, as words."""
        config = ("--config", self.config) if self.config else ()
        return (
            *(self.executable, "schedule", "run", "-t", self.target.name),
            *config,
            *self.tasks.words,
            *("--log-format", "json"),
        )
