"""Templates that somebody made in Word or Excel: given, looked through, published and filled."""

import base64
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import docx
import pytest
from django.db import Error, transaction
from openpyxl import load_workbook

from apps.documents.models import (
    BatchItem,
    Document,
    DocumentBatch,
    Template,
    TemplateUpload,
    TemplateVersion,
)
from apps.documents.services import upload_checking
from apps.documents.services.exchange import export_template
from apps.documents.services.templates import delete_template, duplicate_template
from apps.documents.services.upload_checking import check_upload, sweep_uploads
from apps.documents.services.uploads import take_upload
from contracts.templates import TemplateUploadChecked
from kernel import clock
from kernel.errors import ConflictError, LimitExceededError, UnavailableError
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.jobs.models import Job, JobState
from kernel.tenancy.context import in_tenant
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.documents.making import kept_in, stored, uploaded, with_files
from tests.documents.test_excel_templates import saved
from tests.documents.test_excel_templates import template as workbook
from tests.documents.test_word_templates import changed
from tests.documents.test_word_templates import template as letter

pytestmark = with_files

CREATE = """mutation($input: CreateDocumentTemplateInput!) {
  change: createDocumentTemplate(input: $input) {
    documentTemplate { id draft { id upload { state } } } error { code message } } }"""
SAVE = """mutation($input: SaveDocumentTemplateDraftInput!) {
  change: saveDocumentTemplateDraft(input: $input) {
    documentTemplateVersion { number upload { id fileId } } error { code message } } }"""
PUBLISH = """mutation($id: ID!) { change: publishDocumentTemplate(input: {id: $id}) {
  documentTemplateVersion { number } error { code message } } }"""
READ = """query($id: ID!) { documentTemplate(id: $id) { draft { upload { id fileId fileVersion state
  kind sizeBytes sha256 inferredSchema findings { source place code expression message severity } }
} } }"""
MAKE = """mutation($input: CreateDocumentInput!) { change: createDocument(input: $input) {
  document { id } error { code message } } }"""
CHECK = """query($body: String!, $upload: ID, $schema: String) {
  check: checkDocumentTemplate(body: $body, uploadId: $upload, schema: $schema) {
    publishable inferredSchema findings { source place message } } }"""
PREVIEW = """query($body: String!, $upload: ID, $sample: String) {
  preview: previewDocumentTemplate(body: $body, uploadId: $upload, sample: $sample) {
    title pages format document problem code pictures { number } } }"""
BODY = json.dumps(
    {
        "septet": 1,
        "title": "Offer {{ number }}",
        "locale": "de_DE",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "blocks": [],
    }
)
LETTER = letter(
    "Dear {{ name | upper }}, {{ total | currency }}",
    "{%p for line in lines %}",
    "{{ line.item }}: {{ line.price | number(2) }}",
    "{%p endfor %}",
)
BOOK = saved(workbook(("{{ each line in lines }}{{ line.item }}", "{{ line.price }}", "=B1*2")))
DATA: dict[str, Any] = {
    "number": 7,
    "name": "Ada",
    "total": 1234.5,
    "lines": [{"item": "Tea", "price": 2}, {"item": "Cake", "price": 3.5}],
}


