"""PDFs that are files become documents: merged, split, and forms filled."""

import io
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from apps.documents.adapters.pdf.forms import form_fields
from apps.documents.conf import DATA_FILE_BYTES, WAITING
from apps.documents.metrics import DOCUMENTS
from apps.documents.models import Document
from contracts.documents import DocumentCreated, DocumentFailed, DocumentReady
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.testing.dynamic import said
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.documents.making import kept_in, stored, uploaded, with_files
from tests.documents.templates import of_blocks, pdf
from tests.documents.test_pdfs import form as made_form

pytestmark = with_files

MERGE = """mutation($input: MergePdfsInput!) { change: mergePdfs(input: $input) {
  document { id operation { name files } } error { code message } } }"""
SPLIT = """mutation($input: SplitPdfInput!) { change: splitPdf(input: $input) {
  outcomes { document { id title } error { code } } error { code message } } }"""
FILL = """mutation($input: FillPdfFormInput!) { change: fillPdfForm(input: $input) {
  document { id } error { code message } } }"""
RETRY = """mutation($id: ID!) { change: retryDocument(input: {id: $id}) {
  document { state } error { code message } } }"""
FORM = """query($id: ID!) { pdfForm(fileId: $id) { code fields { name kind label value options
  required readOnly maxLength } } }"""
PAGE = {"type": "pageBreak"}


