"""Folders whose files are encrypted at rest: what gets encrypted, when, and who still reads it."""

import base64
import hashlib
import io
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.files.adapters.sealed import StoredBytes, open_draft
from apps.files.adapters.stores import file_store
from apps.files.domain.sealing import CHUNK_BYTES, MAGIC, sealed_size
from apps.files.domain.tus import Creation
from apps.files.errors import ContentDamagedError
from apps.files.models import Blob, File, FileVersion, Folder, UploadSession
from apps.files.selectors.batches import batch_of_ids
from apps.files.selectors.contents import clean_content
from apps.files.selectors.stored import stored_bytes
from apps.files.services import scanning
from apps.files.services.copying import copy_file, copy_folder
from apps.files.services.direct import start_upload
from apps.files.services.encrypting import encrypt_again, encrypt_waiting, enqueue_encrypting
from apps.files.services.files import delete_file
from apps.files.services.folders import (
    create_folder,
    move_files,
    move_folder,
    restore_folder,
    trash_folder,
    update_folder,
)
from apps.files.services.joining import join_uploads
from apps.files.services.orphans import forget_unknown
from apps.files.services.receiving import receive
from apps.files.services.uploads import (
    begin_upload,
    finish_upload,
    give_back,
    note_progress,
    open_upload,
)
from apps.files.services.zipping import zip_of
from contracts.files import FolderEncryptionChanged
from kernel.errors import NotFoundError
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.jobs.models import Job
from kernel.secrets import ring
from kernel.secrets.errors import SecretKeyMissingError, SecretUnreadableError
from kernel.secrets.fields import Sealed
from kernel.storage.port import StorageUnavailableError
from kernel.tenancy.parts import PARTS
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.files.archives import EICAR
from tests.files.library import asked, clean, uploaded, used, write
from tests.files.test_library import follow

pytestmark = pytest.mark.usefixtures("tenant", "folder")

BODY = os.urandom(2 * CHUNK_BYTES + 100)


@pytest.fixture
def vault() -> Folder:
    return create_folder(name="vault", encrypted=True)


def put(folder: Folder, body: bytes = BODY, *, name: str = "a.bin") -> File:
    """Upload into a folder, and let it be scanned."""
    upload = begin_upload(asked(len(body)), name=name, folder_id=str(folder.pk))
    write(open_upload(upload.id, offset=0, coming=len(body)), body)
    finish_upload(upload.id)
    drain()
    return File.objects.get(pk=upload.file_id or "")


def content(file: File) -> bytes:
    return b"".join(clean_content(str(file.pk)).stored.read())


def blob_of(file: File) -> Blob:
    return Blob.objects.get(files=file)


def sealed_key() -> str:
    """Return the key of the only blob as it is stored."""
    found = Blob.objects.get().data_key
    assert isinstance(found, Sealed)
    return found.stored


