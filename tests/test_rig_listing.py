import urllib.request
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto.s3.models import FakeKey

from tests.rig import backends
from tests.rig.client import Rig
from tests.rig.listing import Listed, Position, Question, listed

pytestmark = pytest.mark.asks_no_query

# Few letters make many common prefixes; the last three sort otherwise by UTF-16 than by UTF-8.
TEXTS = st.text("ab/_é\uffff\U0001f600", max_size=6)
KEYS = st.sets(TEXTS.filter(bool), max_size=25)
SMALL = st.integers(1, 4)


def as_bytes(text: str) -> bytes:
    return text.encode()


def naive(keys: set[str], prefix: str, delimiter: str, after: str) -> list[str]:
    """Every item of a listing: each key looked at, in S3's order of bytes."""
    items: dict[str, None] = {}
    for key in sorted(keys, key=as_bytes):
        rest = key.removeprefix(prefix)
        if not key.startswith(prefix) or key.encode() <= after.encode():
            continue
        if delimiter and delimiter in rest:
            items[prefix + rest.split(delimiter, 1)[0] + delimiter] = None
        else:
            items[key] = None
    return list(items)


def items(page: Listed) -> list[str]:
    return sorted([*page.keys, *page.prefixes], key=as_bytes)


def walked(keys: Callable[[], set[str]], asked: Question) -> Iterator[list[str]]:
    while True:
        page = listed(sorted(keys()), asked)
        yield items(page)
        if page.rest is None:
            return
        after = Position.parse(page.rest.token())
        asked = Question(asked.prefix, asked.delimiter, after, asked.limit)


@given(KEYS, TEXTS, TEXTS, TEXTS, SMALL)
def test_pages_are_those_of_a_naive_listing(
    keys: set[str], prefix: str, delimiter: str, after: str, limit: int
) -> None:
    asked = Question(prefix, delimiter, Position(after) if after else None, limit)
    whole = iter(naive(keys, prefix, delimiter, after))
    pages = list(iter(lambda: list(islice(whole, limit)), []))
    assert list(walked(lambda: keys, asked)) == (pages or [[]])


@given(KEYS, TEXTS, st.sampled_from(["", "/"]), SMALL)
def test_pages_are_those_of_moto(keys: set[str], prefix: str, delimiter: str, limit: int) -> None:
    # Without StartAfter: moto compares it with the common prefix, S3 with the keys.
    backends.reset()
    backends.ensure_bucket("bkt")
    backends.put_objects("bkt", ((key, b"") for key in keys))
    bucket, pages, token = backends.s3().buckets["bkt"], [], None
    while True:
        found, more, token = backends.s3().list_objects_v2(
            bucket, prefix, delimiter, token, None, limit
        )
        pages.append([item.name if isinstance(item, FakeKey) else item for item in found])
        if not more:
            break
    assert list(walked(lambda: keys, Question(prefix, delimiter, None, limit))) == pages


@given(KEYS, KEYS, TEXTS, st.sampled_from(["", "/", "_", "a/"]), SMALL)
def test_keys_added_between_two_pages_disturb_nothing(
    keys: set[str], more: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    held, added = set(keys), sorted(more)

    def growing() -> set[str]:
        now = set(held)
        if added:
            held.add(added.pop())
        return now

    found = [
        item for page in walked(growing, Question(prefix, delimiter, None, limit)) for item in page
    ]
    assert found == sorted(set(found), key=as_bytes)
    assert set(naive(keys, prefix, delimiter, "")) <= set(found)
    assert set(found) <= set(naive(keys | more, prefix, delimiter, ""))


DAYS = [f"logs/r/2026/{day}/1_x_{n}.gz" for day in ("10/31", "11/01", "11/02") for n in (1, 2)]


def names(answer: dict[str, Any]) -> list[str]:
    found = [item["Prefix"] for item in answer.get("CommonPrefixes", [])]
    return [*found, *(item["Key"] for item in answer.get("Contents", []))]


@pytest.fixture
def s3(rig: Rig) -> Any:  # noqa: ANN401
    rig.put_keys("bkt", DAYS, b"12345")
    return rig.client("s3")


@pytest.mark.rig
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("", ["2026/10/31/1_", "2026/11/01/1_", "2026/11/02/1_"]),
        ("2026/11/01", ["2026/11/01/1_", "2026/11/02/1_"]),
        ("2026/11/01/", ["2026/11/01/1_", "2026/11/02/1_"]),
        # In the midst of a common prefix: a key behind it keeps the prefix.
        ("2026/11/01/1_x_1.gz", ["2026/11/01/1_", "2026/11/02/1_"]),
        ("2026/11/01/1_x_2.gz", ["2026/11/02/1_"]),
        ("2026/11/02/1_x_2.gz", []),
    ],
)
def test_an_underscore_gives_one_prefix_a_day(
    s3: Any,  # noqa: ANN401
    after: str,
    expected: list[str],
) -> None:
    base = "logs/r/"
    found = s3.list_objects_v2(
        Bucket="bkt", Prefix=base, Delimiter="_", StartAfter=base + after, EncodingType="url"
    )
    assert names(found) == [base + name for name in expected]
    assert (found["KeyCount"], found["IsTruncated"]) == (len(expected), False)
    assert (found["Delimiter"], found["StartAfter"]) == ("_", base + after)


@pytest.mark.rig
def test_prefixes_and_keys_fill_a_page_together(rig: Rig) -> None:
    rig.put_keys("bkt", ["a", "b/1", "b/2", "c", "d/1"])
    pages = rig.client("s3").get_paginator("list_objects_v2")
    found = list(pages.paginate(Bucket="bkt", Delimiter="/", PaginationConfig={"PageSize": 2}))
    assert [names(page) for page in found] == [["b/", "a"], ["d/", "c"]]
    assert [(page["KeyCount"], page["MaxKeys"]) for page in found] == [(2, 2), (2, 2)]
    assert [page["IsTruncated"] for page in found] == [True, False]


