"""An import from the first file to the last row, as a client makes it: through GraphQL alone."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.importexport.models import ImportJob
from apps.importexport.models.rows import model_of
from apps.importexport.selectors.tables import table_named
from apps.importexport.services.tables import create_table
from kernel import clock
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.jobs.operations import pause_queue, resume_queue
from kernel.mesh.fetching import fetched
from kernel.mesh.storing import Outgoing, store
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.importexport.importing import HEADER, MAPPING, airports, held, somebody, with_files

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]

DATA = Path(__file__).parents[1] / "data" / "ourairports"
JOB = """importJob { id state format dataset inserted updated failed kept undoable
  progress { fraction rowsRead } error { code } errors { id name }
  preview { columns rows suggestions { field source } } } error { code message }"""
SHOW = """query($id: ID!) { importJob(id: $id) {
  state inserted failed retryOf dialect mapping errors { id name } error { code }
  preview { columns rows suggestions { field source } warnings }
  progress { fraction rowsRead bytesTotal secondsLeft } } }"""
ERRORS = """query($id: ID!) { importErrors(filter: {importId: $id}) {
  nodes { line position column source value code message } } }"""


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    return GraphQLClient(make_key(tenant).secret)


def change(graphql: GraphQLClient, mutation: str, /, **sent: Any) -> Any:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"mutation($input: {kind}!) {{ change: {mutation}(input: $input) {{ {JOB} }} }}"
    answer = graphql(document, input=sent).data["change"]
    assert answer["error"] is None, answer
    drain()
    return answer["importJob"]


def uploaded(name: str, content: bytes) -> str:
    """Let the files service have a file of the tenant, and judge it; return its id."""
    file_id = handed_over(name, content)
    drain()
    return file_id


def handed_over(name: str, content: bytes) -> str:
    """Let the files service have a file that nobody has judged yet; return its id."""

    def read(*, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield content[start : None if length is None else start + length]

    outgoing = Outgoing(
        app="importexport",
        key=name,
        name=name,
        content_type="text/csv",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        read=read,
    )
    return store(outgoing, upload_id=None, note=lambda _: None)


def read_file(file_id: str) -> str:
    with somebody(), fetched(file_id, most_bytes=10_000_000) as file:
        return b"".join(file.chunks).decode()


def test_the_failed_rows_come_as_a_file_that_mended_is_a_source(graphql: GraphQLClient) -> None:
    table = airports("NL")
    source = HEADER + 'A,=Alpha,1,NL,\nB,"Be\nta",x,NL,\nC,\'=Gamma,9,XX,c\n'
    job = change(
        graphql,
        "createImportJob",
        name="airports.csv",
        sourceId=uploaded("airports.csv", source.encode()),
        dataset="tables.airports",
        mapping=MAPPING,
    )
    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert (shown["state"], shown["preview"]["columns"][0]) == ("READY", "ident")

    change(graphql, "startImportJob", id=job["id"])

    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert (shown["state"], shown["inserted"], shown["failed"]) == ("DONE", 1, 2)
    assert shown["progress"] == {
        "fraction": 1.0,
        "rowsRead": 3.0,
        "bytesTotal": float(len(source)),
        "secondsLeft": None,
    }
    errors = graphql(ERRORS, id=job["id"]).data["importErrors"]["nodes"]
    assert [(one["line"], one["code"], one["value"]) for one in errors] == [
        (3.0, "NOT_AN_INTEGER", "x"),
        (5.0, "NO_SUCH_ROW", "XX"),
    ]
    assert shown["errors"]["name"] == "airports.csv - errors.csv"
    text = read_file(shown["errors"]["id"])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        [
            *("import_line", "import_column", "import_value", "import_code", "import_message"),
            *("ident", "name", "elevation", "country", "gps"),
        ],
        [
            *("3", "elevation", "x", "NOT_AN_INTEGER", errors[0]["message"]),
            *("B", "Be\nta", "x", "NL", ""),
        ],
        [
            *("5", "country", "XX", "NO_SUCH_ROW", "there is no such row in tables.countries"),
            *("C", "'=Gamma", "9", "XX", "c"),
        ],
    ]

    mended = text.replace(",x,NL", ",2,NL").replace(",9,XX", ",9,NL")
    again = change(
        graphql,
        "retryFailedImportRows",
        id=job["id"],
        sourceId=uploaded("mended.csv", mended.encode()),
    )
    change(graphql, "startImportJob", id=again["id"])

    shown = graphql(SHOW, id=again["id"]).data["importJob"]
    assert (shown["state"], shown["inserted"], shown["retryOf"]) == ("DONE", 2, job["id"])
    assert [row[:3] for row in held(table)] == [
        ("A", "=Alpha", 1),
        ("B", "Be\nta", 2),
        ("C", "=Gamma", 9),
    ]


def test_a_mapping_that_was_kept_is_that_of_the_next_file_with_its_header(
    graphql: GraphQLClient,
) -> None:
    airports("NL")
    header = "Code,Was,Land\n"
    mapping = [
        {"field": "ident", "source": "Code", "transforms": [{"name": "case", "to": "upper"}]},
        {"field": "name", "source": "Was"},
        {"field": "country", "source": "Land"},
    ]
    wanted = {"name": "a.csv", "dataset": "tables.airports"}
    first = change(
        graphql,
        "createImportJob",
        sourceId=uploaded("a.csv", f"{header}a,b,NL\n".encode()),
        mapping=mapping,
        mode="UPSERT",
        **wanted,
    )
    made = graphql(
        "mutation($input: CreateImportTemplateInput!) { createImportTemplate(input: $input) {"
        " importTemplate { name dataset mode } error { code } } }",
        input={"name": "Landing", "importId": first["id"]},
    ).data["createImportTemplate"]
    assert made == {
        "importTemplate": {"name": "Landing", "dataset": "tables.airports", "mode": "UPSERT"},
        "error": None,
    }

    second = change(
        graphql,
        "createImportJob",
        sourceId=uploaded("b.csv", f"{header}c,d,NL\n".encode()),
        **wanted,
    )

    shown = graphql(SHOW, id=second["id"]).data["importJob"]
    assert [(one["field"], one["source"]) for one in shown["mapping"]] == [
        ("ident", "Code"),
        ("name", "Was"),
        ("country", "Land"),
    ]
    assert shown["mapping"][0]["transforms"] == [{"name": "case", "to": "upper"}]


def test_another_dialect_is_another_look_at_the_source(graphql: GraphQLClient) -> None:
    airports("NL")
    content = "ident;name\nÖ;Łódź\n".encode("iso-8859-2")
    job = change(
        graphql,
        "createImportJob",
        name="a.csv",
        sourceId=uploaded("a.csv", content),
        dataset="tables.airports",
        dialect={"encoding": "iso-8859-2"},
    )
    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert shown["preview"]["rows"] == [["Ö", "Łódź"]]
    assert shown["dialect"]["delimiter"] == ";"

    change(graphql, "updateImportJob", id=job["id"], dialect={"encoding": "windows-1252"})

    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert (shown["state"], shown["preview"]["rows"]) == ("READY", [["Ö", "£ód¼"]])


def test_a_source_that_is_not_there_is_told(graphql: GraphQLClient) -> None:
    job = change(
        graphql,
        "createImportJob",
        name="a.csv",
        sourceId="01900000-0000-7000-8000-000000000000",
    )

    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert (shown["state"], shown["error"]) == ("FAILED", {"code": "FILE_NOT_FETCHED"})

    change(graphql, "updateImportJob", id=job["id"], sourceId=uploaded("a.csv", b"ident\nA\n"))

    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert (shown["state"], shown["error"]) == ("READY", None)


def test_a_source_that_nobody_has_judged_yet_is_waited_for(graphql: GraphQLClient) -> None:
    pause_queue("files")
    file_id = handed_over("a.csv", b"ident\nA\n")
    job = change(graphql, "createImportJob", name="a.csv", sourceId=file_id)
    assert graphql(SHOW, id=job["id"]).data["importJob"]["state"] == "ANALYSING"

    resume_queue("files")
    drain()
    Job.objects.filter(name="importexport.analyse").update(run_at=clock.now())
    drain()

    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert (shown["state"], shown["error"]) == ("READY", None)


def test_an_address_within_our_network_is_not_fetched_from(graphql: GraphQLClient) -> None:
    job = change(
        graphql, "createImportJob", name="a.csv", sourceUrl="http://169.254.169.254/latest/"
    )

    shown = graphql(SHOW, id=job["id"]).data["importJob"]
    assert (shown["state"], shown["error"]) == ("FAILED", {"code": "OUTBOUND_REFUSED"})
    assert ImportJob.objects.get().source_key == ""


COUNTRIES: dict[str, Any] = {
    "fields": [
        {"name": "code", "type": "string"},
        {"name": "name", "type": "string", "constraints": {"required": True}},
        {"name": "continent", "type": "string"},
    ],
    "primaryKey": "code",
}
REGIONS: dict[str, Any] = {
    "fields": [
        {"name": "code", "type": "string"},
        {"name": "name", "type": "string"},
        {"name": "iso_country", "type": "string", "constraints": {"required": True}},
    ],
    "primaryKey": "code",
    "foreignKeys": [
        {"fields": "iso_country", "reference": {"resource": "countries", "fields": "code"}}
    ],
}


def test_the_tour_countries_then_regions_that_are_in_them(graphql: GraphQLClient) -> None:
    for name, schema in (("countries", COUNTRIES), ("regions", REGIONS)):
        create_table(name=name, schema=schema)
        content = (DATA / f"{name}.csv").read_bytes()
        job = change(
            graphql,
            "createImportJob",
            name=f"{name}.csv",
            sourceId=uploaded(f"{name}.csv", content),
            dataset=f"tables.{name}",
            policy="ALL_OR_NOTHING",
        )
        change(graphql, "startImportJob", id=job["id"])

        shown = graphql(SHOW, id=job["id"]).data["importJob"]
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        assert (shown["state"], shown["error"], shown["failed"]) == ("DONE", None, 0)
        names = [field["name"] for field in schema["fields"]]
        columns = [f"c_{one}" for one in names]
        there = model_of(table_named(name)).objects.order_by("c_code").values_list(*columns)
        assert list(there) == sorted(tuple(row[one] for one in names) for row in rows)


def test_a_filter_by_what_is_no_id_is_told(graphql: GraphQLClient) -> None:
    answer = graphql('{ importErrors(filter: {importId: "none"}) { totalCount } }')

    assert answer.codes == ["INVALID_INPUT"]
