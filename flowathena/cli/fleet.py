"""Work on one target, or on several: each told under its name, one summary, the worst exit code."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import delivery, options, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.target_work import Value, Work
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import ConfigError
from flowathena.target.choice import ALL, asks_for_several
from flowathena.text import shortened

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.client.turns import FleetProgress
    from flowathena.result.result import Progress


Targets = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        metavar="NAME",
        help="Target in the configuration (or FLOWATHENA_TARGET); several: 'prod-*', a,b or all.",
        autocompletion=options.complete_targets,
    ),
]
AtOnce = Annotated[
    int | None,
    typer.Option(
        "--at-once", metavar="N", min=1, max=32, help="Of several targets: how many (default: 4)."
    ),
]


class _Alone:
    """The turn of the only target: its progress is shown."""

    def watch(self, what: str, done: int, total: int, /) -> None:
        terminal.bar(what, done, total)

    def listen(self, progress: "Progress", /) -> None:
        delivery.show_progress(progress)

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)


def carry_out(
    work: Work[Value],
    target: str | None,
    config: Path | None,
    form: ListFormat,
    at_once: int | None = None,
    concurrency: int = CONCURRENCY,
) -> None:
    """Do something with the target, or with each of several; ends with the exit code.

    Args:
        work: what is done.
        target: what ``--target`` says.
        config: the file of ``--config``.
        form: how it is told.
        at_once: how many targets are worked on at once; None for the usual number.
        concurrency: calls to AWS under way at once, for each target.
    """
    several = _several(target, config)
    if several is None:
        _do_alone(work, options.client(target, config, concurrency), form)
        return
    work.check()
    from flowathena.cli.fleet_report import Report
    from flowathena.client.fleet import AT_ONCE, Fleet
    from flowathena.client.turns import PATIENCE_SECONDS

    fleet = Fleet(several, config_path=config, concurrency=concurrency, ask_code=terminal.ask_code)
    for each in fleet:
        with terminal.about(each.target.name):
            options.describe_target(each.target)
    patience = PATIENCE_SECONDS if work.changes else 0.0
    run = fleet.run(
        work.do,
        at_once=at_once or AT_ONCE,
        patience_seconds=patience,
        listener=_show_progress,
    )
    Report(work, form, run, fleet.names).follow()


def _several(target: str | None, config: Path | None) -> str | None:
    """What is asked for, if it is more than one target."""
    from flowathena.target import config as configs

    if target is not None and not asks_for_several(target, ()):
        return None
    try:
        settings = configs.load(config, lenient=True)
    except ConfigError:
        return None  # whoever makes the client says everything that is wrong
    asked = target or settings.default_target
    if not asks_for_several(asked, settings.names):
        if target == ALL and len(settings.names) > 1:
            terminal.say("the target named 'all' is meant; -t '*' means every target")
        return None
    return asked


def _do_alone(work: Work[Value], flows: "Client", form: ListFormat) -> None:
    terminal.progress(f"target {flows.target.name}")
    try:
        value = work.do(flows, _Alone())
    except KeyboardInterrupt as interrupt:
        done = work.partial(interrupt)
        if done is not None:
            _show(work, done, form)
        raise
    _show(work, value, form)
    code = work.summarize(value).code
    if code:
        raise typer.Exit(code)


def _show(work: Work[Value], value: Value, form: ListFormat) -> None:
    from flowathena.result.formats import to_json

    if form is ListFormat.JSON:
        terminal.text(to_json(work.to_json(value)))
    work.show(value, form)


def _show_progress(progress: "FleetProgress") -> None:
    parts = [f"{progress.ended}/{progress.total}"]
    parts += [f"{progress.failed} failed"] if progress.failed else []
    parts += [f"{shortened(', '.join(progress.running), 40)} running"] if progress.running else []
    terminal.progress("targets", ", ".join(parts), progress.ended, progress.total)
