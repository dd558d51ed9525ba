"""Chores: offered, asked for here and over HTTP, done once for a key."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.conf import settings

from contracts.chores import Chore, parameters
from kernel.chores import client
from kernel.chores.registry import _REGISTRY, chore
from kernel.errors import ForbiddenError, InvalidInputError, NotFoundError, UnavailableError
from kernel.identity.models import Tenant
from kernel.mesh.calling import Called
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.graphql import http_client
from kernel.testing.tenants import make_key

SERVICE = settings.SERVICES[0]
SCOPE = f"{SERVICE}:write"
NAME = f"{SERVICE}.try_it"

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def done() -> Iterator[list[Mapping[str, Any]]]:
    """Offer a chore, and keep what it was told."""
    told: list[Mapping[str, Any]] = []
    offered = Chore(
        name=NAME,
        title="Try it",
        description="Of a test.",
        scope=SCOPE,
        parameters=parameters(("depth",), depth={"type": "integer", "maximum": 9}),
    )

    def do(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        told.append(asked)
        return {"number": len(told)}

    chore(offered)(do)
    yield told
    del _REGISTRY[NAME]


def test_a_chore_is_done_once_for_a_key(done: list[Any], tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, SCOPE)):
        first = [client.do(NAME, {"depth": 3}, key="run:1") for _ in range(2)]
        other = client.do(NAME, {"depth": 4}, key="run:2")

    assert first == [{"number": 1}, {"number": 1}]
    assert other == {"number": 2}
    assert done == [{"depth": 3}, {"depth": 4}]


@pytest.mark.parametrize(
    ("told", "problem"),
    [({}, "depth"), ({"depth": "3"}, "depth"), ({"depth": 10}, "10"), ({"depth": 1, "x": 2}, "x")],
)
def test_parameters_have_to_fit(
    done: list[Any], tenant: Tenant, told: dict[str, Any], problem: str
) -> None:
    with acting_as(somebody(tenant.pk, SCOPE)), pytest.raises(InvalidInputError, match=problem):
        client.do(NAME, told, key="run:1")

    assert done == []


def test_a_chore_takes_its_scope(done: list[Any], tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, f"{SERVICE}:read")):
        with pytest.raises(ForbiddenError):
            client.do(NAME, {"depth": 3}, key="run:1")
        with pytest.raises(ForbiddenError):
            client.describe(NAME)

    assert done == []


@pytest.mark.usefixtures("done")
def test_two_chores_have_no_name_in_common() -> None:
    with pytest.raises(ValueError, match="two chores are called"):
        chore(Chore(name=NAME, title="", description="", scope=SCOPE))(dict)


def test_what_nobody_offers_is_not_found(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, SCOPE)):
        for name in (f"{SERVICE}.nothing_like_it", "nobody.do", "x"):
            with pytest.raises(NotFoundError):
                client.do(name, {}, key="k")


def test_programs_see_chores_and_have_them_done_over_http(done: list[Any], tenant: Tenant) -> None:
    headers = {"authorization": f"Bearer {make_key(tenant, SCOPE).secret}"}
    http = http_client()

    listed = http.get(f"/{SERVICE}/api/chores/", headers=headers).json()["chores"]
    asked = {"parameters": {"depth": 5}}
    answers = [
        http.post(
            f"/{SERVICE}/api/chores/{NAME}",
            asked,
            content_type="application/json",
            headers=headers | {"idempotency-key": "k"},
        )
        for _ in range(2)
    ]

    assert NAME in [one["name"] for one in listed]
    assert [one.json() for one in answers] == [{"result": {"number": 1}}] * 2
    assert done == [{"depth": 5}]


@pytest.mark.usefixtures("done")
def test_what_is_sent_over_http_is_judged(tenant: Tenant) -> None:
    headers = {"authorization": f"Bearer {make_key(tenant, SCOPE).secret}", "idempotency-key": "k"}
    http = http_client()
    path = f"/{SERVICE}/api/chores/{NAME}"

    def status(body: Any, *, at: str = path, kind: str = "application/json", **more: str) -> int:
        sent = headers | more
        return http.post(at, body, content_type=kind, headers=sent).status_code

    assert status("[]") == 400
    assert status('{"parameters": 3}') == 400
    assert status('{"parameters": {"depth": 1}}', kind="text/plain") == 415
    assert status('{"parameters": {"depth": 1}}', authorization="Bearer x") == 401
    assert status('{"parameters": {"depth": 1}}', **{"idempotency-key": ""}) == 400
    assert status("{}", at=f"/{SERVICE}/api/chores/elsewhere.do") == 404
    assert http.delete(path, headers=headers).status_code == 405


def test_another_services_chore_is_asked_over_http_and_errors_keep_their_codes(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    answers = [
        Called(status=200, headers={}, body=b'{"result": {"id": "1"}}'),
        Called(
            status=409,
            headers={},
            body=b'{"errors": [{"message": "no", "extensions": {"code": "FILES_FULL"}}]}',
        ),
        Called(status=502, headers={}, body=b"<html>"),
    ]

    def call(service: str, method: str, path: str, **told: Any) -> Called:
        sent.append((service, method, path, told["body"], told["headers"]))
        return answers[len(sent) - 1]

    monkeypatch.setattr(client, "call", call)
    monkeypatch.setattr(settings, "SERVICES", ("none",))
    with acting_as(somebody(tenant.pk, SCOPE)):
        result = client.do("files.rescan", {"folder_id": "f"}, key="run:7")
        with pytest.raises(Exception, match="no") as refused:
            client.do("files.rescan", {}, key="run:8")
        with pytest.raises(UnavailableError):
            client.do("files.rescan", {}, key="run:9")

    assert result == {"id": "1"}
    assert refused.value.code == "FILES_FULL"  # type: ignore[attr-defined]  # a DomainError
    assert sent[0] == (
        "files",
        "POST",
        "/files/api/chores/files.rescan",
        b'{"parameters": {"folder_id": "f"}}',
        {"Idempotency-Key": "run:7"},
    )
