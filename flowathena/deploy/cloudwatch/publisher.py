"""Publishes the metrics of one query: what is in doubt first, then the buckets that are due.

Each value is put once, whatever happens. Before a call its values are an entry of the ledger,
which one run alone can write; afterwards the entry is finished. If a run ends in between, nobody
puts the values again before CloudWatch has been asked, and has had the time to know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from flowathena.deploy.cloudwatch.book import Book, Entry
from flowathena.deploy.cloudwatch.datums import (
    REACH,
    Datum,
    by_buckets,
    calls,
    ceiling,
    last_closed,
    oldest,
    to_datums,
)
from flowathena.deploy.cloudwatch.delivery import Delivery, InDoubtError, NotPutError
from flowathena.deploy.cloudwatch.ledger import Ledger, RivalError
from flowathena.deploy.cloudwatch.published import Published, State, asked_from, doubt_about
from flowathena.query.metric import Metric
from flowathena.result.result import Result

Run = Callable[[datetime, datetime], Result]
"""Runs the query over a window."""

_SETTLED = timedelta(minutes=2)
"""How old an entry is before CloudWatch is asked about it."""
_LATEST = timedelta(minutes=5)
"""How old an entry is at most when its call begins. Others take it over after 30 minutes at the
earliest, and AWS refuses a request 15 minutes after it was signed."""


@dataclass(frozen=True)
class Publisher:
    """The metrics of one query.

    Attributes:
        query: the query's name.
        metric: what its rows are.
        delay: how long after its end a bucket may get records.
        ledger: what has been published.
        delivery: the namespace.
        run: runs the query.
        clock: returns the current time, aware.
    """

    query: str
    metric: Metric
    delay: timedelta
    ledger: Ledger
    delivery: Delivery
    run: Run
    clock: Callable[[], datetime]

    def publish(self, first: datetime, done: Published) -> None:
        """Publish what is due.

        Args:
            first: where the first publication begins.
            done: gets what became of it, step by step.

        Raises:
            FlowathenaError: the ledger, the query or CloudWatch failed, or something is in doubt.
            KeyboardInterrupt: interrupted; the message says of what the state is not known.
        """
        book = before = self.ledger.read()
        try:
            for entry in before.open:
                book = self._settle(entry, book, done)
            self._go_on(book, first, done)
        except RivalError as error:
            done.reason = str(error)
        else:
            self.ledger.keep_short(before)

    def due(self, book: Book, first: datetime) -> tuple[datetime, datetime]:
        """The buckets that are due: none if the first moment is not before the second."""
        now = self.clock()
        since = ceiling(book.until or first, self.metric.period)
        return max(since, oldest(self.metric.period, now)), last_closed(
            self.metric, self.delay, now
        )

    def preview(self, first: datetime, done: Published) -> None:
        """What ``publish`` would put; writes nothing. Arguments and errors as of ``publish``."""
        book = self.ledger.read()
        done.doubts += [doubt_about(each) for each in book.open]
        since, until = self.due(book, first)
        done.until = book.until
        if since < until:
            done.datums = self._missing(book, self._values(since, until), done)
            done.since, done.until, done.values = since, until, len(done.datums)
            done.state = State.PLANNED

    def _go_on(self, book: Book, first: datetime, done: Published) -> None:
        since, until = self.due(book, first)
        done.until = book.until
        if since >= until:
            return
        datums = self._missing(book, self._values(since, until), done)
        done.since = since
        for begin, end, some in by_buckets(datums, since, until, self.metric.period):
            book = self._next(book, begin, end, some)
            self._deliver(book, book.open[-1], done)
            done.until = end

    def _values(self, since: datetime, until: datetime) -> list[Datum]:
        result = self.run(since, until)
        rows = (row for batch in result.batches() for row in batch)
        return to_datums(self.metric, result.columns, rows, since, until)

    def _missing(self, book: Book, datums: list[Datum], done: Published) -> list[Datum]:
        """Of the first values of a ledger, those that CloudWatch does not have.

        An earlier ledger may have been elsewhere.
        """
        if book.last:
            return datums
        present = self.delivery.present(datums, self.metric.period)
        done.found += len(present)
        return [each for each in datums if each not in present]

    def _settle(self, entry: Entry, book: Book, done: Published) -> Book:
        """Find out what became of an open entry, and do the rest."""
        if any(other.parent == entry.number for other in book.open):
            self.ledger.finish(entry)
            return book
        if entry.number in book.void:
            return self._take_over(entry, entry.datums, book, done)
        now = self.clock()
        present = (
            self.delivery.present(entry.datums, entry.period)
            if now - entry.at >= _SETTLED
            else set[Datum]()
        )
        missing = tuple(each for each in entry.datums if each not in present)
        if missing and now < asked_from(entry):
            done.doubts.append(doubt_about(entry))
            return book
        done.found += len(present)
        if missing:
            return self._take_over(entry, missing, book, done)
        self.ledger.finish(entry)
        return book

    def _take_over(
        self, entry: Entry, datums: Sequence[Datum], book: Book, done: Published
    ) -> Book:
        """Put values of an entry that are not there, as an entry of their own."""
        limit = self.clock() - REACH + _LATEST
        young = tuple(each for each in datums if each.bucket >= limit)
        done.lost += len(datums) - len(young)
        if young:
            book = self._next(book, entry.since, entry.until, young, entry)
        self.ledger.finish(entry, lost=len(young) < len(datums))
        if young:
            self._deliver(book, book.open[-1], done)
        return book

    def _next(
        self,
        book: Book,
        since: datetime,
        until: datetime,
        datums: Sequence[Datum],
        parent: Entry | None = None,
    ) -> Book:
        """Write the next entry; the book with it as the last of the open ones."""
        entry = Entry(
            book.last + 1,
            uuid4().hex,
            self.clock(),
            since,
            until,
            self.metric.period if parent is None else parent.period,
            tuple(datums),
            parent.number if parent else None,
        )
        self.ledger.claim(entry)
        return book.with_entry(entry)

    def _deliver(self, book: Book, entry: Entry, done: Published) -> None:
        """Put the values of an entry that this run has written, and finish it."""
        left = list(entry.datums)
        try:
            for some in calls(entry.datums):
                self.delivery.put(some, lambda: self.clock() - entry.at > _LATEST)
                left = left[len(some) :]
                done.values += len(some)
                done.state = State.PUBLISHED
            self.ledger.finish(entry)
        except NotPutError:
            self._give_back(book, entry, left)
            raise
        except InDoubtError:
            done.doubts.append(doubt_about(entry))
            raise
        except KeyboardInterrupt as interrupt:
            raise KeyboardInterrupt(_interrupted(self.query, left)) from interrupt

    def _give_back(self, book: Book, entry: Entry, left: Sequence[Datum]) -> None:
        """Say of which values nothing was put: any run may put them."""
        if len(left) < len(entry.datums):
            book = self._next(book, entry.since, entry.until, left, entry)
            self.ledger.finish(entry)
            entry = book.open[-1]
        self.ledger.void(entry)


def _interrupted(query: str, left: Sequence[Datum]) -> str:
    if not left:
        return f"the values of {query} are put; the next run finds that out"
    return (
        f"whether {len(left)} of the values of {query} are put is not known; a later run asks "
        "CloudWatch and puts what is missing"
    )
