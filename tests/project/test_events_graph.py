"""Events in the graph: a tenant's own dead letters, and for staff the groups of all tenants."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from contracts.event import Event
from contracts.events import DeadLettersDiscarded, EventsReplayed, GroupPaused, GroupResumed
from contracts.files import FileDeleted
from kernel import clock
from kernel.events.models import ConsumerGroup, Redelivery, RedeliveryState, Replay
from kernel.events.publishing import publish
from kernel.identity.models import Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit
from kernel.ids import new_id
from kernel.testing.events import drain_events, published
from kernel.testing.graphql import GraphQLClient, Result, http_client
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant

pytestmark = pytest.mark.django_db

REPLAY = """mutation($input: ReplayDeadLettersInput!) { auditReplayDeadLetters(input: $input) {
    outcomes { deadLetter { id } error { code } } error { code } } }"""
DISCARD = REPLAY.replace("Replay", "Discard")
EVENTS = """mutation($input: ReplayEventsInput!) { auditReplayEvents(input: $input) {
    count replayId error { code message } } }"""


def letter(tenant: Tenant, group: str = "audit.trail", **columns: Any) -> Redelivery:
    return Redelivery.objects.create(
        **{
            "group": group,
            "event_id": new_id(),
            "type": "files.file.deleted.v1",
            "tenant_id": tenant.pk,
            "partition_key": f"{tenant.pk}/f1",
            "envelope": {"data": {"name": "a.csv"}},
            "state": RedeliveryState.DEAD,
            "error_code": "CONFLICT",
            "error_message": "told before, but otherwise",
            "last_failed_at": clock.now(),
            **columns,
        }
    )


class Staff:
    """Somebody of the staff at GraphiQL, who is a member of the tenant as well."""

    def __init__(self, tenant: Tenant, *permissions: str) -> None:
        user = User.objects.create_user(f"staff-{new_id()}", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        admit(user=user, tenant=tenant, role=Role.VIEWER)
        self._browser = http_client()
        self._browser.force_login(user)
        self._browser.cookies["csrftoken"] = "a" * 32

    def __call__(self, query: str, **variables: Any) -> Result:
        response = self._browser.post(
            "/audit/graphql",
            {"query": query, "variables": variables},
            content_type="application/json",
            headers={"X-CSRFToken": "a" * 32},
        )
        return Result(response.status_code, response.json())


@pytest.fixture
def operator(tenant: Tenant) -> Staff:
    """Staff who may change consumer groups in the back office."""
    return Staff(tenant, "change_consumergroup")


def test_a_tenant_sees_its_own_dead_letters_of_a_service(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    ours = letter(tenant)
    letter(tenant, error_code="INTERNAL", error_message="OperationalError: db7.internal")
    letter(tenant, "files.erasure")
    letter(tenant, state=RedeliveryState.HANDLED)
    letter(make_tenant())

    found = graphql(
        "{ auditDeadLetters(order: OLDEST_FIRST) { totalCount nodes {"
        " id eventId type group errorCode errorMessage event } } }"
    ).data["auditDeadLetters"]
    of_reason = graphql(
        '{ auditDeadLetters(filter: {errorCode: "CONFLICT"}) { nodes { id } } }'
    ).data["auditDeadLetters"]

    assert found["totalCount"] == 2
    assert found["nodes"][0] == {
        "id": str(ours.pk),
        "eventId": str(ours.event_id),
        "type": "files.file.deleted.v1",
        "group": "audit.trail",
        "errorCode": "CONFLICT",
        "errorMessage": "told before, but otherwise",
        "event": {"data": {"name": "a.csv"}},
    }
    assert "OperationalError" not in str(found)
    assert of_reason["nodes"] == [{"id": str(ours.pk)}]


@pytest.mark.parametrize(
    ("change", "name", "state", "told"),
    [
        (REPLAY, "Replay", "waiting", EventsReplayed(group="audit.trail", count=1)),
        (DISCARD, "Discard", "discarded", DeadLettersDiscarded(group="audit.trail", count=1)),
    ],
)
def test_a_tenant_settles_its_own_and_no_others(
    graphql: GraphQLClient, tenant: Tenant, change: str, name: str, state: str, told: Event
) -> None:
    ours, theirs = letter(tenant), letter(make_tenant())
    sent = {"ids": [str(ours.pk), str(theirs.pk), "x"], "idempotencyKey": "k-1"}

    first = graphql(change, input=sent).data[f"audit{name}DeadLetters"]
    again = graphql(change, input=sent).data[f"audit{name}DeadLetters"]

    assert first["outcomes"] == [
        {"deadLetter": {"id": str(ours.pk)}, "error": None},
        {"deadLetter": None, "error": {"code": "NOT_FOUND"}},
        {"deadLetter": None, "error": {"code": "INVALID_INPUT"}},
    ]
    assert again == first
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert (ours.state, theirs.state) == (state, "dead")
    assert published().count(told) == 1


def test_more_than_a_call_takes_is_refused(graphql: GraphQLClient) -> None:
    answer = graphql(REPLAY, input={"ids": ["1"] * 101}).data

    assert answer["auditReplayDeadLetters"]["error"] == {"code": "LIMIT_EXCEEDED"}


def test_staff_sees_the_groups_of_a_service(operator: Staff, tenant: Tenant) -> None:
    letter(make_tenant())

    found = operator("{ auditConsumerGroups { name ordered types lagEvents dead paused } }").data

    trail = next(one for one in found["auditConsumerGroups"] if one["name"] == "audit.trail")
    assert {one["name"].partition(".")[0] for one in found["auditConsumerGroups"]} == {"audit"}
    assert (trail["dead"], trail["paused"], trail["lagEvents"]) == (1, False, len(published()))


def test_staff_pauses_and_resumes_a_group_once_for_a_key(operator: Staff) -> None:
    def steer(verb: str, key: str, group: str = "audit.trail") -> Any:
        document = (
            f"mutation($input: {verb}ConsumerGroupInput!) {{ audit{verb}ConsumerGroup("
            "input: $input) { changed error { code } } }"
        )
        sent = {"group": group, "idempotencyKey": key}
        return operator(document, input=sent).data[f"audit{verb}ConsumerGroup"]

    assert steer("Pause", "k-1") == {"changed": True, "error": None}
    assert steer("Pause", "k-1") == {"changed": True, "error": None}
    assert steer("Pause", "k-2") == {"changed": False, "error": None}
    assert ConsumerGroup.objects.get(paused=True).name == "audit.trail"
    assert steer("Pause", "k-3", "files.erasure")["error"] == {"code": "NOT_FOUND"}
    assert steer("Resume", "k-1") == {"changed": True, "error": None}

    told = [one for one in published() if isinstance(one, GroupPaused | GroupResumed)]
    assert told == [GroupPaused(group="audit.trail"), GroupResumed(group="audit.trail")]


def test_staff_replays_the_events_of_a_time_after_a_dry_run(
    operator: Staff, tenant: Tenant
) -> None:
    since = clock.now()
    publish(FileDeleted(file_id="f1", name="a.csv"))
    drain_events()
    wanted = {"group": "audit.trail", "since": since.isoformat(), "again": True}

    counted = operator(EVENTS, input=wanted | {"dryRun": True}).data["auditReplayEvents"]
    assert counted == {"count": 1, "replayId": None, "error": None}
    assert not Replay.objects.exists()
    started = operator(EVENTS, input=wanted | {"perSecond": 10}).data["auditReplayEvents"]
    drain()

    replay = Replay.objects.get()
    assert started == {"count": 1, "replayId": str(replay.pk), "error": None}
    assert (replay.state, replay.given, replay.per_second) == ("done", 1, 10)


def test_a_replay_that_makes_no_sense_is_refused(operator: Staff) -> None:
    answer = operator(EVENTS, input={"group": "audit.trail"}).data["auditReplayEvents"]

    assert answer["error"]["code"] == "INVALID_INPUT"
    assert not Replay.objects.exists()


def test_staff_without_the_permission_touches_no_group(tenant: Tenant) -> None:
    clerk = Staff(tenant, "view_consumergroup")

    assert clerk("{ auditConsumerGroups { name } }").codes == ["FORBIDDEN"]
    assert clerk(EVENTS, input={"group": "audit.trail", "deadLetters": True}).codes == ["FORBIDDEN"]
    assert not Replay.objects.exists()
