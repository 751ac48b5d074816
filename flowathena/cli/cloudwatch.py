"""``flowathena metrics alarms``, ``dashboard``, ``filter`` and ``remove``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import options, resources, terminal
from flowathena.cli.options import ListFormat, client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowathena.deploy.cloudwatch.setup import CloudWatchSetup
    from flowathena.reconcile import Resources

_Test = Annotated[
    bool,
    typer.Option("--test", help="Ask CloudWatch which made-up records match; change nothing."),
]


def alarms(
    target: options.Target = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    exit_code: options.ExitCodeOfDryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create or update the alarms on a target's metrics.

    They are those of the configuration ([[targets.NAME.metrics.alarms]]), by default one: any
    rejected SSH. What is no longer there is deleted; alarms of others are left alone.
    """
    setup = client(target, config).cloudwatch
    _apply([setup.alarms()], "metrics alarms", form, dry_run=dry_run, yes=yes, exit_code=exit_code)


def dashboard(
    target: options.Target = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    exit_code: options.ExitCodeOfDryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create or update a CloudWatch dashboard with a widget for each of a target's metrics."""
    setup = client(target, config).cloudwatch
    _apply(
        [setup.dashboard()],
        "metrics dashboard",
        form,
        dry_run=dry_run,
        yes=yes,
        exit_code=exit_code,
    )


def filter_(
    target: options.Target = None,
    config: options.Config = None,
    log_group: options.LogGroup = None,
    test: _Test = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    exit_code: options.ExitCodeOfDryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create or update metric filters, which count in a log group what the metrics count in S3.

    Their patterns name the fields of the target's log format. Each counts record by record into a
    metric of its own (SshRejectsFromLogGroup). --dry-run shows the patterns.
    """
    setup = client(target, config).cloudwatch
    if test:
        _show_test(setup, form)
    else:
        kinds = [setup.filters(log_group)]
        for reason in setup.wanted_filters[1]:
            terminal.say(f"left out: {reason}")
        _apply(kinds, "metrics filter", form, dry_run=dry_run, yes=yes, exit_code=exit_code)


def remove(
    target: options.Target = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    exit_code: options.ExitCodeOfDryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Delete the alarms, the dashboard and the metric filters of a target that flowathena made.

    Published values stay: CloudWatch deletes none, and forgets them after 15 months.
    """
    setup = client(target, config).cloudwatch
    _apply(setup.removals(), "metrics remove", form, dry_run=dry_run, yes=yes, exit_code=exit_code)


def _apply(
    kinds: "Sequence[Resources[Any]]",
    command: str,
    form: ListFormat,
    *,
    dry_run: bool,
    yes: bool,
    exit_code: bool,
) -> None:
    """Plan, show, ask and apply."""
    from flowathena.reconcile import reconcile

    resources.refuse_exit_code(exit_code=exit_code, dry_run=dry_run)
    confirm = resources.ask_first(command, "{changes}?", form, yes=yes)
    with terminal.report_interrupt():
        results = reconcile(kinds, confirm=confirm, dry_run=dry_run)
    if dry_run:
        resources.show_plan([each.operation for each in results], form)
    else:
        resources.show_results(results, form)
    resources.exit_by(results, exit_code=exit_code)


def _show_test(setup: "CloudWatchSetup", form: ListFormat) -> None:
    from flowathena.result.formats import to_json

    tested = setup.test_filters()
    if form is ListFormat.JSON:
        rows = [
            {"filter": name, "record": line.text, "about": line.about, "matches": matches}
            for name, line, matches in tested
        ]
        terminal.text(to_json({"tests": rows}))
        return
    terminal.table(
        ["filter", "record", "matches"],
        [(name, line.about, "yes" if matches else "no") for name, line, matches in tested],
    )
