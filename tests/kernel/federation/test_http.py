"""GraphQL over HTTP: media types, methods, and who may send what from where."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from kernel.errors import DomainError
from kernel.federation.execution import Answer
from kernel.federation.media import GRAPHQL_JSON, JSON, response_type
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key

PATH = f"/{settings.SERVICES[0]}/graphql"


def get(accept: str | None = JSON, client: Client | None = None, **parameters: str) -> Any:
    headers = {} if accept is None else {"Accept": accept}
    return (client or Client()).get(PATH, parameters, headers=headers)


def post(query: str, *, content_type: str = JSON, accept: str = JSON, **members: Any) -> Any:
    return Client(raise_request_exception=False).generic(
        "POST",
        PATH,
        json.dumps({"query": query, **members}),
        content_type=content_type,
        headers={"Accept": accept},
    )


def codes(response: Any) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL_JSON};q=0.5, {JSON};q=0.4", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0, */*", JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, */*", GRAPHQL_JSON),
        ("APPLICATION/JSON", JSON),
        (f"{JSON};q=0", None),
        (f"{JSON};q=x", None),
        (f"{JSON};q=nan", None),
        (f"{JSON};charset=utf-16", None),
        ("text/html", None),
        ("text/html, image/*", None),
        (",;,", None),
    ],
)
def test_the_accept_header_decides_the_media_type(accept: str, expected: str | None) -> None:
    try:
        found = response_type(accept)
    except DomainError as error:
        found = error.code

    assert found == (expected or "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("accept", "query", "status"),
    [
        (JSON, "{ __typename }", 200),
        (JSON, "{ nothing }", 200),
        (JSON, "{", 200),
        (GRAPHQL_JSON, "{ __typename }", 200),
        (GRAPHQL_JSON, "{ nothing }", 400),
        (GRAPHQL_JSON, "{", 400),
        (GRAPHQL_JSON, "query($a: Boolean!) { __typename @skip(if: $a) }", 400),
        (GRAPHQL_JSON, "", 400),
        (JSON, "", 400),
    ],
)
def test_the_media_type_decides_the_status(db: None, accept: str, query: str, status: int) -> None:
    response = post(query, accept=accept)

    assert response.status_code == status
    assert response["Content-Type"].removesuffix("; charset=utf-8") == accept
    assert response["Vary"] == "Accept, Authorization, Cookie"


def test_a_client_that_accepts_neither_type_is_told_so(db: None) -> None:
    response = post("{ __typename }", accept="text/html")

    assert response.status_code == 406
    assert codes(response) == ["NOT_ACCEPTABLE"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json; charset="UTF-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=latin-1", 415),
        ("application/graphql", 415),
    ],
)
def test_a_body_is_json_in_utf_8(db: None, content_type: str, status: int) -> None:
    assert post("{ __typename }", content_type=content_type).status_code == status


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(db: None, method: str) -> None:
    response = Client().generic(method, f"{PATH}?query={{__typename}}", headers={"Accept": JSON})

    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"
    if method != "HEAD":
        assert codes(response) == ["METHOD_NOT_ALLOWED"]


def test_a_query_may_come_by_get(db: None) -> None:
    query = "query A($yes: Boolean!) { __typename @include(if: $yes) } query B { b: __typename }"

    plain = get(query="{ __typename }")
    full = get(query=query, operationName="A", variables='{"yes": true}', extensions="{}")
    empty = get(query=query, operationName="B", variables="", extensions="")

    assert plain.json() == {"data": {"__typename": "Query"}}
    assert full.json() == {"data": {"__typename": "Query"}}
    assert empty.json() == {"data": {"b": "Query"}}


@pytest.mark.parametrize("accept", [None, "*/*", "text/html,*/*;q=0.8", "image/*"])
def test_a_get_names_our_media_type_in_accept(db: None, accept: str | None) -> None:
    response = get(accept, query="{ __typename }")

    assert response.status_code == 406
    assert codes(response) == ["NOT_ACCEPTABLE"]


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 200)])
def test_a_get_from_a_page_of_another_site_is_refused(db: None, site: str, status: int) -> None:
    response = Client().get(
        PATH, {"query": "{ __typename }"}, headers={"Accept": JSON, "Sec-Fetch-Site": site}
    )

    assert response.status_code == status


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
def test_a_mutation_over_get_is_refused_whoever_asks(tenant: Tenant, accept: str) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_superuser("root"))

    for client in (None, browser):
        response = get(accept, client, query="mutation { __typename }")
        assert response.status_code in {405, 403}

    response = get(accept, query="mutation { __typename }")
    assert response["Allow"] == "POST"
    assert codes(response) == ["METHOD_NOT_ALLOWED"]


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "query=",
        "query=%ff",
        "query={__typename}&query={a}",
        "query={__typename}&variables=x",
        "query={__typename}&variables=[]",
        "query={__typename}&variables={%22a%22:%22%5Cu0000%22}",
        "query={__typename}&extensions=1",
        "&".join(f"a{i}=1" for i in range(2_000)),
    ],
)
def test_a_query_string_that_is_no_request_is_refused(db: None, parameters: str) -> None:
    response = Client(raise_request_exception=False).get(
        f"{PATH}?{parameters}", headers={"Accept": JSON}
    )

    assert response.status_code == 400
    assert codes(response) == ["INVALID_INPUT"]


def test_a_batch_is_refused_with_a_sentence(db: None) -> None:
    response = Client().post(PATH, [{"query": "{ __typename }"}], content_type=JSON)

    assert response.status_code == 400
    assert codes(response) == ["INVALID_INPUT"]
    assert "batches" in response.json()["errors"][0]["message"]


def test_a_refused_credential_has_the_media_type_that_was_asked_for(db: None) -> None:
    response = Client().generic(
        "POST",
        PATH,
        '{"query": "{ __typename }"}',
        content_type=JSON,
        headers={"Accept": GRAPHQL_JSON, "Authorization": "Bearer nonsense"},
    )

    assert response.status_code == 401
    assert response["Content-Type"] == f"{GRAPHQL_JSON}; charset=utf-8"
    assert codes(response) == ["UNAUTHENTICATED"]


def test_every_answer_tells_where_its_time_went(tenant: Tenant) -> None:
    graphql = GraphQLClient(make_key(tenant).secret, PATH)
    query = f"{{ timing{'x' * 8}: __typename }}"

    first, second, refused = post(query), post(query), post("{ nothing }")

    names = [re.findall(r"(\w+);dur=\d+\.\d\d", it["Server-Timing"]) for it in (first, second)]
    assert names == [
        ["read", "parse", "validate", "execute", "total"],
        ["read", "execute", "total"],
    ]
    assert "total" in refused["Server-Timing"]
    assert graphql(query).status == 200


def test_a_number_beyond_64_bits_can_be_answered() -> None:
    assert json.loads(Answer({"data": {"n": 10**30, "é": "ü"}}).encoded()) == {
        "data": {"n": 10**30, "é": "ü"}
    }


def test_a_url_of_a_query_can_be_shared(db: None) -> None:
    url = f"{PATH}?{urlencode({'query': '{ __typename }'})}"

    assert Client().get(url, headers={"Accept": GRAPHQL_JSON}).status_code == 200
