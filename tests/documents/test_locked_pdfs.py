"""PDFs that take a password are merged, split and filled with it, and with it alone."""

import io
import logging
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import connection

from apps.documents.adapters.pdf.forms import form_fields
from apps.documents.domain.protection import Protection
from apps.documents.models import Document
from apps.documents.services.protecting import protection_of
from apps.documents.services.rendering import Part
from kernel.identity.models import Tenant
from kernel.tenancy.parts import PARTS
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.documents.making import kept_in, uploaded, with_files
from tests.documents.test_pdf_files import FILL, MERGE, RETRY, SPLIT, asked, content, pages, texts
from tests.documents.test_pdfs import form as made_form

pytestmark = with_files

FORM = """query($id: ID!, $password: String) { pdfForm(fileId: $id, password: $password) {
  code fields { name } } }"""
USER, OWNER = "geöffnet", "all of it"
FIRST = [{"first": 1, "last": 1}]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    kept_in(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    return GraphQLClient(make_key(tenant).secret, "/graphql")


def locked(plain: bytes, **allowed: bool) -> bytes:
    """Return a PDF encrypted; what its owner allows to others is told."""
    out = io.BytesIO()
    encryption = pikepdf.Encryption(
        user=USER, owner=OWNER, R=6, allow=pikepdf.Permissions(**allowed)
    )
    with pikepdf.open(io.BytesIO(plain)) as opened:
        opened.save(out, encryption=encryption)
    return out.getvalue()


@pytest.mark.parametrize("password", [USER, OWNER])
def test_a_locked_pdf_is_merged_with_its_password(
    graphql: GraphQLClient, folder: Path, password: str
) -> None:
    plain, secret = uploaded("a.pdf", pages("a")), uploaded("b.pdf", locked(pages("b", "c")))
    passwords = [{"fileId": secret, "password": password}]

    asked(graphql, MERGE, fileIds=[plain, secret], title="All", passwords=passwords)

    made = content(Document.objects.get(), folder)
    assert texts(made) == ["a", "b", "c"]
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert not opened.is_encrypted


def test_pages_are_taken_out_of_a_locked_pdf(graphql: GraphQLClient, folder: Path) -> None:
    secret = uploaded("b.pdf", locked(pages("b", "c")))

    asked(graphql, SPLIT, fileId=secret, ranges=FIRST, password=USER)

    assert texts(content(Document.objects.get(), folder)) == ["b"]


def test_a_locked_form_tells_its_fields_and_is_filled(graphql: GraphQLClient, folder: Path) -> None:
    secret = uploaded("form.pdf", locked(made_form()))

    told = graphql(FORM, id=secret, password=USER).data["pdfForm"]
    without = graphql(FORM, id=secret).data["pdfForm"]
    asked(
        graphql,
        FILL,
        fileId=secret,
        values={"name": "Ада"},
        password=USER,
        protect={"password": "new"},
    )

    assert "name" in [one["name"] for one in told["fields"]]
    assert (without["code"], without["fields"]) == ("DOCUMENTS_PDF_PASSWORD", [])
    made = content(Document.objects.get(), folder)
    fields = form_fields(io.BytesIO(made), password=read_owner(Document.objects.get()))
    assert {one.name: one.value for one in fields}["name"] == "Ада"
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(made), password=USER)


def read_owner(document: Document) -> str:
    """Return the password of the owner of what was made, which nobody was told."""
    protection = protection_of(document)
    assert protection is not None
    return protection.owner


