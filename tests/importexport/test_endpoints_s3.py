"""Exports to a bucket of a real server, and imports from one, through our guarded client."""

from contextlib import nullcontext
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest

from apps.importexport.adapters.endpoints.ports import Package, Parcel
from apps.importexport.adapters.endpoints.s3 import S3
from apps.importexport.errors import EndpointRefusedError, SourceChangedError
from kernel.errors import NotFoundError
from kernel.outbound.buckets import PART_BYTES
from kernel.outbound.client import fetch
from kernel.outbound.errors import OutboundRefusedError
from tests.devservices.fixtures import Servers

pytestmark = pytest.mark.live


class Bucket:
    """A bucket of the test's own, and what names it."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.address = variables["S3_ENDPOINT_URL"]
        self.name = f"exports-{uuid4().hex[:12]}"
        self.secret = variables["AWS_SECRET_ACCESS_KEY"]
        self.settings = {
            "bucket": self.name,
            "access_key": variables["AWS_ACCESS_KEY_ID"],
            "region": variables["AWS_DEFAULT_REGION"],
            "address": self.address,
            "folder": "",
        }
        self.client = boto3.client(
            "s3",
            endpoint_url=self.address,
            aws_access_key_id=self.settings["access_key"],
            aws_secret_access_key=self.secret,
            region_name=self.settings["region"],
        )
        self.client.create_bucket(Bucket=self.name)

    def keys(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [one["Key"] for one in found]

    def content(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())


@pytest.fixture
def bucket(servers: Servers, settings: Any) -> Bucket:
    made = Bucket(servers.up("s3"))
    settings.OUTBOUND_ALLOWED = (urlsplit(made.address).netloc,)
    return made


def package(content: bytes) -> Package:
    """Return an export of one file."""
    pieces = [content[at : at + 500_000] for at in range(0, len(content), 500_000)]
    parcel = Parcel(
        name="a b.csv",
        content_type="text/csv",
        size_bytes=len(content),
        sha256=sha256(content).hexdigest(),
        rows=1,
        opened=lambda: nullcontext(iter(pieces)),
        address=lambda _lasting: "",
    )
    return Package(
        id="d1",
        export_id="e1",
        name="a",
        dataset="tables.a",
        format="csv",
        rows=1,
        folder="in/2026-05-01",
        parcels=[parcel],
    )


@pytest.mark.parametrize("size", [0, 100, PART_BYTES * 2 + 17])
def test_a_file_of_any_length_is_there_whole_and_sent_once(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    sent: list[tuple[str, int]] = []

    def counted(method: str, url: str, **more: Any) -> Any:
        sent.append((method, len(more["body"] or b"")))
        return fetch(method, url, **more)

    monkeypatch.setattr("kernel.outbound.buckets.fetch", counted)
    place = S3(bucket.settings, bucket.secret)

    assert place.deliver(package(content)) == f"s3://{bucket.name}/in/2026-05-01/"

    assert bucket.content("in/2026-05-01/a b.csv") == content
    # Never more than a part of it in memory.
    assert max(length for _, length in sent) <= PART_BYTES
    before = len(sent)
    place.deliver(package(content))
    assert [method for method, _ in sent[before:]] == ["HEAD"]
    # What has changed meanwhile is sent anew.
    place.deliver(package(content + b"!"))
    assert bucket.content("in/2026-05-01/a b.csv") == content + b"!"


def test_a_test_writes_and_leaves_nothing(bucket: Bucket) -> None:
    assert "written and removed" in S3(bucket.settings, bucket.secret).test()
    assert bucket.keys() == []


@pytest.mark.parametrize(
    ("more", "secret", "message"),
    [
        ({}, "wrong", "SignatureDoesNotMatch"),
        ({"access_key": "nobody"}, "", "InvalidAccessKeyId"),
    ],
)
def test_who_may_not_is_refused_by_name(
    bucket: Bucket, more: dict[str, str], secret: str, message: str
) -> None:
    place = S3({**bucket.settings, **more}, secret or bucket.secret)

    with pytest.raises(EndpointRefusedError, match=message):
        place.deliver(package(b"a"))
    assert bucket.keys() == []


def test_our_own_networks_are_not_called(bucket: Bucket, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ()

    with pytest.raises(OutboundRefusedError):
        S3(bucket.settings, bucket.secret).deliver(package(b"a"))

    assert bucket.keys() == []


def test_a_file_is_read_as_it_was_looked_at_or_not_at_all(bucket: Bucket) -> None:
    content = b"0123456789" * (PART_BYTES // 8)
    bucket.client.put_object(Bucket=bucket.name, Key="a.csv", Body=content)
    place = S3(bucket.settings, bucket.secret)
    seen = place.look("a.csv")

    assert seen.size_bytes == len(content)
    assert b"".join(place.read("a.csv", seen)) == content
    bucket.client.put_object(Bucket=bucket.name, Key="a.csv", Body=content + b"!")
    with pytest.raises(SourceChangedError):
        list(place.read("a.csv", seen))
    with pytest.raises(NotFoundError):
        place.look("b.csv")
    assert replace(seen, mark=place.look("a.csv").mark) != seen
