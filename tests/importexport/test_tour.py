"""The tour of the README over all of ourairports: whole, broken and mended, and back again."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.importexport.models.rows import model_of
from apps.importexport.selectors.tables import table_named
from kernel.identity.models import Tenant
from kernel.ids import new_id_text
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.importexport.importing import with_files
from tests.importexport.test_import_graph import DATA, read_file, uploaded
from tests.nights import at_night

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]

README = Path(settings.BASE_DIR) / "apps" / "importexport" / "README.md"
#: The documents of the README by their names.
TOUR = {
    name: document
    for document, name in re.findall(
        r"```graphql\n((?:mutation|query) ([A-Z]\w+).*?)```", README.read_text(), re.DOTALL
    )
}
SIZES = {"countries": 249, "regions": 3_987, "runways": 48_184}
#: What is broken, by what, and as what it is told.
BREAKS = {
    "countries": [(b',"EU",', b',"Europe",', ("continent", "NOT_A_CHOICE"))],
    "regions": [
        (b'"EU","NL","', b'"EU","XX","', ("iso_country", "NO_SUCH_ROW")),
        (b'02,"Canillo Parish","EU"', b'02,,"EU"', ("name", "REQUIRED")),
    ],
    "runways": [
        (b',"GRASS",1,', b',"GRASS",perhaps,', ("lighted", "NOT_A_BOOLEAN")),
        (b",10000,150,", b",many,150,", ("length_ft", "NOT_AN_INTEGER")),
    ],
}


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    client = GraphQLClient(make_key(tenant).secret)
    for made in client(TOUR["Tables"]).data.values():
        assert made["error"] is None
    return client


def source(name: str) -> bytes:
    plain, packed = DATA / f"{name}.csv", DATA / f"{name}.csv.gz"
    return plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())


def done(graphql: GraphQLClient, step: str, **told: Any) -> Any:
    """Do a step of the tour, and let jobs run; return what came of it."""
    (answer,) = graphql(TOUR[step], **told).data.values()
    assert answer["error"] is None, answer
    drain()
    return answer


def brought(graphql: GraphQLClient, name: str, content: bytes) -> Any:
    """Import a file into a table of the tour; return the import as it is looked at."""
    file_id = uploaded(f"{name}-{new_id_text()}.csv", content)
    made = done(graphql, "Import", file=file_id, dataset=f"tables.tour_{name}")
    return started(graphql, made["importJob"]["id"])


def started(graphql: GraphQLClient, import_id: str) -> Any:
    done(graphql, "Start", id=import_id)
    job = graphql(TOUR["Look"], id=import_id).data["importJob"]
    return job | {"id": import_id}


def held(name: str) -> list[tuple[Any, ...]]:
    table = table_named(f"tour_{name}")
    columns = [f"c_{one}" for one in table.described]
    return list(model_of(table).objects.order_by(f"c_{table.key[0]}").values_list(*columns))


def exported(graphql: GraphQLClient, name: str, format_: str) -> bytes:
    made = done(graphql, "Export", dataset=f"tables.tour_{name}", format=format_)["exportJob"]
    found = graphql(
        "query($id: ID!) { exportJob(id: $id) { state result { id } } }", id=made["id"]
    ).data["exportJob"]
    assert found["state"] == "READY"
    return read_file(found["result"]["id"]).encode()


def before(graphql: GraphQLClient, name: str) -> None:
    """Bring what a table of the tour refers to."""
    if name == "regions":
        brought(graphql, "countries", source("countries"))


@pytest.mark.parametrize("name", ["countries", "regions", *at_night("runways")])
def test_the_whole_comes_leaves_and_comes_back_identical(graphql: GraphQLClient, name: str) -> None:
    before(graphql, name)

    job = brought(graphql, name, source(name))

    assert (job["state"], job["inserted"], job["failed"]) == ("DONE", SIZES[name], 0)
    rows, content = held(name), exported(graphql, name, "CSV")
    for format_ in ("CSV", "JSONL"):
        leaving = exported(graphql, name, format_)
        model_of(table_named(f"tour_{name}")).objects.all().delete()
        again = brought(graphql, name, leaving)
        assert (again["state"], again["inserted"], again["failed"]) == ("DONE", SIZES[name], 0)
        assert held(name) == rows
    # Nobody has asked for an order.
    assert sorted(exported(graphql, name, "CSV").splitlines()) == sorted(content.splitlines())


@pytest.mark.parametrize("name", ["countries", "regions", *at_night("runways")])
def test_what_is_broken_is_told_and_mended_it_is_the_whole(
    graphql: GraphQLClient, name: str
) -> None:
    before(graphql, name)
    brought(graphql, name, source(name))
    whole = held(name)
    model_of(table_named(f"tour_{name}")).objects.all().delete()
    broken, expected = source(name), {}
    for right, wrong, told in BREAKS[name]:
        expected[told] = broken.count(right)
        broken = broken.replace(right, wrong)
    assert all(expected.values())

    job = brought(graphql, name, broken)

    found = {(one["column"], one["code"]): one["count"] for one in job["problems"]}
    assert found == expected
    assert job["inserted"] + job["failed"] == SIZES[name]
    mended = read_file(job["errors"]["id"])
    for right, wrong, _ in BREAKS[name]:
        mended = _mended(mended, wrong, right)
    file_id = uploaded(f"mended-{new_id_text()}.csv", mended.encode())
    again = done(graphql, "Mend", id=job["id"], file=file_id)["importJob"]
    assert started(graphql, again["id"])["failed"] == 0
    assert held(name) == whole


def _mended(text: str, wrong: bytes, right: bytes) -> str:
    """Return the file of errors with one break undone: it quotes only what has to be."""
    return text.replace(wrong.replace(b'"', b"").decode(), right.replace(b'"', b"").decode())
