"""What the commands of ``setup`` share: whose credentials, and a plan shown, rendered, applied."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from flowathena.cli import options, resources, terminal
from flowathena.cli.options import ListFormat
from flowathena.errors import UsageError
from flowathena.target import config as configs

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.deploy.setup.plans import Plan

_NOWHERE = "s3://unnamed/"
"""The location of a target that has none: nobody looks at it."""

_MOST_EXPIRY_DAYS = 2**31 - 1
"""S3 has a number of 32 bits for them."""
_DIGITS = 20  # of a number that is read; one that is longer is too large anyway


class Form(StrEnum):
    """What a setup is written for."""

    JSON = "json"
    CLI = "cli"
    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"


To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="LOCATION",
        help="s3://bucket/prefix/ for the logs (default: the target's location).",
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        metavar="REGION", help="Where (default: the target's Region, or the environment's)."
    ),
]
As = Annotated[
    Form | None,
    typer.Option("--as", help="Write what should be for another tool; change nothing."),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline", help="With --as: ours alone, without a look at what there is in AWS."
    ),
]
Apply = Annotated[
    bool, typer.Option("--apply", help="Make the changes, after a question; else they are shown.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the changes: the default.")]
ExitCode = Annotated[
    bool, typer.Option("--exit-code", help="Without --apply: exit 3 if anything would change.")
]


@dataclass(frozen=True)
class Manner:
    """What becomes of a plan."""

    command: str
    render_as: Form | None
    offline: bool
    apply: bool
    dry_run: bool
    yes: bool
    exit_code: bool
    form: ListFormat

    @classmethod
    def rendering(cls, command: str, form: Form) -> Self:
        """Nothing is applied: it is written for another tool."""
        return cls(
            command,
            form,
            offline=False,
            apply=False,
            dry_run=False,
            yes=False,
            exit_code=False,
            form=ListFormat.TABLE,
        )

    def check(self) -> None:
        """Refuse options that do not go together, before AWS is asked for anything.

        Raises:
            UsageError: they do not, or nobody can answer the question.
        """
        if self.apply and (self.dry_run or self.exit_code or self.render_as):
            other = "--dry-run" if self.dry_run else "--exit-code" if self.exit_code else "--as"
            raise UsageError(f"choose one of --apply and {other}")
        if self.offline and not self.render_as:
            raise UsageError("--offline needs --as")
        resources.refuse_unanswerable(f"{self.command} --apply", asks=self.apply and not self.yes)


def client(target: str | None, config: Path | None, region: str | None) -> "Client":
    """The client of a target, or of no target at all: setup comes before there is one.

    Args:
        target: the target's name; None for the default one, if there is one.
        config: the configuration file.
        region: the Region to use instead of the target's.

    Raises:
        ConfigError: there is no such target, or an option is invalid.
    """
    from flowathena.client import Client

    settings = options.configuration(config)
    has_one = target or settings.default_target or len(settings.targets) == 1
    given = {"location": _NOWHERE, **({"region": region} if region else {})}
    chosen = configs.check_target("setup", given, Path.cwd(), config)
    if has_one:
        own = settings.target(target)
        chosen = replace(own, region=region or own.region, sources=())
    return Client(chosen, config_path=settings.path, ask_code=terminal.ask_code)


def choose_location(flows: "Client", to: str | None) -> str:
    """Where the logs go: as given, or as the target has it.

    Raises:
        UsageError: neither an option nor a target says where.
    """
    if to:
        return configs.check_target("setup", {"location": to}, Path.cwd()).location
    if flows.target.location == _NOWHERE:
        raise UsageError("say where: --to s3://bucket/prefix/, or -t TARGET")
    return flows.target.location


def parse_days(option: str, text: str) -> int:
    """A number of days as an option has it: ``400d``.

    Raises:
        UsageError: it is none, or more than S3 takes.
    """
    number = text.removesuffix("d")
    if (
        not number.isascii()
        or not number.isdigit()
        or not 1 <= int(number[:_DIGITS]) <= _MOST_EXPIRY_DAYS
    ):
        raise UsageError(
            f"{option} {text!r}: write a number of days such as 400d, at most {_MOST_EXPIRY_DAYS}d"
        )
    return int(number)


def carry_out(made: "Plan", manner: Manner) -> None:
    """Render a plan, or show it and, if that is asked for, ask and apply it."""
    from flowathena.reconcile import apply_in_turn, plan

    if manner.render_as:
        _render(made, manner)
        return
    plans = [(kind, plan(kind)) for kind in made.kinds]
    for line in made.warnings():
        terminal.warn(line)
    for line in made.notes:
        terminal.say(line)
    question = "Make these changes?"
    confirm = resources.ask_first(
        f"{manner.command} --apply", question, manner.form, yes=manner.yes, creations=True
    )
    with terminal.report_interrupt():
        results = apply_in_turn(plans, confirm=confirm, dry_run=not manner.apply)
    more: dict[str, object] = {}
    if made.flow_logs:
        existing = [each.to_json() for each in made.existing]
        more = {"flow_logs": existing, "notes": [*made.notes]}
    if manner.apply:
        resources.show_results(results, manner.form, more)
    else:
        resources.show_plan([each.operation for each in results], manner.form, more)
    resources.exit_by(results, exit_code=manner.exit_code)


def _render(made: "Plan", manner: Manner) -> None:
    from flowathena.deploy.setup.forms import Form as AnyForm

    done = made.render(AnyForm(str(manner.render_as)), offline=manner.offline)
    terminal.text(done.text)
    for line in (*made.warnings(), *done.notes):
        terminal.warn(line)
    if manner.offline:
        terminal.say("not merged with what there is in AWS")
