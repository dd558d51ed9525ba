"""Documents are made by a job, and the files service has them."""

import io
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from PIL import Image

from apps.documents.conf import DATA_BYTES, WAITING
from apps.documents.models import Document
from apps.documents.services import making, rendering
from apps.documents.services.handing_over import hand_over
from apps.documents.services.making import end_abandoned, make_document
from contracts.documents import DocumentCancelled, DocumentFailed, DocumentReady, DocumentRetried
from kernel.errors import UnavailableError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job, JobState
from kernel.testing.dynamic import said
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.documents.making import kept_in, published, stored, uploaded, with_files

pytestmark = with_files

CREATE = """mutation($input: CreateDocumentInput!) { change: createDocument(input: $input) {
  document { id title state } error { code message } } }"""
CANCEL = """mutation($id: ID!) { change: cancelDocument(input: {id: $id}) {
  document { state } error { code message } } }"""
RETRY = """mutation($id: ID!) { change: retryDocument(input: {id: $id}) {
  document { state error { code } } error { code message } } }"""
READ = """query($id: ID!) { document(id: $id) { title state format pages sizeBytes sha256 data
  output { id name contentType readerScope sha256 } version { number } error { code message place }
  query { service } dataFile { id } jobId finishedAt } }"""
BASE: dict[str, Any] = {"template": "letter", "format": "PDF"}
DATA = {"number": 7, "name": "Ada", "lines": [{"name": "Tea"}]}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return kept_in(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def template(tenant: Tenant) -> Any:
    return published()


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    return GraphQLClient(make_key(tenant).secret, "/graphql")


def asked(graphql: GraphQLClient, **given: Any) -> str:
    change = graphql(CREATE, input=BASE | given).data["change"]
    assert change["error"] is None, change
    return str(change["document"]["id"])


def made(graphql: GraphQLClient, **given: Any) -> dict[str, Any]:
    document_id = asked(graphql, **given)
    drain()
    found: dict[str, Any] = graphql(READ, id=document_id).data["document"]
    return found


@pytest.mark.parametrize("kind", ["PDF", "XLSX", "DOCX", "HTML", "CSV"])
def test_a_document_is_made_and_is_a_file(graphql: GraphQLClient, folder: Path, kind: str) -> None:
    document = made(graphql, format=kind, data=DATA)

    assert (document["title"], document["state"], document["error"]) == ("Letter 7", "READY", None)
    assert document["output"]["name"] == f"Letter 7.{kind.lower()}"
    assert document["output"]["readerScope"] == "documents:read"
    assert document["output"]["sha256"] == document["sha256"]
    assert document["pages"] == (1 if kind == "PDF" else 0)
    assert document["version"] == {"number": 1}
    assert json.loads(document["data"]) == DATA
    assert stored(folder) == []
    (event,) = told(DocumentReady)
    assert (event.file_id, event.sha256) == (document["output"]["id"], document["sha256"])


def test_two_documents_of_one_input_are_the_same(graphql: GraphQLClient) -> None:
    first, second = (made(graphql, data=DATA, title=title) for title in ("A", "B"))

    assert first["sha256"] == second["sha256"]
    assert (first["title"], second["title"]) == ("A", "B")


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ({"data": {"name": "Ada"}}, "DOCUMENTS_DATA_REFUSED", ""),
        ({"data": {"number": 1, "name": 3}}, "DOCUMENTS_DATA_REFUSED", "/name"),
        ({"data": {"number": 1, "lines": 3}}, "DOCUMENTS_DATA_REFUSED", "/lines"),
        ({"data": {"number": 1}}, "DOCUMENTS_RENDERING_REFUSED", "/blocks/0/text"),
    ],
)
def test_what_cannot_be_made_says_why_and_where(
    graphql: GraphQLClient, folder: Path, given: dict[str, Any], code: str, place: str
) -> None:
    document = made(graphql, **given)

    assert document["state"] == "FAILED"
    assert (document["error"]["code"], document["error"]["place"]) == (code, place)
    assert document["output"] is None
    assert [one.error_code for one in told(DocumentFailed)] == [code]
    # It is no fault of the job's.
    assert set(Job.objects.filter(name="documents.make").values_list("state", flat=True)) == {
        "done"
    }
    assert stored(folder) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"template": "nobody"}, "NOT_FOUND"),
        ({"version": 9}, "NOT_FOUND"),
        ({"locale": "tlh"}, "INVALID_INPUT"),
        ({"data": [1]}, "INVALID_INPUT"),
        ({"data": {}, "query": {"query": "{ files { totalCount } }"}}, "INVALID_INPUT"),
        (
            {"query": {"query": "mutation { deleteFile(input: {id: 1}) { error { code } } }"}},
            "INVALID_INPUT",
        ),
        ({"query": {"query": "{ files {"}}, "INVALID_INPUT"),
        ({"query": {"query": "{ files { totalCount } }", "service": "evil"}}, "INVALID_INPUT"),
        ({"data": {"name": "x" * 1_000}}, "INVALID_INPUT"),
    ],
)
def test_what_means_nothing_is_refused_at_once(
    graphql: GraphQLClient, given: dict[str, Any], code: str
) -> None:
    with said(DATA_BYTES, 1_000):
        change = graphql(CREATE, input=BASE | given).data["change"]

    assert (change["document"], change["error"]["code"]) == (None, code)
    assert not Document.objects.exists()
    assert not Job.objects.filter(name="documents.make").exists()


