"""A rule of ``lint``: what it objects to in the syntax tree of a query, and how bad that is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from flowathena.query.finding import Severity

Objections = Iterator[tuple[exp.Expr, str, str]]
"""Nodes, each with a message and a fix."""


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        severity: how bad what it finds is.
        meaning: what it finds, one line.
        look: the nodes it objects to, each with a message and a fix.
    """

    severity: Severity
    meaning: str
    look: Callable[[exp.Expr], Objections]
