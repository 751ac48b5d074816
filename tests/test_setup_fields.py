"""The fields that a new flow log records: enough for each packaged query, and no more."""

import pytest

from flowathena.catalog import wanted
from flowathena.deploy.setup import record_format
from flowathena.engine.gates import gates
from flowathena.errors import QueryError, UsageError
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from flowathena.query import library
from flowathena.target.target import Target

LIBRARY = library.load()
ORDER = [field.name for field in FIELDS]

TAGS: dict[str, record_format.TagFields] = {"traffic_by_tag": (("instance", ("Name",)),)}
"""The tags of queries that are about them."""


def runs(name: str, log_format: tuple[str, ...]) -> bool:
    """Whether a query runs on flow logs of these fields, without a parameter more."""
    target = Target("t", "s3://any/", log_format=log_format)
    source = wanted.flow_table(wanted.wanted_table(target), target)
    gate = gates([LIBRARY.get(name)], source)[name]
    return gate.is_open and not gate.given


@pytest.mark.parametrize("name", [name for name in LIBRARY.queries if not name.startswith("tgw_")])
def test_every_packaged_query_gets_the_fields_that_it_needs(name: str) -> None:
    log_format = record_format.of_queries([name], LIBRARY, TAGS.get(name, ()))
    assert runs(name, log_format)
    assert set(DEFAULT_FORMAT) <= set(log_format)
    assert list(log_format) == sorted(log_format, key=ORDER.index)
    for spare in set(log_format) - set(DEFAULT_FORMAT):
        assert not runs(name, tuple(each for each in log_format if each != spare)), spare


def test_several_queries_get_what_each_needs() -> None:
    names = ("nat_gateway_senders", "top_talkers")
    together = set(record_format.of_queries(names, LIBRARY, ()))
    assert together == {
        each for name in names for each in record_format.of_queries([name], LIBRARY, ())
    }


def test_queries_of_a_transit_gateway_are_refused() -> None:
    with pytest.raises(UsageError, match="--for-queries tgw_top_talkers: "):
        record_format.of_queries(["tgw_top_talkers"], LIBRARY, ())
    with pytest.raises(QueryError, match="top_talkers"):
        record_format.of_queries(["top_talker"], LIBRARY, ())


@pytest.mark.parametrize(("version", "count"), [(2, 14), (3, 21), (4, 25), (5, 29), (10, 42)])
def test_a_version_has_its_fields(version: int, count: int) -> None:
    fields = record_format.of_version(version, ())
    assert len(fields) == count
    assert list(fields) == ORDER[:count]


def test_fields_of_tags_are_recorded_if_their_tags_are_named() -> None:
    assert len(record_format.of_version(11, ())) == 54 - 6
    tags = record_format.parse_tag_fields(["network-interface=a,b", "auto-scaling-group=c"])
    fields = record_format.of_version(5, tags)
    assert fields[29:] == ("interface-tag", "interface-tag-2", "asg-tag")
    assert record_format.of_names("start,asg-tag,interface-tag,interface-tag-2", tags)
    with pytest.raises(UsageError, match="instance-tag has the value of a tag"):
        record_format.of_names("start,instance-tag", ())
