"""Who may look at the schema where it is not for everybody."""

from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import User
from django.test import Client
from graphql import get_introspection_query

from kernel.identity.models import Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit
from kernel.testing.graphql import GraphQLClient, Result
from kernel.testing.tenants import make_key

PATH = f"/{project.SERVICES[0]}/graphql"
LOOKS = ("{ __schema { queryType { name } } }", '{ __type(name: "Query") { name } }')
TYPO = "{ _servic { sdl } }"


def signed_in(tenant: Tenant, query: str, *, is_staff: bool) -> Result:
    user = User.objects.create_user("somebody", is_staff=is_staff)
    admit(user=user, tenant=tenant, role=Role.OWNER)
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    response = browser.post(PATH, {"query": query}, content_type="application/json")
    return Result(response.status_code, response.json())


@pytest.mark.parametrize("query", LOOKS)
def test_by_default_on_the_embedded_database_everybody_may_look(
    db: None, settings: Any, query: str
) -> None:
    settings.GRAPHQL_INTROSPECTION = True

    assert GraphQLClient("", PATH)(query).data
    assert "Did you mean" in GraphQLClient("", PATH)(TYPO).body["errors"][0]["message"]


@pytest.mark.parametrize(
    "query", [*LOOKS, "{ ...F } fragment F on Query { a: __schema { description } }"]
)
def test_where_it_is_closed_only_staff_may_look(tenant: Tenant, settings: Any, query: str) -> None:
    settings.GRAPHQL_INTROSPECTION = False

    assert GraphQLClient("", PATH)(query).codes == ["UNAUTHENTICATED"]
    with_key = GraphQLClient(make_key(tenant).secret, PATH)
    assert with_key(query).codes == ["INTROSPECTION_DISABLED"]
    assert signed_in(tenant, query, is_staff=True).data


def test_where_it_is_closed_a_member_may_not_look(tenant: Tenant, settings: Any) -> None:
    settings.GRAPHQL_INTROSPECTION = False

    assert signed_in(tenant, LOOKS[0], is_staff=False).codes == ["INTROSPECTION_DISABLED"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (TYPO, {}),
        ("query($a: Boolean!) { __typename @skip(iff: $a) }", {"a": True}),
        ("{ __typename @skipp(if: true) }", {}),
        ("query($a: Strin) { __typename }", {}),
    ],
)
def test_where_it_is_closed_an_error_names_nothing_that_exists(
    tenant: Tenant, settings: Any, query: str, variables: dict[str, Any]
) -> None:
    settings.GRAPHQL_INTROSPECTION = False

    result = GraphQLClient(make_key(tenant).secret, PATH)(query, **variables)

    assert set(result.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    assert "Did you mean" not in str(result.body)


def test_where_it_is_closed_a_stranger_cannot_guess_what_there_is(db: None, settings: Any) -> None:
    settings.GRAPHQL_INTROSPECTION = False
    stranger = GraphQLClient("", PATH)

    answers = [
        stranger(query)
        for query in (
            "{ nothing }",
            "{ _service { sdl } }",
            "{ _service { nothing } }",
            "{ _service }",
            "{ _entities(representations: []) { __typename } }",
            "{ _entities { __typename } }",
            "query($a: Nothing) { __typename }",
            *LOOKS,
        )
    ]

    assert answers == [answers[0]] * len(answers)
    assert answers[0].codes == ["UNAUTHENTICATED"]
    assert stranger("{ __typename }").data == {"__typename": "Query"}


def test_a_gateway_reads_the_sdl_with_its_credential(tenant: Tenant, settings: Any) -> None:
    query = "{ _service { sdl } }"

    settings.GRAPHQL_INTROSPECTION = False
    stranger = GraphQLClient("", PATH)(query)
    gateway = GraphQLClient(make_key(tenant, "tenant:read").secret, PATH)(query)
    settings.GRAPHQL_INTROSPECTION = True
    anybody = GraphQLClient("", PATH)(query)

    assert stranger.codes == ["UNAUTHENTICATED"]
    assert gateway.data == anybody.data
    assert "type Query" in gateway.data["_service"]["sdl"]


def test_the_query_that_editors_send_is_within_all_limits(db: None, settings: Any) -> None:
    settings.GRAPHQL_INTROSPECTION = True
    whole = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True,
        input_value_deprecation=True, input_object_one_of=True,
    )  # fmt: skip

    assert GraphQLClient("", PATH)(whole).data["__schema"]["types"]