def pages(*texts: str) -> bytes:
    """Return a PDF with a page of each text."""
    blocks: list[dict[str, Any]] = []
    for text in texts:
        blocks += [{"type": "heading", "level": 1, "text": text}, PAGE]
    return pdf(of_blocks(*blocks[:-1]))


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    kept_in(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    return GraphQLClient(make_key(tenant).secret, "/graphql")


def asked(graphql: GraphQLClient, mutation: str, **given: Any) -> Any:
    """Ask for it, and let it be made."""
    change = graphql(mutation, input=given).data["change"]
    assert change["error"] is None, change
    drain()
    return change


def content(document: Document, folder: Path) -> bytes:
    """Return the file that a document was made as."""
    assert document.state == "ready", document.error_message
    found = (one.read_bytes() for one in stored(folder / "files"))
    return next(one for one in found if len(one) == document.size_bytes)


def counted() -> float:
    """Return how many PDFs were made in this process, as Prometheus is told."""
    return float(DOCUMENTS.labels("pdf", "ready")._value.get())


def texts(found: bytes) -> list[str]:
    with pypdfium2.PdfDocument(found) as opened:
        return [page.get_textpage().get_text_bounded().strip() for page in opened]


def test_files_become_one_with_a_bookmark_each(graphql: GraphQLClient, folder: Path) -> None:
    first, second = uploaded("May.pdf", pages("a", "b")), uploaded("June.pdf", pages("c"))

    before = counted()
    change = asked(graphql, MERGE, fileIds=[second, first], title="Half a year")

    document = Document.objects.get()
    found = content(document, folder)
    assert change["document"]["operation"] == {"name": "merge", "files": [second, first]}
    assert (document.title, document.pages, texts(found)) == ("Half a year", 3, ["c", "a", "b"])
    marks = pypdfium2.PdfDocument(found).get_toc()
    assert [one.get_title() for one in marks if one.level == 0] == ["June", "May"]
    assert len(told(DocumentCreated)) == len(told(DocumentReady)) == 1
    assert counted() == before + 1
    assert stored(folder / "documents") == []


def test_each_range_of_pages_is_a_document(graphql: GraphQLClient, folder: Path) -> None:
    file_id = uploaded("all.pdf", pages("a", "b", "c"))
    ranges = [{"first": 1, "last": 1}, {"first": 2, "last": 3}, {"first": 3, "last": 4}]

    change = asked(graphql, SPLIT, fileId=file_id, ranges=ranges, title="Minutes")

    titles = [one["document"]["title"] for one in change["outcomes"]]
    assert titles == ["Minutes, page 1", "Minutes, pages 2 to 3", "Minutes, pages 3 to 4"]
    one, two, three = (
        Document.objects.get(pk=each["document"]["id"]) for each in change["outcomes"]
    )
    assert texts(content(one, folder)) == ["a"]
    assert texts(content(two, folder)) == ["b", "c"]
    assert (three.state, three.error_code) == ("failed", "DOCUMENTS_RENDERING_REFUSED")
    assert "has 3 pages: 3 to 4 are asked for" in three.error_message


@pytest.mark.parametrize("flatten", [False, True])
def test_a_form_is_filled(graphql: GraphQLClient, folder: Path, flatten: bool) -> None:
    file_id = uploaded("form.pdf", made_form())

    asked(graphql, FILL, fileId=file_id, values={"name": "Ада"}, flatten=flatten)

    found = content(Document.objects.get(), folder)
    fields = {one.name: one.value for one in form_fields(io.BytesIO(found))}
    if flatten:
        assert fields == {}
        assert "Ада" in "".join(texts(found))
    else:
        assert fields["name"] == "Ада"


def test_a_form_says_which_fields_it_has(tenant: Tenant, graphql: GraphQLClient) -> None:
    file_id, other = uploaded("form.pdf", made_form()), uploaded("no.pdf", b"no PDF")
    blind = GraphQLClient(make_key(tenant, "documents:*").secret, "/graphql")

    found = graphql(FORM, id=file_id).data["pdfForm"]
    refused = [
        client(FORM, id=one).data["pdfForm"]["code"]
        for client, one in ((graphql, other), (graphql, str(new_id())), (blind, file_id))
    ]

    here = form_fields(io.BytesIO(made_form()))
    assert [(one["name"], one["kind"]) for one in found["fields"]] == [
        (one.name, one.kind) for one in here
    ]
    assert refused == ["DOCUMENTS_RENDERING_REFUSED", "FILE_NOT_FETCHED", "FILE_NOT_FETCHED"]


class _Said:
    """What says a setting that is less than it may be."""

    def __init__(self, size: int) -> None:
        self.size = size

    def value(self) -> int:
        return self.size


@pytest.mark.parametrize(
    ("hostile", "message"),
    [
        (b"no PDF", "no whole PDF"),
        (pages("a")[:500], "PDF"),
        (b"%PDF-1.7\n" + b"[" * 200_000, "PDF"),
    ],
    ids=["none", "half of one", "deep"],
)
def test_what_is_no_whole_pdf_fails_with_its_place_and_may_be_tried_again(
    graphql: GraphQLClient, hostile: bytes, message: str
) -> None:
    good, bad = uploaded("good.pdf", pages("a")), uploaded("bad.pdf", hostile)

    asked(graphql, MERGE, fileIds=[good, bad], title="All")
    asked(graphql, SPLIT, fileId=bad, ranges=[{"first": 1, "last": 1}])
    asked(graphql, FILL, fileId=bad, values={})

    found = list(Document.objects.order_by("created_at", "pk"))
    assert [one.state for one in found] == ["failed"] * 3
    assert {one.error_code for one in found} == {"DOCUMENTS_RENDERING_REFUSED"}
    assert (found[0].error_place, message in found[0].error_message) == ("/1", True)
    assert len(told(DocumentFailed)) == 3
    again = graphql(RETRY, id=str(found[0].pk)).data["change"]
    assert again == {"document": {"state": "QUEUED"}, "error": None}


def test_files_are_read_as_who_asked_may_read_them(tenant: Tenant, graphql: GraphQLClient) -> None:
    with in_tenant(make_tenant("other").pk):
        theirs = uploaded("theirs.pdf", pages("a"))
    ours = uploaded("ours.pdf", pages("a"))
    blind = GraphQLClient(make_key(tenant, "documents:*").secret, "/graphql")

    asked(graphql, MERGE, fileIds=[ours, theirs], title="All")
    asked(blind, SPLIT, fileId=ours, ranges=[{"first": 1, "last": 1}])
    asked(graphql, FILL, fileId=str(new_id()), values={})

    assert set(Document.objects.values_list("error_code", flat=True)) == {"FILE_NOT_FETCHED"}


def test_what_is_too_much_is_refused(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = uploaded("one.pdf", pages("a"))
    size = len(pages("a"))

    with said(DATA_FILE_BYTES, 1_000):
        asked(graphql, MERGE, fileIds=[one, one], title="each")
    with monkeypatch.context() as patched:
        patched.setattr(
            "apps.documents.services.pdf_operations.DOCUMENT_BYTES", _Said(size * 2 - 1)
        )
        asked(graphql, MERGE, fileIds=[one, one], title="all")
    with said(WAITING, 1):
        ranges = [{"first": 1, "last": 1}] * 2
        waiting = graphql(SPLIT, input={"fileId": one, "ranges": ranges}).data["change"]

    assert set(Document.objects.values_list("error_code", flat=True)) == {"PAYLOAD_TOO_LARGE"}
    assert waiting["error"]["code"] == "LIMIT_EXCEEDED"
    assert Document.objects.count() == 2


A_FILE = "01900000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("mutation", "given", "code"),
    [
        (MERGE, {"fileIds": [A_FILE], "title": "a"}, "INVALID_INPUT"),
        (MERGE, {"fileIds": [A_FILE, "b"], "title": "a"}, "INVALID_INPUT"),
        (MERGE, {"fileIds": [A_FILE] * 101, "title": "a"}, "LIMIT_EXCEEDED"),
        (MERGE, {"fileIds": [A_FILE] * 2, "title": " "}, "INVALID_INPUT"),
        (SPLIT, {"fileId": A_FILE, "ranges": []}, "INVALID_INPUT"),
        (SPLIT, {"fileId": A_FILE, "ranges": [{"first": 0, "last": 1}]}, "INVALID_INPUT"),
        (SPLIT, {"fileId": A_FILE, "ranges": [{"first": 3, "last": 2}]}, "INVALID_INPUT"),
        (SPLIT, {"fileId": A_FILE, "ranges": [{"first": 1, "last": 1}] * 101}, "LIMIT_EXCEEDED"),
        (FILL, {"fileId": A_FILE, "values": [1]}, "INVALID_INPUT"),
        (FILL, {"fileId": A_FILE, "values": {"name": 3}}, "INVALID_INPUT"),
    ],
)
def test_what_means_nothing_is_refused_at_once(
    graphql: GraphQLClient, mutation: str, given: dict[str, Any], code: str
) -> None:
    change = graphql(mutation, input=given).data["change"]

    assert change["error"]["code"] == code
    assert not Document.objects.exists()
