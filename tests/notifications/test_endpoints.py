"""Webhook endpoints: each event once to whoever hears it, signed, retried, given up with notice."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.notifications.conf import WEBHOOK_ENDPOINTS
from apps.notifications.domain.event_patterns import wanted
from apps.notifications.models import Notification, WebhookDelivery, WebhookEndpoint
from apps.notifications.services import forwarding
from apps.notifications.services.endpoints import (
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
    update_endpoint,
)
from apps.notifications.services.forwarding import redeliver, try_endpoint
from apps.notifications.services.upkeep import end_abandoned_posts, forget_old_posts
from contracts.notifications import SubscriberCreated, SubscriberDeleted
from contracts.webhook_endpoints import (
    WebhookDeliveryFailed,
    WebhookDeliveryRequeued,
    WebhookEndpointChanged,
    WebhookEndpointDisabled,
)
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events import inbox
from kernel.events.models import Handled, OutboxEvent
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS
from kernel.events.transport import Arrival
from kernel.identity.models import Tenant
from kernel.jobs import claiming
from kernel.jobs.models import Job
from kernel.jobs.registry import known
from kernel.tenancy.context import in_tenant
from kernel.testing.dynamic import said
from kernel.testing.events import drain_events, published, told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.notifications.people import StandingClock
from tests.notifications.receivers import SECRET, Receiver, receiving

pytestmark = pytest.mark.usefixtures("tenant", "moved")


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    with receiving() as made:
        settings.OUTBOUND_ALLOWED = (made.host,)
        yield made


def endpoint(url: str, *types: str, **more: Any) -> WebhookEndpoint:
    usual = {"name": "hook", "contact": "ops@example.com", "secret": SECRET}
    patterns = list(types or ("notifications.subscriber.*",))
    return create_endpoint(url=url, event_types=patterns, **(usual | more))[0]


def happens(*keys: str) -> None:
    """Let something happen, and be posted."""
    with transaction.atomic():
        for key in keys or ("ada",):
            publish(SubscriberCreated(subscriber_id=f"id-{key}", key=key))
    drain_events()
    drain()


def stands() -> list[tuple[str, int, int | None, str]]:
    """Return of each delivery how it stands, its attempts, the last answer, and why it failed."""
    return [
        (one.state, one.attempts, one.response_status, one.error_code)
        for one in WebhookDelivery.objects.order_by("pk")
    ]


def test_what_is_heard_arrives_once_and_signed(receiver: Receiver, moved: StandingClock) -> None:
    endpoint(receiver.url)

    happens()
    with transaction.atomic():
        publish(SubscriberDeleted(subscriber_id="id-ada", key="ada"))
        publish(SubscriberCreated(subscriber_id="id-bob", key="bob"), tenant_id=make_tenant().pk)
    drain_events()
    drain()

    first, second = receiver.heard
    assert first.told == {
        "type": "notifications.subscriber.created.v1",
        "timestamp": moved.now.isoformat(),
        "data": {"subscriber_id": "id-ada", "key": "ada"},
    }
    assert second.told["type"] == "notifications.subscriber.deleted.v1"
    assert all(post.signed_by(SECRET) for post in receiver.heard)
    deliveries = WebhookDelivery.objects.order_by("pk")
    assert [post.id for post in receiver.heard] == [str(one.event_id) for one in deliveries]
    assert stands() == [("delivered", 1, 204, "")] * 2


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("*", True),
        ("notifications.*", True),
        ("notifications.subscriber.*", True),
        ("notifications.subscriber.created.v1", True),
        ("notifications.subscriber.created", False),
        ("notifications.sub*", False),
        ("files.*", False),
    ],
)
def test_a_pattern_fits_whole_words(pattern: str, heard: bool) -> None:
    assert wanted([pattern], "notifications.subscriber.created.v1") is heard


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"event_types": []}, "eventTypes"),
        ({"event_types": ["files.sheep.*"]}, "there is no event 'files.sheep.*'"),
        ({"event_types": ["identity.*"]}, "there is no event"),
        ({"event_types": ["notifications.delivery.*"]}, "there is no event"),
        ({"url": "ftp://example.com"}, "url: "),
        ({"contact": "nobody"}, "no address of e-mail"),
        ({"name": " "}, "name holds nothing"),
        ({"secret": "short"}, "whsec_"),
    ],
)
def test_what_no_endpoint_can_be_is_refused(told: dict[str, Any], message: str) -> None:
    usual = {
        "name": "hook",
        "url": "https://example.com",
        "event_types": ["*"],
        "contact": "ops@example.com",
    }
    with pytest.raises(InvalidInputError, match=message):
        create_endpoint(**(usual | told))

    assert not WebhookEndpoint.objects.exists()
    assert published() == []


def test_names_are_taken_once_and_there_are_so_many() -> None:
    made = endpoint("https://example.com")

    with pytest.raises(ConflictError):
        endpoint("https://example.com")
    with said(WEBHOOK_ENDPOINTS, 1), pytest.raises(LimitExceededError):
        endpoint("https://example.com", name="other")
    update_endpoint(id=str(made.pk), event_types=["files.*"])

    assert told(WebhookEndpointChanged) == [
        WebhookEndpointChanged(endpoint_id=str(made.pk), name="hook", fields=("event_types",))
    ]


def test_nobody_hears_by_a_webhook_what_they_may_not_read(tenant: Tenant) -> None:
    create = """mutation($types: JSON!) { createWebhookEndpoint(input: {
        name: "a", contact: "a@x.org", url: "https://example.com", eventTypes: $types
        }) { webhookEndpoint { id } secret error { code } } }"""

    def ask(types: list[str], *scopes: str) -> Any:
        client = GraphQLClient(make_key(tenant, *scopes).secret, "/notifications/graphql")
        return client(create, types=types).body

    mine = ("notifications:write", "notifications:read")
    refused = [ask(["files.*"], *mine), ask(["*"], *mine, "files:read")]
    assert not WebhookEndpoint.objects.exists()
    taken = ask(["files.*"], *mine, "files:read")

    assert "files:read" in refused[0]["errors"][0]["message"]
    assert ":read" in refused[1]["errors"][0]["message"]
    assert taken["data"]["createWebhookEndpoint"]["secret"].startswith("whsec_")


def test_what_is_not_taken_is_posted_again_by_the_same_id(
    receiver: Receiver, moved: StandingClock
) -> None:
    made = endpoint(receiver.url)
    receiver.status, receiver.headers = 429, {"Retry-After": "300"}
    happens()
    assert stands() == [("queued", 1, 429, "NOTIFICATIONS_DELIVERY_FAILED")]
    moved.by(seconds=299)
    assert drain() == 0

    receiver.status = 200
    moved.by(seconds=1)
    drain()

    assert stands() == [("delivered", 2, 200, "")]
    assert len({post.id for post in receiver.heard}) == 1
    made.refresh_from_db()
    assert (made.failures, made.failing_since, made.last_error) == (0, None, "")


def test_what_is_never_taken_fails_after_its_attempts(
    receiver: Receiver, moved: StandingClock
) -> None:
    endpoint(receiver.url)
    receiver.status = 500
    happens()
    for hours in (0.01, 0.03, 0.2, 1, 3, 7, 13, 13, 13):
        moved.by(hours=hours)
        drain()

    assert stands() == [("failed", 9, 500, "NOTIFICATIONS_DELIVERY_FAILED")]
    assert [one.attempts for one in told(WebhookDeliveryFailed)] == [9]


def test_an_endpoint_that_fails_rests_and_costs_one_call(
    receiver: Receiver, moved: StandingClock
) -> None:
    endpoint(receiver.url)
    receiver.status = 503
    happens(*"abcdefghij")

    assert len(receiver.heard) == 5
    receiver.status = 204
    moved.by(minutes=2)
    drain()

    assert {state for state, *_ in stands()} == {"delivered"}
    assert len({post.id for post in receiver.heard}) == 10


def test_who_fails_for_days_is_disabled_and_its_contact_is_told(
    receiver: Receiver, moved: StandingClock
) -> None:
    made = endpoint(receiver.url)
    receiver.status = 500
    happens()
    moved.by(days=3, seconds=1)
    drain()
    happens("later")

    made.refresh_from_db()
    assert made.state == "disabled"
    reason = "NOTIFICATIONS_DELIVERY_FAILED: the endpoint answers 500"
    assert told(WebhookEndpointDisabled) == [
        WebhookEndpointDisabled(endpoint_id=str(made.pk), name="hook", reason=reason)
    ]
    notice = Notification.objects.get()
    assert (notice.recipient, notice.critical) == ("ops@example.com", True)
    assert reason in notice.body
    # Of what happens meanwhile nothing is made, and what was on its way fails.
    assert stands() == [("queued", 2, 500, "NOTIFICATIONS_DELIVERY_FAILED")]
    moved.by(hours=13)
    drain()
    assert stands() == [("failed", 2, 500, "NOTIFICATIONS_ENDPOINT_DISABLED")]


def test_who_is_gone_is_disabled_at_once_and_used_again_when_somebody_says_so(
    receiver: Receiver,
) -> None:
    made = endpoint(receiver.url)
    receiver.status = 410
    happens()
    made.refresh_from_db()
    assert (made.state, stands()) == (
        "disabled",
        [("failed", 1, 410, "NOTIFICATIONS_DELIVERY_REFUSED")],
    )

    receiver.status = 204
    for _ in range(2):
        enable_endpoint(id=str(made.pk))
    redeliver(ids=[str(one) for one in WebhookDelivery.objects.values_list("pk", flat=True)])
    happens("bob")

    assert [state for state, *_ in stands()] == ["delivered", "delivered"]
    first, again, other = receiver.heard
    assert (first.id, first.body) == (again.id, again.body)
    assert other.id != first.id
    assert len(told(WebhookDeliveryRequeued)) == 1


def test_our_own_network_is_not_posted_into(receiver: Receiver, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ()
    endpoint(receiver.url)

    happens()

    assert stands() == [("failed", 1, None, "OUTBOUND_REFUSED")]
    assert receiver.heard == []


def test_a_test_is_posted_once_also_to_who_is_disabled(receiver: Receiver) -> None:
    made = endpoint(receiver.url)
    disable_endpoint(id=str(made.pk))
    receiver.status = 500
    try_endpoint(id=str(made.pk))
    drain()
    receiver.status = 204
    try_endpoint(id=str(made.pk))
    drain()

    assert stands() == [
        ("failed", 1, 500, "NOTIFICATIONS_DELIVERY_FAILED"),
        ("delivered", 1, 204, ""),
    ]
    assert {post.told["type"] for post in receiver.heard} == {"webhook.test"}
    made.refresh_from_db()
    assert (made.failures, made.state) == (0, "disabled")


def test_while_secrets_change_both_sign_and_then_the_new_one(
    receiver: Receiver, moved: StandingClock
) -> None:
    made = endpoint(receiver.url)
    _, second = rotate_secret(id=str(made.pk))
    happens("a")
    moved.by(days=1)
    happens("b")

    both, one = receiver.heard
    assert (both.signed_by(SECRET), both.signed_by(second)) == (True, True)
    assert (one.signed_by(SECRET), one.signed_by(second)) == (False, True)


def test_of_what_is_large_the_subject_is_told(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "MOST_BODY", 100)
    endpoint(receiver.url)

    happens("a" * 100)

    assert receiver.heard[0].told["data"] == {"subject": f"id-{'a' * 100}"}
    assert receiver.heard[0].told["truncated"] is True


def test_the_same_event_handled_again_is_posted_once(receiver: Receiver) -> None:
    endpoint(receiver.url)
    happens()
    [event] = OutboxEvent.objects.filter(type=SubscriberCreated.TYPE)
    again = Arrival(event.envelope())
    Handled.objects.all().delete()
    inbox.deliver(GROUPS["notifications.webhooks"], [again])
    drain()

    assert Handled.objects.filter(event_id=event.event_id).count() == 1
    assert len(stands()) == len(receiver.heard) == 1


def test_one_tenants_endpoint_takes_two_workers_and_no_more(tenant: Tenant) -> None:
    other = make_tenant()
    for one, keys in ((tenant, "abcdef"), (other, "g")):
        with in_tenant(one.pk), transaction.atomic():
            endpoint("https://example.com")
            for key in keys:
                publish(SubscriberCreated(subscriber_id=key, key=key))
    drain_events()

    jobs = claiming.claim(10, known(), worker="a")

    posts = [job.tenant_id for job in jobs if job.name == "notifications.post"]
    assert sorted(map(str, posts)) == sorted(map(str, [tenant.pk, tenant.pk, other.pk]))


def test_events_that_nobody_hears_cost_no_query_each(monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine is, they are handled together.
    monkeypatch.setattr(inbox, "TOGETHER_SECONDS", 60)

    def cost(count: int) -> int:
        with transaction.atomic():
            for number in range(count):
                publish(SubscriberCreated(subscriber_id=str(number), key=str(number)))
        with CaptureQueriesContext(connection) as asked:
            drain_events()
        return sum("notifications_" in one["sql"] for one in asked.captured_queries)

    assert cost(30) == cost(1)


def test_what_is_old_is_forgotten_and_what_was_given_up_fails(
    receiver: Receiver, moved: StandingClock
) -> None:
    endpoint(receiver.url)
    happens()
    WebhookDelivery.objects.update(state="queued", not_before=moved.now, created_at=moved.now)
    moved.by(days=3)
    # Nobody has served its queue: it is posted once somebody does.
    jobs = Job.objects.filter(name="notifications.post")
    jobs.update(state="queued", finished_at=None)
    assert end_abandoned_posts() == 0
    jobs.update(state="failed", finished_at=moved.now)
    assert end_abandoned_posts() == 1
    assert stands()[0][3] == "NOTIFICATIONS_GIVEN_UP"
    moved.by(days=30)
    assert (forget_old_posts(), stands()) == (1, [])


def test_through_the_graph_no_secret_is_shown_and_others_see_nothing(
    graphql: GraphQLClient, receiver: Receiver
) -> None:
    made = endpoint(receiver.url)
    happens()
    query = """{ webhookEndpoints { nodes { id url eventTypes state } }
        webhookDeliveries(filter: {state: DELIVERED}) { nodes {
            id eventType state responseStatus body error { code } } } }"""
    found = graphql(query).data
    stranger = GraphQLClient(make_key(make_tenant()).secret, "/notifications/graphql")
    id_ = found["webhookDeliveries"]["nodes"][0]["id"]
    redelivering = f"""mutation {{ redeliverWebhooks(input: {{ids: ["{id_}"]}}) {{
        outcomes {{ webhookDelivery {{ state }} error {{ code }} }} }} }}"""
    refused = stranger(redelivering).data["redeliverWebhooks"]["outcomes"]
    again = graphql(redelivering).data["redeliverWebhooks"]["outcomes"]

    assert found["webhookEndpoints"]["nodes"] == [
        {
            "id": str(made.pk),
            "url": receiver.url,
            "eventTypes": ["notifications.subscriber.*"],
            "state": "ACTIVE",
        }
    ]
    assert found["webhookDeliveries"]["nodes"][0]["responseStatus"] == 204
    assert stranger(query).data["webhookEndpoints"]["nodes"] == []
    assert refused == [{"webhookDelivery": None, "error": {"code": "NOT_FOUND"}}]
    assert again == [{"webhookDelivery": {"state": "QUEUED"}, "error": None}]
    assert delete_endpoint(id=str(made.pk)).name == "hook"
    assert stands() == []
