"""What becomes of uploads that clients say are all in the store, whatever the store then says."""

import hashlib
import io
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.files.adapters.stores import file_store
from apps.files.errors import UploadGoneError, UploadIncompleteError
from apps.files.models import Blob, File, UploadSession, UploadState, UploadWay
from apps.files.services import delete_file, direct
from apps.files.services.sweeping import sweep_uploads
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.storage.clients import ClientRequest, Kept, Part
from kernel.storage.port import StorageUnavailableError
from kernel.tenancy.context import in_tenant
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.files.library import used

pytestmark = pytest.mark.usefixtures("tenant", "folder")

BODY = b"0123456789"
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """A store that clients reach, and in which BODY has come; its sum is not known there."""
    found = Mock()
    found.put_request.return_value = ClientRequest(method="PUT", url="https://s3/put")
    found.form_request.return_value = ClientRequest(method="POST", url="https://s3/form")
    found.part_request.return_value = ClientRequest(method="PUT", url="https://s3/part")
    found.begin_parts.return_value = ""
    found.accept.side_effect = lambda key: file_store().save(key, io.BytesIO(BODY))
    found.kept.side_effect = lambda key: Kept(file_store().size(key), "")
    for name in ("clients", "clients_before"):
        monkeypatch.setattr(direct, name, lambda: found)
    return found


def begun(way: UploadWay = UploadWay.PUT, **told: Any) -> UploadSession:
    sent: dict[str, Any] = {"name": "a.bin", "size_bytes": len(BODY), "sha256": SHA256}
    return direct.start_upload(way=way, **(sent | told))[0]


def completed(upload: UploadSession) -> UploadSession:
    direct.complete_upload(id=str(upload.pk))
    drain()
    upload.refresh_from_db()
    return upload


def test_what_came_is_summed_where_the_store_has_not(store: Mock) -> None:
    upload = completed(begun())

    assert (upload.state, upload.offset, upload.reserved_bytes) == ("done", len(BODY), 0)
    assert (File.objects.get().state, Blob.objects.get().sha256) == ("clean", SHA256)
    assert used() == len(BODY)
    assert completed(upload).state == "done"


@pytest.mark.parametrize(
    "kept", [Kept(9, ""), Kept(10, "00" * 32), Kept(11, SHA256)], ids=["short", "other", "long"]
)
def test_what_is_other_than_told_is_refused_and_forgotten(store: Mock, kept: Kept) -> None:
    store.kept.side_effect = lambda _key: kept
    upload = completed(begun())

    assert upload.state == "refused"
    assert upload.finding
    assert (File.objects.count(), Blob.objects.count(), used()) == (0, 0, 0)
    assert list(file_store().keys("files")) == []
    with pytest.raises(UploadGoneError):
        direct.abort_upload(id=str(upload.pk))


def test_what_the_store_has_not_may_still_be_sent(store: Mock) -> None:
    store.accept.side_effect = NotFoundError("no bytes")
    upload = completed(begun())
    assert (upload.state, upload.finding) == ("receiving", "no bytes")

    store.accept.side_effect = lambda key: file_store().save(key, io.BytesIO(BODY))
    assert completed(upload).state == "done"
    assert upload.finding == ""


def test_a_store_that_is_down_is_asked_again(store: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    store.accept.side_effect = StorageUnavailableError("down")
    upload = completed(begun())
    assert (upload.state, used()) == ("verifying", len(BODY))

    # It does not expire meanwhile, nor is its row forgotten.
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=9))
    sweep_uploads()
    store.accept.side_effect = lambda key: file_store().save(key, io.BytesIO(BODY))
    direct.enqueue_verifying()
    drain()
    upload.refresh_from_db()
    assert upload.state == "done"


def test_one_whose_file_is_removed_meanwhile_is_no_file(store: Mock) -> None:
    upload = begun()
    direct.complete_upload(id=str(upload.pk))
    delete_file(id=str(upload.file_id))

    drain()

    upload.refresh_from_db()
    assert (upload.state, File.objects.count(), used()) == ("ended", 0, 0)
    assert list(file_store().keys("files")) == []


