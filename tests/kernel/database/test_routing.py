"""What is read where: credentials at the primary, the rest where the request reads."""

from collections.abc import Iterator
from unittest.mock import MagicMock

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from kernel.database import positions, routing
from kernel.database.replicas import PrimaryLog, Replica
from kernel.database.routing import ReplicaRouter, Route
from kernel.events.models import OutboxEvent
from kernel.federation import execution
from kernel.identity.models import ApiKey, Membership, Session, Tenant
from kernel.own_writes import OwnWritesMiddleware

PLACE = "1a.5"


@pytest.fixture(autouse=True)
def with_replica(settings: LazySettings) -> Iterator[None]:
    """Have a request that reads a replica."""
    settings.DATABASE_REPLICAS = ("replica1",)
    route = Route()
    route.replica = Replica("replica1", PrimaryLog())
    token = routing._route.set(route)
    yield
    routing._route.reset(token)


@pytest.mark.parametrize("model", [ApiKey, Membership, Session, Tenant, get_user_model()])
def test_who_somebody_is_and_what_they_may_is_read_at_the_primary(model: type) -> None:
    assert ReplicaRouter().db_for_read(model) == "default"
    assert ReplicaRouter().db_for_read(OutboxEvent) == "replica1"


@pytest.mark.parametrize("signs_in", [False, True])
def test_a_fresh_sign_in_is_told_its_place(settings: LazySettings, signs_in: bool) -> None:
    def answer(_request: HttpRequest) -> HttpResponse:
        positions.received({positions.HEADER: PLACE})
        response = HttpResponse()
        if signs_in:
            response.set_cookie(settings.SESSION_COOKIE_NAME, "new")
        return response

    response = OwnWritesMiddleware(answer)(RequestFactory().post("/accounts/login/"))

    assert response[positions.HEADER] == PLACE
    assert (positions.COOKIE in response.cookies) is signs_in


@pytest.mark.parametrize(
    ("header", "cookie", "travels"),
    [
        (PLACE, "", PLACE),
        ("", PLACE, PLACE),
        (PLACE, "1a.4", PLACE),
        ("", "nonsense~1a.5~../..", PLACE),
        ("", "", None),
    ],
)
def test_what_a_caller_or_a_browser_has_written_goes_along_to_other_services(
    header: str, cookie: str, travels: str | None
) -> None:
    sent: dict[str, str] = {}

    def answer(_request: HttpRequest) -> HttpResponse:
        sent.update(positions.to_send())
        return HttpResponse()

    request = RequestFactory().get("/", headers={positions.HEADER: header} if header else {})
    request.COOKIES[positions.COOKIE] = cookie
    OwnWritesMiddleware(answer)(request)

    assert sent.get(positions.HEADER) == travels


@pytest.mark.parametrize("replica", [None, Replica("replica1", PrimaryLog())])
def test_the_primary_is_needed_only_where_no_replica_answers(
    monkeypatch: pytest.MonkeyPatch, replica: Replica | None
) -> None:
    taken: list[str] = []
    monkeypatch.setattr(execution, "take_connection", lambda: taken.append("primary"))
    with routing.reading(only=True) as route:
        route.replica = replica
        result = execution._read_or_changed(MagicMock(reads=True), MagicMock())

    assert result is not None
    assert taken == ([] if replica else ["primary"])
