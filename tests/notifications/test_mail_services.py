"""What services of mail tell of mails: believed by its address and signature, once, acted upon."""

import hmac
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.notifications.adapters.providers import esp
from apps.notifications.models import Notification, NotificationChannel
from apps.notifications.selectors.links import events_url
from apps.notifications.services import create_notification
from apps.notifications.services.providers import create_provider
from kernel import clock
from kernel.identity.models import Tenant
from kernel.origin import public_origin
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.notifications import answers
from tests.notifications.carriers import carrier
from tests.notifications.test_reports import EVE, code, suppressed

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def by_service(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> Iterator[Callable[[str], tuple[Notification, str]]]:
    """Sends a mail by a service, and returns it with where that tells its events."""
    with carrier() as one:
        monkeypatch.setattr(esp.Mailgun, "url", one.origin)
        monkeypatch.setattr(esp.Postmark, "url", one.origin)
        kinds = {
            "mailgun": (answers.MAILGUN, {"domain": "example.org", "from": "a@example.org"}),
            "postmark": (answers.POSTMARK, {"from": "a@example.org"}),
        }

        def send(kind: str) -> tuple[Notification, str]:
            said, told_ = kinds[kind]
            one.usual = said["taken"]
            secret = "key-1 signing" if kind == "mailgun" else "token"
            made = create_provider(name=kind, kind=kind, settings=told_, secret=secret)
            create_notification(
                recipient=EVE, channel=NotificationChannel.EMAIL, subject="Hello", category="news"
            )
            drain()
            return Notification.objects.get(), events_url(made).removeprefix(public_origin())

        yield send


def by_mailgun(
    notification: Notification, key: str = "signing", hours: float = 0, **told: Any
) -> dict[str, Any]:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhook-payloads"""
    token = "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    moment = str(int(clock.now().timestamp() + hours * 3_600))
    signature = hmac.digest(key.encode(), f"{moment}{token}".encode(), "sha256").hex()
    event = {
        "event": "failed",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1529006854.1,
        "severity": "permanent",
        "reason": "suppress-bounce",
        "recipient": EVE,
        "user-variables": {"septet": str(notification.pk)},
        "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "No such user"},
        "message": {"headers": {"message-id": "20130503182626.18666.16540@example.org"}},
    }
    block = {"timestamp": moment, "token": token, "signature": signature}
    return {"signature": block, "event-data": event | told}


def events(url: str, told: object) -> Any:
    return Client().post(url, told, "application/json")


def test_mailgun_tells_of_a_bounce_once(by_service: Any) -> None:
    notification, url = by_service("mailgun")
    assert notification.receipt == "<20160306015544.116301.25145@example.org>"

    answers_ = [events(url, by_mailgun(notification)).json() for _ in range(2)]

    assert answers_ == [{"changed": True}, {"changed": False}]
    assert suppressed() == [(EVE, "", "bounced")]


@pytest.mark.parametrize(
    ("told_", "reported"),
    [
        ({"event": "delivered"}, "delivered"),
        ({"event": "complained"}, "complained"),
        ({"severity": "temporary"}, ""),
        ({"event": "opened"}, ""),
        ({"delivery-status": {"enhanced-code": "5.7.1"}}, "undelivered"),
        ({"user-variables": {}}, ""),
    ],
)
def test_each_event_of_mailgun_means_what_it_says(
    by_service: Any, told_: dict[str, Any], reported: str
) -> None:
    notification, url = by_service("mailgun")

    assert events(url, by_mailgun(notification, **told_)).status_code == 200

    assert Notification.objects.get().reported == reported
    assert ("bounced" in str(suppressed())) is False


@pytest.mark.parametrize("hours", [-13, 13])
def test_what_was_signed_long_ago_is_not_told_again(by_service: Any, hours: float) -> None:
    notification, url = by_service("mailgun")

    old = events(url, by_mailgun(notification, hours=hours))
    told_again = events(url, by_mailgun(notification, hours=-8))

    assert code(old) == "NOTIFICATIONS_CALLBACK_REFUSED"
    assert told_again.json() == {"changed": True}


def test_an_event_of_a_service_that_is_forged_changes_nothing(by_service: Any) -> None:
    notification, url = by_service("mailgun")
    other = create_notification(
        recipient="x@example.com", channel=NotificationChannel.EMAIL, subject="Not by it"
    )

    found = [
        events(url, by_mailgun(notification, key="another")),
        events(f"{url[:-2]}AA", by_mailgun(notification)),
        events(url, by_mailgun(other)),
        events(url, by_mailgun(notification, recipient="x@example.com")),
        events(url, {"event-data": {}}),
    ]

    assert {code(one) for one in found} == {"NOTIFICATIONS_CALLBACK_REFUSED"}
    assert suppressed() == []


@pytest.mark.parametrize(
    ("type_", "reported"), [("HardBounce", "bounced"), ("SoftBounce", "undelivered")]
)
def test_postmark_tells_of_a_bounce(by_service: Any, type_: str, reported: str) -> None:
    notification, url = by_service("postmark")
    # https://postmarkapp.com/developer/webhooks/bounce-webhook
    bounce_ = {
        "RecordType": "Bounce",
        "Type": type_,
        "TypeCode": 1,
        "MessageID": notification.receipt,
        "Metadata": {"septet": str(notification.pk)},
        "Description": "The server was unable to deliver your message.",
        "Details": "Test bounce details",
        "Email": EVE,
        "BouncedAt": "2019-11-05T16:33:54.9070259Z",
    }

    assert events(url, bounce_).json() == {"changed": True}

    assert Notification.objects.get().reported == reported
    assert len(suppressed()) == (reported == "bounced")
    assert events(url, [1]).status_code == 400
    assert events(url, "x").status_code == 400


def test_where_a_service_tells_its_events_is_for_who_may_set_it_up(
    by_service: Any, tenant: Tenant
) -> None:
    _, url = by_service("postmark")
    query = "{ notificationProviders { nodes { eventsUrl settings } } }"
    path = "/notifications/graphql"

    made = GraphQLClient(make_key(tenant).secret, path)(query).data
    reader = GraphQLClient(make_key(tenant, "notifications:read").secret, path)(query)

    [node] = made["notificationProviders"]["nodes"]
    assert node == {"eventsUrl": f"{public_origin()}{url}", "settings": {"from": "a@example.org"}}
    assert "notifications:write" in reader.body["errors"][0]["message"]