def _bomb() -> bytes:
    """Return a small file that unpacks to more than is taken."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(101_000_000))
    return out.getvalue()


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return kept_in(monkeypatch, tmp_path)


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    return GraphQLClient(make_key(tenant).secret, "/graphql")


def given(
    graphql: GraphQLClient, content: bytes, name: str = "offer", file_id: str = "", **more: Any
) -> Template:
    """Make a template of a file, which is looked through already."""
    upload = {"fileId": file_id or uploaded(f"{name}.bin", content), "version": 1}
    texts = {"name": name, "title": "Offer", "body": BODY, "upload": upload, **more}
    change = graphql(CREATE, input=texts).data["change"]
    assert change["error"] is None, change
    assert change["documentTemplate"]["draft"]["upload"]["state"] == "CHECKING"
    drain()
    return Template.objects.get(pk=change["documentTemplate"]["id"])


def published(graphql: GraphQLClient, content: bytes, **more: Any) -> Template:
    template = given(graphql, content, **more)
    assert graphql(PUBLISH, id=str(template.pk)).data["change"]["error"] is None
    return template


def standing(graphql: GraphQLClient, template: Template) -> dict[str, Any]:
    found: dict[str, Any] = graphql(READ, id=str(template.pk)).data["documentTemplate"]
    return dict(found["draft"]["upload"])


def made(graphql: GraphQLClient, **asked: Any) -> Document:
    change = graphql(MAKE, input={"template": "offer", "data": DATA} | asked).data["change"]
    assert change["error"] is None, change
    drain()
    return Document.objects.get(pk=change["document"]["id"])


def files(folder: Path, beginning: bytes = b"PK") -> list[bytes]:
    """Return the files of the files service that begin like this."""
    found = [one.read_bytes() for one in stored(folder.parent / "files")]
    return [one for one in found if one.startswith(beginning)]


def test_a_letter_of_word_is_looked_through_published_and_filled(
    graphql: GraphQLClient, folder: Path
) -> None:
    template = given(graphql, LETTER, sample=json.dumps(DATA))
    upload = standing(graphql, template)
    graphql(PUBLISH, id=str(template.pk))
    document = made(graphql, format="DOCX")

    assert (upload["state"], upload["kind"], upload["findings"]) == ("READY", "DOCX", [])
    assert upload["sizeBytes"] == len(LETTER)
    fields = json.loads(upload["inferredSchema"])["properties"]
    assert fields["lines"]["items"]["properties"] == {"item": {}, "price": {"type": "number"}}
    assert (fields["name"], fields["total"]) == ({"type": "string"}, {"type": "number"})
    assert (document.state, document.title) == ("ready", "Offer 7"), document.error_message
    (found,) = [one for one in files(folder) if one != LETTER]
    texts = [one.text for one in docx.Document(io.BytesIO(found)).paragraphs]
    assert texts == ["Dear ADA, 1.234,50\xa0€", "Tea: 2,00", "Cake: 3,50"]
    (event,) = told(TemplateUploadChecked)
    assert (event.name, event.kind, event.accepted) == ("offer", "docx", True)


def test_a_workbook_is_filled_for_each_item_of_a_batch(
    graphql: GraphQLClient, folder: Path
) -> None:
    published(graphql, BOOK)
    batch = graphql(
        """mutation($data: JSON!) { change: createDocumentBatch(input: {
          template: "offer", format: XLSX, data: $data}) { error { code message } } }""",
        data=[{**DATA, "number": at} for at in (1, 2)] + [{"number": 3, "lines": 5}],
    )
    assert batch.data["change"]["error"] is None
    drain()

    assert DocumentBatch.objects.get().state == "ready"
    items = BatchItem.objects.order_by("position")
    assert [(one.title, one.error_place) for one in items] == [
        ("Offer 1", ""),
        ("Offer 2", ""),
        ("", "/Blatt/A1"),
    ]
    archive = next(one for one in files(folder) if b"failed.csv" in one)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        sheet: Any = load_workbook(io.BytesIO(opened.read("1 Offer 1.xlsx"))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows == [["Tea", 2, "=B1*2"], ["Cake", 3.5, "=B2*2"]]


def test_what_is_wrong_in_a_file_is_told_with_its_place_and_not_published(
    graphql: GraphQLClient,
) -> None:
    word = given(graphql, letter("Fine", "{{ name.upper() }}"), "word")
    excel = given(graphql, saved(workbook(("Fine", "{{ 1 + }}"))), "excel")

    of_word, of_excel = standing(graphql, word), standing(graphql, excel)
    assert [one["place"] for one in of_word["findings"]] == ["/word/document.xml/2"]
    assert of_word["findings"][0]["expression"] == "{{ name.upper() }}"
    assert [one["place"] for one in of_excel["findings"]] == ["/Blatt/B1"]
    for template in (word, excel):
        refused = graphql(PUBLISH, id=str(template.pk)).data["change"]["error"]
        assert refused["code"] == "DOCUMENTS_TEMPLATE_REFUSED"
    assert not TemplateVersion.objects.exclude(state="draft").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no archive", "package"),
        (LETTER[:2_000], "package"),
        (saved(workbook(("a",))).replace(b"xl/workbook.xml", b"xl/workbook.xmm"), "package"),
        (changed(LETTER, {"word/vbaProject.bin": b"a"}), "active"),
        (changed(LETTER, {"word/document.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "xml"),
        (_bomb(), "size"),
    ],
    ids=["no archive", "half of one", "another archive", "program", "entities", "bomb"],
)
def test_what_is_no_file_of_office_is_refused_and_forgotten(
    graphql: GraphQLClient, folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, code: str
) -> None:
    # The scanner of the files service would keep some of them back.
    monkeypatch.setattr(upload_checking, "_fetched", lambda _: content)

    template = given(graphql, b"a")

    upload = standing(graphql, template)
    assert (upload["state"], upload["kind"]) == ("REFUSED", None)
    assert [one["code"] for one in upload["findings"]] == [code]
    assert stored(folder) == []
    assert [one.accepted for one in told(TemplateUploadChecked)] == [False]


def test_a_file_is_read_as_who_gave_it_may_read_it(tenant: Tenant, graphql: GraphQLClient) -> None:
    other = make_tenant("other")
    with in_tenant(other.pk):
        theirs = uploaded("theirs.docx", LETTER)
    ours = uploaded("ours.docx", LETTER)
    blind = GraphQLClient(make_key(tenant, "documents:*").secret, "/graphql")

    told_of = [
        standing(graphql, given(client, b"", name, file_id))
        for client, name, file_id in (
            (graphql, "a", theirs),
            (graphql, "b", str(new_id())),
            (blind, "c", ours),
        )
    ]

    assert [one["state"] for one in told_of] == ["REFUSED"] * 3
    assert {one["findings"][0]["code"] for one in told_of} == {"FILE_NOT_FETCHED"}


def test_a_published_file_stays_whatever_becomes_of_it(graphql: GraphQLClient) -> None:
    file_id = uploaded("offer.docx", LETTER)
    published(graphql, b"", file_id=file_id)
    graphql("mutation($id: ID!) { deleteFile(input: {id: $id}) { error { code } } }", id=file_id)

    first = made(graphql, format="DOCX")
    version = TemplateVersion.objects.get()

    assert first.state == "ready"
    with pytest.raises(Error, match="a published version never changes"), transaction.atomic():
        TemplateVersion.objects.filter(pk=version.pk).update(uploaded=None)


@pytest.mark.parametrize("format", ["PDF", "XLSX", "HTML"])
def test_a_letter_of_word_becomes_nothing_else(graphql: GraphQLClient, format: str) -> None:  # noqa: A002
    published(graphql, LETTER)

    asked = {"template": "offer", "format": format, "data": DATA}
    refused = graphql(MAKE, input=asked).data["change"]["error"]

    assert (refused["code"], "becomes docx alone" in refused["message"]) == ("INVALID_INPUT", True)
    assert not Document.objects.exists()


def test_data_that_does_not_fit_fails_with_the_place(graphql: GraphQLClient) -> None:
    schema = json.dumps({"type": "object", "required": ["name"]})
    published(graphql, LETTER, schema=schema)

    wrong = made(graphql, format="DOCX", data={**DATA, "total": "much"})
    missing = made(graphql, format="DOCX", data={"number": 1})

    assert (wrong.error_code, wrong.error_place) == (
        "DOCUMENTS_RENDERING_REFUSED",
        "/word/document.xml/1",
    )
    assert missing.error_code == "DOCUMENTS_DATA_REFUSED"


def test_it_is_tried_with_its_sample_before_it_is_published(
    graphql: GraphQLClient, settings: Any
) -> None:
    settings.OFFICE_PROGRAM = ""
    template = given(graphql, LETTER)
    upload = standing(graphql, template)["id"]

    tried = graphql(PREVIEW, body=BODY, upload=upload, sample=json.dumps(DATA)).data["preview"]
    wrong = graphql(PREVIEW, body=BODY, upload=upload, sample='{"lines": 3}').data["preview"]
    checked = graphql(CHECK, body=BODY, upload=upload).data["check"]

    assert (tried["title"], tried["format"], tried["pictures"]) == ("Offer 7", "DOCX", [])
    book = docx.Document(io.BytesIO(base64.b64decode(tried["document"])))
    assert book.paragraphs[1].text == "Tea: 2,00"
    assert wrong["document"] is None
    assert wrong["code"] == "DOCUMENTS_RENDERING_REFUSED"
    assert checked["publishable"]
    # What the title reads is in it too.
    assert json.loads(checked["inferredSchema"])["required"] == ["lines", "name", "number", "total"]


def test_blocks_beside_a_file_are_advised_against(graphql: GraphQLClient) -> None:
    upload = standing(graphql, given(graphql, LETTER))["id"]
    body = json.dumps(json.loads(BODY) | {"blocks": [{"type": "rule"}]})

    checked = graphql(CHECK, body=body, upload=upload).data["check"]

    assert (checked["publishable"], checked["findings"][0]["place"]) == (True, "/blocks")


def test_a_draft_becomes_another_file_or_is_written_again(graphql: GraphQLClient) -> None:
    template = published(graphql, LETTER)
    save = {"id": str(template.pk)}
    now = TemplateUpload.objects.get()

    kept = graphql(SAVE, input=save | {"note": "a"}).data["change"]["documentTemplateVersion"]
    same = {"fileId": str(now.file_id), "version": 1}
    again = graphql(SAVE, input=save | {"upload": same}).data["change"]["documentTemplateVersion"]
    other = {"fileId": uploaded("b.xlsx", BOOK), "version": 1}
    graphql(SAVE, input=save | {"upload": other})
    drain()
    excel = standing(graphql, template)["kind"]
    written = graphql(SAVE, input=save | {"upload": None}).data["change"]

    assert kept["upload"]["id"] == again["upload"]["id"] == str(now.pk)
    assert excel == "XLSX"
    assert written["documentTemplateVersion"]["upload"] is None


def test_a_copy_has_the_file_and_an_export_says_where_it_is(graphql: GraphQLClient) -> None:
    template = published(graphql, LETTER)

    copy = duplicate_template(id=str(template.pk), name="copy")

    assert copy.versions.get().uploaded == TemplateUpload.objects.get()
    with pytest.raises(ConflictError, match=str(TemplateUpload.objects.get().file_id)):
        export_template(template)


def test_what_no_version_has_goes_after_a_day(graphql: GraphQLClient, folder: Path) -> None:
    used = given(graphql, LETTER, "used")
    unused = given(graphql, BOOK, "unused")
    delete_template(id=str(unused.pk))
    sweep_uploads()
    before = TemplateUpload.objects.count()

    TemplateUpload.objects.update(created_at=clock.now() - timedelta(hours=25))
    sweep_uploads()
    drain()

    assert before == 2
    assert TemplateUpload.objects.get() == used.versions.get().uploaded
    assert [one.read_bytes() for one in stored(folder)] == [LETTER]


def test_a_job_that_is_killed_begins_again_and_one_that_gave_up_is_ended(
    graphql: GraphQLClient, folder: Path
) -> None:
    file_id = uploaded("offer.docx", LETTER)
    upload = {"fileId": file_id, "version": 1}
    graphql(CREATE, input={"name": "offer", "title": "Offer", "upload": upload})
    row = TemplateUpload.objects.get()

    with (
        patch.object(upload_checking, "fault_point", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        check_upload(row.pk)
    with (
        patch.object(upload_checking, "fetched", side_effect=UnavailableError("files is away")),
        pytest.raises(UnavailableError),
    ):
        check_upload(row.pk)
    check_upload(row.pk)
    check_upload(row.pk)

    row.refresh_from_db()
    assert (row.state, len(stored(folder)), len(told(TemplateUploadChecked))) == ("ready", 1, 1)
    TemplateUpload.objects.update(state="checking")
    Job.objects.filter(name="documents.check_upload").update(state=JobState.FAILED, last_error="X")
    sweep_uploads()
    drain()
    row.refresh_from_db()
    assert (row.state, row.error_code) == ("refused", "DOCUMENTS_ABANDONED")
    assert stored(folder) == []


def test_only_so_many_are_looked_through_at_a_time(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.documents.services.uploads.MOST_CHECKING", 1)
    told_of = {"file_id": str(new_id()), "version": 1}

    take_upload(told_of)
    with pytest.raises(LimitExceededError):
        take_upload(told_of)

    assert TemplateUpload.objects.count() == 1
