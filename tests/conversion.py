"""A target while its days are archived: what every query must answer alike at each stage."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.archive import run
from flowathena.archive.outcome import ArchiveRun
from flowathena.errors import CatalogError
from tests.equality import Answer, Question, Tree, answers, differences

EVERY_FIELD = 3
"""The seed of a tree of text with every field: all queries fit it."""
FIRST, SECOND = date(2026, 10, 5), date(2026, 10, 6)
"""The days of the trees of ``tests.equality``."""


@dataclass(frozen=True)
class ChosenQuestion(Question):
    """A question about some flow logs."""

    flow_logs: Sequence[str] = ()

    def ask(self, client: Client, selection: Mapping[str, Any]) -> Answer:
        """What a client's engine answers."""
        return super().ask(client, {**selection, "flow_log": list(self.flow_logs)})


def of_files(tree: Tree, client: Client) -> list[Question]:
    """Questions about what no record has: its file, its flow log; and about the window before."""
    columns = tree.statement.removeprefix("SELECT ").partition(" FROM ")[0]
    every = f"SELECT {columns}, file, flow_log, delivery_time FROM flow_logs"
    by_all = ", ".join(str(1 + n) for n in range(columns.count(",") + 4))
    ids = client.sql(
        "SELECT DISTINCT flow_log FROM flow_logs WHERE flow_log IS NOT NULL ORDER BY 1",
        since="2026-10-04",
        until="2026-10-08",
    ).data
    chosen = [str(row[0]) for row in ids[:2]]
    before = (
        "SELECT day, count(*) AS n, sum(bytes) AS b FROM flow_logs_before GROUP BY 1 ORDER BY 1"
    )
    return [
        Question("files", statement=f"{every} ORDER BY {by_all}"),
        Question("window before", statement=before),
        ChosenQuestion(
            "chosen flow logs", statement=f"{every} ORDER BY {by_all}", flow_logs=chosen
        ),
    ]


def grow(logs: Path, day: date, put: Callable[[str, bytes], object]) -> None:
    """One more log file in a folder of a day, without a record.

    Args:
        logs: a tree.
        day: the day.
        put: writes a file, by its path below the tree.
    """
    marks = (f"/{day:%Y/%m/%d}/", f"/year={day:%Y}/month={day:%m}/day={day:%d}/")
    paths = sorted(each for each in logs.rglob("*_vpcflowlogs_*") if each.is_file())
    one = next(each for each in paths if any(mark in each.as_posix() for mark in marks))
    put(one.with_name(one.name.replace("Z_", "Z_f00d")).relative_to(logs).as_posix(), _empty(one))


def _empty(log: Path) -> bytes:
    """A log of the same kind without a record."""
    if log.suffix != ".parquet":
        return b""
    import io  # noqa: PLC0415 - of this alone

    file = io.BytesIO()
    pq.write_table(pq.read_table(log, partitioning=None).slice(0, 0), file)
    return file.getvalue()


def stages(client: Client, grow_first: Callable[[], None]) -> Iterator[str]:
    """Archive a target of two days, one step after the other; what was done is yielded."""
    yield "before"
    moved = _archive(client, FIRST)
    assert list(moved.moved) == [FIRST]
    yield "one day moved"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "change_days", _refuse)
        registered = _archive(client, SECOND)
    assert registered.written
    assert list(registered.moved) == []
    grow_first()
    states = [str(each.state) for each in client.archive.plan(everything=True).days]
    assert states == ["grown", "ready"]
    yield "one day moved and grown, one registered"
    client.archive.run(everything=True)
    states = [str(each.state) for each in client.archive.plan(everything=True).days]
    assert states == ["archived", "archived"]
    yield "after"
    assert all(not each.different for each in client.archive.verify(everything=True))


def _archive(client: Client, day: date) -> ArchiveRun:
    until = day + timedelta(days=1)
    return client.archive.run(since=day.isoformat(), until=until.isoformat())


def _refuse(*_: object) -> None:
    raise CatalogError("nobody may")


def compare(
    client: Client,
    asked: Sequence[Question],
    selection: Mapping[str, Any],
    grow_first: Callable[[], None],
) -> dict[str, dict[str, str]]:
    """What is answered otherwise than before, by stage; nothing if all is as it must be."""
    found: dict[str, Mapping[str, Answer]] = {}
    for stage in stages(client, grow_first):
        found[stage] = answers(client, asked, selection)
    first = found["before"]
    assert first["every column"].rows, "the test compares nothing"
    assert len(found) == 4
    return {
        stage: wrong for stage, answer in found.items() if (wrong := differences(first, answer))
    }


def archived(client: Client, location: str) -> Client:
    """A client of the same target with an archive."""
    return Client(replace(client.target, archive_location=location))
