"""The export of a tenant has the bytes of its files, as their owner reads them."""

import io
import json
import os
from pathlib import Path
from zipfile import ZipFile

import pytest

from apps.files.models import Blob, File
from apps.files.services.folders import create_folder, move_files
from kernel.identity.exports import MANIFEST, rows_to_export, write_export
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.files.archives import EICAR
from tests.files.library import clean, uploaded

pytestmark = pytest.mark.usefixtures("folder")

BODY = os.urandom(200_000)


def test_an_export_has_the_bytes_of_clean_files_decrypted_and_of_no_others(tenant: Tenant) -> None:
    plain, sealed = clean(b"plain"), clean(BODY)
    vault = create_folder(name="vault", encrypted=True)
    move_files(ids=[str(sealed.pk)], folder_id=str(vault.pk))
    uploaded(EICAR)
    with in_tenant(make_tenant().pk):
        clean(b"another tenant's")
    drain()
    told: list[int] = []
    with io.BytesIO() as file:
        write_export(tenant, file, told.append)
        with ZipFile(file) as archive:
            contents = {
                name.rpartition("/")[2]: archive.read(name)
                for name in archive.namelist()
                if name.startswith("files/contents/")
            }
            rows = [json.loads(line) for line in archive.read("files/blob.jsonl").splitlines()]
            assert archive.testzip() is None

    assert contents == {str(_blob(plain).pk): b"plain", str(_blob(sealed).pk): BODY}
    assert contents.keys() < {row["id"] for row in rows}
    assert len(rows) == 3
    assert sum(told) == rows_to_export(tenant)


def test_what_cannot_be_read_is_named_and_the_rest_is_there(tenant: Tenant, folder: Path) -> None:
    vault = create_folder(name="vault", encrypted=True)
    lost, damaged, sound = clean(b"lost"), clean(BODY), clean(b"sound")
    move_files(ids=[str(damaged.pk)], folder_id=str(vault.pk))
    drain()
    (folder / _blob(lost).storage_key).unlink()
    path = folder / _blob(damaged).storage_key
    path.write_bytes(path.read_bytes()[:-1])

    with io.BytesIO() as file:
        write_export(tenant, file, lambda _rows: None)
        with ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            assert archive.read(f"files/contents/{_blob(sound).pk}") == b"sound"

    assert manifest["unreadable"] == {
        f"files/contents/{_blob(lost).pk}": "NOT_FOUND",
        f"files/contents/{_blob(damaged).pk}": "CONTENT_DAMAGED",
    }


def _blob(file: File) -> Blob:
    return Blob.objects.get(files=file)
