"""``flowathena queries list`` and ``show``: which queries there are, and which run on a target."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.cli.options import ListFormat, configuration
from flowathena.errors import UsageError
from flowathena.inputs.params import option
from flowathena.text import did_you_mean

if TYPE_CHECKING:
    from flowathena.inputs.params import Param
    from flowathena.query.gating import Gate
    from flowathena.query.library import Library
    from flowathena.query.metric import Metric
    from flowathena.query.query import Query
    from flowathena.result.chart.chart import Chart


def complete_query(incomplete: str) -> list[str]:
    """The names and aliases of queries that begin so."""
    known = options.library(None)
    return [name for name in (*known.queries, *known.aliases) if name.startswith(incomplete)]


def complete_topic(incomplete: str) -> list[str]:
    """The topics that begin so."""
    topics = {query.topic for query in options.library(None).queries.values()}
    return sorted(topic for topic in topics if topic and topic.startswith(incomplete))


def complete_tag(incomplete: str) -> list[str]:
    """The tags that begin so."""
    tags = {tag for query in options.library(None).queries.values() for tag in query.tags}
    return sorted(tag for tag in tags if tag.startswith(incomplete))


def list_(
    target: options.Target = None,
    config: options.Config = None,
    runnable: Annotated[
        bool,
        typer.Option("--runnable", help="Only those that run on the target (or the default one)."),
    ] = False,
    topic: Annotated[
        str | None,
        typer.Option(metavar="TOPIC", help="Only this topic.", autocompletion=complete_topic),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TAG",
            help="Only those with this tag; repeat for those with all.",
            autocompletion=complete_tag,
        ),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Only those with all these words in name, alias, title, description, tags, "
            "parameters.",
        ),
    ] = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """List the saved queries: by topic on a terminal, else a row each.

    On a terminal, a title ends with the options that its query requires. Rows in a pipe or a file
    have all parameters: a default follows =, [x] may be omitted. With -t, says of each query
    whether it runs on that target with its defaults, by the target's record format and engine; if
    not, what it needs.
    """
    from flowathena.query.library import by_topic
    from flowathena.result.formats import to_json

    known = options.library(config)
    for problem in known.problems:
        terminal.warn(str(problem))
    chosen = choose(known, topic, tag or [], search or "")
    name = configuration(config).target(target).name if target or runnable else None
    gates = _gates(chosen, name, config) if name or form is ListFormat.JSON else {}
    if runnable:
        chosen = [query for query in chosen if gates[query.name].is_open]
    if form is ListFormat.JSON:
        terminal.text(to_json([_describe(q, gates[q.name], name) for q in chosen]))
    elif terminal.on_screen() and chosen:
        _show_topics(by_topic(chosen), gates if name and not runnable else {})
    elif not terminal.on_screen():
        _show_plain(chosen, gates, name)
    if not chosen:
        terminal.say("no query matches; 'flowathena queries list' lists them all")


def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A query, or its alias.", autocompletion=complete_query
        ),
    ],
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show what a query answers, its parameters, the fields it needs and its text.

    With -t, says whether it runs on that target.
    """
    from flowathena.result.formats import to_json

    query = options.library(config).get(name)
    gate = _gates([query], target, config)[query.name]
    if form is ListFormat.JSON:
        terminal.text(to_json({**_describe(query, gate, target), "sql": query.sql}))
        return
    fields = ", ".join(field.column for field in gate.needs.fields) or "none"
    head = [f"{query.name}: {_title(query)}", query.description, f"file: {query.file}"]
    head += [f"aliases: {', '.join(query.aliases)}"] if query.aliases else []
    head += [_metric(query.metric)] if query.metric else []
    head += [_chart(query.chart)] if query.chart else []
    head += [f"fields: {fields} (flow logs version {gate.needs.version})"]
    head += [f"runs on {target}: {_verdict(gate)}"] if target else []
    terminal.text("\n".join([*filter(None, head), f"default window: {query.since}", ""]))
    if query.params:
        rows = [
            (p.name, p.type, p.written(p.default), "|".join(p.choices) or p.limits, p.help)
            for p in query.params
        ]
        names = ["parameter", "type", "default", "values", "help"]
        terminal.table(names, rows, wrap=("help", "values"))
        terminal.text("")
    terminal.text(query.sql)


def choose(known: "Library", topic: str | None, tags: Sequence[str], search: str) -> "list[Query]":
    """The queries that are asked for, by their names.

    Raises:
        UsageError: no query has the topic or tag.
    """
    queries = list(known.queries.values())
    topics = {each for query in queries for each in (query.topic, *_above(query.topic))}
    within = None if topic is None else _known("topic", topic.strip("/"), topics)
    all_tags = {tag for query in queries for tag in query.tags}
    wanted = {_known("tag", tag, all_tags) for tag in tags}
    words = search.casefold().split()
    return [
        query
        for query in queries
        if (within is None or within in {query.topic, *_above(query.topic)})
        and wanted <= set(query.tags)
        and all(word in _searched(query) for word in words)
    ]


def _above(topic: str) -> list[str]:
    """The topics that a topic is in: ``cost`` of ``cost/nat``."""
    parts = topic.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _known(what: str, given: str, known: Iterable[str]) -> str:
    """The topic or tag that is meant; capitals do not matter.

    Raises:
        UsageError: there is none.
    """
    names = sorted(filter(None, known))
    same = [name for name in names if name.casefold() == given.casefold()]
    if same:
        return given if given in same else same[0]
    longer = [name for name in names if given and given.casefold() in name.casefold().split()]
    hint = f"did you mean {longer[0]!r}?" if longer else did_you_mean(given, names).rstrip(" ")
    known_ones = f"known: {', '.join(names)}"
    raise UsageError(f"no query has the {what} {given!r}; {hint or known_ones}")


