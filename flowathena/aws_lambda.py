"""``flowathena.aws_lambda.handler``: the tasks of a schedule as a Lambda function.

The event, every member of which may be missing::

    {"target": "prod",
     "tasks": ["sync", "archive", "rollup", "metrics", "check", "quicksight"],
     "since": "3d", "ahead": 1, "checks": [{"query": "ssh_rejects", "max_rows": 0}],
     "heartbeat": true, "settings": {"location": "s3://my-flow-logs/", "database": "network"}}

The target is that of ``settings``, as a ``[targets.NAME]`` table has them; without these the one
that ``flowathena.toml`` has, in the function's own folder; without a file that of the variables
``FLOWATHENA_LOCATION``, ``FLOWATHENA_DATABASE``, ….
"""

import json
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from flowathena.aws.session import Aws
from flowathena.client.client import Client
from flowathena.client.scheduled import TaskResult, describe_undone
from flowathena.deploy.schedule.tasks import Tasks
from flowathena.errors import FlowathenaError, UsageError
from flowathena.target import config
from flowathena.target.file import check_name
from flowathena.target.target import Target

_MARGIN_SECONDS = 20.0
"""For what is under way when the time is over: batches end, and what was done is told."""
_MARGIN_SHARE = 0.1
_NAME = "lambda"
_OWN_MEMBERS = ("target", "settings")
"""What says which target; the tasks of an event without others are the usual ones."""


class RunFailedError(FlowathenaError):
    """Raised when not all tasks are done, so that the function's error counts and alarms hear.

    What the time did not suffice for is not done either: Lambda then calls an asynchronous
    function again, and that run goes on where this one has ended.
    """


class Context(Protocol):
    """What of Lambda's context is used."""

    def get_remaining_time_in_millis(self) -> int:
        """How long this call may still take."""
        ...


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Run the tasks of an event.

    Writes a line of JSON for each task on standard output.

    Returns:
        ``{"target": …, "tasks": [{"task", "state", "seconds", …}]}``.

    Raises:
        RunFailedError: a task failed, in part or as a whole, was ended by the time, or was a check
            that found something and has nobody to tell.
        FlowathenaError: event or configuration are invalid.
    """
    if not isinstance(event, Mapping):
        raise UsageError(f"an event is an object of JSON, not {type(event).__name__}")
    # EventBridge's own event, unless the rule gives one: nothing in it is for us.
    own = {key: event[key] for key in _OWN_MEMBERS if key in event}
    members = own if event.get("detail-type") == "Scheduled Event" else dict(event)
    name, settings = members.pop("target", None), members.pop("settings", None)
    if not isinstance(settings, Mapping | None):
        raise UsageError("'settings' of the event is an object: the settings of a target")
    if not isinstance(name, str | None):
        raise UsageError("'target' of the event is the name of a target")
    if name is not None:
        check_name(name)
    tasks = Tasks.of_event(members)
    client = _client(name, settings)
    remaining = context.get_remaining_time_in_millis() / 1000
    run = client.schedule.run(
        tasks,
        seconds=remaining - min(_MARGIN_SECONDS, remaining * _MARGIN_SHARE),
        heartbeat_to=Aws(_OWN),
        watch=_log,
    )
    if run.undone:
        raise RunFailedError(f"target {run.target}: {describe_undone(run.undone)}")
    return run.to_json()


_OWN = Target(_NAME, "")
"""Whose account and Region are the function's: those of its alarm."""


def _client(name: str | None, settings: Mapping[str, Any] | None) -> Client:
    path = config.locate(None, Path.cwd())
    if settings is not None:  # a file is for the queries of one's own alone
        return Client(config.check_target(name or _NAME, settings, Path.cwd()), config_path=path)
    if path:
        return Client(name)
    target = config.environment_target(name or _NAME)
    if target is None:
        raise UsageError(
            "no target: give the event 'settings', pack flowathena.toml into the zip, or set "
            "FLOWATHENA_LOCATION"
        )
    return Client(target)


def _log(result: TaskResult) -> None:
    bug = result.error if not isinstance(result.error, FlowathenaError) else None
    trace = {"trace": "".join(traceback.format_exception(bug))} if bug else {}
    sys.stdout.write(f"{json.dumps({**result.to_json(), **trace}, default=str)}\n")
    sys.stdout.flush()
