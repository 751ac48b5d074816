"""Runs the Jinja of a saved query within bounds: of work, of text, of nesting; pure.

A template may come from a stranger, and Jinja's sandbox bounds nothing: ``'x' * 10**9``, nested
loops, ``'x'|center(10**9)`` or thirty doublings of a list would fill the memory or run for hours.
Time is no bound, for a thread cannot be stopped from outside. So the template's tree is changed:
every value that an expression gives passes a meter, which counts its size and each turn of a loop.
What multiplies (``*``, ``**``, ``join``, ``replace``) is measured before it is done, and only
filters and methods remain whose result cannot be much larger than what they are given.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain
from types import CodeType
from typing import Any

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    nodes,
    pass_context,
)
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "first", "float", "int", "items", "join"),
    *("last", "length", "list", "lower", "map", "max", "min", "reject", "replace", "reverse"),
    *("select", "sort", "string", "title", "trim", "unique", "upper"),
)
"""Filters that a template may use."""

_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        {
            *("capitalize", "endswith", "isdigit", "lower", "lstrip", "removeprefix"),
            *("removesuffix", "rstrip", "split", "startswith", "strip", "title", "upper"),
        }
    ),
    date: frozenset(
        {
            *("date", "day", "hour", "isoformat", "isoweekday", "minute", "month", "second"),
            *("weekday", "year"),
        }
    ),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"get", "items", "keys", "values"}),
}
_REFUSED_NODES = {
    nodes.Macro: "a macro",
    nodes.CallBlock: "a call block",
    nodes.FilterBlock: "a filter block",
    nodes.AssignBlock: "a set block",
    nodes.Include: "an include",
    nodes.Import: "an import",
    nodes.FromImport: "an import",
    nodes.Extends: "an extends",
    nodes.Block: "a block",
}
_WORK = 500_000  # values and turns of loops: half a second
_PUT = 20_000  # values in the statement: sqlglot reads as many in two seconds
_TEXT = 262_144  # characters beyond those of the template: what Athena takes
_GIVEN = 10  # as often may the template use what it is given
_UNIT = 64  # characters, or bits, that count as one value
_BITS = 4096  # of a number
_DEPTH = 8  # of lists within lists
_LEVELS = 200  # of the tree: more than twenty loops or a hundred signs in a row
_METER, _TURNS = "flowathena_meter", "flowathena_turns"
_METERED = (
    *(nodes.Name, nodes.Getattr, nodes.Getitem, nodes.List, nodes.Tuple, nodes.Dict),
    *(nodes.BinExpr, nodes.UnaryExpr, nodes.Concat, nodes.Filter, nodes.Call),
)


class TemplateProblemError(Exception):
    """Raised for a template that is invalid or does too much; each problem with its line from 1."""

    def __init__(self, *problems: tuple[str, int | None]) -> None:
        super().__init__("; ".join(message for message, _ in problems))
        self.problems = problems


class _LimitError(TemplateError):
    """Raised within a template that exceeds a bound."""


def parse(text: str) -> nodes.Template:
    """The tree of a template.

    Raises:
        TemplateProblemError: it is invalid, or has what a saved query may not have.
    """
    try:
        tree = ImmutableSandboxedEnvironment(keep_trailing_newline=True).parse(text)
    except TemplateSyntaxError as error:
        raise TemplateProblemError((f"template: {error.message}", error.lineno)) from error
    except RecursionError as error:
        raise _too_deep(_parsed_line(error)) from None
    # First, because Jinja's own walks over a tree call themselves.
    line = _line_below(tree, _LEVELS)
    if line is not None:
        raise _too_deep(line)
    found: list[nodes.Node] = list(tree.find_all((*_REFUSED_NODES, nodes.For)))
    refused: list[tuple[str, int | None]] = [
        (f"{what} is not allowed in a saved query", node.lineno)
        for kind, what in _REFUSED_NODES.items()
        for node in found
        if isinstance(node, kind)
    ]
    refused += [
        ("a recursive loop is not allowed in a saved query", loop.lineno)
        for loop in found
        if isinstance(loop, nodes.For) and loop.recursive
    ]
    if refused:
        raise TemplateProblemError(*refused)
    return tree


def names(text: str) -> frozenset[str]:
    """The names that a template uses and does not set itself.

    Raises:
        TemplateProblemError: it is invalid, or has what a saved query may not have.
    """
    return _program(text).names


def render(text: str, values: Mapping[str, object], put: Callable[[object], str]) -> str:
    """The text that a template makes.

    Args:
        text: the template.
        values: what its names stand for.
        put: makes the text of a value in ``{{ … }}``; an Undefined raises when it is used.

    Raises:
        TemplateProblemError: it is invalid, fails, or does too much.
    """
    sandbox = _Sandbox(put, sum(map(_whole_size, values.values())))
    try:
        template = Template.from_code(sandbox, _program(text).code, sandbox.make_globals(None))
        pieces, room = [], len(text) + _TEXT
        for piece in template.generate(values):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:  # loops alone multiply text
                message = f"template: makes more than {_TEXT:,} characters of text"
                raise TemplateProblemError((message, _first_loop(text)))
    except TemplateSyntaxError as error:
        raise TemplateProblemError((f"template: {error.message}", error.lineno)) from error
    except (SyntaxError, RecursionError, MemoryError) as error:
        # Python's compiler takes twenty loops within loops.
        raise _too_deep(_first_loop(text)) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateProblemError((f"template: {error}", _failed_line(error))) from error
    return "".join(pieces)


class _Program:
    """A template that is read once: its names, and its code; it keeps nothing of one run."""

    def __init__(self, text: str) -> None:
        self._tree = parse(text)
        found = list(self._tree.find_all(nodes.Name))
        stored = {node.name for node in found if node.ctx == "store"}
        self.names = frozenset(node.name for node in found if node.ctx == "load") - stored

    @cached_property
    def code(self) -> CodeType:
        """The code with its meters."""
        return _Sandbox(str, 0).compile(self._metered)

    @cached_property
    def _metered(self) -> nodes.Template:  # the same tree: it gets its meters once
        metered: nodes.Template = _Metering().visit(self._tree)
        return metered


@lru_cache(maxsize=1)  # a template is filled in with one set of values after another
def _program(text: str) -> _Program:
    return _Program(text)


def _too_deep(line: int | None) -> TemplateProblemError:
    return TemplateProblemError(("template: is nested too deeply", line))


def _first_loop(text: str) -> int:
    return next((loop.lineno for loop in parse(text).find_all(nodes.For)), 1)


def _line_below(tree: nodes.Template, levels: int) -> int | None:
    """The line of a node that is more levels down; None if there is none."""
    level: list[nodes.Node] = [tree]
    for _ in range(levels):
        level = [child for node in level for child in node.iter_child_nodes()]
    return level[0].lineno if level else None


def _parsed_line(error: RecursionError) -> int | None:
    """The line that Jinja's parser was reading."""
    trace = error.__traceback__
    while trace is not None:
        parser = trace.tb_frame.f_locals.get("self")
        if isinstance(parser, Parser):
            return parser.stream.current.lineno
        trace = trace.tb_next
    return None