def on_disk(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def plain_on_disk(folder: Path, body: bytes = BODY) -> bool:
    """Say whether some of a file can be read by whoever reads the disk."""
    pieces = [piece for at in (0, CHUNK_BYTES) if (piece := body[at : at + 32])]
    return any(piece in data for data in on_disk(folder) for piece in pieces)


def test_what_comes_into_an_encrypted_folder_is_never_plain_on_the_disk(
    vault: Folder, folder: Path
) -> None:
    upload = begin_upload(asked(len(BODY)), name="a.bin", folder_id=str(vault.pk))
    write(open_upload(upload.id, offset=0, coming=len(BODY)), BODY)
    assert on_disk(folder)
    assert not plain_on_disk(folder)
    assert BODY[-40:].hex() not in UploadSession.objects.get().mark
    finish_upload(upload.id)
    drain()

    file = File.objects.get()
    assert (file.state, file.encrypted, file.folder) == ("clean", True, vault)
    assert file.sha256 == hashlib.sha256(BODY).hexdigest()
    assert content(file) == BODY
    assert not plain_on_disk(folder)
    [data] = on_disk(folder)
    assert data.startswith(MAGIC)
    assert (len(data), file.size_bytes, used()) == (sealed_size(len(BODY)), len(BODY), len(BODY))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_files_of_every_length_come_back(vault: Folder, size: int) -> None:
    file = put(vault, BODY[:size])

    assert (content(file), file.encrypted) == (BODY[:size], True)


def test_an_upload_goes_on_after_each_stop_and_forgets_what_did_not_last(
    vault: Folder, folder: Path
) -> None:
    upload = begin_upload(asked(len(BODY)), name="a.bin", folder_id=str(vault.pk))
    at = 0
    for step in (1, CHUNK_BYTES - 1, 3, CHUNK_BYTES, len(BODY)):
        piece = BODY[at : at + step]
        writing = open_upload(upload.id, offset=at, coming=len(piece))
        draft = open_draft(
            writing.key, mark=writing.mark, size=writing.offset, data_key=writing.data_key
        )
        draft.write([piece])
        mark = draft.sync()
        # Something else came after it, which was never noted.
        draft.write([os.urandom(CHUNK_BYTES)])
        draft.close()
        at += len(piece)
        note_progress(writing, offset=at, mark=mark)
        give_back(writing)
    finish_upload(upload.id)
    finish_upload(upload.id)
    drain()

    assert content(File.objects.get()) == BODY
    assert not plain_on_disk(folder)


def test_a_part_is_encrypted_if_it_tells_the_folder_and_the_whole_is_so(
    vault: Folder, folder: Path
) -> None:
    told = f"folderid {base64.b64encode(str(vault.pk).encode()).decode()}"
    parts = []
    for body in (BODY[:70_000], BODY[70_000:]):
        part = Creation(length=len(body), metadata=told, partial=True, parts=(), concat="partial")
        begun = begin_upload(part)
        write(open_upload(begun.id, offset=0, coming=len(body)), body)
        finish_upload(begun.id)
        parts.append(begun.id)
    whole = Creation(
        length=None, metadata=told, partial=False, parts=tuple(parts), concat="final;…"
    )

    join_uploads(whole)
    drain()

    assert content(File.objects.get()) == BODY
    assert not plain_on_disk(folder)


def test_the_next_version_of_a_file_in_such_a_folder_is_encrypted(
    vault: Folder, folder: Path
) -> None:
    file = put(vault)
    follow(file, b"hello")

    assert content(file) == b"hello"
    assert set(Blob.objects.values_list("encrypted", flat=True)) == {True}
    assert not plain_on_disk(folder, b"hello")


def test_encrypted_files_share_bytes_with_each_other_and_with_no_plain_one(vault: Folder) -> None:
    plain = [clean(BODY), clean(BODY)]
    sealed = [put(vault), put(vault)]

    blobs = [blob_of(one).pk for one in (*plain, *sealed)]
    assert blobs[0] == blobs[1] != blobs[2] == blobs[3]
    assert used() == 2 * len(BODY)
    assert [content(one) for one in (plain[0], sealed[0])] == [BODY, BODY]


def test_a_file_that_is_moved_in_is_encrypted_with_all_its_versions(
    vault: Folder, folder: Path
) -> None:
    file = clean(BODY)
    follow(file, b"hello")
    assert plain_on_disk(folder)

    move_files(ids=[str(file.pk)], folder_id=str(vault.pk))
    drain()

    file.refresh_from_db()
    assert file.encrypted
    assert content(file) == b"hello"
    versions = FileVersion.objects.order_by("number")
    assert [b"".join(stored_bytes(one.blob).read()) for one in versions] == [BODY, b"hello"]
    assert not plain_on_disk(folder)
    assert not plain_on_disk(folder, b"hello")
    assert len(on_disk(folder)) == 2
    assert used() == len(BODY) + 5
    assert forget_unknown() == 0


def test_moved_out_a_file_stays_encrypted(vault: Folder, folder: Path) -> None:
    file = put(vault)

    move_files(ids=[str(file.pk)])
    drain()

    file.refresh_from_db()
    assert (file.encrypted, file.folder_id, content(file)) == (True, None, BODY)
    assert not plain_on_disk(folder)


def test_copies_into_such_a_folder_are_encrypted(vault: Folder, folder: Path) -> None:
    plain = create_folder(name="plain")
    source = clean(BODY)
    move_files(ids=[str(source.pk)], folder_id=str(plain.pk))

    copy_folder(id=str(plain.pk), parent_id=str(vault.pk))
    drain()
    assert not plain_on_disk(folder)
    copy = copy_file(id=str(source.pk), folder_id=str(vault.pk))
    drain()

    assert content(copy) == content(source) == BODY
    assert set(Folder.objects.values_list("name", "encrypted")) == {
        ("plain", False),
        ("plain", True),
        ("vault", True),
    }
    assert not plain_on_disk(folder)


def test_a_folder_that_becomes_encrypted_takes_all_in_it_along(folder: Path) -> None:
    top = create_folder(name="top")
    inner = create_folder(name="inner", parent_id=str(top.pk))
    file, other = clean(BODY), clean(b"elsewhere")
    move_files(ids=[str(file.pk)], folder_id=str(inner.pk))

    for _ in range(2):
        update_folder(id=str(top.pk), encrypted=True)
    drain()

    inner.refresh_from_db()
    assert inner.encrypted
    assert create_folder(name="new", parent_id=str(inner.pk)).encrypted
    assert not plain_on_disk(folder)
    assert blob_of(other).encrypted is False
    told = [one for one in published() if isinstance(one, FolderEncryptionChanged)]
    assert told == [FolderEncryptionChanged(folder_id=str(top.pk), name="top", encrypted=True)]


def test_no_longer_encrypted_a_folder_takes_plain_files_and_its_own_stay(vault: Folder) -> None:
    inner = create_folder(name="inner", parent_id=str(vault.pk))
    file = put(vault)

    update_folder(id=str(vault.pk), encrypted=False)
    new = put(vault, b"new")

    inner.refresh_from_db()
    assert (inner.encrypted, blob_of(file).encrypted, blob_of(new).encrypted) == (True, True, False)
    update_folder(id=str(vault.pk), name="other")
    vault.refresh_from_db()
    assert (vault.name, vault.encrypted) == ("other", False)


def test_a_folder_that_comes_into_an_encrypted_one_is_so(vault: Folder, folder: Path) -> None:
    moved, trashed = create_folder(name="moved"), create_folder(name="trashed")
    file, other = clean(BODY), clean(b"in the trash")
    move_files(ids=[str(file.pk)], folder_id=str(moved.pk))
    move_folder(id=str(trashed.pk), parent_id=str(moved.pk))
    move_files(ids=[str(other.pk)], folder_id=str(trashed.pk))
    trash_folder(id=str(trashed.pk))

    move_folder(id=str(moved.pk), parent_id=str(vault.pk))
    drain()
    restore_folder(id=str(trashed.pk))

    assert list(Folder.objects.values_list("encrypted", flat=True)) == [True] * 3
    assert not plain_on_disk(folder)
    assert not plain_on_disk(folder, b"in the trash")


def test_what_was_on_its_way_when_its_file_was_moved_is_encrypted(
    vault: Folder, folder: Path
) -> None:
    upload = begin_upload(asked(len(BODY)), name="a.bin")
    move_files(ids=[str(upload.file_id)], folder_id=str(vault.pk))
    write(open_upload(upload.id, offset=0, coming=len(BODY)), BODY)
    finish_upload(upload.id)
    drain()

    file = File.objects.get()
    assert (file.state, file.encrypted, content(file)) == ("clean", True, BODY)
    assert not plain_on_disk(folder)


def test_infected_bytes_are_found_though_they_are_encrypted(vault: Folder) -> None:
    assert put(vault, EICAR).state == "infected"


def test_a_zip_holds_plain_bytes(vault: Folder) -> None:
    body = b"plain text " * 9_000
    file = put(vault, body, name="a.jpg")
    File.objects.filter(pk=file.pk).update(detected_type="image/jpeg")
    Blob.objects.update(detected_type="image/jpeg")

    assert body in b"".join(zip_of(batch_of_ids(str(file.pk))))


def test_a_direct_upload_into_such_a_folder_comes_through_the_platform(
    vault: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reached:
        def put_request(self, *_: object, **__: object) -> None:
            raise AssertionError("the store would get plain bytes")

    monkeypatch.setattr("apps.files.services.direct.clients", Reached)
    upload, request = start_upload(
        name="a", size_bytes=3, sha256=hashlib.sha256(b"abc").hexdigest(), folder_id=str(vault.pk)
    )

    assert upload.way == "stream"
    assert request is not None
    assert request.url.startswith("/files/api/direct/")


def test_what_another_service_hands_over_here_is_never_plain_either(
    vault: Folder, folder: Path
) -> None:
    upload, request = start_upload(name="a", size_bytes=len(BODY), folder_id=str(vault.pk))
    assert request is not None

    receive(request.url, iter([BODY[:CHUNK_BYTES], BODY[CHUNK_BYTES:]]))
    drain()

    assert not plain_on_disk(folder)
    assert content(File.objects.get(pk=upload.file_id or "")) == BODY


@pytest.mark.parametrize("at", [0, 20, 40_000, CHUNK_BYTES + 60, -1])
def test_changed_bytes_are_a_coded_error_and_never_garbage(
    vault: Folder, folder: Path, at: int
) -> None:
    file = put(vault)
    [path] = [path for path in folder.rglob("*") if path.is_file()]
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)

    with pytest.raises(ContentDamagedError):
        content(file)


def test_bytes_of_another_blob_are_found(vault: Folder) -> None:
    one, other = blob_of(put(vault)), blob_of(put(vault, os.urandom(len(BODY))))
    file_store().save(one.storage_key, io.BytesIO(b"".join(file_store().read(other.storage_key))))

    with pytest.raises(ContentDamagedError):
        b"".join(stored_bytes(one).read())
    # Nor does the key of one row open in another.
    Blob.objects.filter(pk=one.pk).update(data_key=other.data_key)
    with pytest.raises(SecretUnreadableError):
        stored_bytes(Blob.objects.get(pk=one.pk))


def test_damaged_bytes_get_no_clean_verdict(vault: Folder, folder: Path) -> None:
    upload = begin_upload(asked(len(BODY)), name="a.bin", folder_id=str(vault.pk))
    write(open_upload(upload.id, offset=0, coming=len(BODY)), BODY)
    finish_upload(upload.id)
    [path] = [path for path in folder.rglob("*") if path.is_file()]
    path.write_bytes(path.read_bytes()[:-1])

    drain()

    file = File.objects.get()
    assert (file.state, "cut off" in file.finding) == ("unscannable", True)


def test_a_key_that_is_lost_is_told_by_its_code(
    vault: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(vault)
    other = ring.with_new_key(ring.EMPTY)
    monkeypatch.setattr("kernel.secrets.sealing.ring", lambda: other)

    with pytest.raises(SecretKeyMissingError):
        clean_content(str(file.pk))


def test_keys_are_rotated_with_all_other_secrets(vault: Folder, settings: Any) -> None:
    file = put(vault)
    before = sealed_key()

    settings.ENCRYPTION_KEYS = ring.as_text(ring.with_new_key(ring.ring()))
    call_command("rotate_keys", "--resume", "--json")

    after = sealed_key()
    assert before.split(".")[1] != after.split(".")[1]
    assert content(file) == BODY


def test_with_its_tenant_the_keys_and_the_bytes_are_gone(
    tenant: Tenant, vault: Folder, folder: Path
) -> None:
    file = put(vault)
    [exported] = [list(rows) for name, rows in PARTS["files"].export(tenant.pk) if name == "blob"]
    assert not {"data_key", "storage_key", "encrypting_key"} & set(exported[0])
    # One that was being encrypted, too.
    Blob.objects.filter(pk=blob_of(file).pk).update(encrypting_key="files/ab/" + str(new_id()))
    StoredBytes(Blob.objects.get().encrypting_key, 1).save([b"x"])

    PARTS["files"].erase(tenant.pk, lambda *_: None)

    assert (Blob.across_tenants.count(), on_disk(folder)) == (0, [])


def test_one_that_is_removed_while_it_is_encrypted_leaves_nothing(
    vault: Folder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = clean(BODY)
    move_files(ids=[str(file.pk)], folder_id=str(vault.pk))
    monkeypatch.setattr(
        "apps.files.services.encrypting.fault_point",
        lambda name: delete_file(id=str(file.pk)) if name == "files-encrypted" else None,
    )

    assert encrypt_waiting() == 0
    drain()

    assert (on_disk(folder), used()) == ([], 0)


def test_what_cannot_be_encrypted_now_is_tried_again(
    vault: Folder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = clean(BODY)
    move_files(ids=[str(file.pk)], folder_id=str(vault.pk))
    Job.objects.all().delete()
    with monkeypatch.context() as patch:
        patch.setattr("apps.files.services.encrypting.sha256_of", lambda _chunks: "0" * 64)
        with pytest.raises(StorageUnavailableError):
            encrypt_waiting()
    assert content(file) == BODY
    assert not blob_of(file).encrypted

    enqueue_encrypting()
    drain()

    assert (blob_of(file).encrypted, content(file)) == (True, BODY)
    assert len(on_disk(folder)) == 1


def test_one_that_cannot_be_encrypted_is_put_aside_until_somebody_says_so(
    vault: Folder, folder: Path
) -> None:
    rotten, sound = clean(b"rotten"), clean(BODY)
    (folder / blob_of(rotten).storage_key).write_bytes(b"other!")
    move_files(ids=[str(rotten.pk), str(sound.pk)], folder_id=str(vault.pk))

    drain()

    assert [blob_of(one).encrypted for one in (rotten, sound)] == [False, True]
    assert content(sound) == BODY
    problem = "CONTENT_DAMAGED: what is stored is not what came"
    assert blob_of(rotten).encrypting_problem == problem
    enqueue_encrypting()
    assert not Job.objects.filter(name="files.encrypt", state="queued").exists()

    (folder / blob_of(rotten).storage_key).write_bytes(b"rotten")
    encrypt_again(id=str(rotten.pk))
    drain()
    encrypt_again(id=str(rotten.pk))

    assert (blob_of(rotten).encrypted, content(rotten)) == (True, b"rotten")
    assert not Job.objects.filter(name="files.encrypt", state="queued").exists()


def test_bytes_that_are_scanned_when_they_are_encrypted_are_still_judged(
    vault: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = uploaded(BODY)
    move_files(ids=[str(file.pk)], folder_id=str(vault.pk))
    begin = scanning._begin

    def begun(blob_id: UUID) -> Blob | None:
        found = begin(blob_id)
        encrypt_waiting()
        for job in list(Job.objects.filter(name="files.forget_bytes")):
            file_store().delete(job.target)
        return found

    monkeypatch.setattr(scanning, "_begin", begun)
    scanning.scan_blob(blob_of(file).pk)

    file.refresh_from_db()
    assert (file.state, file.finding, content(file)) == ("clean", "", BODY)


def test_of_two_that_become_encrypted_one_stays(vault: Folder) -> None:
    put(vault)
    file = clean(BODY)
    move_files(ids=[str(file.pk)], folder_id=str(vault.pk))
    drain()

    assert Blob.objects.count() == 1
    assert used() == len(BODY)


def test_moving_many_costs_the_same_number_of_queries(vault: Folder) -> None:
    def cost(number: int) -> int:
        files = [clean(os.urandom(9), name=f"{number}-{one}") for one in range(number)]
        with CaptureQueriesContext(connection) as queries:
            move_files(ids=[str(file.pk) for file in files], folder_id=str(vault.pk))
        drain()
        return len(queries)

    assert cost(1) == cost(5)


FOLDER = """mutation($input: UpdateFolderInput!) {
    changed: updateFolder(input: $input) { folder { encrypted } error { code } } }"""
UPLOAD = """mutation($input: StartUploadInput!) {
    changed: startUpload(input: $input) { error { code } } }"""


def test_the_graph_shows_and_changes_it(graphql: GraphQLClient) -> None:
    made = graphql(
        """mutation { createFolder(input: {name: "v", encrypted: true}) {
            folder { id encrypted } error { code } } }"""
    ).data["createFolder"]
    assert made["folder"]["encrypted"] is True
    folder = Folder.objects.get()
    file = put(folder)

    shown = graphql("{ files { nodes { id encrypted } } }").data["files"]["nodes"]
    assert shown == [{"id": str(file.pk), "encrypted": True}]
    for told, found in ((False, False), (None, False), (True, True)):
        answer = graphql(FOLDER, input={"id": made["folder"]["id"], "encrypted": told}).data
        assert answer["changed"] == {"folder": {"encrypted": found}, "error": None}


def test_nobody_else_changes_it_or_uploads_there(tenant: Tenant, vault: Folder) -> None:
    sent = {"id": str(vault.pk), "encrypted": False}
    upload = {"name": "a", "sizeBytes": 1, "folderId": str(vault.pk)}
    stranger = make_key(make_tenant("stranger")).secret
    reader = make_key(tenant, "files:read").secret

    for secret, code in ((stranger, "NOT_FOUND"), (reader, "FORBIDDEN"), ("", "UNAUTHENTICATED")):
        client = GraphQLClient(secret, "/files/graphql")
        for document, wanted in ((FOLDER, sent), (UPLOAD, upload)):
            assert code in str(client(document, input=wanted).body)

    vault.refresh_from_db()
    assert (vault.encrypted, UploadSession.objects.count()) == (True, 0)
    with pytest.raises(NotFoundError):
        begin_upload(asked(1), name="a", folder_id=str(new_id()))
