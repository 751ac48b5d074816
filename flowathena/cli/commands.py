"""What every command has: three options for messages, examples, and help that fits its terminal.

``dress`` gives it to all commands in one place, so that none can lack it.
"""

import textwrap
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from flowathena.cli import terminal
from flowathena.cli.examples import EXAMPLES
from flowathena.errors import UsageError

_NARROW = 60
"""On fewer characters a line, help stands below its option, not beside it."""

_MARK = "\b"
"""Begins the examples of a command, which are not filled as a paragraph is."""


class LogFormat(StrEnum):
    """How messages are written."""

    TEXT = "text"
    JSON = "json"


def take_log_format(arguments: Sequence[str]) -> list[str]:
    """Heed ``--log-format json`` and ``text`` wherever they stand; the other arguments.

    This happens before anything else is read, so that every error is written as chosen. The
    ``--log-format`` of ``sample`` and ``table ddl``, a list of fields, has other values.
    """
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*rest, word, *words]
        name, mark, value = word.partition("=")
        taken = [word]
        if name == "--log-format" and not mark:
            following = next(words, None)
            taken, value = ([word], "") if following is None else ([word, following], following)
        if name == "--log-format" and value in set(LogFormat):
            terminal.use_json(value == LogFormat.JSON)
        else:
            rest += taken
    return rest


def dress(command: Any, words: str = "", examples: Sequence[str] = ()) -> Any:  # noqa: ANN401 - typer's own types are private
    """Give a command, and those below it, what every command has; the same command.

    Args:
        command: a command or a group.
        words: what calls it, without ``flowathena``: ``partitions sync``.
        examples: its examples, if it has no fixed ones.
    """
    own = {option for param in command.params for option in param.opts}
    command.params.extend(param for param in _shared() if not own & set(param.opts))
    command.context_class = _Context
    command.epilog = "\n".join((_MARK, *(examples or EXAMPLES.get(words, ()))))
    # Shortened to the width, it would lose words where there is room for them on the next line.
    command.short_help = command.short_help or " ".join(command.help.partition("\n\n")[0].split())
    for name, below in getattr(command, "commands", {}).items():
        dress(below, f"{words} {name}".strip())
    return command


@cache
def _shared() -> tuple[Any, ...]:
    """The options of every command."""
    made = get_command_from_info(
        CommandInfo("", callback=_options), pretty_exceptions_short=False, rich_markup_mode=None
    )
    for param in made.params:
        param.expose_value = False
    return tuple(made.params)


def _be_quiet(value: bool) -> None:
    if value:
        _choose_level(quiet=True)


def _be_verbose(value: bool) -> None:
    if value:
        _choose_level(verbose=True)


def _choose_level(**chosen: bool) -> None:
    terminal.choose_level(**chosen)
    if terminal.is_quiet() and terminal.is_verbose():
        raise UsageError("--quiet and --verbose cannot be combined")


def _options(
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            callback=_be_quiet,
            is_eager=True,
            help="No messages on stderr but warnings, errors and questions.",
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            callback=_be_verbose,
            is_eager=True,
            help="More messages on stderr: configuration, calls made, exact sizes.",
        ),
    ] = False,
    log_format: Annotated[
        LogFormat,
        typer.Option(
            "--log-format",
            help="Messages on stderr as text, or as a JSON object per line for schedulers.",
            show_default=False,
        ),
    ] = LogFormat.TEXT,
) -> None:
    """The options of every command; only the signature is used."""


_BaseContext: Any = TyperGroup.context_class
_BaseFormatter: Any = TyperGroup.context_class.formatter_class


class _Formatter(_BaseFormatter):  # type: ignore[misc] # typer's own types are private
    """Help that is as narrow as the terminal and breaks no words."""

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - same
        super().__init__(*args, **more)
        self.width: int = min(self.width, terminal.columns() - 2)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is called."""
        if self.width >= _NARROW:
            super().write_usage(prog, args, prefix)
        else:
            lines = _wrapped(f"{prefix or 'Usage: '}{prog} {args}", self.width)
            self.write("\n".join((*lines, "")))

    def write_dl(self, rows: Sequence[tuple[str, str]], *args: Any, **more: Any) -> None:  # noqa: ANN401 - same
        """Write options or commands with their help beside them, or below them."""
        if self.width >= _NARROW:
            super().write_dl(rows, *args, **more)
            return
        for name, text in rows:
            for line in _wrapped(name.replace("|", "| "), self.width - self.current_indent):
                self.write(f"{'':{self.current_indent}}{line.replace('| ', '|')}\n")
            with self.indentation(), self.indentation():
                self.write_text(text)

    def write_text(self, text: str) -> None:
        """Write paragraphs, filled; or the examples, a command on a line of its own."""
        if not text.startswith(_MARK):
            super().write_text(text)
            return
        self.write("Examples:\n")
        for line in text.splitlines()[1:]:
            continued = " \\\n  ".join(_wrapped(line, self.width - 4))
            self.write(f"  {continued}\n")


class _Context(_BaseContext):  # type: ignore[misc] # typer's own types are private
    formatter_class = _Formatter


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(
        line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