def test_no_more_wait_than_may(graphql: GraphQLClient) -> None:
    asked(graphql)

    with said(WAITING, 1):
        change = graphql(CREATE, input=BASE).data["change"]

    assert change["error"]["code"] == "LIMIT_EXCEEDED"
    assert Document.objects.count() == 1


def test_a_document_that_is_not_wanted_any_more_is_not_made(
    graphql: GraphQLClient, folder: Path
) -> None:
    document_id = asked(graphql, data=DATA)

    for _ in range(2):
        change = graphql(CANCEL, id=document_id).data["change"]
        assert change == {"document": {"state": "CANCELLED"}, "error": None}
    drain()

    assert Document.objects.get().state == "cancelled"
    assert len(told(DocumentCancelled)) == 1
    assert told(DocumentReady) == []
    assert stored(folder) == []


def test_what_is_taken_back_while_it_is_handed_over_leaves_no_file(
    graphql: GraphQLClient, folder: Path
) -> None:
    document_id = asked(graphql, data=DATA)

    def slow(*given: Any, **more: Any) -> Any:
        file_id = hand_over(*given, **more)
        graphql(CANCEL, id=document_id)
        return file_id

    with patch.object(making, "hand_over", slow):
        make_document(Document.objects.get().pk)

    assert Document.objects.get().state == "cancelled"
    assert graphql("{ files { totalCount } }").data["files"]["totalCount"] == 0


def test_what_failed_is_made_once_more_and_what_is_made_is_not(graphql: GraphQLClient) -> None:
    document_id = asked(graphql, data=DATA)
    with patch.object(rendering, "_BEGINNINGS", {"pdf": b"PK"}):
        drain()
    failed = graphql(READ, id=document_id).data["document"]

    again = graphql(RETRY, id=document_id).data["change"]
    drain()
    document = graphql(READ, id=document_id).data["document"]
    refused = graphql(RETRY, id=document_id).data["change"]

    assert failed["error"]["code"] == "DOCUMENTS_RENDERING_FAILED"
    assert again == {"document": {"state": "QUEUED", "error": None}, "error": None}
    assert (document["state"], document["error"]) == ("READY", None)
    assert refused["error"]["code"] == "CONFLICT"
    assert len(told(DocumentRetried)) == 1


