"""A saved query's parameters as options of its command: help, completion, files of values."""

from collections.abc import Iterator, Sequence
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from flowathena.cli import examples, terminal
from flowathena.errors import ParameterError
from flowathena.inputs import textfile
from flowathena.inputs.params import option as option_of
from flowathena.text import printable

if TYPE_CHECKING:
    from flowathena.inputs.params import Param
    from flowathena.inputs.types import Scalar
    from flowathena.query.query import Query

_MARK = "@"
"""Begins the name of a file of values; twice, a value that begins with it."""
_MOST_BYTES = 16_000_000
_STDIN = "-"


class QueryCommand(TyperCommand):
    """A query's command, whose help shows the query's own parameters before what all have."""

    parameters: frozenset[str] = frozenset()

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own types are private
        """Write two sections: the query's parameters and the other options."""
        own: list[tuple[str, str]] = []
        others: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record:
                (own if param.name in self.parameters else others).append(record)
        for title, records in (("Parameters", own), ("Options", others)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def command_class(query: "Query") -> type[QueryCommand]:
    """The class of a query's command."""
    names = frozenset(param.name for param in query.params)
    return type("QueryCommand", (QueryCommand,), {"parameters": names})


def required(query: "Query") -> tuple[str, ...]:
    """The options that a query needs, with values such as people write."""
    needed = [param for param in query.params if param.required]
    values = [(*p.choices, examples.VALUES.get(p.item_type, "VALUE"))[0] for p in needed]
    return tuple(f"{option_of(p.name)} {v}" for p, v in zip(needed, values, strict=True))


def option(param: "Param") -> Parameter:
    """A query's parameter as an option; the parameter's own type checks the text."""

    def complete(incomplete: str) -> list[str]:
        # Of a list, what is written last; what stands before it stays.
        before, comma, last = incomplete.rpartition(",") if param.is_list else ("", "", incomplete)
        return [f"{before}{comma}{each}" for each in _known(param, last)]

    made = typer.Option(
        option_of(param.name),
        metavar=("|".join(param.choices) or param.item_type.upper()) + ",…" * param.is_list,
        help=printable(_help(param)),
        autocompletion=complete if param.choices or param.item_type == "timezone" else None,
    )
    kind: Any = list[str] | None  # of one that takes one value, the second is refused, not lost
    return Parameter(
        param.name,
        Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[kind, made],
    )


def _known(param: "Param", incomplete: str) -> list[str]:
    """The choices, or the time zones, that begin so."""
    if param.choices:
        return [each for each in param.choices if each.startswith(incomplete)]
    from zoneinfo import available_timezones

    begin = incomplete.casefold()
    return sorted(each for each in available_timezones() if each.casefold().startswith(begin))


def value(param: "Param", given: Sequence[str] | None) -> "Scalar | list[str | Scalar] | None":
    """What was given for a parameter: one value, or the values of a list, files read.

    A list's option may be repeated; each has values separated by commas, or ``@FILE``. A text that
    begins with ``@`` is written ``@@…``. For one value ``@`` has no meaning.

    Raises:
        ParameterError: several are given for one; an option's last one would hide the others. A
            file cannot be read, or a line of it is no value.
    """
    if not given:
        return None
    if param.is_list:
        return [item for text in given for item in _values(param, text)]
    if len(given) > 1:
        raise ParameterError(param.name, f"takes one value, not {len(given)}: {', '.join(given)}")
    return given[0]


def _values(param: "Param", text: str) -> "Iterator[str | Scalar]":
    if text.startswith(_MARK) and not text.startswith(_MARK * 2):
        yield from _values_in(param, text.removeprefix(_MARK))
    else:
        text = text.removeprefix(_MARK) if text.startswith(_MARK * 2) else text
        yield from (part for part in text.split(",") if part.strip())


def _values_in(param: "Param", name: str) -> "Iterator[Scalar]":
    """The values in a file, one a line; blank lines and comments are omitted."""
    if not name:
        raise ParameterError(
            param.name, "@ is followed by the name of a file; @- is standard input"
        )
    where = "standard input" if name == _STDIN else name
    try:
        text = _read(name)
    except textfile.TextFileError as error:
        what = f"line {error.line}" if error.line else "it"
        raise ParameterError(param.name, f"cannot read {where}: {what} {error}") from None
    except OSError as error:
        raise ParameterError(param.name, f"cannot read {where}: {error.strerror}") from None
    except ValueError as error:  # a null byte in the name
        raise ParameterError(param.name, f"cannot read {where}: {error}") from None
    is_empty = True
    for number, line in enumerate(text.split("\n"), 1):
        written = _without_comment(param, line.rstrip("\r"))
        if not written.strip():
            continue
        is_empty = False
        try:
            yield param.parse_item(written)
        except ParameterError as error:
            reason = str(error).removeprefix(f"{param.name}: ")
            raise ParameterError(param.name, f"{where}:{number}: {reason}") from None
    if is_empty:
        raise ParameterError(param.name, f"{where} contains no value")


def _without_comment(param: "Param", line: str) -> str:
    """A line without its comment; a text may contain ``#``, but not begin with it."""
    if line.lstrip().startswith("#"):
        return ""
    return line if param.item_type == "text" else line.partition(" #")[0].partition("\t#")[0]


def _read(name: str) -> str:
    """The text of a file, or of standard input for ``-``.

    Raises:
        OSError: it cannot be read.
        TextFileError: it is too large, or not UTF-8.
        UsageError: standard input cannot be read.
    """
    if name == _STDIN:
        return textfile.decode(terminal.read_input(_MOST_BYTES + 1), _MOST_BYTES)
    return textfile.read(Path(name).expanduser(), _MOST_BYTES)


def _help(param: "Param") -> str:
    """The help of an option: what it is, then what it may be."""
    notes = ["repeatable, comma-separated or @FILE"] if param.is_list else []
    notes += [param.limits] if param.limits else []
    if param.required:
        notes.append("required")
    elif param.default == ():
        notes.append("default: none")
    elif param.default is not None:
        notes.append(f"default: {param.written(param.default)}")
    return f"{param.help} [{'; '.join(notes)}]".lstrip() if notes else param.help
