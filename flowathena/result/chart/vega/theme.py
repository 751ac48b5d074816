"""Colours of charts in files: light, dark, or as variables of a page's style sheet. Pure.

The hues of the series are those of Okabe and Ito, which people with any colour vision tell apart;
each has a contrast of at least 3:1 with its background.
"""

from collections.abc import Mapping
from types import MappingProxyType

Theme = Mapping[str, str]
"""Colours by role: ``ink`` (titles), ``dim`` (labels), ``grid``, ``paper``, ``s0`` to ``s5`` (of
series), ``h0`` to ``h4`` (shades; ``h0`` is nothing)."""

LIGHT: Theme = MappingProxyType(
    {
        "ink": "#1b1f24",
        "dim": "#4b535d",
        "grid": "#e3e6ea",
        "paper": "#ffffff",
        "s0": "#0072b2",
        "s1": "#d55e00",
        "s2": "#008a64",
        "s3": "#b65a8e",
        "s4": "#8a6d00",
        "s5": "#5f6670",
        "h0": "#f0f2f4",
        "h1": "#bcd7ec",
        "h2": "#74aed8",
        "h3": "#2a7ab8",
        "h4": "#08306b",
    }
)
DARK: Theme = MappingProxyType(
    {
        "ink": "#e8eaed",
        "dim": "#b3bac3",
        "grid": "#343a42",
        "paper": "#16191d",
        "s0": "#56b4e9",
        "s1": "#f08a3c",
        "s2": "#2fbf93",
        "s3": "#e08fc0",
        "s4": "#d8c440",
        "s5": "#a5adb8",
        "h0": "#242a31",
        "h1": "#1e4566",
        "h2": "#2a74a8",
        "h3": "#57abe0",
        "h4": "#c9e8ff",
    }
)
VARIABLES: Theme = MappingProxyType({role: f"var(--{role})" for role in LIGHT})


def style(theme: Theme) -> str:
    """The declarations of a theme's variables in a style sheet."""
    return "".join(f"--{role}:{color};" for role, color in theme.items())
