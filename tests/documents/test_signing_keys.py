"""Keys that a tenant signs with, and documents that workers sign."""

import base64
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from django.db import connection
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from apps.documents.models import BatchItem, Document, DocumentBatch, SigningKey
from apps.documents.services.batches import create_batch
from apps.documents.services.documents import create_document
from apps.documents.services.signing import create_signing_key, delete_signing_key, read_key
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.documents.making import kept_in, published, stored, with_files
from tests.documents.signatures import certificate, key_file, rsa_key, sealed_key

pytestmark = pytest.mark.usefixtures("tenant")
CREATE = """
mutation($content: String!) {
  change: createDocumentSigningKey(input: {name: "board", content: $content}) {
    documentSigningKey { name subject issuer fingerprint } error { code message } } }
"""
SIGN = """
mutation($key: String!, $format: DocumentFormat!) {
  change: createDocument(
    input: {template: "letter", format: $format, data: {number: 1}, signWith: $key}
  ) { document { signingKey { name } } error { code message } } }
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where documents and files have their bytes."""
    kept_in(monkeypatch, tmp_path)
    return tmp_path


def trusted(content: bytes, key: SigningKey) -> list[bool]:
    """Say of each signature of a PDF whether all of it is signed by a key."""
    kept = read_key(key.pk)
    assert kept is not None
    root = asn1_x509.Certificate.load(kept.certificate.public_bytes(Encoding.DER))
    context = ValidationContext(trust_roots=[root], moment=clock.now())
    found = PdfFileReader(io.BytesIO(content)).embedded_signatures
    told = [validate_pdf_signature(one, context) for one in found]
    return [
        bool(one.bottom_line and one.coverage is SignatureCoverageLevel.ENTIRE_FILE) for one in told
    ]


def made(folder: Path, beginning: bytes) -> bytes:
    """Return the file of the files service that begins like this."""
    found = (one.read_bytes() for one in stored(folder / "files"))
    return next(one for one in found if one.startswith(beginning))


@with_files
def test_a_document_is_signed_by_the_key_that_was_named(folder: Path) -> None:
    published()
    key, other = sealed_key("board"), sealed_key("other")

    document = create_document(
        template="letter", format="pdf", data={"number": 1, "name": "n"}, sign_with="board"
    )
    drain()

    document.refresh_from_db()
    content = made(folder, b"%PDF")
    assert (document.state, document.size_bytes) == ("ready", len(content))
    assert (trusted(content, key), trusted(content, other)) == ([True], [False])


@with_files
@pytest.mark.parametrize("packing", ["zip", "merged"])
def test_of_a_batch_each_document_is_signed_or_the_one_of_all(folder: Path, packing: str) -> None:
    published()
    key = sealed_key("board")

    batch = create_batch(
        template="letter",
        format="pdf",
        packing=packing,
        data=[{"number": at, "name": "n"} for at in (1, 2)],
        sign_with=str(key.pk),
    )
    drain()

    assert DocumentBatch.objects.get(pk=batch.pk).state == "ready"
    content = made(folder, b"PK" if packing == "zip" else b"%PDF")
    if packing == "merged":
        assert trusted(content, key) == [True]
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sizes = list(BatchItem.objects.order_by("position").values_list("size_bytes", flat=True))
        assert [one.file_size for one in archive.infolist()] == sizes
        assert [trusted(archive.read(name), key) for name in archive.namelist()] == [[True]] * 2


@pytest.mark.parametrize("after", [timedelta(), timedelta(days=2)])
def test_a_document_is_not_made_without_its_signature(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: timedelta
) -> None:
    """The key is gone by then, or its certificate is over."""
    published()
    key = sealed_key("board")
    document = create_document(
        template="letter", format="pdf", data={"number": 1, "name": "n"}, sign_with="board"
    )

    if not after:
        delete_signing_key(id=str(key.pk))
    later = clock.now() + after
    monkeypatch.setattr(clock, "now", lambda: later)
    drain()

    document.refresh_from_db()
    assert document.state == "failed"
    assert ("is gone" if not after else "valid from") in document.error_message
    assert stored(folder) == []


def test_what_is_kept_says_whose_it_is_and_never_the_key(graphql: GraphQLClient) -> None:
    content = key_file()

    made = graphql(CREATE, content=content).data["change"]["documentSigningKey"]

    row = SigningKey.objects.get()
    assert made == {
        "name": "board",
        "subject": "CN=Ada",
        "issuer": "CN=Ada",
        "fingerprint": row.fingerprint,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM documents_signingkey")
        assert "PRIVATE" not in cursor.fetchone()[0]
    kept = read_key(row.pk)
    assert kept is not None
    assert base64.b64decode(content).startswith(b"-----BEGIN PRIVATE KEY")


def test_a_file_of_pkcs12_is_taken_with_its_password() -> None:
    now, key = clock.now(), rsa_key()
    content = pkcs12.serialize_key_and_certificates(
        b"a", key, certificate(key, at=now), None, BestAvailableEncryption(b"geheim")
    )
    told = base64.b64encode(content).decode()

    with pytest.raises(InvalidInputError, match="its password is another"):
        create_signing_key(name="board", content=told, password="other")
    made = create_signing_key(name="board", content=told, password="geheim")

    kept = read_key(made.pk)
    assert kept is not None
    assert kept.key.public_key() == key.public_key()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("%%%", "base64"),
        (base64.b64encode(b"nothing").decode(), "no PKCS#12 or PEM"),
        (key_file(at=clock.now() - timedelta(days=3)), "valid from"),
        (key_file(at=clock.now() + timedelta(days=3)), "valid from"),
    ],
    ids=["no base64", "no key", "over", "not yet"],
)
def test_what_cannot_sign_is_not_kept(content: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        create_signing_key(name="board", content=content)

    assert not SigningKey.objects.exists()


def test_a_name_stands_for_one_key() -> None:
    sealed_key("board")

    with pytest.raises(ConflictError, match="there is a signing key 'board'"):
        sealed_key("board")
    with pytest.raises(InvalidInputError):
        sealed_key("The Board")


@pytest.mark.parametrize("packing", [None, "zip"])
def test_only_pdf_is_signed_and_only_with_a_key_of_the_tenant(packing: str | None) -> None:
    published()
    with in_tenant(make_tenant("theirs").pk):
        theirs = sealed_key("theirs")

    def asked(format: str, key: str) -> Any:  # noqa: A002  as the service has it
        if packing:
            return create_batch(template="letter", format=format, data=[{}], sign_with=key)
        return create_document(template="letter", format=format, data={}, sign_with=key)

    with pytest.raises(NotFoundError):
        asked("pdf", str(theirs.pk))
    with pytest.raises(NotFoundError):
        asked("pdf", "theirs")
    sealed_key("board")
    with pytest.raises(InvalidInputError, match="only PDF is signed"):
        asked("csv", "board")
    assert not Document.objects.exists()


def test_signing_takes_a_scope_of_its_own(tenant: Tenant) -> None:
    published()
    sealed_key("board")
    writer = GraphQLClient(make_key(tenant, "documents:read", "documents:write").secret)
    signer = GraphQLClient(make_key(tenant, "documents:*").secret)

    refused = writer(SIGN, key="board", format="PDF")
    done = signer(SIGN, key="board", format="PDF")

    assert refused.codes == ["FORBIDDEN"]
    assert done.data["change"] == {"document": {"signingKey": {"name": "board"}}, "error": None}
    assert Document.objects.count() == 1
