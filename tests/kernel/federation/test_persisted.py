"""Documents that are named instead of sent: by their hash, or by an id registered before."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from graphql import build_schema

from kernel.federation.execution import Endpoint
from kernel.federation.library import Library
from kernel.federation.limits import Limits
from kernel.federation.memory import Memory
from kernel.federation.persisted import LocalStore
from kernel.federation.trusted import TrustedDocuments, load
from kernel.federation.view import GraphQLOverHTTP
from kernel.identity.service_tokens import Request, issue_token
from kernel.tenancy.context import Principal

QUERY = "query Hello { __typename }"
OTHER = "query Other { other: __typename }"
ENDPOINT = Endpoint(
    build_schema("type Query { a: Int }"),
    Limits(tokens=100, depth=5, aliases=5, directives=5, cost=100),
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def apq(sha: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha}}


def a_library(**options: Any) -> Library:
    return Library(**{"store": LocalStore(size_bytes=1_000), **options})


def send(library: Library, *, client: str = "", authorization: str = "", **body: Any) -> Any:
    request: HttpRequest = RequestFactory().post(
        "/graphql",
        json.dumps(body),
        content_type="application/json",
        headers={"apollographql-client-name": client, "Authorization": authorization},
    )
    response: HttpResponse = (
        GraphQLOverHTTP(lambda: ENDPOINT, lambda: library).reply(request).as_response()
    )
    answer = json.loads(response.content)
    if "errors" in answer:
        error = answer["errors"][0]
        return response.status_code, error["extensions"]["code"], error["message"]
    return answer["data"]


def test_a_hash_is_learnt_once_and_then_enough() -> None:
    library = a_library()

    unknown = send(library, extensions=apq(sha256(QUERY)))
    learnt = send(library, query=QUERY, extensions=apq(sha256(QUERY)))
    known = send(library, extensions=apq(sha256(QUERY)))

    assert unknown == (200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert learnt == known == {"__typename": "Query"}


def test_a_hash_of_another_text_is_refused_and_not_learnt() -> None:
    library = a_library()

    refused = send(library, query=QUERY, extensions=apq(sha256(OTHER)))

    assert refused[:2] == (400, "INVALID_INPUT")
    assert send(library, extensions=apq(sha256(OTHER)))[1] == "PERSISTED_QUERY_NOT_FOUND"
    assert send(library, extensions=apq(sha256(QUERY)))[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_text_that_does_not_run_is_not_learnt() -> None:
    library = a_library()

    assert send(library, query="{ b }", extensions=apq(sha256("{ b }")))[0] == 200
    assert send(library, extensions=apq(sha256("{ b }")))[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_what_is_learnt_has_a_bound_in_bytes() -> None:
    library = a_library()
    texts = [f"query Q{index} {{ a{' ' * 200} }}" for index in range(20)]

    for text in texts:
        send(library, query=text, extensions=apq(sha256(text)))
    known = [send(library, extensions=apq(sha256(text))) for text in texts]

    assert [answer == {"a": None} for answer in known] == [False] * 16 + [True] * 4


def test_without_a_store_clients_are_told_to_send_texts() -> None:
    library = a_library(store=None)

    for body in ({}, {"query": QUERY}):
        assert send(library, **body, extensions=apq(sha256(QUERY))) == (
            200,
            "PERSISTED_QUERY_NOT_SUPPORTED",
            "PersistedQueryNotSupported",
        )
    assert send(library, query=QUERY) == {"__typename": "Query"}


TRUSTED = TrustedDocuments(
    {"web": {"1": QUERY, "shared": QUERY}, "app": {"1": OTHER, "2": OTHER, "shared": QUERY}}
)


@pytest.mark.parametrize(
    ("client", "document_id", "expected"),
    [
        ("web", "1", {"__typename": "Query"}),
        ("app", "1", {"other": "Query"}),
        ("", "2", {"other": "Query"}),
        ("", "shared", {"__typename": "Query"}),
        ("", f"sha256:{sha256(OTHER)}", {"other": "Query"}),
        ("web", "2", (404, "DOCUMENT_NOT_FOUND", "no registered document has the id '2'")),
        ("nobody", "1", (404, "DOCUMENT_NOT_FOUND", "no registered document has the id '1'")),
        ("", "1", (404, "DOCUMENT_NOT_FOUND", "different documents have the id '1'")),
        (
            "",
            "sha256:x",
            (404, "DOCUMENT_NOT_FOUND", "no registered document has the id 'sha256:x'"),
        ),
    ],
)
def test_a_registered_document_runs_by_its_id(
    client: str, document_id: str, expected: object
) -> None:
    library = a_library(trusted=TRUSTED)

    assert send(library, client=client, documentId=document_id) == expected


def test_a_registered_document_needs_no_learning() -> None:
    library = a_library(trusted=TRUSTED, store=None)

    assert send(library, extensions=apq(sha256(QUERY))) == {"__typename": "Query"}


def test_only_registered_documents_run_where_that_is_the_rule() -> None:
    library = a_library(trusted=TRUSTED, only_trusted=True)
    foreign = "{ foreign: __typename }"

    assert send(library, documentId="2") == {"other": "Query"}
    assert send(library, query=QUERY) == {"__typename": "Query"}
    assert send(library, extensions=apq(sha256(QUERY))) == {"__typename": "Query"}
    assert send(library, query=foreign)[:2] == (403, "DOCUMENT_NOT_TRUSTED")
    assert send(library, query=foreign, extensions=apq(sha256(foreign)))[0] == 403
    assert send(library, query=foreign, extensions=apq(sha256(QUERY)))[0] == 403
    assert send(library, extensions=apq(sha256(foreign)))[1] == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_another_service_writes_its_documents_itself(tenant: Any) -> None:
    library = a_library(trusted=TRUSTED, only_trusted=True)
    principal = Principal(kind="system", id="x", name="x", tenant_id=tenant.pk, scopes=frozenset())

    body = json.dumps({"query": "{ foreign: __typename }"}).encode()
    token = issue_token(settings.SERVICES[0], principal, Request("POST", "/graphql", body))

    answer = send(library, query="{ foreign: __typename }", authorization=f"Service {token}")

    assert answer == {"foreign": "Query"}
    assert send(library, query="{ a }", authorization="Service nonsense")[0] == 401


def test_manifests_are_read_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text(json.dumps({"1": QUERY}))
    (tmp_path / "app.json").write_text(
        json.dumps(
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [
                    {"id": sha256(OTHER), "name": "Other", "type": "query", "body": OTHER}
                ],
            }
        )
    )
    library = a_library(trusted=load(tmp_path))

    assert send(library, client="web", documentId="1") == {"__typename": "Query"}
    assert send(library, client="app", documentId=sha256(OTHER)) == {"other": "Query"}
    assert send(a_library(trusted=load(tmp_path / "web.json")), documentId="1")


@pytest.mark.parametrize(
    "text", ["", "[]", "1", '{"1": 2}', '{"format": "apollo-persisted-query-manifest"}', "{"]
)
def test_a_manifest_that_is_none_ends_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "web.json").write_text(text)

    with pytest.raises(ImproperlyConfigured, match="web"):
        load(tmp_path)


def test_a_memory_forgets_what_was_not_asked_for_longest() -> None:
    memory: Memory[int] = Memory(entries=2, size_bytes=100)

    memory.put("a", 1, 10)
    memory.put("b", 2, 10)
    memory.get("a")
    memory.put("c", 3, 10)
    by_entries = [memory.get(key) for key in "abc"]
    memory.put("d", 4, 95)
    by_bytes = [memory.get(key) for key in "acd"]
    memory.put("d", 5, 50)
    memory.put("huge", 6, 101)

    assert by_entries == [1, None, 3]
    assert by_bytes == [None, None, 4]
    assert (memory.get("d"), memory.get("huge")) == (5, None)
    assert (len(memory), memory.size_bytes) == (1, 50)
