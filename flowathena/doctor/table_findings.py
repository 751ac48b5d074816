"""What is wrong with a table, judged by its definition and the logs; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from flowathena.catalog import fitness
from flowathena.catalog.wanted import FIRST_DAY, FOLDER_DAY
from flowathena.doctor.findings import Finding
from flowathena.doctor.log_findings import Logs
from flowathena.logs.fields import column_name
from flowathena.logs.layout import LOG_ROOT, Layout, Level, Partition
from flowathena.shape.key import ROLES, Key, Role
from flowathena.shape.reach import Reach
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import HEADER_COUNT, Table
from flowathena.sql.quoting import hive_identifier, hive_literal
from flowathena.storage.samples import FileHead
from flowathena.target.target import Target

_TEMPLATE = "storage.location.template"
_SHOWN = 5


def check_table(target: Target, table: Table | None, logs: Logs | None) -> Iterator[Finding]:
    """Problems with the table, except its partition projection."""
    name = target.name
    if table is None:
        yield Finding(
            "table",
            "the table does not exist",
            f"{target.table_name} is not in the catalog",
            target.command("table create"),
        )
        return
    yield from _check_location(target, table)
    sample = logs.sample if logs else None
    if sample and sample.file_format != table.file_format:
        yield Finding(
            "table",
            "the table reads another file format",
            f"the logs are {sample.file_format}, the table's format is {table.file_format}",
            f"set {_setting(target, sample.file_format)}table to a new name in [targets.{name}], "
            f"then {target.command('partitions sync')}",
        )
    elif sample and table.file_format == "text":
        yield from _check_header(target, table, sample)


def _setting(target: Target, file_format: str) -> str:
    """The setting to correct besides the table's name; empty if it is right already."""
    return "" if target.file_format == file_format else f'file_format = "{file_format}" and '


def _check_location(target: Target, table: Table) -> Iterator[Finding]:
    if not target.is_local and table.location and not table.location.endswith("/"):
        yield Finding(
            "table",
            "the table's location does not end with a slash",
            table.location,
            "without it, Athena finds nothing or too much; in Athena: "
            f"{_alter(table)} SET LOCATION {hive_literal(table.location + '/')}",
        )
    # A template that leads elsewhere is a matter of the projection, which has the right one.
    ways = (table, replace(table, parameters={}))
    if not any(fitness.leads_to(each, target) for each in ways):
        yield Finding(
            "table",
            "the table reads another location than the target",
            f"{table.location or 'no location'} is not below "
            f"{target.location.rstrip('/')}/{target.folders.root.removeprefix(target.prefix)}",
            f"correct location in [targets.{target.name}], or set table to a new name",
        )


def _check_header(target: Target, table: Table, sample: FileHead) -> Iterator[Finding]:
    count = table.parameters.get(HEADER_COUNT, "0").strip()
    needed = "0" if sample.fields is None else "1"
    if count == needed:
        return
    what = "the table reads the header line of every file as a record"
    if sample.fields is None or count not in {"", "0"}:
        what = "the table skips the first record of every file"
    first = "is a record" if sample.fields is None else "names the fields"
    yield Finding(
        "table",
        what,
        f"{HEADER_COUNT} is {count}, and the first line of {sample.key} {first}",
        _correct_header(target, sample) + _set_properties(target, table, {HEADER_COUNT: needed}),
    )


def _correct_header(target: Target, sample: FileHead) -> str:
    """The setting to correct besides the table; empty if it is right already."""
    has_header = sample.fields is not None
    if target.header == has_header:
        return ""
    return f"set header = {str(has_header).lower()} in [targets.{target.name}] and, "


def check_projection(
    target: Target,
    table: Table,
    shape: Shape,
    reach: Reach,
    newest: Mapping[Values, tuple[Partition, str]],
    registered: str,
) -> Iterator[Finding]:
    """Problems with a table's partition projection.

    Args:
        target: the target.
        table: the table.
        shape: what its keys stand for.
        reach: what it reaches.
        newest: the newest stored partition of each account and Region, with its location.
        registered: how many partitions are registered, in words; empty if none are.
    """
    if registered and target.partitioning != "projection":
        yield Finding(
            "table",
            "partition projection hides the registered partitions",
            f"{registered} are registered",
            _set_properties(target, table, {"projection.enabled": "false"})
            + f', or partitioning = "projection" in [targets.{target.name}]',
        )
    missed: dict[str, list[Values]] = {}
    texts: dict[str, str] = {}
    for values, (_, location) in sorted(newest.items()):
        if text := reach.obstacle(values, location):
            name = text.partition(" = ")[0].partition(", ")[0]
            missed.setdefault(name, []).append(values)
            texts.setdefault(name, text)
    for name, these in missed.items():
        yield from _missed(target, table, shape, name, these, newest, texts[name])


