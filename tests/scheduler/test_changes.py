"""Mutations as what is done: checked on save, sent once by a credential of their own, judged."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import settings

from apps.scheduler.errors import TargetRefusedError
from apps.scheduler.models import JobSchedule
from apps.scheduler.services.life import run_now
from apps.scheduler.services.running import do_run
from apps.scheduler.services.schedules import update_schedule
from kernel.errors import DomainError, ForbiddenError, InvalidInputError
from kernel.federation.requests import GraphQLRequest
from kernel.identity.models import Tenant
from kernel.mesh import client
from kernel.mesh.calling import Called
from kernel.mesh.changes import asking_for_error, check_change
from kernel.mesh.client import mesh
from kernel.tenancy.context import Principal, acting_as, current_principal
from kernel.testing.datasets import somebody
from tests.scheduler.factories import NOON, fire, job_of, make, runs, states, work

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(minute=0)
#: Of the scheduler itself, which is there with or without the others.
DOCUMENT = """mutation($name: String!, $cron: String) {
  createJobSchedule(input: {name: $name, cron: $cron}) { jobSchedule { id name } } }"""
SAID = {
    "target_kind": "graphql",
    "target": "scheduler",
    "document": DOCUMENT,
    "parameters": {"name": "made", "cron": "0 4 * * *"},
}


def test_a_mutation_is_sent_once_and_its_answer_kept(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, "scheduler:read", "scheduler:write")):
        schedule = make(**SAID)
    (run,) = fire(schedule, AT)

    work()
    # Its worker was lost behind the change.
    JobSchedule.objects.filter(pk=schedule.pk).update(maximum_attempts=5)
    run.refresh_from_db()
    first = dict(run.result)
    type(run).objects.filter(pk=run.pk).update(state="queued", finished_at=None)
    do_run(run.pk, job_of(run).pk)

    run.refresh_from_db()
    made = JobSchedule.objects.get(name="made")
    assert first == {"createJobSchedule": {"jobSchedule": {"id": str(made.pk), "name": "made"}}}
    assert (run.state, run.result) == ("succeeded", first)


@pytest.mark.parametrize(
    ("document", "parameters", "problem"),
    [
        ("mutation { nothing { id } }", {}, "Cannot query field 'nothing'"),
        ("query { jobSchedules { totalCount } }", {}, "document is one mutation"),
        ("mutation {", {}, r"Syntax Error: .*line 1, column 11"),
        ("", {}, "a mutation is written down, by document"),
        (DOCUMENT, {}, r"Variable '\$name' of required type 'String!' was not provided"),
        (DOCUMENT, {"name": 3}, "String cannot represent a non string value"),
        (DOCUMENT, {"name": "a", "more": 1}, r"has no variable \$more"),
        (
            "mutation { a: deleteJobSchedule { id } b: deleteJobSchedule { id } }",
            {},
            "changes one thing",
        ),
        ("mutation { ...on Mutation { __typename } }", {}, "changes one thing"),
        (f"{DOCUMENT} #{'x' * 20_000}", {"name": "a"}, "at most 20,000 characters"),
    ],
)
def test_what_the_service_does_not_have_is_refused_on_save(
    document: str, parameters: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TargetRefusedError, match=problem):
        make(**SAID | {"document": document, "parameters": parameters})

    assert JobSchedule.objects.count() == 0


def test_a_service_there_is_not_and_a_document_for_nothing_are_refused() -> None:
    with pytest.raises(TargetRefusedError, match="there is no service 'nobody'"):
        make(**SAID | {"target": "nobody"})
    with pytest.raises(TargetRefusedError, match="a document is for what is done by a mutation"):
        make(document=DOCUMENT)
    schedule = make(**SAID)
    with pytest.raises(TargetRefusedError, match="was not provided"):
        update_schedule(id=str(schedule.pk), parameters={})
    with pytest.raises(TargetRefusedError, match="was not provided"):
        run_now(id=str(schedule.pk), parameters={})


def test_scopes_are_those_there_are_and_no_more_than_one_has(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, "scheduler:write", "scheduler:read")):
        with pytest.raises(ForbiddenError, match="audit:write"):
            make(**SAID | {"scopes": ["audit:write"]})
        with pytest.raises(InvalidInputError, match="there is no scope 'x:y'"):
            make(**SAID | {"scopes": ["x:y"]})
        with pytest.raises(InvalidInputError, match="at most 20"):
            make(**SAID | {"scopes": ["scheduler:write"] * 21})
    assert JobSchedule.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "asked", "found"),
    [
        # Of a mutation, what is of its service.
        (
            {},
            ("scheduler:read", "scheduler:write", "files:write"),
            ["scheduler:read", "scheduler:write"],
        ),
        (
            {"scopes": ["scheduler:write"]},
            ("scheduler:read", "scheduler:write"),
            ["scheduler:write"],
        ),
        ({}, (), ["scheduler:read", "scheduler:write"]),
    ],
)
def test_a_run_acts_with_the_scopes_of_its_schedule_and_no_others(
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, Any],
    asked: tuple[str, ...],
    found: list[str],
) -> None:
    seen: list[Principal] = []

    def change(*_: Any, **__: Any) -> dict[str, Any]:
        seen.append(current_principal())
        return {"a": 1}

    monkeypatch.setattr(mesh, "change", change)
    with acting_as(somebody(tenant.pk, *asked)):
        fire(make(**SAID | said), AT)

    work()

    assert [sorted(one.scopes) for one in seen] == [found]


def test_a_scope_that_is_missing_is_a_final_answer(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, "scheduler:read", "scheduler:write")):
        (run,) = fire(make(**SAID | {"scopes": ["scheduler:read"]}), AT)

    work()

    run.refresh_from_db()
    assert (run.state, run.error_code, run.attempt) == ("failed", "FORBIDDEN", 1)
    assert JobSchedule.objects.filter(name="made").count() == 0


def test_an_error_within_the_answer_counts_though_nobody_asked_for_it() -> None:
    (run,) = fire(make(**SAID | {"parameters": {"name": "made", "cron": "61 * * * *"}}), AT)

    work()

    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "SCHEDULER_TIMES_REFUSED")
    assert "61 is not within 0 to 59" in run.error_message


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (
            {"errors": [{"message": "m", "extensions": {"code": "UNAVAILABLE"}}]},
            "queued",
            "UNAVAILABLE",
        ),
        ({"errors": [{"message": "m", "extensions": {"code": "CONFLICT"}}]}, "failed", "CONFLICT"),
        ({"errors": [{"message": "m"}]}, "failed", "SCHEDULER_WORK_FAILED"),
        (
            {"data": {"x": {"septetError": {"code": "RATE_LIMITED", "message": "m"}}}},
            "queued",
            "RATE_LIMITED",
        ),
        ({"data": {"x": {"septetError": {"code": "FULL", "message": "m"}}}}, "failed", "FULL"),
        ({"data": {"x": {"septetError": None}}}, "succeeded", ""),
    ],
)
def test_answers_are_final_or_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], state: str, code: str
) -> None:
    (run,) = fire(make(**SAID), AT)
    asked: list[GraphQLRequest] = []

    class Way:
        def ask(self, service: str, request: GraphQLRequest, principal: Principal) -> Any:
            asked.append(request)
            return answer

    monkeypatch.setattr(mesh, "_way_to", lambda service: Way())

    work()

    run.refresh_from_db()
    assert (run.state, run.error_code) == (state, code)
    assert [one.idempotency_key for one in asked] == [f"run:{run.pk}"]


def test_over_http_the_key_is_a_header_and_no_time_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[Mapping[str, Any]] = []

    def call(*_: Any, **told: Any) -> Called:
        sent.append(told)
        return Called(status=503, headers={"Retry-After": "90"}, body=b"")

    monkeypatch.setattr(client, "call", call)
    monkeypatch.setattr(settings, "SERVICES", ("none",))
    (run,) = fire(make(**SAID, retry_seconds=10), AT)
    work()

    run.refresh_from_db()
    assert sent[0]["headers"] == {"Idempotency-Key": f"run:{run.pk}"}
    assert (run.state, run.error_code) == ("queued", "UNAVAILABLE")
    assert "again in 0:01:30" in run.lines.order_by("-id").values_list("text", flat=True)[0]


def test_a_long_answer_is_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh, "change", lambda *_, **__: {"a": "x" * 30_000})
    schedule = make(**SAID)
    fire(schedule, AT)

    work()

    assert states(schedule) == ["succeeded"]
    assert runs(schedule)[0].result == {"bytes": 30_008}


@pytest.mark.parametrize("service", sorted(settings.SERVICE_URLS))
def test_the_graph_of_each_service_is_known_without_asking(service: str) -> None:
    with pytest.raises(DomainError, match="Cannot query field 'nothing'"):
        check_change(service, "mutation { nothing }", {})


def test_the_error_is_asked_for_where_there_is_one() -> None:
    told = asking_for_error("scheduler", DOCUMENT)

    assert "septetError: error {" in told
    check_change("scheduler", told, SAID["parameters"])  # type: ignore[arg-type]  # a dict
