"""What is done in a run: chores with the rights of who asked, webhooks that are signed, pings."""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from apps.scheduler.errors import TargetRefusedError
from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.services.life import run_now
from apps.scheduler.services.pings import ping_path, renew_ping_address
from apps.scheduler.services.schedules import update_schedule
from apps.scheduler.services.upkeep import look_at_runs
from contracts.chores import Chore, parameters
from kernel import clock
from kernel.chores.registry import _REGISTRY, chore
from kernel.identity.models import ApiKey, Tenant
from kernel.tenancy.context import acting_as, current_principal
from kernel.testing.datasets import somebody
from kernel.testing.graphql import GraphQLClient, http_client
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.receivers import receiver
from tests.scheduler.factories import NOON, fire, make, runs, states, work

pytestmark = pytest.mark.usefixtures("tenant")

AT = NOON.replace(minute=0)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def done() -> Iterator[list[Any]]:
    """Offer a chore of the scheduler's own, and keep who asked for it, with what."""
    told: list[Any] = []
    offered = Chore(
        name="scheduler.try_it",
        title="Try it",
        description="Of a test.",
        scope="scheduler:write",
        parameters=parameters(("depth",), depth={"type": "integer"}),
    )

    def do(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        told.append((current_principal().kind, asked))
        return {"jobId": "j"}

    chore(offered)(do)
    yield told
    del _REGISTRY["scheduler.try_it"]


CHORE = {"target_kind": "chore", "target": "scheduler.try_it", "parameters": {"depth": 1}}


def test_a_chore_is_done_by_who_asked_with_the_run_as_its_key(
    done: list[Any], tenant: Tenant
) -> None:
    with acting_as(somebody(tenant.pk, "scheduler:write")):
        schedule = make(**CHORE)
    (run,) = fire(schedule, AT)

    work()

    run.refresh_from_db()
    assert (run.state, run.result) == ("succeeded", {"jobId": "j"})
    assert done == [("user", {"depth": 1})]


def test_what_the_platform_asked_for_itself_is_done_as_the_platform(done: list[Any]) -> None:
    schedule = make(**CHORE)
    fire(schedule, AT)

    work()

    assert states(schedule) == ["succeeded"]
    assert done == [("system", {"depth": 1})]


def test_rights_that_were_lost_since_are_not_used(done: list[Any], tenant: Tenant) -> None:
    key = make_key(tenant)
    made = GraphQLClient(key.secret, "/scheduler/graphql")(
        """mutation($input: CreateJobScheduleInput!) {
             createJobSchedule(input: $input) { jobSchedule { id } error { message } } }""",
        input={
            "name": "n",
            "cron": "0 * * * *",
            "targetKind": "CHORE",
            "target": "scheduler.try_it",
            "parameters": {"depth": 1},
        },
    ).data["createJobSchedule"]
    schedule = JobSchedule.objects.get(pk=made["jobSchedule"]["id"])
    ApiKey.objects.filter(tenant=tenant).update(revoked_at=clock.now())
    (run,) = fire(schedule, AT)

    work()

    run.refresh_from_db()
    assert (run.state, run.error_code, done) == ("failed", "FORBIDDEN", [])


@pytest.mark.usefixtures("done")
def test_a_chore_is_refused_on_save_without_its_scope_or_with_what_does_not_fit(
    tenant: Tenant,
) -> None:
    with (
        acting_as(somebody(tenant.pk, "scheduler:read")),
        pytest.raises(Exception, match="this needs the scope scheduler:write"),
    ):
        make(**CHORE)
    with pytest.raises(Exception, match="depth"):
        make(**CHORE | {"parameters": {}})
    assert JobSchedule.objects.count() == 0


@pytest.mark.usefixtures("done")
def test_a_chore_is_not_run_with_parameters_that_do_not_fit() -> None:
    schedule = make(**CHORE)

    with pytest.raises(TargetRefusedError, match="depth"):
        run_now(id=str(schedule.pk), parameters={"depth": "deep"})

    assert states(schedule) == []


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[Any]]]:
    with receiver(200) as (place, told):
        monkeypatch.setattr(settings, "OUTBOUND_ALLOWED", (place,))
        yield place, told


def webhook(place: str, **said: Any) -> JobSchedule:
    return make(target_kind="webhook", target=f"http://{place}/hook", parameters={"a": 1}, **said)


def test_a_webhook_is_signed_and_carries_the_run_as_its_key(heard: tuple[str, list[Any]]) -> None:
    place, told = heard
    schedule = webhook(place, webhook_secret=SECRET)
    (run,) = fire(schedule, AT)

    work()

    run.refresh_from_db()
    ((headers, body),) = told
    signed = f"{run.pk}.{headers['Webhook-Timestamp']}.".encode() + body
    digest = hmac.digest(bytes(range(32)), signed, "sha256")
    assert run.state == "succeeded"
    assert headers["Webhook-Id"] == headers["Idempotency-Key"] == str(run.pk)
    assert headers["Webhook-Signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert json.loads(body)["data"] == {
        "scheduleId": str(schedule.pk),
        "runId": str(run.pk),
        "name": "hourly",
        "fireTime": "2026-06-01T12:00:00+00:00",
        "attempt": 1,
        "parameters": {"a": 1},
    }


