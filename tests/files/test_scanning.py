"""Scanning, uploads and quotas as services: what is not read to its end is never clean."""

import io
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from apps.files.adapters import scanners
from apps.files.adapters.scanners import Verdict
from apps.files.adapters.scanners.basic import BasicCheck
from apps.files.adapters.stores import file_store
from apps.files.errors import QuotaExceededError, UploadGoneError
from apps.files.models import Blob, File, FileState, UploadSession
from apps.files.services import delete_file
from apps.files.services.scanning import enqueue_waiting, scan_blob
from apps.files.services.sweeping import sweep_uploads
from apps.files.services.uploads import (
    begin_upload,
    end_upload,
    note_progress,
    open_upload,
    upload_of,
)
from contracts.files import FileCreated, FileDeleted, FileScanned
from kernel import clock
from kernel.storage.local import LocalStorage
from kernel.storage.port import StorageUnavailableError
from kernel.testing.events import published
from kernel.testing.jobs import drain
from tests.files.library import asked, uploaded, used

pytestmark = pytest.mark.usefixtures("tenant", "folder")

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def blob_of(file: File) -> Blob:
    return Blob.objects.get(files=file)


def bytes_in(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [1, 40, 68, 256])
def test_the_signature_is_found_however_the_bytes_are_cut(size: int) -> None:
    body = b"x" * 100 + EICAR + b"y" * 100
    chunks = [body[at : at + size] for at in range(0, len(body), size)]

    assert BasicCheck().judge_chunks(chunks) == Verdict("infected", "EICAR test signature")
    assert BasicCheck().judge_chunks([body[:-101]]) == Verdict("clean")


def test_a_verdict_is_told_once() -> None:
    file = uploaded(b"hello")

    drain()
    scan_blob(blob_of(file).pk)

    file.refresh_from_db()
    assert (file.state, file.scanner, file.detected_type) == ("clean", "basic check", "text/plain")
    assert [type(one) for one in published()] == [FileCreated, FileScanned]
    assert published()[1] == FileScanned(
        file_id=str(file.pk), name="a.bin", outcome="clean", scanner="basic check", finding=""
    )


def test_bytes_that_are_not_those_that_came_are_not_clean(folder: Path) -> None:
    file = uploaded(b"hello", sha256="0" * 64)
    shorter = uploaded(b"hello")
    lost = uploaded(b"hello")
    LocalStorage(folder).save(blob_of(shorter).storage_key, io.BytesIO(b"hell"))
    LocalStorage(folder).delete(blob_of(lost).storage_key)

    drain()

    states = {row.pk: (row.state, row.finding) for row in File.objects.all()}
    assert states == {
        file.pk: ("unscannable", "what is kept is not what came"),
        shorter.pk: ("unscannable", "4 bytes were read, of 5 that came"),
        lost.pk: ("unscannable", "its bytes are not there"),
    }


class Lazy:
    """Says clean without having read to the end."""

    name = "lazy"

    def signatures(self) -> str:
        return "1"

    def scan(self, chunks: Iterable[bytes], *, size_bytes: int) -> Verdict:
        return Verdict("clean")


class Down:
    """Cannot be asked."""

    name = "down"

    def signatures(self) -> str:
        return "1"

    def scan(self, chunks: Iterable[bytes], *, size_bytes: int) -> Verdict:
        raise StorageUnavailableError("the scanner does not answer")


def test_a_scanner_that_did_not_read_all_finds_nothing_clean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = uploaded(b"hello")
    monkeypatch.setattr("apps.files.services.scanning.scanner", Lazy)

    drain()

    file.refresh_from_db()
    assert file.state == FileState.UNSCANNABLE


def test_while_the_scanner_is_down_files_stay_quarantined_and_are_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = uploaded(b"hello")
    monkeypatch.setattr("apps.files.services.scanning.scanner", Down)
    drain()
    file.refresh_from_db()
    assert file.state == FileState.QUARANTINED

    monkeypatch.setattr("apps.files.services.scanning.scanner", scanners.scanner)
    later = clock.now() + timedelta(hours=2)
    with patch.object(clock, "now", lambda: later):
        enqueue_waiting()
        drain()

    file.refresh_from_db()
    assert file.state == FileState.CLEAN


def test_an_upload_nobody_goes_on_with_expires_with_all_it_held(folder: Path) -> None:
    upload = begin_upload(asked(10))
    writing = open_upload(upload.id, offset=0, coming=4)
    draft = file_store().draft(writing.key)
    draft.write([b"half"])
    note_progress(writing, offset=4, mark=draft.sync())
    draft.close()
    assert (used(), bytes_in(folder)) == (10, [4])

    later = clock.now() + timedelta(hours=25)
    with patch.object(clock, "now", lambda: later):
        with pytest.raises(UploadGoneError):
            upload_of(upload.id)
        sweep_uploads()
        drain()

    assert (used(), bytes_in(folder), File.objects.count()) == (0, [], 0)
    assert UploadSession.objects.get().state == "expired"
    assert published() == []
    much_later = later + timedelta(hours=25)
    with patch.object(clock, "now", lambda: much_later):
        sweep_uploads()
    assert UploadSession.objects.count() == 0


def test_room_is_held_from_the_beginning_and_given_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.files.services.quotas.quota_bytes", lambda: 20)
    first = begin_upload(asked(12))
    with pytest.raises(QuotaExceededError):
        begin_upload(asked(9))
    assert (used(), File.objects.count()) == (12, 1)
    end_upload(first.id)

    file = uploaded(b"x" * 20)
    assert used() == 20
    delete_file(id=str(file.pk))
    drain()

    assert (used(), bytes_in(folder)) == (0, [])
    assert [type(one) for one in published()] == [FileCreated, FileDeleted]


def test_an_upload_of_unknown_length_holds_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.files.services.quotas.quota_bytes", lambda: 20)
    upload = begin_upload(asked(None))

    with pytest.raises(QuotaExceededError):
        open_upload(upload.id, offset=0, coming=21)
    open_upload(upload.id, offset=0, coming=20)

    assert used() == 20


def test_a_file_removed_on_its_way_takes_its_upload_with_it(folder: Path) -> None:
    upload = begin_upload(asked(10))
    assert upload.file_id is not None

    delete_file(id=str(upload.file_id))

    with pytest.raises(UploadGoneError):
        upload_of(upload.id)
    assert (used(), published()) == (0, [])
