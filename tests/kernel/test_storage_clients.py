"""Clients of S3 by plain HTTP: what was signed goes through as it stands, and nothing else does."""

import hashlib
import io
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError, EndpointConnectionError

from kernel.errors import NotFoundError
from kernel.storage.clients import ClientRequest, Sent
from kernel.storage.port import StorageUnavailableError, new_key
from kernel.storage.s3 import S3Storage
from kernel.storage.s3_clients import S3Clients
from tests.devservices.fixtures import Servers

BODY = os.urandom(100_000)
OTHER = os.urandom(100_000)
SENT = Sent(size=len(BODY), sha256=hashlib.sha256(BODY).hexdigest(), content_type="text/csv")
MINUTE = timedelta(minutes=1)
http = urllib3.PoolManager(retries=False)

pytestmark = pytest.mark.live


def bucket(servers: Servers, monkeypatch: pytest.MonkeyPatch, name: str, **options: Any) -> str:
    """Let boto3 find the server, and make a bucket there; return its address."""
    variables = servers.up("s3")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(variable, variables[variable])
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", variables["S3_ENDPOINT_URL"])
    client = S3Storage(name)._client
    if name not in {one["Name"] for one in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=name, **options)
    return f"s3://{name}/some/prefix"


@pytest.fixture
def store(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> S3Storage:
    """A bucket of a real server."""
    return S3Storage.at(bucket(servers, monkeypatch, "septet-clients"))


@pytest.fixture
def clients(store: S3Storage) -> S3Clients:
    return store.for_clients()


def send(
    request: ClientRequest,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
    url: str = "",
) -> int:
    """Make a request as a client would, with these changes; return its status."""
    if request.method == "POST":
        form: dict[str, Any] = {**request.fields, **(fields or {})}
        form["file"] = ("name", body, "image/png")
        return http.request("POST", url or request.url, fields=form).status
    told = {**request.headers, **(headers or {})}
    # The client says how long the body is.
    told.pop("Content-Length", None)
    return http.request("PUT", url or request.url, body=body, headers=told).status


def test_what_was_signed_comes_by_put_and_is_read_once_it_is_accepted(
    store: S3Storage, clients: S3Clients
) -> None:
    key = new_key("files")

    assert send(clients.put_request(key, SENT, time=MINUTE), BODY) == 200
    assert store.exists(key) is False
    assert key not in set(store.keys("files"))
    for _ in range(2):
        clients.accept(key)

    assert b"".join(store.read(key)) == BODY
    assert (clients.kept(key).size, clients.kept(key).sha256) == (len(BODY), SENT.sha256)


def test_a_put_of_anything_else_is_refused(store: S3Storage, clients: S3Clients) -> None:
    key = new_key("files")
    request = clients.put_request(key, SENT, time=MINUTE)

    assert send(request, OTHER) == 400
    assert send(request, BODY + b"1") == 403
    assert send(request, BODY[:-1]) == 403
    assert send(request, BODY, headers={"Content-Type": "text/html"}) == 403
    other = clients.put_request(new_key("files"), SENT, time=MINUTE)
    assert send(request, BODY, url=other.url[:-4] + "0000") == 403
    sums = {"x-amz-checksum-sha256": "bm90aGluZyBvZiB0aGUga2luZCwgcmVhbGx5ISEhISE="}
    assert send(request, OTHER, headers=sums) == 403

    with pytest.raises(NotFoundError):
        clients.accept(key)


def test_an_address_is_good_until_it_expires(clients: S3Clients) -> None:
    key = new_key("files")
    put = clients.put_request(key, SENT, time=timedelta(seconds=1))
    form = clients.form_request(key, SENT, time=timedelta(seconds=1))
    time.sleep(2.1)

    assert send(put, BODY) == 403
    assert send(form, BODY) == 403
    with pytest.raises(NotFoundError):
        clients.accept(key)


def test_a_form_takes_what_its_policy_says_and_nothing_else(
    store: S3Storage, clients: S3Clients
) -> None:
    key = new_key("files")
    request = clients.form_request(key, SENT, time=MINUTE)

    assert send(request, OTHER) == 400
    assert send(request, BODY + b"1") == 400
    assert send(request, BODY[:-1]) == 400
    assert send(request, BODY, fields={"Content-Type": "text/html"}) == 403
    assert send(request, BODY, fields={"key": "some/prefix/files/ab/else"}) == 403
    assert send(request, OTHER, fields={"x-amz-checksum-sha256": "x"}) == 403
    with pytest.raises(NotFoundError):
        clients.accept(key)

    assert send(request, BODY) == 204
    clients.accept(key)
    assert b"".join(store.read(key)) == BODY


def test_what_comes_to_a_good_address_after_it_was_accepted_is_not_read(
    store: S3Storage, clients: S3Clients
) -> None:
    key = new_key("files")
    request = clients.put_request(key, SENT, time=MINUTE)
    send(request, BODY)
    clients.accept(key)
    store.delete(key)

    assert send(request, BODY) == 200

    assert store.exists(key) is False
    store.discard(key, mark="")
    with pytest.raises(NotFoundError):
        clients.accept(key)


def test_what_nobody_accepted_is_discarded(clients: S3Clients) -> None:
    key = new_key("files")
    send(clients.put_request(key, SENT, time=MINUTE), BODY)

    assert clients.discard_incoming(before=datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert clients.discard_incoming(before=datetime.now(UTC) + timedelta(seconds=5)) >= 1

    with pytest.raises(NotFoundError):
        clients.accept(key)


PARTS = [os.urandom(5 * 1024**2), os.urandom(1_000)]


def sent_in_parts(clients: S3Clients, key: str) -> str:
    """Send parts, the last one first, and return their mark."""
    mark = clients.begin_parts(key, content_type="text/csv")
    for number in (2, 1):
        body = PARTS[number - 1]
        request = clients.part_request(key, mark, number=number, size=len(body), time=MINUTE)
        assert send(request, body + b"1") == 403
        assert send(request, body) == 200
    return mark


def test_parts_are_joined_in_their_order_whatever_the_answer_said(
    store: S3Storage, clients: S3Clients
) -> None:
    key = new_key("files")
    mark = sent_in_parts(clients, key)
    there = clients.parts(key, mark)
    assert [(one.number, one.size) for one in there] == [(1, 5 * 1024**2), (2, 1_000)]

    for _ in range(2):
        clients.join_parts(key, mark, there)

    assert b"".join(store.read(key)) == b"".join(PARTS)
    assert clients.kept(key).size == sum(map(len, PARTS))
    assert clients.kept(key).sha256 == ""
    with pytest.raises(NotFoundError):
        clients.parts(key, mark)


def test_joining_that_fails_though_it_was_done_is_seen_to_be_done(
    clients: S3Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key("files")
    mark = sent_in_parts(clients, key)
    there, join = clients.parts(key, mark), clients._client.complete_multipart_upload

    def lost(**arguments: Any) -> None:
        join(**arguments)
        raise EndpointConnectionError(endpoint_url="x")

    monkeypatch.setattr(clients._client, "complete_multipart_upload", lost)
    clients.join_parts(key, mark, there)

    def refused(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalError"}}, "CompleteMultipartUpload")

    other = new_key("files")
    monkeypatch.setattr(clients._client, "complete_multipart_upload", refused)
    with pytest.raises(StorageUnavailableError, match="InternalError"):
        clients.join_parts(other, sent_in_parts(clients, other), there)


def test_parts_that_are_discarded_take_no_more(store: S3Storage, clients: S3Clients) -> None:
    key = new_key("files")
    mark = sent_in_parts(clients, key)
    request = clients.part_request(key, mark, number=3, size=4, time=MINUTE)

    for _ in range(2):
        store.discard(key, mark=mark)

    assert send(request, b"more") == 404
    with pytest.raises(NotFoundError):
        clients.parts(key, mark)


def test_bytes_are_fetched_as_it_was_said_and_for_so_long(
    store: S3Storage, clients: S3Clients
) -> None:
    key = new_key("files")
    store.save(key, io.BytesIO(BODY))
    url = clients.fetch_url(
        key,
        time=timedelta(seconds=2),
        content_type="text/csv; charset=utf-8",
        disposition='attachment; filename="a.csv"',
    )

    some = http.request("GET", url, headers={"Range": "bytes=10-19"})
    assert (some.status, some.data) == (206, BODY[10:20])
    assert some.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
    assert some.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert http.request("GET", url.replace("attachment", "inline")).status == 403
    time.sleep(3.1)
    assert http.request("GET", url).status == 403


def test_what_is_held_or_retained_is_not_deleted_by_anybody(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = bucket(servers, monkeypatch, "septet-locked", ObjectLockEnabledForBucket=True)
    locked, keys = S3Storage.at(url), [new_key("files"), new_key("files")]
    for key in keys:
        locked.save(key, io.BytesIO(BODY))

    assert locked.hold(keys[0], held=True) is True
    assert locked.retain(keys[1], until=datetime.now(UTC) + timedelta(hours=1)) is True

    for key in keys:
        with pytest.raises(ClientError, match="AccessDenied"):
            purge(locked, key)
    assert locked.hold(keys[0], held=False) is True
    purge(locked, keys[0])
    with pytest.raises(NotFoundError):
        locked.hold(keys[0], held=True)


def purge(store: S3Storage, key: str) -> None:
    """Delete for good, as who has all rights in the bucket could."""
    where = {"Bucket": store._bucket, "Key": store._name(key)}
    version = store._client.head_object(**where)["VersionId"]
    store._client.delete_object(**where, VersionId=version)


def test_a_bucket_without_locks_says_that_it_has_none(store: S3Storage) -> None:
    key = new_key("files")
    store.save(key, io.BytesIO(BODY))

    assert store.hold(key, held=True) is False
    assert store.retain(key, until=datetime.now(UTC) + timedelta(hours=1)) is False


def test_clients_reach_it_at_an_address_of_theirs(store: S3Storage) -> None:
    request = store.for_clients(address="https://s3.example.com").put_request(
        new_key("files"), SENT, time=MINUTE
    )

    assert request.url.startswith("https://s3.example.com/")
