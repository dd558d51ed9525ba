"""Providers in their order: the next takes over, who fails too often rests, who is busy waits."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.db import OperationalError

from apps.notifications.adapters.providers import twilio, vonage
from apps.notifications.conf import PROVIDERS, SANDBOX
from apps.notifications.domain.breaking import MOST_FAILURES, rest_after
from apps.notifications.models import (
    Moment,
    Notification,
    NotificationChannel,
    NotificationProvider,
)
from apps.notifications.services import create_notification, giving, lines
from apps.notifications.services.devices import register_device
from apps.notifications.services.providers import create_provider, update_provider
from apps.notifications.services.subscribers import update_subscriber
from contracts.notification_providers import ProviderChanged, ProviderCreated
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.testing.dynamic import said
from kernel.testing.events import told
from kernel.testing.jobs import drain
from tests.notifications import answers
from tests.notifications.answers import Said
from tests.notifications.carriers import Carrier, carrier
from tests.notifications.people import StandingClock, made, person
from tests.notifications.sinks import Sink

pytestmark = pytest.mark.usefixtures("tenant", "moved")

SID = "AC" + "a" * 32
NUMBER = "+15558675310"
TO_TWILIO, TO_VONAGE = f"/2010-04-01/Accounts/{SID}/Messages.json", "/sms/json"
DOWN = Said(503)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Iterator[Carrier]:
    """Twilio first and then Vonage."""
    with carrier() as one:
        settings.OUTBOUND_ALLOWED = (one.origin.removeprefix("http://"),)
        monkeypatch.setattr(twilio, "HOST", one.origin)
        monkeypatch.setattr(vonage, "HOST", one.origin)
        one.by_path = {
            TO_TWILIO: answers.TWILIO["taken"],
            TO_VONAGE: answers.VONAGE["taken"],
        }
        by_vonage(position=2)
        by_twilio(position=1)
        yield one


def by_twilio(**told: Any) -> NotificationProvider:
    settings = {"account_sid": SID, "from": "+15550001111"}
    usual = {"name": "twilio", "kind": "twilio", "settings": settings, "secret": "a token"}
    return create_provider(**(usual | told))


def by_vonage(**told: Any) -> NotificationProvider:
    settings = {"api_key": "abcd1234", "from": "Septet"}
    usual = {"name": "vonage", "kind": "vonage", "settings": settings, "secret": "a secret"}
    return create_provider(**(usual | told))


def sms(count: int = 1) -> None:
    for _ in range(count):
        create_notification(recipient=NUMBER, channel=NotificationChannel.SMS, subject="Hello")
        drain()


def asked(there: Carrier) -> list[str]:
    return ["twilio" if one.path == TO_TWILIO else "vonage" for one in there.heard]


def row(kind: str) -> NotificationProvider:
    return NotificationProvider.objects.get(kind=kind)


def test_the_first_in_order_carries_it(there: Carrier) -> None:
    sms()

    [notification] = Notification.objects.all()
    assert asked(there) == ["twilio"]
    assert (notification.provider, notification.receipt) == (row("twilio"), "SM" + "b" * 32)
    assert made() == [(NUMBER, "sms", "sent", "")]


@pytest.mark.parametrize("said", [DOWN, Said(429), Said(0), answers.TWILIO["credentials"]])
def test_the_next_carries_what_the_first_does_not(there: Carrier, said: Said) -> None:
    there.by_path[TO_TWILIO] = said

    sms()

    assert asked(there) == ["twilio", "vonage"]
    assert (made()[0][2], Notification.objects.get().provider) == ("sent", row("vonage"))
    assert row("twilio").failures == 1
    assert row("twilio").last_error


@pytest.mark.parametrize(
    ("said", "by", "receipt"),
    [
        (answers.TWILIO["taken"], ["twilio"], "SM" + "b" * 32),
        (DOWN, ["twilio", "vonage"], None),
    ],
)
def test_a_provider_that_is_deleted_meanwhile_doubles_nothing(
    there: Carrier, monkeypatch: pytest.MonkeyPatch, said: Said, by: list[str], receipt: str | None
) -> None:
    there.by_path[TO_TWILIO] = said

    def over_lines(*told: Any) -> Iterator[Any]:
        known = list(lines.over_lines(*told))
        NotificationProvider.objects.filter(kind="twilio").delete()
        yield from known

    monkeypatch.setattr(giving, "over_lines", over_lines)

    sms()

    notification = Notification.objects.get()
    assert (notification.state, asked(there)) == ("sent", by)
    assert receipt is None or (notification.provider, notification.receipt) == (None, receipt)


def test_what_was_taken_is_not_sent_again_where_its_provider_cannot_be_written(
    there: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_: object) -> None:
        raise OperationalError("a lock was waited for too long")

    monkeypatch.setattr(giving, "note_taken", locked)

    sms()

    assert (made()[0][2], asked(there)) == ("sent", ["twilio"])


def test_what_a_provider_says_of_the_message_is_final(there: Carrier) -> None:
    there.by_path[TO_TWILIO] = answers.TWILIO["refused"]

    sms()

    assert asked(there) == ["twilio"]
    assert made() == [(NUMBER, "sms", "failed", "NOTIFICATIONS_DELIVERY_REFUSED")]
    assert row("twilio").failures == 0


def test_who_fails_too_often_is_left_alone_and_then_asked_once(
    there: Carrier, moved: StandingClock
) -> None:
    there.by_path[TO_TWILIO] = DOWN
    sms(MOST_FAILURES + 3)
    assert asked(there).count("twilio") == MOST_FAILURES
    assert row("twilio").last_error == "Twilio answers 503"
    assert [one[2] for one in made()] == ["sent"] * (MOST_FAILURES + 3)

    moved.by(seconds=31)
    sms(2)
    assert asked(there).count("twilio") == MOST_FAILURES + 1
    there.by_path[TO_TWILIO] = answers.TWILIO["taken"]
    moved.by(seconds=61)
    sms(2)

    assert asked(there)[-2:] == ["twilio", "twilio"]
    assert (row("twilio").failures, row("twilio").rests_until) == (0, None)
    assert 0 < row("twilio").failure_rate < 1


def test_it_is_left_alone_for_as_long_as_it_asks(there: Carrier, moved: StandingClock) -> None:
    there.by_path[TO_TWILIO] = Said(429, "", {"Retry-After": "600"})
    sms(2)
    moved.by(seconds=599)
    sms()
    assert asked(there) == ["twilio", "vonage", "vonage", "vonage"]
    moved.by(seconds=2)
    sms()

    assert asked(there)[-2:] == ["twilio", "vonage"]


def test_when_all_fail_it_is_tried_again_and_given_up_in_the_end(
    there: Carrier, moved: StandingClock
) -> None:
    there.by_path = {TO_TWILIO: DOWN, TO_VONAGE: DOWN}
    sms()
    assert made()[0][2:] == ("queued", "NOTIFICATIONS_DELIVERY_FAILED")

    for _ in range(10):
        moved.by(hours=7)
        drain()

    assert made()[0][2:] == ("failed", "NOTIFICATIONS_GIVEN_UP")
    assert asked(there).count("vonage") == 8


def test_the_rest_is_doubled_up_to_ten_minutes() -> None:
    rests = [rest_after(failures) for failures in range(4, 12)]

    assert [one and one.total_seconds() for one in rests] == [
        *(None, 30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0),
    ]


def test_who_has_had_enough_is_passed_over(there: Carrier) -> None:
    update_provider(id=str(row("twilio").pk), per_minute=1, burst=2)

    sms(4)

    assert asked(there) == ["twilio", "twilio", "vonage", "vonage"]


def test_where_all_have_had_enough_a_message_waits_its_turn_and_that_is_no_attempt(
    there: Carrier, moved: StandingClock
) -> None:
    for kind in ("twilio", "vonage"):
        update_provider(id=str(row(kind).pk), per_minute=1, burst=1)
    sms(3)

    last = Notification.objects.order_by("pk").last()
    assert last is not None
    assert [one[2] for one in made()] == ["sent", "sent", "queued"]
    assert last.attempts == 0
    assert moved.now < last.not_before
    waits = Moment.objects.filter(notification=last).values_list("what", "code")
    assert list(waits) == [("waits", "NOTIFICATIONS_PROVIDER_BUSY")]


def test_a_provider_that_is_disabled_carries_nothing(there: Carrier) -> None:
    for kind in ("twilio", "vonage"):
        update_provider(id=str(row(kind).pk), enabled=False)

    sms()

    assert made() == [(NUMBER, "sms", "failed", "NOTIFICATIONS_NO_CHANNEL")]
    assert there.heard == []


def test_enabled_again_it_is_asked_at_once(there: Carrier) -> None:
    there.by_path[TO_TWILIO] = DOWN
    sms(MOST_FAILURES)
    there.by_path[TO_TWILIO] = answers.TWILIO["taken"]

    update_provider(id=str(row("twilio").pk), enabled=True)
    sms()

    assert asked(there)[-1] == "twilio"


def test_a_number_that_is_not_verified_gets_nothing(there: Carrier) -> None:
    ada = person(phone="+1 (555) 867-5310", phone_verified=True)
    assert (ada.phone, ada.phone_verified_at is not None) == (NUMBER, True)

    changed = update_subscriber(id=str(ada.pk), phone="+4915112345678")

    assert changed.phone_verified_at is None
    with pytest.raises(InvalidInputError):
        update_subscriber(id=str(ada.pk), phone="0151 123")
    with pytest.raises(InvalidInputError):
        create_notification(recipient="0151", channel=NotificationChannel.SMS, subject="Hello")


def test_of_chats_one_that_fails_does_not_keep_the_other(
    there: Carrier, settings: LazySettings
) -> None:
    ada = person()
    for kind in ("teams", "discord"):
        create_provider(name=kind, kind=kind)
        address = f"{there.origin}/{kind}"
        register_device(subscriber_id=str(ada.pk), kind=kind, address=address)
    there.by_path["/teams"] = Said(500)
    there.by_path["/discord?wait=true"] = answers.DISCORD["taken"]

    create_notification(recipient="ada", channel=NotificationChannel.CHAT, subject="Hello")
    drain()

    [notification] = Notification.objects.all()
    assert (notification.state, notification.provider) == ("sent", row("discord"))
    assert Moment.objects.get(notification=notification).why == "1 of 2 devices"
    # Of many hosts one that fails does not stop the rest.
    assert (row("teams").failures, row("teams").rests_until) == (1, None)


def test_in_a_sandbox_nothing_leaves_and_that_is_seen(there: Carrier, sink: Sink) -> None:
    person("eve")
    with said(SANDBOX, True):
        sms()
        for channel, to in (("email", "eve@example.com"), ("in_app", "eve")):
            create_notification(recipient=to, channel=NotificationChannel(channel), subject="Hello")
        drain()

    rows = Notification.objects.order_by("pk").values_list("channel", "state", "sandboxed")
    # The inbox is within the platform.
    assert list(rows) == [("sms", "sent", True), ("email", "sent", True), ("in_app", "sent", False)]
    assert Moment.objects.filter(what="sandboxed").count() == 2
    assert (there.heard, sink.messages, mail.outbox) == ([], [], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "twilio", "settings": {"account_sid": "../x", "from": "+15550001111"}},
        {"kind": "twilio", "settings": {"account_sid": SID}},
        {"kind": "twilio", "settings": {"account_sid": SID, "from": "+15550001111", "host": "x"}},
        {"kind": "twilio", "secret": None},
        {"kind": "twilio", "secret": "a\r\nb"},
        {"kind": "telegram", "settings": {}, "secret": "1/../x"},
        {"kind": "teams", "settings": {}, "secret": "x"},
        {"per_minute": 0},
        {"burst": -1},
    ],
)
def test_what_no_provider_can_have_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        by_twilio(**wrong)
    assert not NotificationProvider.objects.exists()


def test_providers_are_few_and_of_different_names() -> None:
    by_twilio()
    with pytest.raises(ConflictError):
        by_twilio()
    with said(PROVIDERS, 1), pytest.raises(LimitExceededError):
        by_vonage()

    assert [one.kind for one in told(ProviderCreated)] == ["twilio"]


def test_the_secret_of_one_account_is_never_shown_to_another() -> None:
    provider = by_twilio()
    other = {"account_sid": "AC" + "c" * 32, "from": "+15550001111"}

    with pytest.raises(InvalidInputError, match="takes its secret"):
        update_provider(id=str(provider.pk), settings=other)
    update_provider(id=str(provider.pk), settings=other, secret="another")

    assert told(ProviderChanged)[-1].fields == ("settings", "secret")
    assert "a token" not in repr(NotificationProvider.objects.values())
