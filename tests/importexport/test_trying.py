"""What a column of a mapping makes of the first rows, before anything of it is kept."""

from typing import Any

import pytest

from apps.importexport.models import DataTable, ImportJob
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.importexport.importing import airports, import_of, with_files

pytestmark = [pytest.mark.usefixtures("tenant"), with_files]

TRIED = """query($id: ID!, $column: JSON!, $first: Int) {
  importTriedColumn(importId: $id, column: $column, first: $first) { given text code message } }"""
SOURCE = 'Was,Höhe\n ehaa ,"1.234"\nlfpg,x\n,\n\'=x,-3\n'
NUMBER = [{"name": "number", "decimal": ",", "thousands": "."}]


@pytest.fixture
def table() -> DataTable:
    return airports("NL")


@pytest.fixture
def job(table: DataTable) -> ImportJob:
    return import_of(SOURCE)


def tried(graphql: GraphQLClient, job: ImportJob, first: int = 5, **column: Any) -> Any:
    return graphql(TRIED, id=str(job.pk), column=column, first=first)


def test_values_are_shown_as_they_become(graphql: GraphQLClient, job: ImportJob) -> None:
    steps = [{"name": "trim"}, {"name": "case", "to": "upper"}, {"name": "default", "text": "?"}]

    names = tried(graphql, job, field="ident", source="Was", transforms=steps)
    numbers = tried(graphql, job, field="elevation", source="Höhe", transforms=NUMBER)
    constant = tried(graphql, job, first=1, field="name", constant="all")

    assert [(one["given"], one["text"]) for one in names.data["importTriedColumn"]] == [
        (" ehaa ", "EHAA"),
        ("lfpg", "LFPG"),
        ("=x", "=X"),
    ]
    assert numbers.data["importTriedColumn"] == [
        {"given": "1.234", "text": "1234", "code": "", "message": ""},
        {
            "given": "x",
            "text": None,
            "code": "NOT_A_DECIMAL",
            "message": numbers.data["importTriedColumn"][1]["message"],
        },
        {"given": "-3", "text": "-3", "code": "", "message": ""},
    ]
    assert constant.data["importTriedColumn"][0]["text"] == "all"


def test_nothing_of_it_is_kept(graphql: GraphQLClient, job: ImportJob) -> None:
    tried(graphql, job, field="ident", source="Was")

    before, after = job.mapping, ImportJob.objects.get(pk=job.pk).mapping
    assert after == before


@pytest.mark.parametrize(
    ("column", "first"),
    [
        ({"field": "ident", "source": "None"}, 5),
        ({"field": "colour", "source": "Was"}, 5),
        ({"field": "ident", "source": "Was", "transforms": [{"name": "unknown"}]}, 5),
        ({"field": "ident", "source": "Was"}, 0),
        ({"field": "ident", "source": "Was"}, 51),
        ({}, 5),
    ],
)
def test_what_cannot_be_tried_is_told(
    graphql: GraphQLClient, job: ImportJob, column: dict[str, Any], first: int
) -> None:
    assert tried(graphql, job, first, **column).codes == ["INVALID_INPUT"]


def test_before_the_source_was_looked_at_there_is_nothing_to_try(
    graphql: GraphQLClient, table: DataTable
) -> None:
    job = ImportJob.objects.create(name="a.csv", format="csv", dataset="tables.airports")

    assert tried(graphql, job, field="ident", source="a").codes == ["CONFLICT"]


def test_nobody_tries_what_is_not_theirs(tenant: Tenant, job: ImportJob) -> None:
    other = GraphQLClient(make_key(make_tenant()).secret)
    wrong = GraphQLClient(make_key(tenant, "files:read").secret)

    column: dict[str, Any] = {"field": "ident", "source": "Was"}
    assert tried(other, job, **column).codes == ["NOT_FOUND"]
    assert tried(wrong, job, **column).codes == ["FORBIDDEN"]
    assert tried(GraphQLClient(), job, **column).codes == ["UNAUTHENTICATED"]
