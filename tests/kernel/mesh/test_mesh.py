"""Questions between services: the same answer in process and over HTTP."""

import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction

from kernel.errors import UnavailableError
from kernel.federation.execution import Answer
from kernel.federation.requests import GraphQLRequest
from kernel.identity.models import Tenant
from kernel.mesh.client import InProcess, Mesh, RemoteError, mesh
from kernel.tenancy.context import Principal, acting_as

SERVICE = settings.SERVICES[0]


@pytest.fixture
def principal(tenant: Tenant) -> Iterator[Principal]:
    """Somebody with every scope, acting."""
    made = Principal(kind="system", id="x", name="x", tenant_id=tenant.pk, scopes=frozenset({"*"}))
    with acting_as(made):
        yield made


def test_a_service_of_this_process_answers_in_process(principal: Principal) -> None:
    assert mesh.query(SERVICE, "{ __typename }") == {"__typename": "Query"}


class Telling:
    """An endpoint that answers with an id, and a number too large for 64 bits."""

    def answer(self, _request: GraphQLRequest) -> Answer:
        return Answer({"data": {"id": uuid.UUID(int=7), "number": 10**30}})


def test_an_answer_in_process_is_what_would_come_over_http(principal: Principal) -> None:
    near = InProcess(lambda _service: Telling())  # type: ignore[arg-type, return-value]  # as one

    body = near.ask(SERVICE, GraphQLRequest("{ id number }", {}, None), principal)

    assert body == {"data": {"id": str(uuid.UUID(int=7)), "number": 1e30}}


def test_an_answer_with_errors_is_raised_with_its_code(principal: Principal) -> None:
    with pytest.raises(RemoteError) as caught:
        mesh.query(SERVICE, "{ nothing }")

    assert caught.value.remote_code == "GRAPHQL_VALIDATION_FAILED"


def test_the_scopes_of_whoever_asks_hold_there_too(tenant: Tenant) -> None:
    nobody = Principal(kind="system", id="x", name="x", tenant_id=tenant.pk, scopes=frozenset())
    document = '{ _entities(representations: [{__typename: "%s", id: "%s"}]) { __typename } }'
    from kernel.services import BY_NAME  # noqa: PLC0415

    entity = BY_NAME[SERVICE].entities[0]
    with acting_as(nobody), pytest.raises(RemoteError) as caught:
        mesh.query(SERVICE, document % (entity, tenant.pk))

    assert caught.value.remote_code == "FORBIDDEN"


def test_nothing_is_asked_inside_a_transaction(principal: Principal) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="never inside"):
        mesh.query(SERVICE, "{ __typename }")


def test_a_service_that_is_not_there_is_unavailable(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.SERVICE_URLS, SERVICE, "http://127.0.0.1:9")

    with pytest.raises(UnavailableError, match=f"{SERVICE} gives no answer"):
        Mesh().query(SERVICE, "{ __typename }")
