"""What services do by themselves: told with how it went, here and of services elsewhere."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from contracts.periodics import Periodic
from kernel.errors import ForbiddenError, NotFoundError, UnavailableError
from kernel.identity.models import Tenant
from kernel.jobs.registry import REGISTRY, periodic
from kernel.jobs.services import enqueue_due_periodics
from kernel.mesh.calling import Called
from kernel.periodics import client, services
from kernel.services import BY_NAME
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.graphql import http_client
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key

SERVICE = settings.SERVICES[0]
NAME = f"{SERVICE}.try_it_again"
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def outcomes() -> Iterator[list[Exception]]:
    """Do something each hour that fails as a test says."""
    failures: list[Exception] = []

    @periodic(NAME, every=HOUR)
    def try_it(_target: str) -> None:
        """Try it, and see.

        Further words are for those who read the code.
        """
        if failures:
            raise failures.pop()

    yield failures
    del REGISTRY[NAME]


def of(told: list[Periodic], name: str = NAME) -> Periodic:
    return next(one for one in told if one.name == name)


def told_by(tenant: Tenant, service: str = SERVICE) -> list[Periodic]:
    with acting_as(somebody(tenant.pk, services.SCOPE)):
        return services.told_by(service)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr("kernel.clock.now", lambda: moment)


NOON = datetime(2026, 6, 1, 12, 15, tzinfo=UTC)


@pytest.mark.usefixtures("outcomes")
def test_what_has_run_is_told_with_when_it_does_again(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    never = of(told_by(tenant))
    enqueue_due_periodics([REGISTRY[NAME]])
    waits = of(told_by(tenant))
    drain()
    done = of(told_by(tenant))

    assert (never.last_run, never.late) == (None, True)
    assert (waits.last_run and waits.last_run.state, waits.late) == ("queued", False)
    assert (done.description, done.every_seconds) == ("Try it, and see.", 3600)
    assert done.next_run_at == NOON.replace(hour=13, minute=0)
    assert done.last_run is not None
    assert (done.last_run.state, done.last_run.error_code, done.late) == ("done", "", False)
    assert (done.last_run.due_at, done.last_run.finished_at) == (NOON.replace(minute=0), NOON)


@pytest.mark.usefixtures("outcomes")
def test_what_has_not_run_for_two_periods_is_late(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, NOON)
    enqueue_due_periodics([REGISTRY[NAME]])
    drain()

    found = []
    for after in (2 * HOUR, 2 * HOUR + services.GRACE * 2, 30 * HOUR):
        at(monkeypatch, NOON + after)
        one = of(told_by(tenant))
        found.append((one.late, one.last_run is not None))

    assert found == [(False, True), (True, True), (True, False)]


def test_why_it_failed_is_told_by_its_code_alone(tenant: Tenant, outcomes: list[Exception]) -> None:
    outcomes.append(NotFoundError("no file of somebody else"))
    enqueue_due_periodics([REGISTRY[NAME]])
    drain()

    run = of(told_by(tenant)).last_run

    assert run is not None
    assert (run.state, run.error_code) == ("failed", "NOT_FOUND")


def test_a_service_tells_of_its_own_and_the_first_of_the_kernel(tenant: Tenant) -> None:
    first, *others = settings.SERVICES

    names = {service: {one.name for one in told_by(tenant, service)} for service in BY_NAME}

    assert "kernel.clear_jobs" in names[first]
    for service in others:
        assert {name.partition(".")[0] for name in names[service]} <= {service}
    told = [one for service in settings.SERVICES for one in told_by(tenant, service)]
    assert [one.name for one in told if not one.description.endswith(".")] == []


def test_many_periods_take_one_query(tenant: Tenant, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        told_by(tenant)


def test_whoever_may_not_read_schedules_is_told_nothing(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, f"{SERVICE}:write")):
        with pytest.raises(ForbiddenError):
            services.told_by(SERVICE)
        with pytest.raises(ForbiddenError):
            client.told_by_all()


def test_programs_are_told_over_http(tenant: Tenant) -> None:
    http, path = http_client(), f"/{SERVICE}/api/periodics/"

    def status(method: str = "get", *scopes: str) -> Any:
        headers = {"authorization": f"Bearer {make_key(tenant, *scopes).secret}"}
        return getattr(http, method)(path, headers=headers)

    good = status("get", services.SCOPE)

    assert Periodic.of(good.json()["periodics"][0]).name
    assert status("get", "files:write").status_code == 403
    assert status("post", services.SCOPE).status_code == 405
    assert http.get(path).status_code == 401


def test_services_elsewhere_are_asked_and_one_that_is_away_is_told_of(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    here, gone, strange, angry, *_ = BY_NAME
    run = {"name": "x.y", "description": "Z.", "every_seconds": 5.0, "late": False}
    fine = (
        b'{"periodics": [{"name": "x.y", "description": "Z.", "every_seconds": 5.0, "late": false,'
        b' "next_run_at": "2026-06-01 12:00:00+00:00", "last_run": null}]}'
    )

    def call(service: str, method: str, path: str, **told: Any) -> Called:
        asked.append(f"{method} {path} {told['principal'].tenant_id} {told['seconds']}")
        if service == gone:
            raise UnavailableError(f"{service} gives no answer: ConnectTimeoutError")
        body = {strange: b'{"periodics": [{}]}', angry: b"<html>"}.get(service, fine)
        return Called(status=200, headers={}, body=body)

    monkeypatch.setattr(client, "call", call)
    monkeypatch.setattr(settings, "SERVICES", (here,))
    with acting_as(somebody(tenant.pk, services.SCOPE)):
        told = {one.service: one for one in client.told_by_all()}

    assert list(told) == list(BY_NAME)
    assert sorted(asked) == sorted(
        f"GET /{name}/api/periodics/ {tenant.pk} 3.0" for name in BY_NAME if name != here
    )
    assert told[here].schedules
    assert [told[name].problem for name in (gone, strange, angry)] == [
        f"{gone} gives no answer: ConnectTimeoutError",
        f"{strange} gives no answer that is ours",
        f"{angry} gives no answer that is ours",
    ]
    last = told[[*BY_NAME][-1]]
    assert (last.problem, last.schedules[0].told() | run) == ("", last.schedules[0].told())
