"""The JSON Schema of ``flowathena.toml``, from the definitions that check it; pure.

Editors' TOML support reads draft 4 (https://taplo.tamasfe.dev/configuration/developing-schemas.html),
so only keywords that mean the same in draft 4 and draft 7 are used. What no schema can say is left
to ``config validate``: whether settings contradict each other (variables may replace them),
whether a folder exists, whether ``default_target`` is the name of a target.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from flowathena.inputs.window import format_duration
from flowathena.logs.fields import BY_COLUMN, BY_NAME
from flowathena.logs.formats import FIELD
from flowathena.logs.layout import LOG_ROOT
from flowathena.target.feed import AlarmFeed, MetricsFeed, QuickSightFeed
from flowathena.target.location import S3_LOCATION
from flowathena.target.sections import ALARM, ALARMS, METRICS, QUICKSIGHT
from flowathena.target.settings import SETTINGS, SOURCE_SETTINGS, Setting
from flowathena.target.target import Target

Schema = dict[str, object]


def schema() -> Schema:
    """The schema of the whole file."""
    targets = {
        "description": "Flow-log tables, by name.",
        "type": "object",
        "additionalProperties": {"$ref": "#/definitions/target"},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "flowathena.toml",
        "type": "object",
        "properties": {
            "default_target": {
                "description": "The target to use if none is named.",
                "type": "string",
            },
            "query_paths": {
                "description": "Folders of your own queries, relative to this file.",
                "type": "array",
                "items": {"type": "string"},
            },
            "targets": targets,
        },
        "additionalProperties": False,
        "definitions": {"target": _target(), "source": _source()},
    }


def _target() -> Schema:
    return {
        "description": "One flow-log table and where it lives.",
        "type": "object",
        "properties": {
            **_properties(SETTINGS),
            "sources": {
                "description": "Further tables that queries read, for records of other formats.",
                "type": "array",
                "items": {"$ref": "#/definitions/source"},
            },
            **_sections(),
        },
        "required": ["location"],
        "additionalProperties": False,
    }


def _source() -> Schema:
    return {
        "description": "One more table of a target; what it does not say is as in the target.",
        "type": "object",
        "properties": _properties(SOURCE_SETTINGS),
        "required": ["table"],
        "additionalProperties": False,
    }


def _sections() -> dict[str, object]:
    """JSON Schemas of the sections, by name."""
    alarms = {
        "description": "Alarms on the metrics.",
        "type": "array",
        "items": _section("One alarm.", ALARM, AlarmFeed),
    }
    metrics = _section("What CloudWatch has of the target.", METRICS, MetricsFeed)
    properties = metrics["properties"]
    assert isinstance(properties, dict)  # noqa: S101 - made so below
    properties[ALARMS] = alarms
    quicksight = _section("What QuickSight has of the target.", QUICKSIGHT, QuickSightFeed)
    return {"quicksight": quicksight, "metrics": metrics}


def _section(about: str, settings: Mapping[str, Setting], made: type[Any]) -> dict[str, object]:
    defaults = {each.name: each.default for each in fields(made)}
    return {
        "description": about,
        "type": "object",
        "properties": {
            key: _section_property(setting, defaults[key]) for key, setting in settings.items()
        },
        "required": [key for key, setting in settings.items() if setting.required],
        "additionalProperties": False,
    }


def _section_property(setting: Setting, default: object) -> dict[str, object]:
    described: dict[str, object] = {"description": setting.meaning, **_form(setting)}
    if (isinstance(default, str) and default) or isinstance(default, bool | int):
        described["default"] = default
    elif isinstance(default, timedelta):
        described["default"] = format_duration(int(default.total_seconds()))
    return described


def _form(setting: Setting) -> dict[str, object]:
    text: dict[str, object] = {"type": "string"}
    if setting.choices:
        text["enum"] = list(setting.choices)
    elif setting.pattern:
        text["pattern"] = f"^(?:{setting.pattern.pattern})$"
    bounds = {"minimum": setting.least, "maximum": setting.most}
    forms: dict[str, dict[str, object]] = {
        "texts": {"type": "array", "items": text},
        "switch": {"type": "boolean"},
        "number": {"type": "integer", **{k: v for k, v in bounds.items() if v is not None}},
        "decimal": {"type": "number"},
        "duration": {"type": "string", "pattern": r"^\s*[0-9]+\s*[a-z]+\s*$"},
        "types": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    return forms.get(setting.kind, text)


def _properties(settings: Mapping[str, Setting]) -> Schema:
    return {name: _property(name, setting) for name, setting in settings.items()}


def _property(name: str, setting: Setting) -> Schema:
    return {"description": setting.meaning, **_VALUES[setting.kind](setting), **_default(name)}


def _default(name: str) -> Schema:
    default = next(field.default for field in fields(Target) if field.name == name)
    return {"default": default} if isinstance(default, str | bool) else {}


def _text(setting: Setting) -> Schema:
    if setting.choices:
        return {"type": "string", "enum": list(setting.choices)}
    if setting.pattern:
        return {"type": "string", "pattern": _whole(setting.pattern.pattern)}
    return {"type": "string"}


def _location(_: Setting) -> Schema:
    """A bucket, or a folder: not blank, no other scheme; neither ends with ``AWSLogs``."""
    folder = {"pattern": r"\S", "not": {"pattern": "://|^arn:"}}
    return {
        "type": "string",
        "anyOf": [{"pattern": _whole(S3_LOCATION.pattern)}, folder],
        "not": {"pattern": f"(^|/){LOG_ROOT}/*$"},
    }


def _layout(setting: Setting) -> Schema:
    """One of AWS's, or a text with fields of a year, a month and a day."""
    template = "[{].*(?:year|yyyy).*[}]"
    return {"type": "string", "anyOf": [{"enum": list(setting.choices)}, {"pattern": template}]}


