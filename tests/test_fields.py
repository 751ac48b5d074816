"""The registry of flow-log fields."""

import pytest

from flowathena.fields import BY_COLUMN, BY_NAME, DEFAULT_FORMAT, FIELDS


@pytest.mark.parametrize(
    ("version", "total"),
    [(2, 14), (3, 21), (4, 25), (5, 29), (7, 39), (8, 40), (9, 41), (10, 42), (11, 54)],
)
def test_a_version_has_its_fields_and_those_of_the_versions_before(
    version: int, total: int
) -> None:
    assert len([field for field in FIELDS if field.version <= version]) == total


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(FIELDS) == 54


def test_column_names_are_unique() -> None:
    assert len(BY_COLUMN) == 54


def test_fields_stand_in_order_of_their_version() -> None:
    assert [field.version for field in FIELDS] == sorted(field.version for field in FIELDS)


def test_default_format_is_the_one_aws_documents() -> None:
    assert " ".join(DEFAULT_FORMAT) == (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
        "start end action log-status"
    )


def test_column_is_the_name_with_underscores() -> None:
    assert BY_NAME["pkt-src-aws-service"].column == "pkt_src_aws_service"


def test_types_are_hive_types() -> None:
    assert {field.hive_type for field in FIELDS} == {"int", "bigint", "string"}


@pytest.mark.parametrize("name", ["packets", "bytes", "start", "end"])
def test_counters_and_times_are_bigint(name: str) -> None:
    assert BY_NAME[name].hive_type == "bigint"


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_has_a_meaning(field: object) -> None:
    assert getattr(field, "meaning", "")