def test_what_nobody_goes_on_with_expires_and_gives_its_room_back(
    store: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begun(UploadWay.PARTS)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=25))

    sweep_uploads()

    upload.refresh_from_db()
    assert (upload.state, File.objects.count(), used()) == ("expired", 0, 0)


def test_parts_that_are_missing_are_told_and_given(store: Mock) -> None:
    size = 20 * 1024**2
    upload = begun(UploadWay.PARTS, size_bytes=size, sha256="")
    store.begin_parts.return_value = "mark"
    # The second has come short.
    store.parts.return_value = [Part(1, 8 * 1024**2, "a"), Part(2, 5, "b")]

    _, parts = direct.part_requests(id=str(upload.pk))
    assert [(one.number, one.offset, one.length) for one in parts] == [
        (2, 8 * 1024**2, 8 * 1024**2),
        (3, 16 * 1024**2, 4 * 1024**2),
    ]
    assert completed(upload).finding == "parts are missing, 2 of them, such as 2, 3"
    assert store.join_parts.call_count == 0
    direct.part_requests(id=str(upload.pk), numbers=[1])
    assert store.begin_parts.call_count == 1
    for numbers, error in (([4], InvalidInputError), ([1] * 101, LimitExceededError)):
        with pytest.raises(error):
            direct.part_requests(id=str(upload.pk), numbers=numbers)


def test_who_begins_parts_second_discards_what_he_began(store: Mock) -> None:
    upload = begun(UploadWay.PARTS)

    def first(*_: Any, **__: Any) -> str:
        UploadSession.objects.filter(pk=upload.pk).update(mark="first")
        return "second"

    store.begin_parts.side_effect = first
    found, _ = direct.part_requests(id=str(upload.pk), numbers=[1])

    assert found.mark == "first"
    assert store.part_request.call_args.args[1] == "first"


def test_what_comes_by_one_request_has_no_parts(store: Mock) -> None:
    with pytest.raises(ConflictError):
        direct.part_requests(id=str(begun().pk))


@pytest.mark.parametrize(
    ("told", "way"),
    [
        ({}, "put"),
        ({"sha256": ""}, "parts"),
        ({"size_bytes": 200 * 1024**2}, "parts"),
        ({"way": UploadWay.FORM}, "form"),
        ({"way": UploadWay.STREAM}, "stream"),
        ({"way": UploadWay.PARTS, "size_bytes": 0, "sha256": ""}, "put"),
    ],
)
def test_the_way_is_chosen_by_what_is_told(store: Mock, told: dict[str, Any], way: str) -> None:
    sent: dict[str, Any] = {"name": "a", "size_bytes": len(BODY), "sha256": SHA256.upper()}

    upload, request = direct.start_upload(**(sent | told))

    assert upload.way == way
    assert (request is None) == (way == "parts")


def test_without_such_a_store_there_is_an_address_of_ours() -> None:
    upload, request = direct.start_upload(name="a", size_bytes=3, way=UploadWay.PARTS)

    assert request is not None
    assert (upload.way, request.method) == ("stream", "PUT")
    assert request.url.startswith("/files/api/direct/")
    assert direct.part_requests(id=str(upload.pk))[1] == []
    with pytest.raises(UploadIncompleteError, match="0 of 3 bytes"):
        direct.complete_upload(id=str(upload.pk))


def test_nobody_else_sees_it(store: Mock) -> None:
    upload = begun()

    with in_tenant(make_tenant().pk):
        for work in (direct.part_requests, direct.complete_upload, direct.abort_upload):
            with pytest.raises(NotFoundError):
                work(id=str(upload.pk))
    upload.refresh_from_db()
    assert upload.state == UploadState.RECEIVING


def test_requests_for_parts_cost_the_same_however_many(store: Mock) -> None:
    upload = begun(UploadWay.PARTS, size_bytes=90 * 8 * 1024**2, sha256="")
    store.begin_parts.return_value = "mark"
    direct.part_requests(id=str(upload.pk), numbers=[1])

    with CaptureQueriesContext(connection) as queries:
        direct.part_requests(id=str(upload.pk), numbers=list(range(1, 91)))

    assert len(queries) == 3
