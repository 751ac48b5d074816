"""``flowathena schedule``: run what is scheduled, or render it for a scheduler."""

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.cli.partitions import Ahead
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from flowathena.client.scheduled import TaskResult
    from flowathena.deploy.schedule.job import Job
    from flowathena.deploy.schedule.tasks import Tasks

_Since = Annotated[
    str,
    typer.Option("--since", metavar="AGE", help="How far back the sync looks: 3d, 12h, 2w."),
]
_Archive = Annotated[bool, typer.Option("--archive", help="Also 'archive run'.")]
_Rollup = Annotated[bool, typer.Option("--rollup", help="Also 'archive rollup'.")]
_Metrics = Annotated[bool, typer.Option("--metrics", help="Also 'metrics publish'.")]
_Checks = Annotated[
    list[str] | None,
    typer.Option(
        "--check",
        metavar="CHECK",
        help="Also a check: 'NAME key=value …', keys as the options of 'check NAME' or the "
        "query's parameters: 'ssh_rejects since=1d max_rows=0'. Repeat for several.",
    ),
]
_QuickSight = Annotated[bool, typer.Option("--quicksight", help="Also 'quicksight refresh'.")]
_Heartbeat = Annotated[
    bool,
    typer.Option("--heartbeat", help="Tell CloudWatch of a complete sync: metric SyncCompleted."),
]
_At = Annotated[str, typer.Option("--at", metavar="HH:MM", help="Time of a run, UTC.")]
_Every = Annotated[
    str,
    typer.Option(
        "--every", metavar="AGE", help="From one run to the next: 5m to 30m, 1h to 12h, 1d."
    ),
]
_Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")
]
_Executable = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="The command on the machine that runs it (default: the one that runs now).",
        show_default=False,
    ),
]

app = typer.Typer(help="Run sync, archive, rollup, metrics, checks and refreshes on a schedule.")


