"""What is made of PDFs that are files is signed, or takes passwords, as documents of templates."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from apps.documents.models import Document
from apps.documents.services.signing import delete_signing_key
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.documents.making import kept_in, stored, uploaded, with_files
from tests.documents.signatures import sealed_key
from tests.documents.test_pdf_files import pages
from tests.documents.test_pdfs import form as made_form
from tests.documents.test_signing_keys import trusted

pytestmark = with_files

CHANGE = """mutation($input: %s!) { change: %s(input: $input) { %s error { code message } } }"""
DOCUMENT = "document { id protected signingKey { name } }"
MERGE = CHANGE % ("MergePdfsInput", "mergePdfs", DOCUMENT)
SPLIT = CHANGE % ("SplitPdfInput", "splitPdf", f"outcomes {{ {DOCUMENT} error {{ code }} }}")
FILL = CHANGE % ("FillPdfFormInput", "fillPdfForm", DOCUMENT)
PROTECT = {"password": "open säsame", "ownerPassword": "all of it"}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    kept_in(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    return GraphQLClient(make_key(tenant).secret, "/graphql")


def given(mutation: str) -> dict[str, Any]:
    """Return what a mutation is asked, of files that are there."""
    if mutation == MERGE:
        return {"fileIds": [uploaded("a.pdf", pages("a"))] * 2, "title": "Both"}
    if mutation == FILL:
        return {"fileId": uploaded("form.pdf", made_form()), "values": {"name": "Ada"}}
    ranges = [{"first": at, "last": at} for at in (1, 2)]
    return {"fileId": uploaded("ab.pdf", pages("a", "b")), "ranges": ranges}


def contents(folder: Path) -> list[bytes]:
    """Return the files that documents were made as."""
    sizes = {}
    for one in Document.objects.all():
        assert one.state == "ready", one.error_message
        sizes[one.sha256] = one.size_bytes
    found = [one.read_bytes() for one in stored(folder / "files")]
    return [one for one in found if len(one) in sizes.values()]


@pytest.mark.parametrize("mutation", [MERGE, SPLIT, FILL], ids=["merge", "split", "fill"])
def test_it_opens_by_its_password_alone(
    graphql: GraphQLClient, folder: Path, mutation: str
) -> None:
    asked = given(mutation) | {"protect": PROTECT}

    change = graphql(mutation, input=asked).data["change"]
    drain()

    assert change["error"] is None
    assert "'protected': True" in str(change)
    found = contents(folder)
    assert len(found) == (2 if mutation == SPLIT else 1)
    for one in found:
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(one))
        pdf = pikepdf.open(io.BytesIO(one), password="open säsame")
        assert (pdf.owner_password_matched, pdf.allow.modify_other) == (False, False)
        assert len(pdf.pages) == (2 if mutation == MERGE else 1)


@pytest.mark.parametrize("mutation", [MERGE, SPLIT, FILL], ids=["merge", "split", "fill"])
def test_it_is_signed_by_the_key_that_was_named(
    graphql: GraphQLClient, folder: Path, mutation: str
) -> None:
    key = sealed_key("board")

    change = graphql(mutation, input=given(mutation) | {"signWith": "board"}).data["change"]
    drain()

    assert "'signingKey': {'name': 'board'}" in str(change)
    found = contents(folder)
    assert [trusted(one, key) for one in found] == [[True]] * (2 if mutation == SPLIT else 1)


def test_it_is_not_made_without_its_signature(graphql: GraphQLClient, folder: Path) -> None:
    key = sealed_key("board")
    graphql(MERGE, input=given(MERGE) | {"signWith": "board"})

    delete_signing_key(id=str(key.pk))
    drain()

    document = Document.objects.get()
    assert (document.state, document.error_code) == ("failed", "NOT_FOUND")
    assert stored(folder / "documents") == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"protect": {}}, "INVALID_INPUT"),
        ({"protect": PROTECT, "signWith": "board"}, "INVALID_INPUT"),
        ({"signWith": "nobody"}, "NOT_FOUND"),
    ],
)
@pytest.mark.parametrize("mutation", [MERGE, SPLIT, FILL], ids=["merge", "split", "fill"])
def test_what_cannot_be_sealed_is_refused_at_once(
    graphql: GraphQLClient, mutation: str, more: dict[str, Any], code: str
) -> None:
    sealed_key("board")

    change = graphql(mutation, input=given(mutation) | more).data["change"]

    assert change["error"]["code"] == code
    assert not Document.objects.exists()


def test_signing_takes_its_scope_here_too(tenant: Tenant) -> None:
    sealed_key("board")
    writer = GraphQLClient(
        make_key(tenant, "documents:read", "documents:write", "files:read").secret, "/graphql"
    )

    answer = writer(MERGE, input=given(MERGE) | {"signWith": "board"})

    assert answer.codes == ["FORBIDDEN"]
    assert not Document.objects.exists()
