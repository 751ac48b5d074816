"""The named queries of a workgroup, which Athena's console calls saved queries: read and written.

A name is not unique in Athena; an id is. Nothing here deletes one.
Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_NamedQuery.html and the
operations linked there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ConnectionClosedError, IncompleteReadError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from flowathena.aws.session import Aws, translate_errors
from flowathena.concurrency import Backoff
from flowathena.errors import FlowathenaError

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import NamedQueryTypeDef, UnprocessedNamedQueryIdTypeDef

NAME_LIMIT = 128
"""Characters of a name."""
DESCRIPTION_LIMIT = 1_024
"""Characters of a description."""
TEXT_LIMIT = 262_144
"""Bytes of UTF-8 of a text, as of any statement."""

_PAGE = 50  # ids in a page of the list, and in one call that reads them
_NO_WORKGROUP = re.compile(r"WorkGroup \S+ is not found", re.IGNORECASE)
# Errors after which nobody knows whether Athena got the call.
_LOST_ANSWERS = (
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseParserError,
)


@dataclass(frozen=True)
class NamedQuery:
    """A named query.

    Attributes:
        name: its name; others may have the same.
        sql: its text, one or several statements.
        description: its description; empty if it has none.
        database: the database of names without one.
        id: Athena's id; empty if it does not exist yet.
    """

    name: str
    sql: str
    description: str = ""
    database: str = ""
    id: str = ""


class NamedQueries:
    """The named queries of one workgroup.

    Args:
        aws: the clients.
        workgroup: the workgroup's name.
        backoff: makes the pauses before ids are asked for again that Athena left out.
    """

    def __init__(
        self,
        aws: Aws,
        workgroup: str,
        backoff: Callable[[], Backoff] = lambda: Backoff(0.5, 4.0, jitter=1.0, budget=6.0),
    ) -> None:
        self._aws = aws
        self._workgroup = workgroup
        self._backoff = backoff

    def read(self) -> tuple[NamedQuery, ...]:
        """All of them, by name and id.

        Raises:
            FlowathenaError: there is no such workgroup, or not all of them can be read: what is
                unknown could be one that must not be made again.
        """
        with self._translate_errors(f"saved queries of workgroup {self._workgroup}"):
            found = self._read()
        return tuple(sorted(found, key=lambda query: (query.name, query.id)))

    def create(self, query: NamedQuery) -> None:
        """Create one; a call that is made again creates no second.

        Raises:
            FlowathenaError: Athena refuses, or its answer is lost.
        """
        with self._translate_errors(f"saved query {query.name}"):
            try:
                self._aws.athena.create_named_query(
                    Name=query.name,
                    Description=query.description,
                    Database=query.database,
                    QueryString=query.sql,
                    WorkGroup=self._workgroup,
                    # Of this call alone: a token made of the text would bring back the id of a
                    # query that somebody has deleted since.
                    ClientRequestToken=str(uuid4()),
                )
            except _LOST_ANSWERS as error:
                told = str(error).rstrip(".")
                error.args = (f"{told}; if it was created, the next publish finds it",)
                raise

    def update(self, query_id: str, query: NamedQuery) -> None:
        """Give one another name, description and text; Athena keeps its database.

        Raises:
            FlowathenaError: Athena refuses; it may have been deleted.
        """
        with self._translate_errors(f"saved query {query.name}"):
            self._aws.athena.update_named_query(
                NamedQueryId=query_id,
                Name=query.name,
                Description=query.description,
                QueryString=query.sql,
            )

    def deletion(self, query_id: str) -> str:
        """The command that deletes one, for messages."""
        options = self._aws.command_options
        return f"aws athena delete-named-query --named-query-id {query_id}{options}"

    def _read(self) -> list[NamedQuery]:
        found: list[NamedQuery] = []
        pause = self._backoff()
        ids = list(self._ids())
        while True:
            left_out: list[UnprocessedNamedQueryIdTypeDef] = []
            for start in range(0, len(ids), _PAGE):
                some = ids[start : start + _PAGE]
                answer = self._aws.athena.batch_get_named_query(NamedQueryIds=some)
                found += map(_query, answer.get("NamedQueries", ()))
                left_out += answer.get("UnprocessedNamedQueryIds", ())
            # Of those, the ones deleted meanwhile are no longer in the list.
            existing = set(self._ids()) if left_out else set()
            missing = [each for each in left_out if each.get("NamedQueryId") in existing]
            if not missing:
                return found
            if not pause.pause():
                raise FlowathenaError(self._describe(missing))
            ids = [each["NamedQueryId"] for each in missing]

    def _ids(self) -> Iterator[str]:
        pages = self._aws.athena.get_paginator("list_named_queries")
        for page in pages.paginate(WorkGroup=self._workgroup, PaginationConfig={"PageSize": _PAGE}):
            yield from page.get("NamedQueryIds", ())

    def _describe(self, missing: "Sequence[UnprocessedNamedQueryIdTypeDef]") -> str:
        first = missing[0]
        return (
            f"saved queries of workgroup {self._workgroup}: {len(missing)} cannot be read "
            f"({first['NamedQueryId']}: {first.get('ErrorCode', '')} "
            f"{first.get('ErrorMessage', '')}); nothing is changed, try again"
        )

    @contextmanager
    def _translate_errors(self, what: str) -> Iterator[None]:
        def error(line: str) -> FlowathenaError:
            if _NO_WORKGROUP.search(line):
                line = f"{line.rstrip('.')}; 'flowathena doctor' says what to set"
            return FlowathenaError(line)

        with translate_errors(what, error):
            yield


def _query(given: "NamedQueryTypeDef") -> NamedQuery:
    return NamedQuery(
        given["Name"],
        given["QueryString"],
        given.get("Description", ""),
        given["Database"],
        given.get("NamedQueryId", ""),
    )