def _searched(query: "Query") -> str:
    params = (text for param in query.params for text in (param.name, param.help))
    texts = (query.name, *query.aliases, query.title, query.description, *query.tags, *params)
    return "\n".join(texts).casefold()


def _gates(
    queries: "Iterable[Query]", target: str | None, config: Path | None
) -> "dict[str, Gate]":
    """Whether each query runs on a target; without one, where every field is known."""
    from flowathena.catalog import wanted
    from flowathena.engine import gates

    if target is None:
        return gates.gates(queries, wanted.every_field())
    chosen = configuration(config).target(target)
    source = wanted.expected_source(chosen)
    return gates.gates(queries, source, datetime.now(UTC) if chosen.is_local else None)


def _verdict(gate: "Gate") -> str:
    """Whether it runs, in a line: ``yes``, ``yes, with --interfaces``, ``no; needs …``."""
    if gate.is_open:
        return ", ".join(filter(None, ("yes", _with(gate))))
    before = f"{_with(gate)} it " if gate.given else ""
    return f"no; {before}{'; '.join(gate.problems)}"


def _with(gate: "Gate") -> str:
    """The option that it takes for the rest of a verdict to be so."""
    return f"with {option(gate.given)}" if gate.given else ""


def _show_plain(queries: "Iterable[Query]", gates: "dict[str, Gate]", target: str | None) -> None:
    names = ["query", "topic", "title", "parameters", "aliases"]
    rows = [
        (
            *(query.name, query.topic, _title(query), " ".join(map(_parameter, query.params))),
            " ".join(query.aliases),
            *([_verdict(gates[query.name])] if target else []),
        )
        for query in queries
    ]
    terminal.table([*names, *([f"runs on {target}"] if target else [])], rows)


def _show_topics(topics: "dict[str, list[Query]]", gates: "dict[str, Gate]") -> None:
    """The queries below their topics, for a screen; below one that does not run, the reason."""
    from flowathena.query import gating

    names = ["query", *(["runs"] if gates else []), "title"]
    rows: list[tuple[str, ...]] = []
    for topic, queries in topics.items():
        rows.append((topic or "(no topic)", *("" for _ in names[1:])))
        for query in queries:
            gate = gates.get(query.name)
            runs = [] if gate is None else ["yes" if gate.is_open else "no"]
            rows.append((f"  {query.name}", *runs, _title_on_screen(query)))
            rows += [("", "", f"- {reason}") for reason in (_brief(gate) if gate else ())]
    terminal.table(names, rows, wrap=("title",))
    missing = {field for gate in gates.values() for field in gate.missing}
    if missing:
        of_gateway = any(gate.of_gateway for gate in gates.values())
        done = gating.remedy(missing, of_gateway=of_gateway)
        terminal.say(f"to run more of them, {done}")
    terminal.say("'flowathena run NAME --help' shows what a query answers and its options")


def _brief(gate: "Gate") -> Iterator[str]:
    """Why a query does not run, or what it takes; what to do is said once for all."""
    from flowathena.query import gating

    if gate.missing:
        before = f"{_with(gate)} it " if gate.given else ""
        yield before + gating.lacks(gate.missing)
    elif gate.given:
        yield _with(gate)
    yield from gate.problems[1 if gate.missing else 0 :]


def _parameter(param: "Param") -> str:
    """A parameter in a list: ``host``, ``port=443``, ``[name]``."""
    if param.required:
        return param.name
    if param.default is None or param.default == ():
        return f"[{param.name}]"
    return f"{param.name}={param.written(param.default)}"


def _metric(metric: "Metric") -> str:
    """Its metrics in a line."""
    from flowathena.inputs.window import format_duration

    names = ", ".join(f"{value.name} ({value.unit})" for value in metric.values)
    by = f" by {', '.join(each.column for each in metric.dimensions)}" if metric.dimensions else ""
    return f"metrics per {format_duration(metric.period)}{by}: {names}"


def _chart(chart: "Chart") -> str:
    """How it is drawn, in a line."""
    color = f", color {chart.color}" if chart.color else ""
    return f"chart: {chart.kind} of {', '.join(chart.y)} by {', '.join(chart.x)}{color}"


def _title(query: "Query") -> str:
    return f"{query.title} (overrides the packaged query)" if query.override else query.title


def _title_on_screen(query: "Query") -> str:
    """The title, with the options that the query does not run without."""
    flags = " ".join(option(param.name) for param in query.params if param.required)
    return f"{_title(query)} ({flags})" if flags else _title(query)


def _describe(query: "Query", gate: "Gate", target: str | None) -> dict[str, object]:
    """A query as JSON; with a target, whether it runs there."""
    verdict: dict[str, object] = {
        "problems": list(gate.problems),
        "runnable": gate.is_open,
        "missing": [field.column for field in gate.missing],
        "given": [gate.given] if gate.given else [],
    }
    return {
        "name": query.name,
        "aliases": list(query.aliases),
        "topic": query.topic,
        "title": query.title,
        "description": query.description,
        "tags": list(query.tags),
        "since": query.since,
        "fields": [field.column for field in gate.needs.fields],
        "version": gate.needs.version,
        "params": [
            {
                "name": param.name,
                "type": param.type,
                "required": param.required,
                "default": param.default,
                "choices": list(param.choices),
                "min": param.minimum,
                "max": param.maximum,
                "help": param.help,
            }
            for param in query.params
        ],
        "metric": query.metric.to_json() if query.metric else None,
        "chart": query.chart.to_json() if query.chart else None,
        "file": str(query.file),
        "override": query.override,
        **(verdict if target else {}),
    }
