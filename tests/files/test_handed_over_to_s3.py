"""Files that another app hands over, sent to a real S3 server as that presigns it."""

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from django.conf import settings

from apps.files.models import File, UploadSession, UploadState, UploadWay
from apps.files.services import direct
from kernel.discovery.connections import outside
from kernel.errors import UnavailableError
from kernel.identity.models import Tenant
from kernel.mesh import storing
from kernel.mesh.storing import NotStoredYetError, Outgoing, store
from kernel.storage import storage_at
from kernel.testing.jobs import drain
from tests.devservices.fixtures import Servers
from tests.files.buckets import Bucket, made_bucket

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("tenant")]

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def made(servers: Servers) -> Iterator[Bucket]:
    with made_bucket(servers, f"septet-mesh-{os.urandom(4).hex()}") as bucket:
        yield bucket


@pytest.fixture
def bucket(made: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket in which this process keeps files, and a sender that is not told of it."""
    for name, value in made.settings.items():
        if name.startswith("FILES_"):
            monkeypatch.setattr(settings, name, value)
        else:
            monkeypatch.setenv(name, value)
    # Nobody looks at what was sent while it is waited for.
    monkeypatch.setattr(storing, "sleep", lambda _seconds: None)
    storage_at.cache_clear()
    yield made
    storage_at.cache_clear()


def outgoing(body: bytes) -> Outgoing:
    def read(*, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        end = len(body) if length is None else start + length
        yield from (body[one : min(one + MIB, end)] for one in range(start, end, MIB))

    return Outgoing(
        app="audit",
        key="one",
        name="one.bin",
        content_type="application/octet-stream",
        size_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        read=read,
    )


def stored(file: Outgoing, noted: list[str]) -> str:
    """Hand a file over as a job does: again, once it was looked at."""
    with pytest.raises(NotStoredYetError, match="verifying"):
        store(file, upload_id=noted[-1] if noted else None, note=noted.append)
    drain()
    return store(file, upload_id=noted[-1], note=noted.append)


def check(file_id: str, body: bytes, bucket: Bucket) -> None:
    found = File.objects.get()
    assert (str(found.pk), found.size_bytes) == (file_id, len(body))
    assert found.blob is not None
    kept = bucket.client.get_object(Bucket=bucket.name, Key=found.blob.storage_key)
    assert kept["Body"].read() == body


def test_a_file_goes_to_s3_by_one_presigned_request(tenant: Tenant, bucket: Bucket) -> None:
    body, noted = os.urandom(300_000), list[str]()

    file_id = stored(outgoing(body), noted)

    assert UploadSession.objects.get().way == UploadWay.PUT
    check(file_id, body, bucket)
    assert store(outgoing(body), upload_id=noted[-1], note=noted.append) == file_id
    assert len(noted) == 1


def test_who_hands_a_file_over_waits_while_it_is_looked_at(
    tenant: Tenant, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, noted = os.urandom(3_000), list[str]()
    monkeypatch.setattr(storing, "sleep", lambda _seconds: drain())

    file_id = store(outgoing(body), upload_id=None, note=noted.append)

    check(file_id, body, bucket)
    assert len(noted) == 1


def test_a_large_file_goes_in_parts_and_on_where_it_broke_off(
    tenant: Tenant, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "GOOD_AT_ONCE", MIB)
    body, noted, sent = os.urandom(17 * MIB), list[str](), list[int]()
    request = outside().request

    def breaks_once(*given: Any, **told: Any) -> Any:
        sent.append(len(sent))
        if len(sent) == 2:
            raise urllib3.exceptions.ProtocolError("the line is cut")
        return request(*given, **told)

    monkeypatch.setattr(outside(), "request", breaks_once)
    with pytest.raises(UnavailableError):
        store(outgoing(body), upload_id=None, note=noted.append)
    upload = UploadSession.objects.get()
    assert (upload.way, upload.state) == (UploadWay.PARTS, UploadState.RECEIVING)
    assert bucket.under_way() == 1

    file_id = stored(outgoing(body), noted)

    # The first of three parts was there already.
    assert (len(sent), len(noted), bucket.under_way()) == (4, 1, 0)
    check(file_id, body, bucket)