@app.command()
def run(
    target: options.Target = None,
    config: options.Config = None,
    since: _Since = "3d",
    ahead: Ahead = 1,
    archive: _Archive = False,
    rollup: _Rollup = False,
    metrics: _Metrics = False,
    check: _Checks = None,
    quicksight: _QuickSight = False,
    heartbeat: _Heartbeat = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Sync, then archive, roll up, publish metrics, run checks, refresh QuickSight, as options say.

    A task that fails leaves the others. Exits 4 if some failed, 1 if all did, 3 if a check found
    something.
    """
    from flowathena.client.scheduled import refuse_unsuitable
    from flowathena.result.formats import to_json

    tasks = _tasks(
        since=since,
        ahead=ahead,
        checks=check,
        archive=archive,
        rollup=rollup,
        metrics=metrics,
        quicksight=quicksight,
        heartbeat=heartbeat,
    )
    flows = client(target, config)
    refuse_unsuitable(flows.target, tasks)
    with terminal.report_interrupt():
        done = flows.schedule.run(tasks, watch=_tell)
    if form is ListFormat.JSON:
        terminal.text(to_json(done.to_json()))
    if done.exit_code:
        raise typer.Exit(done.exit_code)


@app.command()
def cron(
    target: options.Target = None,
    config: options.Config = None,
    at: _At = "01:10",
    every: _Every = "1d",
    since: _Since = "3d",
    ahead: Ahead = 1,
    archive: _Archive = False,
    rollup: _Rollup = False,
    metrics: _Metrics = False,
    check: _Checks = None,
    quicksight: _QuickSight = False,
    heartbeat: _Heartbeat = False,
    executable: _Executable = None,
    output: _Output = None,
) -> None:
    """Print lines for a crontab."""
    from flowathena.deploy.schedule import cron as renderer

    tasks = _tasks(
        since=since,
        ahead=ahead,
        checks=check,
        archive=archive,
        rollup=rollup,
        metrics=metrics,
        quicksight=quicksight,
        heartbeat=heartbeat,
    )
    _write(renderer.render(_job(target, config, tasks, (at, every), executable)), output)


@app.command()
def systemd(
    target: options.Target = None,
    config: options.Config = None,
    at: _At = "01:10",
    every: _Every = "1d",
    since: _Since = "3d",
    ahead: Ahead = 1,
    archive: _Archive = False,
    rollup: _Rollup = False,
    metrics: _Metrics = False,
    check: _Checks = None,
    quicksight: _QuickSight = False,
    heartbeat: _Heartbeat = False,
    executable: _Executable = None,
    user: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The user as whom it runs (default: one that systemd makes)."
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Write both units into a folder."),
    ] = None,
) -> None:
    """Print a service and a timer of systemd, or write them beside each other.

    'systemctl enable --now flowathena-TARGET.timer' starts the schedule.
    """
    from flowathena.deploy.schedule import systemd as renderer

    if user and not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", user):
        raise UsageError(f"--user: {user!r} is not the name of a user")
    if executable and "/" in executable and not executable.startswith("/"):
        raise UsageError(f"--executable: {executable!r} is neither a name nor a whole path")
    tasks = _tasks(
        since=since,
        ahead=ahead,
        checks=check,
        archive=archive,
        rollup=rollup,
        metrics=metrics,
        quicksight=quicksight,
        heartbeat=heartbeat,
    )
    units = renderer.render(_job(target, config, tasks, (at, every), executable), user)
    if output is None:
        terminal.text("\n".join(f"# {name}\n{text}" for name, text in units.items()).rstrip("\n"))
        return
    if not output.is_dir():
        raise UsageError(f"cannot write into {output}: it is no folder; create it first")
    for name, text in units.items():
        _write(text, output / name)


@app.command()
def kubernetes(
    target: options.Target = None,
    config: options.Config = None,
    at: _At = "01:10",
    every: _Every = "1d",
    since: _Since = "3d",
    ahead: Ahead = 1,
    archive: _Archive = False,
    rollup: _Rollup = False,
    metrics: _Metrics = False,
    check: _Checks = None,
    quicksight: _QuickSight = False,
    heartbeat: _Heartbeat = False,
    image: Annotated[
        str, typer.Option(metavar="IMAGE", help="The container image: see 'make image'.")
    ] = "flowathena:latest",
    namespace: Annotated[
        str, typer.Option(metavar="NAME", help="The namespace, which exists.")
    ] = "flowathena",
    role_arn: Annotated[
        str | None,
        typer.Option(metavar="ARN", help="The IAM role of the service account (IRSA)."),
    ] = None,
    output: _Output = None,
) -> None:
    """Print a CronJob of Kubernetes, with its service account and the configuration."""
    from flowathena.deploy.schedule import kubernetes as renderer

    tasks = _tasks(
        since=since,
        ahead=ahead,
        checks=check,
        archive=archive,
        rollup=rollup,
        metrics=metrics,
        quicksight=quicksight,
        heartbeat=heartbeat,
    )
    job = _job(target, config, tasks, (at, every), None)
    _write(renderer.render(job, image, namespace, role_arn), output)


@app.command()
def cloudformation(
    target: options.Target = None,
    config: options.Config = None,
    at: _At = "01:10",
    every: _Every = "1d",
    since: _Since = "3d",
    ahead: Ahead = 1,
    archive: _Archive = False,
    rollup: _Rollup = False,
    metrics: _Metrics = False,
    check: _Checks = None,
    quicksight: _QuickSight = False,
    output: _Output = None,
) -> None:
    """Print a CloudFormation stack: a rule that runs a Lambda function, and what goes with it.

    Role, dead-letter queue, log group, and alarms on a run that fails and on one that is missed.
    The function's zip is that of 'make lambda', in a bucket that a parameter of the stack names.
    """
    from flowathena.deploy.schedule import cloudformation as renderer

    tasks = _tasks(
        since=since,
        ahead=ahead,
        checks=check,
        archive=archive,
        rollup=rollup,
        metrics=metrics,
        quicksight=quicksight,
        heartbeat=True,
    )
    job = _job(target, config, tasks, (at, every), None)
    for name in client(target, config).schedule.own_queries(tasks):
        terminal.say(f"query {name} is yours: build the zip with 'make lambda CONFIG={job.config}'")
    if job.target.is_local:
        raise UsageError(f"target {job.target.name!r} is a folder, which Lambda cannot see")
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    _write(renderer.render(job, runtime), output)


def _tasks(
    *,
    since: str,
    ahead: int,
    checks: list[str] | None,
    archive: bool,
    rollup: bool,
    metrics: bool,
    quicksight: bool,
    heartbeat: bool,
) -> "Tasks":
    """The tasks that options say."""
    from flowathena.deploy.schedule.tasks import ScheduledCheck, Tasks

    return Tasks.of(
        since=since,
        ahead=ahead,
        checks=[ScheduledCheck.parse(each) for each in checks or ()],
        archive=archive,
        rollup=rollup,
        metrics=metrics,
        quicksight=quicksight,
        heartbeat=heartbeat,
    )


def _job(
    target: str | None,
    config: Path | None,
    tasks: "Tasks",
    when: tuple[str, str],
    executable: str | None,
) -> "Job":
    from flowathena.deploy.schedule.timetable import Timetable

    timetable = Timetable.of(*when)
    schedule = client(target, config).schedule
    return schedule.job(tasks, timetable, executable or _own_path())


def _own_path() -> str:
    """The path of the command that runs now."""
    beside = Path(sys.executable).with_name("flowathena")
    found = str(beside) if beside.is_file() else shutil.which("flowathena")
    return found or "/usr/local/bin/flowathena"


def _write(text: str, output: Path | None) -> None:
    from flowathena import files

    if output in {None, Path("-")}:
        terminal.text(text.rstrip("\n"))
        return
    files.check_destination(output)
    if output.suffix == ".toml" and output.exists():
        raise UsageError(f"{output} is there, and no schedule is TOML: name another file")
    files.write(text.encode(), output)
    terminal.say(f"wrote {output}")


def _tell(result: "TaskResult") -> None:
    from flowathena.client.task_steps import TaskState

    say = terminal.fail if result.state is TaskState.FAILED else terminal.say
    say(result.summary)