def _missed(  # noqa: PLR0913, PLR0917 - of one finding
    target: Target,
    table: Table,
    shape: Shape,
    name: str,
    missed: list[Values],
    newest: Mapping[Values, tuple[Partition, str]],
    text: str,
) -> Iterator[Finding]:
    partition, location = newest[missed[-1]]
    key = next((key for key in shape.keys if name.startswith(f"projection.{key.name}.")), None)
    if key is None:
        yield Finding(
            "table",
            "the projection looks for the logs in another folder",
            f"{text}; the logs are in {location}",
            _set_properties(target, table, dict(_template(target, table, shape, partition))),
        )
        return
    place = shape.keys.index(key)
    values = sorted({each[place] for each in missed})
    setting, value = _corrected(table, key, values)
    what = f"the projection omits {key.role}s that have logs"
    evidence = f"not in {name}: {', '.join(values[:_SHOWN])}"
    if key.role in {Role.DAY, Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR}:
        what = "the projection does not reach the newest logs"
        evidence = f"{text}; the newest logs are in {location}"
    if setting:
        what = f"the projection of key {key.name} has no valid type, so every query fails"
        evidence = f"projection.{key.name}.type is {_kind(table, key) or 'missing'}"
    yield Finding("table", what, evidence, _set_properties(target, table, {**setting, **value}))


