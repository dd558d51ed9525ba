"""What is made of encrypted files: pictures that nobody reads off the disk, and no text."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.files.adapters.stores import file_store
from apps.files.models import Blob, BlobText, Derivative, DerivativeKind, File, Folder
from apps.files.selectors.contents import clean_content
from apps.files.services.derivatives import RENDERING, derive_blob, enqueue_derive, picture
from apps.files.services.folders import create_folder, move_files
from apps.files.services.orphans import forget_unknown
from kernel.testing.jobs import drain
from tests.files.library import clean
from tests.files.pictures import image, opened
from tests.files.test_derivatives import rows_of

pytestmark = pytest.mark.usefixtures("tenant", "folder")


@pytest.fixture(scope="module", autouse=True)
def _sandbox_ends() -> Iterator[None]:
    yield
    RENDERING.close()


@pytest.fixture
def vault() -> Folder:
    return create_folder(name="vault", encrypted=True)


def into(vault: Folder, file: File) -> None:
    move_files(ids=[str(file.pk)], folder_id=str(vault.pk))
    drain()


def stored(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_what_was_made_before_is_made_anew_with_the_key(vault: Folder, folder: Path) -> None:
    file = clean(image(), name="field.png")
    assert sum(data[:4] == b"RIFF" for data in stored(folder)) == 2

    into(vault, file)

    assert rows_of(file) == {"preview": ("ready", ""), "thumbnail": ("ready", "")}
    assert not any(data[:4] == b"RIFF" for data in stored(folder))
    shown = picture(clean_content(str(file.pk)), DerivativeKind.PREVIEW)
    assert opened(b"".join(shown.stored.read())).size == (1024, 512)
    assert forget_unknown() == 0
    assert len(stored(folder)) == 3


def test_a_text_is_neither_kept_nor_made_anew(vault: Folder) -> None:
    file = clean(b"the runway is closed", name="notice.txt")
    assert BlobText.objects.get().excerpt == "the runway is closed"

    into(vault, file)
    derive_blob(Blob.objects.get(files=file).pk)

    assert not BlobText.objects.exists()
    assert not Derivative.objects.exists()


def test_a_picture_that_is_begun_plain_is_not_kept_when_its_file_was_encrypted_meanwhile(
    vault: Folder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = clean(image(), name="field.png")
    Derivative.objects.all().delete()
    begun = Blob.objects.get(files=file)

    def encrypted_meanwhile(point: str) -> None:
        if point == "files-derived" and not Blob.objects.get(files=file).encrypted:
            into(vault, file)

    monkeypatch.setattr("apps.files.services.derivatives.fault_point", encrypted_meanwhile)
    enqueue_derive(begun)
    # While this job runs, another for the same blob is not stored.
    drain()

    assert rows_of(file) == {"preview": ("ready", ""), "thumbnail": ("ready", "")}
    for row in Derivative.objects.all():
        assert b"".join(file_store().read(row.storage_key))[:4] != b"RIFF"
