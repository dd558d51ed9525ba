"""Documents and batches of the rows that an import has brought, with the rights of who asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.documents.conf import DATA_FILE_BYTES
from apps.documents.models import BatchItem, Document, DocumentBatch
from contracts.datasets import Mode
from kernel.datasets.models import AppliedBatch
from kernel.datasets.services import apply_batch as change_batch
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.tenancy.context import acting_as, in_tenant
from kernel.testing.datasets import somebody
from kernel.testing.dynamic import said
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.documents.making import kept_in, published, stored, with_files

pytestmark = [
    with_files,
    pytest.mark.skipif(
        "importexport" not in settings.SERVICES, reason="runs where the importexport service is"
    ),
]

CREATE = """mutation($input: CreateDocumentInput!) { change: createDocument(input: $input) {
  document { importJob { id name } } error { code message } } }"""
CREATE_BATCH = """mutation($input: CreateDocumentBatchInput!) {
  change: createDocumentBatch(input: $input) {
    documentBatch { importJob { id } } error { code message } } }"""
ROWS = """query($id: ID!) { dataTableRows(table: "airports", importId: $id) {
  totalCount nodes { values } } }"""
#: More than one page, beside a row that is there already.
COUNT = 130
BODY = {
    "septet": 1,
    "title": "{{ import.name }}",
    "blocks": [
        {
            "type": "table",
            "over": "rows",
            "as": "row",
            "columns": [{"title": "Name", "value": "row.name"}],
        }
    ],
}
ITEM = {
    "septet": 1,
    "title": "{{ name }}",
    "blocks": [{"type": "paragraph", "text": "{{ ident }}"}],
}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    kept_in(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    published("airports", BODY, schema="")
    published("airport", ITEM, schema="")
    return GraphQLClient(make_key(tenant).secret, "/graphql")


@pytest.fixture
def imported(tenant: Tenant) -> str:
    """An import that is done, into a table with a row of somebody else's; its id."""
    return str(an_import(started=True).pk)


def an_import(*, started: bool) -> Any:
    from tests.importexport.importing import HEADER, airports, fill, import_of, run  # noqa: PLC0415  its service may not be here

    fill(airports("NL"), ("Z", "Of others", 1, "NL", None))
    lines = "".join(f"A{at:03},Airport {at},1,NL,\n" for at in range(COUNT))
    job = import_of(HEADER + lines)
    return run(job) if started else job


def asked(graphql: GraphQLClient, **given: Any) -> Any:
    told = {"template": "airports", "format": "CSV"} | given
    change = graphql(CREATE, input=told).data["change"]
    drain()
    return change


def test_a_document_is_made_of_all_rows_that_an_import_has_brought(
    graphql: GraphQLClient, folder: Path, imported: str
) -> None:
    change = asked(graphql, importJob=imported)

    assert change["document"]["importJob"] == {"id": imported, "name": "airports.csv"}
    document = Document.objects.get()
    assert (document.state, document.title) == ("ready", "airports.csv"), document.error_message
    (content,) = [one.read_bytes() for one in stored(folder / "files")]
    names = content.decode().split()[1:]
    assert "".join(names) == "".join(f"Airport{at}" for at in range(COUNT))


def test_a_batch_has_a_document_of_each_row(graphql: GraphQLClient, imported: str) -> None:
    told = {"template": "airport", "format": "HTML", "importJob": imported}

    change = graphql(CREATE_BATCH, input=told).data["change"]
    drain()

    assert change == {"documentBatch": {"importJob": {"id": imported}}, "error": None}
    batch = DocumentBatch.objects.get()
    assert (batch.state, batch.made, batch.failed) == ("ready", COUNT, 0), batch.error_message
    first = BatchItem.objects.order_by("position")[0]
    assert (first.title, json.loads(first.data)["ident"]) == ("Airport 0", "A000")


def test_rows_are_read_as_who_asked_may_read_them(
    tenant: Tenant, graphql: GraphQLClient, imported: str
) -> None:
    blind = GraphQLClient(make_key(tenant, "documents:*").secret, "/documents/graphql")
    seeing = GraphQLClient(
        make_key(tenant, "documents:*", "importexport:read").secret, "/documents/graphql"
    )
    create = CREATE.replace("{ id name }", "{ id }")
    told = {"template": "airports", "format": "CSV", "importJob": imported}

    for client in (blind, seeing):
        assert client(create, input=told).data["change"]["error"] is None
    drain()

    refused, made = Document.objects.order_by("pk")
    assert (refused.state, refused.error_code) == ("failed", "DOCUMENTS_DATA_UNREADABLE")
    assert refused.error_message.startswith("FORBIDDEN")
    assert made.state == "ready"


@pytest.mark.parametrize(
    ("found", "message"),
    [("open", "is READY, and not DONE"), ("theirs", "NOT_FOUND"), ("none", "NOT_FOUND")],
)
def test_an_import_that_gives_no_rows_says_why(
    graphql: GraphQLClient, found: str, message: str
) -> None:
    if found == "theirs":
        with in_tenant(make_tenant("theirs").pk):
            import_id = an_import(started=True).pk
    else:
        import_id = an_import(started=False).pk if found == "open" else new_id()

    told = {"template": "airports", "format": "CSV", "importJob": str(import_id)}
    answer = graphql(CREATE.replace("{ id name }", "{ id }"), input=told)
    drain()

    assert answer.data["change"]["error"] is None
    document = Document.objects.get()
    assert document.error_code == "DOCUMENTS_DATA_UNREADABLE"
    assert message in document.error_message