@pytest.mark.rig
def test_a_page_of_nothing_can_be_asked_for(s3: Any) -> None:  # noqa: ANN401
    found = s3.list_objects_v2(Bucket="bkt", MaxKeys=0)
    assert (found["KeyCount"], found["IsTruncated"], found["MaxKeys"]) == (0, False, 0)
    assert "Contents" not in found


@pytest.mark.rig
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"MaxKeys": -1}, "between 0 and 2147483647"),
        ({"ContinuationToken": "nonsense!"}, "continuation token provided is incorrect"),
        ({"ContinuationToken": ""}, "continuation token provided is incorrect"),
        ({"EncodingType": "gzip"}, "Invalid Encoding Method"),
    ],
)
def test_what_makes_no_sense_is_refused(
    s3: Any,  # noqa: ANN401
    arguments: dict[str, Any],
    said: str,
) -> None:
    with pytest.raises(ClientError, match=said) as caught:
        s3.list_objects_v2(Bucket="bkt", **arguments)
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


@pytest.mark.rig
def test_an_object_is_told_as_a_head_tells_it(s3: Any) -> None:  # noqa: ANN401
    s3.put_object(Bucket="bkt", Key="one", Body=b"hello", StorageClass="STANDARD_IA")
    [entry] = s3.list_objects_v2(Bucket="bkt", Prefix="one", FetchOwner=True)["Contents"]
    head = s3.head_object(Bucket="bkt", Key="one")
    # The MD5 of "hello".
    assert entry["ETag"] == head["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert (entry["Size"], entry["StorageClass"]) == (5, "STANDARD_IA")
    assert entry["LastModified"].replace(microsecond=0) == head["LastModified"]
    assert entry["Owner"]["ID"]


ODD = ["a b/ü&<>\"'+%41~*.gz", "plain", "re\rturn", "tab\tnew\nline"]


@pytest.mark.rig
def test_odd_names_come_back_as_they_are(rig: Rig) -> None:
    rig.put_keys("bkt", ODD)
    s3 = rig.client("s3")
    assert names(s3.list_objects_v2(Bucket="bkt")) == sorted(ODD)
    found = s3.list_objects_v2(Bucket="bkt", Prefix="a b/ü&", Delimiter="<>", StartAfter="a +")
    assert names(found) == ["a b/ü&<>"]
    assert (found["Prefix"], found["StartAfter"]) == ("a b/ü&", "a +")
    assert found["Delimiter"] == "<>"


@pytest.mark.rig
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        # '+' for a space, as in a form; '/' and '*' stay.
        ("&encoding-type=url", ["a+b/%C3%BC%26%3C%3E%22%27%2B%2541%7E*.gz", "plain"]),
        ("", [ODD[0], "plain"]),
    ],
)
def test_names_are_encoded_for_who_asks(rig: Rig, asked: str, shown: list[str]) -> None:
    rig.put_keys("bkt", ODD[:2])
    url = f"{rig.endpoint}/bkt?list-type=2{asked}"
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - the endpoint is ours
        tree = ET.fromstring(answer.read())
    assert [node.text for node in tree.iterfind("{*}Contents/{*}Key")] == shown
    assert tree.findtext("{*}Name") == "bkt"


@pytest.mark.rig
def test_every_way_of_writing_shows_at_once(rig: Rig) -> None:
    rig.put_keys("bkt", ["0"])
    s3 = rig.client("s3")

    def keys(bucket: str = "bkt") -> list[str]:
        return names(s3.list_objects_v2(Bucket=bucket))

    assert keys() == ["0"]
    s3.put_object(Bucket="bkt", Key="1", Body=b"x")
    assert keys() == ["0", "1"]
    s3.copy_object(Bucket="bkt", Key="2", CopySource="bkt/1")
    assert keys() == ["0", "1", "2"]
    upload = s3.create_multipart_upload(Bucket="bkt", Key="3")["UploadId"]
    whole = {"Bucket": "bkt", "Key": "3", "UploadId": upload}
    tag = s3.upload_part(**whole, PartNumber=1, Body=b"x")["ETag"]
    assert keys() == ["0", "1", "2"]
    s3.complete_multipart_upload(
        **whole, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]}
    )
    assert keys() == ["0", "1", "2", "3"]
    s3.delete_object(Bucket="bkt", Key="0")
    assert keys() == ["1", "2", "3"]
    s3.delete_objects(Bucket="bkt", Delete={"Objects": [{"Key": "1"}, {"Key": "2"}]})
    assert keys() == ["3"]
    rig.put_keys("bkt", ["4"])
    assert keys() == ["3", "4"]
    s3.put_bucket_versioning(Bucket="bkt", VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket="bkt", Key="3")
    assert keys() == ["4"]
    rig.reset()
    rig.put_keys("bkt", ["5"])
    assert keys() == ["5"]


@pytest.mark.rig
def test_a_bucket_that_is_gone_is_not_listed(rig: Rig) -> None:
    rig.put_keys("bkt", ["k"])
    s3 = rig.client("s3")
    assert names(s3.list_objects_v2(Bucket="bkt")) == ["k"]
    s3.delete_object(Bucket="bkt", Key="k")
    s3.delete_bucket(Bucket="bkt")
    with pytest.raises(ClientError, match="NoSuchBucket") as caught:
        s3.list_objects_v2(Bucket="bkt")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