def _failed_line(error: BaseException) -> int | None:
    """The line of the template on which it failed: Jinja puts it into the traceback."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


class _Meter:
    """Counts down from a limit; what exceeds it raises."""

    def __init__(self, limit: int, message: str) -> None:
        self.left = limit
        self._message = message

    def spend(self, units: int) -> None:
        """Count units."""
        self.left -= units
        if self.left < 0:
            raise _LimitError(self._message)

    def measure(self, value: object, depth: int = 0) -> None:
        """Count the size of a value; of lists within lists, every item as often as it is seen."""
        self.spend(_size(value))
        if isinstance(value, list | tuple | dict):
            if depth > _DEPTH:
                raise _LimitError(f"nests lists more than {_DEPTH} deep")
            inside = chain(value, value.values()) if isinstance(value, dict) else value
            for item in inside:
                if not isinstance(item, bool):
                    self.measure(item, depth + 1)


def _size(value: object) -> int:
    """The size of a value without what is inside it."""
    if isinstance(value, str):
        return 1 + len(value) // _UNIT
    if isinstance(value, int):
        return 1 + value.bit_length() // _UNIT
    return 1 + len(value) if isinstance(value, list | tuple | dict | range) else 1


def _whole_size(given: object) -> int:
    return _size(given) + (sum(map(_size, given)) if isinstance(given, tuple) else 0)


class _Sandbox(ImmutableSandboxedEnvironment):
    """An environment for one template, with the meters of its one run."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, put: Callable[[object], str], given: int) -> None:
        def finalize(_context: Context, value: object) -> str:
            self._put.measure(value)
            return put(value)

        # A context, or Jinja would call it for constants when it compiles.
        super().__init__(
            undefined=StrictUndefined,
            finalize=pass_context(finalize),
            autoescape=False,
            keep_trailing_newline=True,
        )
        self._work = _Meter(
            _WORK + _GIVEN * given, f"does more than {_WORK:,} steps; simplify its loops"
        )
        self._put = _Meter(
            _PUT + _GIVEN * given, f"puts more than {_PUT:,} values into the statement"
        )
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.filters |= {
            "join": self._own(self._join),
            "replace": self._own(self._replace),
            _METER: self._own(self._metered),
            _TURNS: self._own(self._turns),
        }

    def call_binop(self, _context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja's signature
        """Compute, if the result has a bound."""
        if operator == "%" and isinstance(left, str):
            raise SecurityError("text % values is not available in a saved query; write ~")
        bits = _bits(left, right, power=operator == "**")
        if operator in {"*", "**"} and bits > _BITS:
            raise _LimitError(f"computes a number of more than {_BITS} bits")
        if operator == "*":
            for one, times in ((left, right), (right, left)):
                if isinstance(one, str | list | tuple) and isinstance(times, int):
                    self._work.spend(_size(one) * max(times, 0))
        return self.binop_table[operator](left, right)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may use an attribute: of values only those that make no more."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if isinstance(obj, LoopContext):
            return True
        return any(attr in names for kind, names in _METHODS.items() if isinstance(obj, kind))

    def wrap_str_format(self, _value: object) -> None:
        """``str.format`` is not available: its widths have no bound."""

    @staticmethod
    def _own(function: Callable[..., object]) -> Callable[..., object]:
        def with_context(_context: Context, *args: object, **named: object) -> object:
            return function(*args, **named)

        return pass_context(with_context)

    def _metered(self, value: object) -> object:
        self._work.measure(value)
        return value

    def _turns(self, values: Iterable[object]) -> Iterator[object]:
        for value in values:
            self._work.spend(1)
            yield value

    def _join(self, values: Iterable[object], d: object = "") -> str:
        texts, separator = list(map(str, values)), str(d)
        size = sum(map(len, texts)) + len(separator) * len(texts)
        self._work.spend(len(texts) + size // _UNIT)
        return separator.join(texts)

    def _replace(self, value: object, old: object, new: object, count: int = -1) -> str:
        text, one, other = str(value), str(old), str(new)
        self._work.spend((len(text) + text.count(one) * len(other)) // _UNIT)
        return text.replace(one, other, count)


def _bits(left: object, right: object, *, power: bool) -> int:
    """At most so many bits has the product or power of two whole numbers; 0 for others."""
    if not isinstance(left, int) or not isinstance(right, int):
        return 0
    if power:
        return left.bit_length() * max(right, 0)
    return left.bit_length() + right.bit_length()


class _Metering(NodeTransformer):
    """Puts a meter around every value of a tree."""

    def visit(self, node: nodes.Node, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - Jinja's signature
        """The node, with meters inside and around it."""
        self.generic_visit(node, *args, **named)
        if isinstance(node, nodes.For):
            node.iter = _filtered(node.iter, _TURNS)
        is_value = isinstance(node, _METERED) and getattr(node, "ctx", "load") == "load"
        return _filtered(node, _METER) if is_value else node


def _filtered(node: Any, name: str) -> nodes.Filter:  # noqa: ANN401 - an expression
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