FLAGS = "key,description,tags\n" + "".join(f"f{at},Flag {at},[]\n" for at in range(5))
with_flags = pytest.mark.skipif("config" not in settings.SERVICES, reason="runs where flags are")


def an_import_of_flags(monkeypatch: pytest.MonkeyPatch) -> str:
    """Bring flags in batches of two, beside one that somebody else has made; its id."""
    from apps.importexport.services import owners  # noqa: PLC0415  as above
    from tests.importexport.importing import import_of, run  # noqa: PLC0415  as above

    monkeypatch.setattr(owners, "MOST_ROWS", 2)
    mapping = [{"field": name, "source": name} for name in ("key", "description", "tags")]
    plan: dict[str, Any] = {"dataset": "config.flags", "mapping": mapping, "mode": "upsert"}
    run(import_of("key,description,tags\nothers,Of others,[]\n", **plan))
    job = run(import_of(FLAGS, **plan))
    assert (job.state, job.batches) == ("done", 3)
    return str(job.pk)


def describe(key: str, description: str) -> None:
    """Let somebody change a flag."""
    change_batch(
        "config.flags",
        batch=f"by-hand-{key}",
        mode=Mode.UPDATE,
        rows=[{"key": key, "description": description}],
    )


COLUMNS = [{"title": "Key", "value": "row.key"}]
FLAG_LIST: dict[str, Any] = BODY | {
    "blocks": [{"type": "table", "over": "rows", "as": "row", "columns": COLUMNS}],
}


@with_flags
def test_a_document_is_made_of_rows_that_an_import_has_brought_into_an_app(
    tenant: Tenant, graphql: GraphQLClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("flags", FLAG_LIST, schema="")
    imported = an_import_of_flags(monkeypatch)
    with acting_as(somebody(tenant.pk)):
        describe("f3", "Changed by hand")

    asked(graphql, template="flags", importJob=imported)

    assert Document.objects.get().state == "ready", Document.objects.get().error_message
    (content,) = [one.read_bytes() for one in stored(folder / "files")]
    assert content.decode().split()[1:] == ["f0", "f1", "f2", "f4"]


@with_flags
def test_a_batch_has_a_document_of_each_row_that_is_an_apps(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"template": "airport", "format": "HTML", "importJob": an_import_of_flags(monkeypatch)}

    graphql(CREATE_BATCH, input=told)
    drain()

    batch = DocumentBatch.objects.get()
    assert (batch.state, batch.made) == ("ready", 5), batch.error_message
    rows = [json.loads(one.data) for one in BatchItem.objects.order_by("position")]
    assert [(one["key"], one["description"]) for one in rows] == [
        (f"f{at}", f"Flag {at}") for at in range(5)
    ]


@with_flags
def test_rows_of_an_app_are_read_as_who_asked_may_read_them(
    tenant: Tenant, graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("flags", FLAG_LIST, schema="")
    told = {"template": "flags", "format": "CSV", "importJob": an_import_of_flags(monkeypatch)}
    scopes = ("documents:*", "importexport:read")
    create = CREATE.replace("{ id name }", "{ id }")

    for more in ((), ("config:read",)):
        client = GraphQLClient(make_key(tenant, *scopes, *more).secret, "/documents/graphql")
        assert client(create, input=told).data["change"]["error"] is None
    drain()

    refused, made = Document.objects.order_by("pk")
    assert (refused.state, refused.error_code, made.state) == ("failed", "FORBIDDEN", "ready")


@with_flags
def test_rows_of_an_app_are_known_as_long_as_their_batches_are_kept(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("flags", FLAG_LIST, schema="")
    imported = an_import_of_flags(monkeypatch)
    AppliedBatch.objects.filter(key=f"import:{imported}:0").delete()

    asked(graphql, template="flags", importJob=imported)

    document = Document.objects.get()
    assert document.error_code == "DOCUMENTS_DATA_UNREADABLE"
    assert "nothing is known any more" in document.error_message


def test_more_than_a_file_may_have_is_too_much(graphql: GraphQLClient, imported: str) -> None:
    with said(DATA_FILE_BYTES, 1_000):
        asked(graphql, importJob=imported)

    assert Document.objects.get().error_code == "PAYLOAD_TOO_LARGE"


def test_it_is_one_source_of_data_among_others(graphql: GraphQLClient) -> None:
    both = asked(graphql, importJob=str(new_id()), data={})
    wrong = asked(graphql, importJob="airports")

    assert both["error"]["code"] == wrong["error"]["code"] == "INVALID_INPUT"
    assert not Document.objects.exists()


def test_rows_of_a_table_are_those_of_an_import(graphql: GraphQLClient, imported: str) -> None:
    rows = graphql(ROWS, id=imported).data["dataTableRows"]

    assert rows["totalCount"] == COUNT
    assert rows["nodes"][0]["values"]["ident"] == "A000"
    assert graphql(ROWS, id=str(new_id())).data["dataTableRows"]["totalCount"] == 0
    assert graphql(ROWS, id="x").codes == ["INVALID_INPUT"]