@pytest.mark.parametrize(
    ("password", "allowed", "message"),
    [
        (None, {}, "takes a password"),
        ("", {}, "takes a password"),
        ("guessed", {}, "takes another password"),
        (USER, {"extract": False}, "nobody may copy from it"),
    ],
    ids=["none", "empty", "wrong", "not allowed"],
)
def test_without_the_right_password_nothing_is_made(
    graphql: GraphQLClient, password: str | None, allowed: dict[str, bool], message: str
) -> None:
    plain, secret = (
        uploaded("a.pdf", pages("a")),
        uploaded("b.pdf", locked(made_form(), **allowed)),
    )
    told = {} if password is None else {"password": password}
    passwords = [] if password is None else [{"fileId": secret, **told}]

    asked(graphql, MERGE, fileIds=[plain, secret], title="All", passwords=passwords)
    asked(graphql, SPLIT, fileId=secret, ranges=FIRST, **told)
    asked(graphql, FILL, fileId=secret, values={}, **told)

    found = list(Document.objects.order_by("created_at", "pk"))
    assert [(one.state, one.error_code) for one in found] == [
        ("failed", "DOCUMENTS_PDF_PASSWORD")
    ] * 3
    assert all(message in one.error_message for one in found)
    assert [one.error_place for one in found] == ["/1", "", ""]


def test_a_form_that_nobody_may_fill_takes_its_owners_password(
    graphql: GraphQLClient, folder: Path
) -> None:
    secret = uploaded("form.pdf", locked(made_form(), modify_form=False))

    for password in (USER, OWNER):
        asked(graphql, FILL, fileId=secret, values={"name": "b"}, password=password)

    refused, made = Document.objects.order_by("created_at", "pk")
    assert (refused.error_code, made.state) == ("DOCUMENTS_PDF_PASSWORD", "ready")


def test_a_password_is_sealed_until_it_was_used_and_told_nobody(
    tenant: Tenant, graphql: GraphQLClient, caplog: pytest.LogCaptureFixture
) -> None:
    secret = uploaded("b.pdf", locked(pages("b")))
    caplog.set_level(logging.DEBUG)

    graphql(SPLIT, input={"fileId": secret, "ranges": FIRST, "password": USER})
    kept = stored_passwords()
    exported = {name: list(rows) for name, rows in PARTS["documents"].export(tenant.pk)}
    drain()

    assert kept
    assert USER not in kept
    assert exported["document"]
    assert USER not in repr(exported)
    assert "passwords" not in exported["document"][0]
    assert Document.objects.get().state == "ready"
    assert stored_passwords() is None
    assert USER not in caplog.text
    part = Part(title="b", size_bytes=1, chunks=lambda: iter([b""]), password=USER)
    assert USER not in repr(part) + repr(Protection(user=USER, owner=OWNER))


def stored_passwords() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT passwords FROM documents_document")
        return cursor.fetchone()[0]


def test_a_document_that_failed_is_made_once_more_with_its_password(
    graphql: GraphQLClient, folder: Path
) -> None:
    secret = uploaded("b.pdf", locked(pages("b")))
    asked(graphql, SPLIT, fileId=secret, ranges=[{"first": 9, "last": 9}], password=USER)
    failed = Document.objects.get()
    Document.objects.update(operation=failed.operation | {"first": 1, "last": 1})

    graphql(RETRY, id=str(failed.pk))
    drain()

    assert texts(content(Document.objects.get(), folder)) == ["b"]


A_FILE, ANOTHER = (f"01900000-0000-7000-8000-00000000000{at}" for at in range(2))


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        (SPLIT, {"fileId": A_FILE, "ranges": FIRST, "password": "é" * 64}),
        (FILL, {"fileId": A_FILE, "values": {}, "password": "é" * 64}),
        (MERGE, {"passwords": [{"fileId": A_FILE, "password": "é" * 64}]}),
        (MERGE, {"passwords": [{"fileId": ANOTHER, "password": "a"}]}),
        (MERGE, {"passwords": [{"fileId": "x", "password": "a"}]}),
    ],
)
def test_a_password_that_means_nothing_is_refused_at_once(
    graphql: GraphQLClient, mutation: str, given: dict[str, Any]
) -> None:
    if mutation == MERGE:
        given = {"fileIds": [A_FILE] * 2, "title": "All", **given}

    change = graphql(mutation, input=given).data["change"]

    assert change["error"]["code"] == "INVALID_INPUT"
    assert not Document.objects.exists()
