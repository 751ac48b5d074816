"""A schedule as lines of a crontab. Pure."""

import shlex

from flowathena.deploy.schedule.job import Job

_ABOUT = """\
# {description}
# cron knows no time zones: the fields below are UTC where CRON_TZ is understood (cronie: Fedora,
# Red Hat, Amazon Linux), elsewhere the machine's own time; write its hours there if that matters.
"""


def render(job: Job) -> str:
    """Lines for ``crontab -e``; ``cron`` mails what the command says, and its errors."""
    # To cron, a bare percent sign is the end of the command.
    command = shlex.join(job.command).replace("%", r"\%")
    about = _ABOUT.format(description=job.description)
    return f"{about}CRON_TZ=UTC\n{job.timetable.cron} {command}\n"
