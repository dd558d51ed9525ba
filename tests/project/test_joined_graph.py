"""The graph of services that are apart answers as the one of all in one process does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from apps.documents.models import Document
from kernel.errors import UnavailableError
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.mesh.client import RemoteError, mesh
from kernel.mesh.joining import JoinedGraph
from kernel.mesh.plans import MOST_FIELDS, UnreachableError
from kernel.services import BY_NAME
from kernel.tenancy.context import Principal, acting_as
from tests.project.furnishing import furnish

pytestmark = [
    pytest.mark.any_database,
    pytest.mark.skipif(
        set(settings.SERVICES) != set(BY_NAME), reason="runs where all services are"
    ),
]

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "of two services": ("{ files { totalCount } documents { totalCount } __typename }", {}),
    "what others say of a row": (
        "{ documents { nodes { id title output { id name again: name } importJob { name } } } }",
        {},
    ),
    "of what others say": (
        """{ documents(first: 2) { nodes { output { name auditLogs(first: 1) { nodes { action } } }
          auditLogs(first: 1) { totalCount } } } }""",
        {},
    ),
    "a list of others": (
        "{ notifications { nodes { id attachments { id name sizeBytes } } } }",
        {},
    ),
    "with fragments": (
        """query { documents { nodes { ...Made ... on Document { title } } } }
        fragment Made on Document { output { ...Named } id }
        fragment Named on File { name ... { contentType } }""",
        {},
    ),
    "with variables of each": (
        """query($many: Int = 1, $files: FileFilter, $unused: Boolean = false) {
          files(first: $many, filter: $files) { nodes { name } }
          mine: documents(first: $many) { nodes { output { name @skip(if: $unused) } } } }""",
        {"files": {"name": "a.csv"}},
    ),
    "what is left out": (
        """query($yes: Boolean!, $no: Boolean!) { documents { nodes { id
          output @include(if: $no) { name } ... @include(if: $yes) { auditLogs { totalCount } }
          ... @skip(if: $yes) { importJob { name } } } } }""",
        {"yes": True, "no": False},
    ),
    "an id that nobody is asked for": ("{ documents { nodes { output { id __typename } } } }", {}),
    "one row": ("query($id: ID!) { document(id: $id) { title output { name } } }", {"id": "one"}),
}


@pytest.fixture
def rows(tenant: Tenant) -> Iterator[dict[str, list[str]]]:
    """Rows of all services that refer to each other, one to a file that is gone."""
    who = Principal(kind="system", id="x", name="x", tenant_id=tenant.pk, scopes=frozenset({"*"}))
    with acting_as(who):
        found = furnish(3)
        last = found["Document"][-1]
        Document.objects.filter(pk=last).update(output_id=new_id(), import_job_id=None)
        yield found


def apart(asked: list[str] | None = None) -> JoinedGraph:
    """The services as if each was in a process of its own; who is asked is noted."""

    def ask(service: str, document: str, **variables: Any) -> dict[str, Any]:
        if asked is not None and "_service" not in document:
            asked.append(service)
        return mesh.query(service, document, **variables)

    return JoinedGraph(ask, list(BY_NAME))


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_answer_is_the_same(rows: dict[str, list[str]], name: str) -> None:
    query, variables = QUESTIONS[name]
    if "id" in variables:
        variables = {"id": rows["Document"][0]}

    assert apart().query(query, variables) == mesh.query_graph(query, **variables)


def test_rows_that_many_refer_to_are_asked_for_once_and_what_is_a_key_of_nobody(
    rows: dict[str, list[str]],
) -> None:
    asked: list[str] = []

    apart(asked).query("{ notifications { nodes { attachments { name } } } }", {})
    apart(asked).query("{ documents { nodes { output { id } } } }", {})

    assert asked == ["notifications", "files", "documents"]


def test_whoever_asks_sees_what_they_may_and_no_more(
    rows: dict[str, list[str]], tenant: Tenant
) -> None:
    some = frozenset({"documents:read"})
    who = Principal(kind="system", id="x", name="x", tenant_id=tenant.pk, scopes=some)

    with acting_as(who):
        titles = apart().query("{ documents { nodes { title output { id } } } }", {})
        with pytest.raises(RemoteError) as refused:
            apart().query("{ documents { nodes { output { name } } } }", {})

    assert len(titles["documents"]["nodes"]) == 3
    assert refused.value.remote_code == "FORBIDDEN"


@pytest.mark.parametrize(
    "query",
    [
        "{ nothing }",
        "{ __schema { types { name } } }",
        "{ documents { nodes { nothing } } }",
        "{ documents { nodes { output { nothing } } } }",
        "mutation { deleteFile(input: {id: 1}) { error { code } } }",
        "{ documents { nodes { ...Lost } } }",
        "{ ...A } fragment A on Query { ...A }",
        "{ documents { nodes { ... on File { name } } } }",
        "{ documents { " + "totalCount " * MOST_FIELDS + "} }",
        "fragment A on Query { files { totalCount } }",
    ],
)
def test_what_no_service_has_is_said_plainly(rows: dict[str, list[str]], query: str) -> None:
    with pytest.raises(UnreachableError):
        apart().query(query, {})


def test_a_service_that_is_away_is_no_field_that_is_not_there(
    rows: dict[str, list[str]],
) -> None:
    def ask(service: str, document: str, **variables: Any) -> dict[str, Any]:
        if service == "files":
            raise UnavailableError("files gives no answer")
        return mesh.query(service, document, **variables)

    graph = JoinedGraph(ask, list(BY_NAME))

    assert graph.query("{ documents { totalCount } }", {}) == {"documents": {"totalCount": 3}}
    for query in ("{ documents { nodes { output { name } } } }", "{ files { totalCount } }"):
        with pytest.raises(UnavailableError):
            graph.query(query, {})
