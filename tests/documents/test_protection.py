"""Documents that take a password, which is kept sealed and told nobody again."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import connection

from apps.documents.models import Document, DocumentBatch
from apps.documents.services.batches import create_batch, resume_batch
from apps.documents.services.documents import create_document
from kernel.errors import InvalidInputError
from kernel.identity.models import Tenant
from kernel.tenancy.parts import PARTS
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.documents.making import LETTER, kept_in, published, stored, with_files
from tests.documents.signatures import sealed_key

pytestmark = pytest.mark.usefixtures("tenant")

CREATE = """mutation($input: CreateDocumentInput!) { change: createDocument(input: $input) {
  document { id protected } error { code message } } }"""
BASE: dict[str, Any] = {"template": "letter", "format": "PDF", "data": {"number": 1, "name": "n"}}
ITEMS = [{"number": at, "name": "n"} for at in (1, 2)]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    kept_in(monkeypatch, tmp_path)
    return tmp_path


def file(folder: Path, beginning: bytes) -> bytes:
    found = (one.read_bytes() for one in stored(folder / "files"))
    return next(one for one in found if one.startswith(beginning))


def opened(content: bytes, password: str) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(content), password=password)


@with_files
def test_a_document_opens_by_its_password_alone(tenant: Tenant, folder: Path) -> None:
    published()
    graphql = GraphQLClient(make_key(tenant).secret, "/graphql")
    protect = {"password": "open säsame", "ownerPassword": "all of it", "copying": True}

    change = graphql(CREATE, input=BASE | {"protect": protect}).data["change"]
    drain()

    assert change["document"]["protected"] is True
    document = Document.objects.get()
    content = file(folder, b"%PDF")
    assert (document.state, document.pages) == ("ready", 1)
    with pytest.raises(pikepdf.PasswordError):
        opened(content, "")
    user, owner = opened(content, "open säsame"), opened(content, "all of it")
    assert (user.owner_password_matched, owner.owner_password_matched) == (False, True)
    assert (user.allow.extract, user.allow.print_highres, user.allow.modify_other) == (
        True,
        True,
        False,
    )


@with_files
def test_without_a_password_to_open_it_anybody_reads_and_nobody_changes(folder: Path) -> None:
    published()

    create_document(
        template="letter",
        format="pdf",
        data=BASE["data"],
        protect={"owner_password": "mine", "printing": False},
    )
    drain()

    found = opened(file(folder, b"%PDF"), "")
    assert (found.owner_password_matched, found.allow.print_highres) == (False, False)


@with_files
@pytest.mark.parametrize("packing", ["zip", "merged"])
def test_of_a_batch_each_takes_it_or_the_one_of_all(folder: Path, packing: str) -> None:
    published()

    create_batch(
        template="letter", format="pdf", packing=packing, data=ITEMS, protect={"password": "a"}
    )
    drain()

    batch = DocumentBatch.objects.get()
    assert batch.state == "ready", batch.error_message
    content = file(folder, b"PK" if packing == "zip" else b"%PDF")
    contents = [content]
    if packing == "zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
    assert len(contents) == (2 if packing == "zip" else 1)
    for one in contents:
        assert opened(one, "a").is_encrypted
        with pytest.raises(pikepdf.PasswordError):
            opened(one, "b")


@with_files
def test_the_single_documents_of_a_merged_batch_are_kept_with_it(folder: Path) -> None:
    published()
    items: list[Any] = [*ITEMS, {"number": None}]

    create_batch(
        template="letter", format="pdf", packing="merged", data=items, protect={"password": "a"}
    )
    drain()
    kept = [one.read_bytes() for one in stored(folder / "documents")]
    resume_batch(id=str(DocumentBatch.objects.get().pk))
    drain()

    assert len(kept) == len(ITEMS)
    for one in kept:
        assert opened(one, "a").is_encrypted
        with pytest.raises(pikepdf.PasswordError):
            opened(one, "")
    batch = DocumentBatch.objects.get()
    assert (batch.state, batch.round, batch.pages) == ("ready", 2, 2), batch.error_message


@pytest.mark.parametrize("table", [None, "batch"])
def test_a_password_is_in_no_row_and_in_no_export(tenant: Tenant, table: str | None) -> None:
    published()
    asked: dict[str, Any] = {
        "template": "letter",
        "format": "pdf",
        "protect": {"password": "geheim"},
    }
    if table:
        create_batch(data=ITEMS, **asked)
    else:
        create_document(data=BASE["data"], **asked)

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT protection FROM documents_document{table or ''}")
        kept = cursor.fetchone()[0]
    exported = {name: list(rows) for name, rows in PARTS["documents"].export(tenant.pk)}
    assert kept
    assert "geheim" not in kept
    assert exported[f"document{table or ''}"]
    assert not any("protection" in row for rows in exported.values() for row in rows)


@pytest.mark.parametrize(
    ("protect", "more", "message"),
    [
        ({}, {}, "a password is needed"),
        ({"password": "é" * 64}, {}, "at most 127 bytes"),
        ({"password": "a", "owner_password": "a"}, {}, "is another than"),
        ({"password": "a"}, {"format": "xlsx"}, "only PDF takes a password"),
        ({"password": "a"}, {"sign_with": "board"}, "protected or signed"),
        ({"password": "a"}, {"template": "kept"}, "PDF/A"),
    ],
)
def test_what_cannot_be_protected_is_refused_at_once(
    protect: dict[str, Any], more: dict[str, Any], message: str
) -> None:
    published()
    published("kept", LETTER | {"pdf": {"archive": True}})
    sealed_key("board")
    asked: dict[str, Any] = {"template": "letter", "format": "pdf", "protect": protect} | more

    with pytest.raises(InvalidInputError, match=message):
        create_document(data=BASE["data"], **asked)
    with pytest.raises(InvalidInputError, match=message):
        create_batch(data=ITEMS, **asked)

    assert not Document.objects.exists()
    assert not DocumentBatch.objects.exists()