def test_it_is_rendered_once_though_the_files_service_was_away(graphql: GraphQLClient) -> None:
    document_id = asked(graphql, data=DATA)
    with patch.object(making, "hand_over", side_effect=UnavailableError("files is away")):
        drain()
    waiting = graphql(READ, id=document_id).data["document"]

    with patch.object(making, "render", side_effect=AssertionError):
        make_document(Document.objects.get().pk)

    assert (waiting["state"], waiting["output"]) == ("RENDERING", None)
    assert graphql(READ, id=document_id).data["document"]["state"] == "READY"


def test_a_document_fails_when_its_job_has_given_up(graphql: GraphQLClient) -> None:
    document_id = asked(graphql, data=DATA)
    Job.objects.filter(name="documents.make").update(
        state=JobState.FAILED, last_error="UNAVAILABLE: files is away"
    )

    end_abandoned()

    error = graphql(READ, id=document_id).data["document"]["error"]
    assert error == {
        "code": "DOCUMENTS_ABANDONED",
        "message": "UNAVAILABLE: files is away",
        "place": "",
    }


def test_data_comes_from_the_graph_with_the_rights_of_who_asked(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    made(graphql, data=DATA)
    query = {"query": "query($n: Int) { number: __typename files(first: $n) { nodes { name } } }"}
    body = {
        "septet": 1,
        "title": "Files",
        "blocks": [
            {
                "type": "table",
                "over": "files.nodes",
                "as": "file",
                "columns": [{"title": "Name", "value": "file.name"}],
            }
        ],
    }
    published("files", body, schema="")
    few = GraphQLClient(make_key(tenant, "documents:*", "files:read").secret, "/graphql")
    none = GraphQLClient(make_key(tenant, "documents:*").secret, "/graphql")
    given = {"template": "files", "format": "CSV", "query": query | {"variables": {"n": 5}}}

    allowed = made(few, **given)
    refused = made(none, **given)
    named = made(few, **(given | {"query": query | {"service": "files"}}))

    assert (allowed["state"], allowed["error"]) == ("READY", None)
    assert named["sha256"] == allowed["sha256"] or named["state"] == "READY"
    assert refused["error"]["code"] == "DOCUMENTS_DATA_UNREADABLE"
    assert refused["error"]["message"].startswith("FORBIDDEN")


def test_whoever_lost_their_rights_since_has_no_data(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    key = make_key(tenant, "documents:*", "files:read")
    client = GraphQLClient(key.secret, "/graphql")
    document_id = asked(client, query={"query": "{ files { totalCount } }", "service": "files"})
    key.key.scopes = ["documents:*"]
    key.key.save()

    drain()

    error = graphql(READ, id=document_id).data["document"]["error"]
    assert error["code"] == "DOCUMENTS_DATA_UNREADABLE"


def test_data_comes_from_a_file(tenant: Tenant, graphql: GraphQLClient) -> None:
    file_id = uploaded("data.json", json.dumps(DATA).encode())
    blind = GraphQLClient(make_key(tenant, "documents:*").secret, "/graphql")

    document = made(graphql, dataFile=file_id)
    unseen = made(blind, dataFile=file_id)

    assert (document["state"], document["dataFile"]) == ("READY", {"id": file_id})
    assert document["sha256"] == made(graphql, data=DATA)["sha256"]
    assert unseen["error"]["code"] == "FILE_NOT_FETCHED"


def test_pictures_are_those_of_the_version_that_the_template_names(graphql: GraphQLClient) -> None:
    out = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(out, "PNG")
    file_id = uploaded("seal.png", out.getvalue())
    body = {
        "septet": 1,
        "title": "Sealed",
        "blocks": [{"type": "image", "asset": "seal", "alt": "Seal"}],
    }
    published("sealed", body, schema="", assets={"seal": {"file": file_id, "version": 1}})

    sealed = made(graphql, template="sealed", format="HTML")
    graphql("mutation($id: ID!) { deleteFile(input: {id: $id}) { error { code } } }", id=file_id)
    gone = made(graphql, template="sealed", format="HTML")

    assert (sealed["state"], sealed["error"]) == ("READY", None)
    assert gone["error"]["code"] == "FILE_NOT_FETCHED"
