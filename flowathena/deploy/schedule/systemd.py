"""A schedule as a service and a timer of systemd, which lie beside each other. Pure.

https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
"""

import re
from collections.abc import Sequence

from flowathena.deploy.schedule.job import Job

_SAFE = re.compile(r"[A-Za-z0-9@%+=:,./_-]+")

_SERVICE = """\
# {description}
[Unit]
Description={description}
Documentation=https://github.com/flowathena/flowathena/blob/main/docs/schedule.md
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
# Credentials and other variables, one NAME=value a line; the file may be absent.
EnvironmentFile=-/etc/flowathena/environment
Environment=FLOWATHENA_CACHE=%C/{name}
Environment=HOME=%S/{name}
StateDirectory={name}
CacheDirectory={name}
WorkingDirectory=%S/{name}
TimeoutStartSec=1h

{user}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
UMask=0077
"""

_TIMER = """\
# {description}
[Unit]
Description={description}

[Timer]
OnCalendar={calendar}
# What was missed while the machine was off runs when it is on again.
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
"""


def render(job: Job, user: str = "") -> dict[str, str]:
    """The two units by the names of their files.

    Args:
        job: the schedule.
        user: the user as whom the service runs; empty for one that systemd makes for it.
    """
    about = _unit_text(job.description)
    service = _SERVICE.format(
        description=about,
        command=_command(job.command),
        name=job.name,
        user=f"User={user}" if user else "DynamicUser=yes",
    )
    timer = _TIMER.format(description=about, calendar=job.timetable.calendar)
    return {f"{job.name}.service": service, f"{job.name}.timer": timer}


def _command(words: Sequence[str]) -> str:
    """A command line in systemd's own quotes, which expands ``%`` and ``$``."""
    return " ".join(_quoted(each.replace("%", "%%").replace("$", "$$")) for each in words)


def _quoted(word: str) -> str:
    if _SAFE.fullmatch(word):
        return word
    escaped = word.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _unit_text(text: str) -> str:
    return text.replace("%", "%%")