def _corrected(table: Table, key: Key, values: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The type (if it is not valid) and the values or range of a key that include some values."""
    prefix = f"projection.{key.name}"
    kind = _kind(table, key)
    valid = kind in {"enum", "integer", "date", "injected"}
    wanted = "date" if key.role is Role.DAY else "enum"
    setting = {} if valid else {f"{prefix}.type": wanted}
    if (kind if valid else wanted) == "enum":
        listed = table.parameters.get(f"{prefix}.values", "").split(",")
        known = {value.strip() for value in listed} - {""}
        return setting, {f"{prefix}.values": ",".join(sorted(known | set(values)))}
    bounds = table.parameters.get(f"{prefix}.range", "").split(",")
    first = min(bounds[0].strip() or values[0], values[0])
    if (kind if valid else wanted) == "integer":
        last = str(max(int(bounds[-1]) if bounds[-1].strip().isdigit() else 0, int(values[-1])))
        return setting, {f"{prefix}.range": f"{first},{last}"}
    return setting, {
        f"{prefix}.range": f"{first},NOW",
        f"{prefix}.interval": "1",
        f"{prefix}.interval.unit": "DAYS",
    }


def _kind(table: Table, key: Key) -> str:
    return table.parameters.get(f"projection.{key.name}.type", "").strip().lower()


def _template(
    target: Target, table: Table, shape: Shape, partition: Partition
) -> Iterator[tuple[str, str]]:
    """The properties with which a projection finds the folder of a partition."""
    layout = replace(target.folders, hourly=shape.is_hourly)
    day = shape.key(Role.DAY)
    form = layout.folders.day_form or FOLDER_DAY
    if day and day.form != form and day.type != "date":
        start = table.parameters.get(f"projection.{day.name}.range", "").partition(",")[0].strip()
        first = _first_day(day, start)
        yield f"projection.{day.name}.format", form
        yield f"projection.{day.name}.range", f"{replace(day, form=form).day(first)},NOW"
    below = (
        _template_folders(layout, shape, partition)
        if layout.template
        else _preset_folders(layout, shape, partition)
    )
    root = target.location.rstrip("/")
    yield _TEMPLATE, f"{root}/{below}"


def _first_day(day: Key, text: str) -> date:
    """The first day of a range; the default one of what is no day."""
    try:
        return date(*map(int, day.parts(text)))
    except ValueError:
        return FIRST_DAY


def _template_folders(layout: Layout, shape: Shape, partition: Partition) -> str:
    """The folders of a template, with a placeholder for each key."""
    names = {role: f"${{{key.name}}}" for role in Role if (key := shape.key(role))}
    texts = {
        "org": partition.organization,
        "account": partition.account,
        "region": partition.region,
        **{role.value: name for role, name in names.items()},
        "day": names.get(Role.DAY_OF_MONTH, ""),
    }
    return layout.folders.write(texts, names.get(Role.DAY, ""))


def _preset_folders(layout: Layout, shape: Shape, partition: Partition) -> str:
    """AWS's folders, with a placeholder for each key."""
    folders = layout.prefix_of(partition)[len(layout.root) :].rstrip("/").split("/")
    parts = [folders.pop(0)] if partition.organization else []
    day = shape.key(Role.DAY)
    for level, folder in zip(Level, folders, strict=False):
        key = shape.key(ROLES[level])
        if day and level in {Level.YEAR, Level.MONTH, Level.DAY}:
            parts += [f"${{{day.name}}}"] if level is Level.YEAR else []
        else:
            name = f"${{{key.name}}}" if key else ""
            parts.append(layout.folder(level, name).rstrip("/") if key else folder)
    return f"{LOG_ROOT}/{'/'.join(parts)}/"


def check_columns(target: Target, table: Table, shape: Shape, logs: Logs) -> Iterator[Finding]:
    """Whether the table's columns fit the fields of the files."""
    yield from _check_types(target, table, shape)
    sample = logs.sample
    if sample is None or not sample.fields or sample.file_format != table.file_format:
        return  # check_table reports another file format
    fields = list(map(column_name, sample.fields))
    if table.file_format == "parquet":
        yield from _check_names(target, shape, fields, sample)
        return
    columns = list(shape.columns)
    length = min(len(columns), len(fields))
    if columns[:length] != fields[:length] or len(columns) > length:
        pairs = zip_longest(columns, fields, fillvalue="nothing")
        place, column, field = next((n, a, b) for n, (a, b) in enumerate(pairs, 1) if a != b)
        yield Finding(
            "columns",
            "the table reads the fields in another order than the files have them",
            f"column {place} is {column}, the header of {sample.key} has {field} there",
            _new_table(target, sample),
        )
    elif len(columns) < len(fields):
        yield Finding(
            "columns",
            "the files have fields for which the table has no column",
            f"{', '.join(fields[length : length + _SHOWN])} in {sample.key}",
            _new_table(target, sample),
        )


def _check_names(
    target: Target, shape: Shape, fields: list[str], sample: FileHead
) -> Iterator[Finding]:
    columns = {each.name.lower() for each in sample.columns} or set(fields)
    missing = [name for name in shape.columns.values() if name not in columns]
    if missing:
        yield Finding(
            "columns",
            "the files do not have these columns, which read as NULL",
            f"{', '.join(missing[:8])} in {sample.key}",
            _new_table(target, sample) + ', with column_names = "aws"',
        )
    unread = [field for field in fields if field not in shape.columns]
    if unread:
        yield Finding(
            "columns",
            "the files have fields for which the table has no column",
            f"{', '.join(unread[:_SHOWN])} in {sample.key}",
            _new_table(target, sample),
        )


def _check_types(target: Target, table: Table, shape: Shape) -> Iterator[Finding]:
    """Number columns too narrow for their field: what does not fit reads as NULL, or fails."""
    narrow = fitness.narrow_columns(table, shape)
    if narrow:
        real, _, needed = narrow[0]
        change = f"{_alter(table)} CHANGE COLUMN {hive_identifier(real)} {hive_identifier(real)}"
        yield Finding(
            "columns",
            "columns are too narrow for their field: larger values read as NULL",
            ", ".join(f"{real} is {live}, not {needed}" for real, live, needed in narrow[:_SHOWN]),
            f"in Athena: {change} {needed}, or a table with a new name: set table in "
            f"[targets.{target.name}]",
        )


def _new_table(target: Target, sample: FileHead) -> str:
    listed = ", ".join(f'"{name}"' for name in sample.fields or ())
    return (
        f"set log_format = [{listed}] and table to a new name in [targets.{target.name}], then "
        f"{target.command('partitions sync')}"
    )


def _set_properties(target: Target, table: Table, properties: Mapping[str, str]) -> str:
    if target.is_local:
        drop, sync = target.command("table drop --yes"), target.command("partitions sync --all")
        return f"{drop}, then {sync}"
    pairs = ", ".join(f"{hive_literal(k)}={hive_literal(v)}" for k, v in properties.items())
    return f"in Athena: {_alter(table)} SET TBLPROPERTIES ({pairs})"


def _alter(table: Table) -> str:
    return f"ALTER TABLE {hive_identifier(table.database)}.{hive_identifier(table.name)}"
