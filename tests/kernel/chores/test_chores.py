"""Chores: offered, asked for here and over HTTP, done once for a key."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings

from contracts.chores import Chore, Work, WorkState, parameters
from kernel.chores import client
from kernel.chores.registry import _REGISTRY, chore
from kernel.chores.services import Begun
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

    assert first == [Begun({"number": 1}, goes_on=False)] * 2
    assert other.result == {"number": 2}
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
    assert [one.json() for one in answers] == [{"result": {"number": 1}, "goes_on": False}] * 2
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
        begun = client.do("files.rescan", {"folder_id": "f"}, key="run:7")
        with pytest.raises(Exception, match="no") as refused:
            client.do("files.rescan", {}, key="run:8")
        with pytest.raises(UnavailableError):
            client.do("files.rescan", {}, key="run:9")

    assert begun == Begun({"id": "1"}, goes_on=False)
    assert refused.value.code == "FILES_FULL"  # type: ignore[attr-defined]  # a DomainError
    assert sent[0] == (
        "files",
        "POST",
        "/files/api/chores/files.rescan",
        b'{"parameters": {"folder_id": "f"}}',
        {"Idempotency-Key": "run:7"},
    )


@pytest.mark.parametrize(
    ("status", "code", "told", "seconds"),
    [
        (429, "RATE_LIMITED", {"Retry-After": "40"}, 40),
        (503, "UNAVAILABLE", {"Retry-After": "Mon, 01 Jun 2026 12:00:30 GMT"}, 30),
        (503, "UNAVAILABLE", {}, 5),
        (503, "UNAVAILABLE", {"Retry-After": "soon"}, 5),
        (504, "DEADLINE_EXCEEDED", {"Retry-After": "99999999"}, 86_400),
    ],
)
def test_a_service_that_has_no_time_is_to_be_asked_again_when_it_says(
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    told: dict[str, str],
    seconds: int,
) -> None:
    body = json.dumps({"errors": [{"message": "no", "extensions": {"code": code}}]}).encode()
    monkeypatch.setattr(
        client, "call", lambda *_, **__: Called(status=status, headers=told, body=body)
    )
    monkeypatch.setattr(settings, "SERVICES", ("none",))
    monkeypatch.setattr("kernel.clock.now", lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))

    with (
        acting_as(somebody(tenant.pk, SCOPE)),
        pytest.raises(UnavailableError) as refused,
    ):
        client.do("files.rescan", {}, key="run:1")

    assert refused.value.retry_after_seconds == seconds


@pytest.fixture
def stopped() -> Iterator[list[Any]]:
    """Offer a chore whose work goes on until it is stopped, and keep what was stopped."""
    told: list[Any] = []

    def look(began: Mapping[str, Any]) -> Work:
        if began["id"] != "w":
            raise NotFoundError("no such work")
        state = WorkState.CANCELLED if told else WorkState.GOING_ON
        return Work(state=state, message="on it")

    offered = Chore(name=NAME, title="Try it", description="Of a test.", scope=SCOPE)
    chore(offered, follow=look, stop=lambda began: told.append(began["id"]))(lambda _: {"id": "w"})
    yield told
    del _REGISTRY[NAME]


def test_work_that_goes_on_is_looked_at_and_stopped_by_what_was_told(
    stopped: list[Any], tenant: Tenant
) -> None:
    with acting_as(somebody(tenant.pk, SCOPE)):
        begun = client.do(NAME, {}, key="run:1")
        before = client.look(NAME, begun.result)
        client.stop(NAME, begun.result)
        after = client.look(NAME, begun.result)

    assert begun == Begun({"id": "w"}, goes_on=True)
    assert (before.state, before.message, after.state) == ("going_on", "on it", "cancelled")
    assert stopped == ["w"]


def test_programs_look_at_work_and_stop_it_over_http(stopped: list[Any], tenant: Tenant) -> None:
    http, path = http_client(), f"/{SERVICE}/api/chores/{NAME}"

    def send(verb: str, body: Any, scope: str = SCOPE, **more: str) -> Any:
        headers = {"authorization": f"Bearer {make_key(tenant, scope).secret}"} | more
        kind = "application/json"
        return http.post(f"{path}/{verb}", body, content_type=kind, headers=headers)

    looked = send("work", {"result": {"id": "w"}})
    done = send("stop", {"result": {"id": "w"}})

    assert looked.json()["work"] == {
        "state": "going_on",
        "done": 0,
        "total": None,
        "message": "on it",
        "result": {},
        "error_code": "",
        "error_message": "",
    }
    assert (done.json(), stopped) == ({"stopped": True}, ["w"])
    assert [send("work", {"result": told}).status_code for told in ({"id": "x"}, {})] == [404, 400]
    assert [send(verb, {"result": 3}).status_code for verb in ("work", "stop")] == [400, 400]
    refused = [send(verb, {"result": {"id": "w"}}, f"{SERVICE}:read") for verb in ("work", "stop")]
    assert [one.status_code for one in refused] == [403, 403]
    assert send("work", {"result": {}}, authorization="Bearer x").status_code == 401
    assert http.get(f"{path}/work").status_code in (401, 405)
    assert stopped == ["w"]


def test_work_of_another_service_is_looked_at_and_stopped_over_http(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    answers = [
        b'{"result": {"id": "1"}, "goes_on": true}',
        b'{"work": {"state": "failed", "error_code": "X", "error_message": "y"}}',
        b'{"stopped": true}',
    ]

    def call(service: str, method: str, path: str, **told: Any) -> Called:
        sent.append((method, path, told["body"]))
        return Called(status=200, headers={}, body=answers[len(sent) - 1])

    monkeypatch.setattr(client, "call", call)
    monkeypatch.setattr(settings, "SERVICES", ("none",))
    with acting_as(somebody(tenant.pk, SCOPE)):
        begun = client.do("files.rescan", {}, key="run:1")
        work = client.look("files.rescan", begun.result)
        client.stop("files.rescan", begun.result)

    assert begun.goes_on
    assert (work.state, work.error_code, work.error_message) == ("failed", "X", "y")
    assert sent[1:] == [
        ("POST", "/files/api/chores/files.rescan/work", b'{"result": {"id": "1"}}'),
        ("POST", "/files/api/chores/files.rescan/stop", b'{"result": {"id": "1"}}'),
    ]


def test_what_a_service_of_a_later_version_tells_besides_is_passed_over() -> None:
    told = Work(state=WorkState.GOING_ON, message="rows", done=3, total=9)

    assert Work.of({**told.told(), "mood": "good"}) == told
    assert Work.of({"state": "done"}) == Work(state=WorkState.DONE)