def _format(_: Setting) -> Schema:
    """``default``, AWS's text, or names; those without ``start`` have known fields alone."""
    known = {"items": {"enum": list(BY_NAME)}}
    token, field = (rf"\$\{{({names})\}}" for names in (FIELD.pattern, "|".join(BY_NAME)))
    has_start = {"pattern": r"\$\{start\}"}
    tokens = {
        "type": "string",
        "pattern": _whole(f"{token}( {token})*"),
        "anyOf": [has_start, {"pattern": _whole(f"{field}( {field})*")}],
    }
    name = {"anyOf": [{"enum": list(BY_NAME)}, {"pattern": _whole(FIELD.pattern)}]}
    names = {
        "type": "array",
        "items": {"type": "string", **name},
        "uniqueItems": True,
        "minItems": 1,
        "anyOf": [{"not": {"items": {"not": {"enum": ["start"]}}}}, known],
    }
    return {"anyOf": [{"enum": ["default"]}, tokens, names], "default": "default"}


def _keys(setting: Setting) -> Schema:
    part = f"({'|'.join(setting.choices)})( .*)?"
    return {"type": "object", "additionalProperties": {"type": "string", "pattern": _whole(part)}}


def _columns(_: Setting) -> Schema:
    named: Mapping[str, Schema] = {column: {"type": "string"} for column in BY_COLUMN}
    return {"type": "object", "properties": named, "additionalProperties": False}


def _types(_: Setting) -> Schema:
    return {"type": "object", "additionalProperties": {"type": "string"}}


def _networks(_: Setting) -> Schema:
    return {"type": "array", "items": {"type": "string", "pattern": _whole("[0-9a-fA-F.:/]+")}}


def _flow_logs(setting: Setting) -> Schema:
    assert setting.pattern is not None  # noqa: S101 - its definition has one
    return {
        "type": "array",
        "items": {"type": "string", "pattern": _whole(setting.pattern.pattern)},
    }


def _size(_: Setting) -> Schema:
    """A number of bytes, or one with its unit."""
    written = {
        "type": "string",
        "pattern": _whole(r"(?=[^1-9]*[1-9])\s*[0-9]+(\.[0-9]+)?\s*([kKmMgGtT]i?)?[bB]?\s*"),
    }
    return {"anyOf": [written, {"type": "integer", "minimum": 1}]}


def _whole(pattern: str) -> str:
    """A pattern that all of a text matches; a schema's own need only occur in it."""
    return f"^(?:{pattern})$"


_VALUES: Mapping[str, Callable[[Setting], Schema]] = {
    "text": _text,
    "switch": lambda _: {"type": "boolean"},
    "location": _location,
    "layout": _layout,
    "format": _format,
    "keys": _keys,
    "columns": _columns,
    "types": _types,
    "networks": _networks,
    "flow_logs": _flow_logs,
    "size": _size,
    "amount": lambda _: {"type": "number", "minimum": 0},
}