def test_a_secret_is_kept_encrypted_and_no_version_tells_it(heard: tuple[str, list[Any]]) -> None:
    schedule = webhook(heard[0], webhook_secret=SECRET)

    schedule.refresh_from_db()

    assert SECRET not in str(vars(schedule))
    assert SECRET not in str(schedule.versions.get().definition)
    update_schedule(id=str(schedule.pk), webhook_secret=None)
    schedule.refresh_from_db()
    assert schedule.webhook_secret is None


@pytest.mark.parametrize(("status", "state"), [(500, "queued"), (429, "queued"), (404, "failed")])
def test_answers_that_are_no_yes_are_asked_again_where_that_may_help(
    monkeypatch: pytest.MonkeyPatch, status: int, state: str
) -> None:
    with receiver(status) as (place, told):
        monkeypatch.setattr(settings, "OUTBOUND_ALLOWED", (place,))
        schedule = webhook(place)
        (run,) = fire(schedule, AT)
        work()

    run.refresh_from_db()
    assert (run.state, run.error_code) == (state, "SCHEDULER_WEBHOOK_ANSWERED")
    assert len(told) == 1
    asked, answered, ended = run.lines.order_by("id").values_list("text", flat=True)
    assert asked == "attempt 1 of 3: POST to 127.0.0.1"
    assert answered.startswith(f"127.0.0.1 answers {status} after 0.")
    assert (" UTC" in ended and "again in" in ended) == (state == "queued")


def test_an_address_of_our_own_networks_is_not_called() -> None:
    with receiver() as (place, told):
        schedule = webhook("hooks.example")
        # Where a name leads is known when it is called; this is what it may come to.
        JobSchedule.objects.update(target=f"http://{place}/hook")
        (run,) = fire(schedule, AT)
        work()

    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "OUTBOUND_REFUSED")
    assert told == []


# --- pings ---


def waiting(**said: Any) -> tuple[JobSchedule, JobRun]:
    """Return a schedule whose job has not told yet that it ran, and its run."""
    schedule = make(target_kind="ping", grace_seconds=600, maximum_attempts=1, **said)
    now = clock.now().replace(microsecond=0)
    (run,) = fire(schedule, now, now)
    JobRun.objects.filter(pk=run.pk).update(fire_time=now)
    work()
    run.refresh_from_db()
    return schedule, run


@pytest.fixture
def minutely() -> dict[str, Any]:
    return {"cron": "* * * * * *"}


def test_a_ping_in_time_ends_the_run_that_waits_for_it(minutely: dict[str, Any]) -> None:
    schedule, run = waiting(**minutely)
    assert run.state == "running"

    answers = [http_client().get(ping_path(schedule)) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert states(schedule) == ["succeeded"]


def test_a_ping_that_tells_of_a_failure_fails_the_run(minutely: dict[str, Any]) -> None:
    schedule, _run = waiting(**minutely)

    http_client().post(f"{ping_path(schedule)}/fail")

    (run,) = runs(schedule)
    assert (run.state, run.error_code) == ("failed", "SCHEDULER_NO_PING")


def test_a_run_without_a_ping_fails_when_its_grace_is_over(minutely: dict[str, Any]) -> None:
    schedule, run = waiting(**minutely)

    look_at_runs(run.fire_time + timedelta(seconds=599))
    before = states(schedule)
    look_at_runs(run.fire_time + timedelta(seconds=602))

    run.refresh_from_db()
    assert before == ["running"]
    assert (run.state, run.error_code) == ("failed", "SCHEDULER_NO_PING")


def test_a_ping_a_little_before_its_time_counts(minutely: dict[str, Any]) -> None:
    schedule = make(target_kind="ping", grace_seconds=600, **minutely)
    http_client().get(ping_path(schedule))
    now = clock.now().replace(microsecond=0) + timedelta(seconds=5)

    fire(schedule, now, now)
    work()

    assert states(schedule) == ["succeeded"]


def test_an_address_is_good_for_its_schedule_until_it_is_renewed() -> None:
    schedule = make(target_kind="ping", grace_seconds=600)
    other = make(name="other", target_kind="ping", grace_seconds=600)
    path = ping_path(schedule)
    elsewhere = make_tenant()
    wrong = [
        path.replace(str(schedule.pk), str(other.pk)),
        path.replace(str(schedule.tenant_id), str(elsewhere.pk)),
        path[:-3] + "abc",
        ping_path(make(name="event")),
    ]

    assert [http_client().get(one).status_code for one in wrong] == [404] * 4
    assert http_client().put(path).status_code == 405
    assert http_client().get(path).status_code == 200
    renewed = renew_ping_address(id=str(schedule.pk))
    assert http_client().get(path).status_code == 404
    assert http_client().get(ping_path(renewed)).status_code == 200


def test_a_badge_shows_how_the_last_run_ended(minutely: dict[str, Any]) -> None:
    schedule, _run = waiting(name="<b>&", **minutely)
    path = f"{ping_path(schedule)}/badge.svg"
    before = http_client().get(path).content.decode()
    http_client().get(ping_path(schedule))

    after = http_client().get(path)

    assert "&lt;b&gt;&amp;: new" in before
    assert "&lt;b&gt;&amp;: succeeded" in after.content.decode()
    assert after["Content-Type"] == "image/svg+xml"
