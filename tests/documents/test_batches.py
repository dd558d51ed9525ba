"""Batches: a document of each item, each once, and one file of them."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pypdfium2
import pytest

from apps.documents.conf import ACCEPTING, BATCH_ITEMS, BATCHES_WAITING, ITEM_DAYS
from apps.documents.models import BatchItem, DocumentBatch
from apps.documents.services import batch_making, joining
from apps.documents.services.batch_making import sweep_batches
from apps.documents.services.making import rendered
from contracts.documents import (
    DocumentBatchCancelled,
    DocumentBatchCreated,
    DocumentBatchDeleted,
    DocumentBatchFailed,
    DocumentBatchFinished,
    DocumentBatchResumed,
)
from kernel import clock
from kernel.errors import UnavailableError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job, JobState
from kernel.mesh.fetching import fetched
from kernel.tenancy.context import Principal, acting_as
from kernel.testing.dynamic import said
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.documents.making import kept_in, published, stored, uploaded, with_files

pytestmark = with_files

CREATE = """mutation($input: CreateDocumentBatchInput!) {
  change: createDocumentBatch(input: $input) {
    documentBatch { id state } error { code message } } }"""
CHANGE = """mutation($id: ID!) { change: %s(input: {id: $id}) {
  documentBatch { state failed } error { code message } } }"""
READ = """query($id: ID!) { documentBatch(id: $id) { title state format packing total made failed
  pages sha256 output { id name sha256 } version { number } error { code message } } }"""
ITEMS = """query($filter: DocumentBatchItemFilter) { documentBatchItems(filter: $filter) {
  totalCount nodes { position title state pages data error { code place message } } } }"""
BASE: dict[str, Any] = {"template": "letter", "format": "CSV"}


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
    return str(change["documentBatch"]["id"])


def changed(graphql: GraphQLClient, name: str, batch_id: str) -> Any:
    return graphql(CHANGE % name, id=batch_id).data["change"]


def batch_of(graphql: GraphQLClient, batch_id: str) -> dict[str, Any]:
    found: dict[str, Any] = graphql(READ, id=batch_id).data["documentBatch"]
    return found


def items(count: int) -> list[dict[str, Any]]:
    return [
        {"number": at, "name": "n", "lines": [{"name": f"t{at}"}]} for at in range(1, count + 1)
    ]


def content(tenant: Tenant, file_id: str) -> bytes:
    drain()
    scopes = frozenset(["files:read", "documents:read"])
    who = Principal(kind="service", id="t", name="t", tenant_id=tenant.pk, scopes=scopes)
    with acting_as(who), fetched(file_id, most_bytes=10_000_000) as file:
        return b"".join(file.chunks)


def test_each_item_becomes_one_document_in_a_zip(
    tenant: Tenant, graphql: GraphQLClient, folder: Path
) -> None:
    batch_id = asked(graphql, data=[*items(11), {"name": "no number"}, 3], title="May")
    drain()

    batch = batch_of(graphql, batch_id)
    assert (batch["state"], batch["total"], batch["made"], batch["failed"]) == ("READY", 13, 11, 2)
    assert (batch["output"]["name"], batch["version"]) == ("May.zip", {"number": 1})
    with zipfile.ZipFile(io.BytesIO(content(tenant, batch["output"]["id"]))) as archive:
        assert archive.testzip() is None
        names = [f"{at:02} Letter {at}.csv" for at in range(1, 12)]
        assert archive.namelist() == [*names, "failed.csv"]
        assert archive.read(names[6]) == b"Item\r\nt7\r\n"
        failed = list(csv.reader(io.StringIO(archive.read("failed.csv").decode())))
    assert [one[:3] for one in failed[1:]] == [
        ["12", "DOCUMENTS_DATA_REFUSED", ""],
        ["13", "DOCUMENTS_DATA_REFUSED", "/12"],
    ]
    found = graphql(ITEMS, filter={"batchId": batch_id, "state": "FAILED"}).data
    assert [one["position"] for one in found["documentBatchItems"]["nodes"]] == [12, 13]
    (finished,) = told(DocumentBatchFinished)
    assert (finished.made, finished.failed, finished.sha256) == (11, 2, batch["sha256"])
    assert len(told(DocumentBatchCreated)) == 1
    # The single documents are kept for going on; the file is the files service's alone.
    assert len(stored(folder)) == 11


def test_a_zip_of_the_same_items_has_the_same_bytes(graphql: GraphQLClient) -> None:
    first, second = (asked(graphql, data=[*items(2), {"name": "none"}]) for _ in range(2))
    drain()

    sums = [batch_of(graphql, one)["sha256"] for one in (first, second)]
    assert sums[0] == sums[1] != ""


def test_the_documents_are_one_pdf_with_bookmarks(tenant: Tenant, graphql: GraphQLClient) -> None:
    batch_id = asked(graphql, data=items(3), format="PDF", packing="MERGED")
    drain()
    again = asked(graphql, data=items(3), format="PDF", packing="MERGED")
    drain()

    batch = batch_of(graphql, batch_id)
    assert (batch["state"], batch["pages"]) == ("READY", 3)
    assert batch["output"]["name"] == "A letter.pdf"
    assert batch_of(graphql, again)["sha256"] == batch["sha256"]
    pdf = pypdfium2.PdfDocument(content(tenant, batch["output"]["id"]))
    marks = [(one.level, one.get_title()) for one in pdf.get_toc()]
    # The documents, and what each says of itself.
    assert marks[::2] == [(0, f"{at} Letter {at}") for at in (1, 2, 3)]
    assert marks[1::2] == [(1, "Dear N")] * 3
    assert "DEAR N" in pdf[2].get_textpage().get_text_bounded().upper()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "\n".join(json.dumps(one) for one in items(450))),
        ("a.csv", "number,name\n" + "\n".join(f"{at},n" for at in range(1, 451))),
        ("a.json", json.dumps(items(450))),
    ],
)
def test_items_come_from_a_file(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setattr(batch_making, "make_items", lambda *_: None)

    asked(graphql, dataFile=uploaded(name, text.encode()))
    drain()

    batch = DocumentBatch.objects.get()
    assert (batch.state, batch.total, batch.failed) == ("rendering", 450, 0)
    rows = BatchItem.objects.order_by("position")
    assert [one.position for one in rows] == list(range(1, 451))
    assert str(json.loads(rows[449].data)["number"]) == "450"


def test_items_come_from_all_pages_of_a_query(graphql: GraphQLClient) -> None:
    for at in range(5):
        uploaded(f"{at}.json", b"{}")
    body = {"septet": 1, "title": "{{ name }}", "blocks": []}
    published("file", body, schema="")
    query = """query($after: String) { files(first: 2, after: $after, order: NAME) {
      nodes { name } pageInfo { hasNextPage endCursor } } }"""

    given = {"query": query, "items": "files.nodes"}
    batch_id = asked(graphql, template="file", format="HTML", query=given)
    drain()

    found = graphql(ITEMS, filter={"batchId": batch_id}).data["documentBatchItems"]["nodes"]
    assert [one["title"] for one in found] == [f"{at}.json" for at in range(5)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"data": []}, "there are no items"),
        ({"data": items(4)}, "a batch has at most 3 items"),
        ({"query": {"query": "{ files { totalCount } }", "items": "x"}}, "there is no list at 'x'"),
    ],
)
def test_a_batch_without_items_to_make_fails(
    graphql: GraphQLClient, given: dict[str, Any], message: str
) -> None:
    with said(BATCH_ITEMS, 3):
        batch_id = asked(graphql, **given)
        drain()

    batch = batch_of(graphql, batch_id)
    assert (batch["state"], batch["output"]) == ("FAILED", None)
    assert batch["error"] == {"code": "DOCUMENTS_DATA_UNREADABLE", "message": message}
    assert [one.error_message for one in told(DocumentBatchFailed)] == [message]


def test_a_batch_of_which_nothing_is_made_fails_and_may_be_tried_again(
    graphql: GraphQLClient,
) -> None:
    batch_id = asked(graphql, data=items(2))
    with patch.dict("apps.documents.services.rendering._BEGINNINGS", {"csv": b"%PDF"}):
        drain()
    failed = batch_of(graphql, batch_id)

    again = changed(graphql, "resumeDocumentBatch", batch_id)
    drain()

    assert (failed["state"], failed["failed"]) == ("FAILED", 2)
    assert failed["error"]["code"] == "DOCUMENTS_BATCH_EMPTY"
    assert again == {"documentBatch": {"state": "RENDERING", "failed": 0}, "error": None}
    batch = batch_of(graphql, batch_id)
    assert (batch["state"], batch["made"], batch["failed"]) == ("READY", 2, 0)
    assert [one.items for one in told(DocumentBatchResumed)] == [2]
    assert changed(graphql, "resumeDocumentBatch", batch_id)["error"]["code"] == "CONFLICT"


def test_a_batch_is_stopped_and_goes_on_with_what_is_missing(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    batch_id = asked(graphql, data=items(9))
    made: list[str] = []

    def stopping(*given: Any, **more: Any) -> Any:
        made.append("")
        if len(made) == 4:
            changed(graphql, "cancelDocumentBatch", batch_id)
        return rendered(*given, **more)

    with (
        patch.object(batch_making, "rendered", stopping),
        patch.object(batch_making, "NOTED_AT_ONCE", 1),
    ):
        drain()
    stopped = batch_of(graphql, batch_id)
    changed(graphql, "resumeDocumentBatch", batch_id)
    with patch.object(batch_making, "rendered", stopping):
        drain()

    assert (stopped["state"], stopped["made"]) == ("CANCELLED", 3)
    assert [one.made for one in told(DocumentBatchCancelled)] == [3]
    batch = batch_of(graphql, batch_id)
    assert (batch["state"], batch["made"]) == ("READY", 9)
    # What was noted is not made once more; the fourth was not noted any more.
    assert len(made) == 10
    with zipfile.ZipFile(io.BytesIO(content(tenant, batch["output"]["id"]))) as archive:
        assert len(set(archive.namelist())) == 9


def test_a_batch_ends_when_its_jobs_have_given_up(graphql: GraphQLClient) -> None:
    batch_id = asked(graphql, data=items(1))
    with patch.object(joining, "hand_over", side_effect=UnavailableError("files is away")):
        drain()
    Job.objects.filter(name="documents.join_batch").update(
        state=JobState.FAILED, last_error="UNAVAILABLE: files is away", finished_at=clock.now()
    )

    sweep_batches()
    error = batch_of(graphql, batch_id)["error"]
    changed(graphql, "resumeDocumentBatch", batch_id)
    drain()

    assert error == {"code": "DOCUMENTS_ABANDONED", "message": "UNAVAILABLE: files is away"}
    assert batch_of(graphql, batch_id)["state"] == "READY"


def test_items_go_after_a_while_and_with_their_batch(
    graphql: GraphQLClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (asked(graphql, data=items(2)) for _ in range(2))
    drain()
    changed(graphql, "deleteDocumentBatch", first)
    drain()
    left = len(stored(folder))

    days = ITEM_DAYS.value()
    DocumentBatch.objects.update(finished_at=clock.now() - timedelta(days=days, hours=1))
    sweep_batches()
    drain()

    assert left == 2
    assert stored(folder) == []
    assert not BatchItem.objects.exists()
    assert [one.batch_id for one in told(DocumentBatchDeleted)] == [first]
    batch = batch_of(graphql, second)
    assert (batch["state"], batch["made"]) == ("READY", 2)
    assert changed(graphql, "resumeDocumentBatch", second)["error"]["code"] == "CONFLICT"


def test_no_more_batches_are_made_at_a_time_than_may_and_none_while_none_are_taken(
    graphql: GraphQLClient,
) -> None:
    wanted = BASE | {"data": [{"number": 1}]}
    assert graphql(CREATE, input=wanted).data["change"]["error"] is None

    with said(BATCHES_WAITING, 1):
        full = graphql(CREATE, input=wanted).data["change"]
    with said(ACCEPTING, False):
        closed = graphql(CREATE, input=wanted).data["change"]

    assert [one["error"]["code"] for one in (full, closed)] == ["LIMIT_EXCEEDED", "UNAVAILABLE"]
    assert DocumentBatch.objects.count() == 1
    drain()
    with said(BATCHES_WAITING, 1):
        assert graphql(CREATE, input=wanted).data["change"]["error"] is None


@pytest.mark.parametrize(
    "given", [{}, {"data": {}}, {"data": [], "packing": "MERGED"}, {"data": [], "dataFile": "x"}]
)
def test_what_means_nothing_is_refused_at_once(
    graphql: GraphQLClient, given: dict[str, Any]
) -> None:
    change = graphql(CREATE, input=BASE | given).data["change"]

    assert (change["documentBatch"], change["error"]["code"]) == (None, "INVALID_INPUT")
    assert not DocumentBatch.objects.exists()
