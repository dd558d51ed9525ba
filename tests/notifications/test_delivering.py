"""A message goes out: judged then, tried again, given up, and every step on its timeline."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from apps.notifications.errors import RenderingError
from apps.notifications.models import (
    Moment,
    Notification,
    NotificationChannel,
    NotificationTemplate,
)
from apps.notifications.services import cancel_notification, create_notification
from apps.notifications.services.delivering import deliver
from apps.notifications.services.notifications import create_notifications
from apps.notifications.services.resending import resend_notification
from apps.notifications.services.subscribers import update_subscriber
from apps.notifications.services.suppressions import add_suppression
from apps.notifications.services.templates import update_template
from apps.notifications.services.triggering import trigger
from apps.notifications.services.upkeep import end_abandoned, forget_old
from contracts.notifications import NotificationFailed, NotificationSent, NotificationSkipped
from kernel.errors import ConflictError, InvalidInputError
from kernel.ids import new_id
from kernel.jobs.models import Job
from kernel.testing.events import told
from kernel.testing.jobs import drain
from tests.notifications.people import StandingClock, made, person, send, workflow
from tests.notifications.sinks import Sink

pytestmark = pytest.mark.usefixtures("tenant", "moved")

EMAIL = NotificationChannel.EMAIL
BUSY, FULL = b"451 busy", b"552 mailbox full"


def mail_to(address: str = "eve@example.com", **more: Any) -> Notification:
    return create_notification(recipient=address, channel=EMAIL, subject="Hello", **more)


def timeline(notification: Notification) -> list[tuple[str, str]]:
    rows = Moment.objects.filter(notification=notification).order_by("pk")
    return list(rows.values_list("what", "code"))


def test_a_mail_is_sent_once_with_all_that_belongs_to_it(sink: Sink) -> None:
    person()
    workflow(send("email"), category="news")
    trigger(workflow="w", subscribers=["ada"], data={"name": "<b>X</b>"})
    drain()

    [(to, message)] = sink.messages
    [notification] = Notification.objects.all()
    assert (to, message["Subject"]) == ("ada@example.com", "About <b>X</b>")
    assert message["Message-ID"] == f"<{notification.pk}@localhost>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/notifications/u/" in message["List-Unsubscribe"]
    text, html = [part.get_payload(decode=True) for part in message.walk()][1:]
    assert text == b"1 of <b>X</b>"
    assert html == b"<p>1 of &lt;b&gt;X&lt;/b&gt;</p>\r\n"
    assert timeline(notification) == [("sent", "")]
    assert told(NotificationSent) == [
        NotificationSent(notification_id=str(notification.pk), channel="email")
    ]

    deliver({(notification.pk, notification.round)})
    assert len(sink.messages) == 1


def test_one_connection_carries_many_messages(sink: Sink) -> None:
    for _ in range(5):
        mail_to()
    drain()

    assert (len(sink.messages), sink.connections) == (5, 1)


def test_what_is_busy_is_tried_again_later_and_arrives(sink: Sink, moved: StandingClock) -> None:
    sink.answers = [BUSY, BUSY]
    notification = mail_to()
    for _ in range(3):
        drain()
        moved.by(hours=1)

    assert made() == [("eve@example.com", "email", "sent", "")]
    failed = ("retried", "NOTIFICATIONS_DELIVERY_FAILED")
    assert timeline(notification) == [failed, failed, ("sent", "")]
    assert len(sink.messages) == 1


def test_what_stays_busy_is_given_up_and_can_be_sent_again(
    sink: Sink, moved: StandingClock
) -> None:
    sink.answers = [BUSY] * 8
    notification = mail_to()
    for _ in range(9):
        drain()
        moved.by(hours=7)

    assert made() == [("eve@example.com", "email", "failed", "NOTIFICATIONS_GIVEN_UP")]
    [event] = told(NotificationFailed)
    assert event.code == "NOTIFICATIONS_GIVEN_UP"

    resend_notification(id=str(notification.pk))
    drain()
    assert made() == [("eve@example.com", "email", "sent", "")]
    with pytest.raises(ConflictError):
        resend_notification(id=str(notification.pk))


def test_what_could_not_be_filled_is_filled_before_it_is_sent_again(sink: Sink) -> None:
    person()
    workflow(send("email"))
    trigger(workflow="w", subscribers=["ada"], data={"title": "X"})
    drain()
    [notification] = Notification.objects.all()
    assert made() == [("ada@example.com", "email", "failed", "NOTIFICATIONS_RENDERING_FAILED")]

    with pytest.raises(RenderingError, match="name"):
        resend_notification(id=str(notification.pk))
    assert made() == [("ada@example.com", "email", "failed", "NOTIFICATIONS_RENDERING_FAILED")]

    [template] = NotificationTemplate.objects.all()
    mended = {"subject": "About {{ data.title }}", "body": "{{ count }} of {{ data.title }}"}
    update_template(id=str(template.pk), texts={"email": {"en": mended}})
    resend_notification(id=str(notification.pk))
    drain()

    [(to, message)] = sink.messages
    assert (to, message["Subject"]) == ("ada@example.com", "About X")
    assert timeline(notification)[1:] == [("requeued", ""), ("sent", "")]


def test_what_is_sent_again_goes_to_the_address_that_somebody_has_by_now(sink: Sink) -> None:
    ada = person(email="")
    workflow(send("email"))
    trigger(workflow="w", subscribers=["ada"], data={"name": "X"})
    drain()
    assert made() == [("", "email", "skipped", "NO_ADDRESS")]

    update_subscriber(id=str(ada.pk), email="new@example.com", email_verified=True)
    [notification] = Notification.objects.all()
    resend_notification(id=str(notification.pk))
    drain()

    assert made() == [("new@example.com", "email", "sent", "")]
    assert [to for to, _ in sink.messages] == ["new@example.com"]


def test_one_address_that_is_refused_does_not_keep_the_others(sink: Sink) -> None:
    sink.refused = {"gone@example.com": b"550 no such user"}
    for address in ("a@example.com", "gone@example.com", "b@example.com"):
        mail_to(address)
    drain()

    assert [one[2:] for one in made()] == [
        ("sent", ""),
        ("failed", "NOTIFICATIONS_DELIVERY_REFUSED"),
        ("sent", ""),
    ]


def test_a_server_that_falls_silent_over_one_mail_has_the_others(
    sink: Sink, settings: Any, moved: StandingClock
) -> None:
    settings.EMAIL_TIMEOUT = 0.5
    sink.silent = {"slow@example.com"}
    for address in ("a@example.com", "slow@example.com", "b@example.com"):
        mail_to(address)
    drain()

    assert [one[2:] for one in made()] == [
        ("sent", ""),
        ("queued", "NOTIFICATIONS_DELIVERY_FAILED"),
        ("sent", ""),
    ]
    sink.silent = set()
    moved.by(hours=1)
    drain()
    assert [to for to, _ in sink.messages][2:] == ["slow@example.com"]


def test_a_text_that_cannot_be_filled_in_one_language_keeps_no_other(sink: Sink) -> None:
    for key, locale in (("ada", "en"), ("eva", "de"), ("iva", "fr")):
        person(key, locale=locale)
    made_ = workflow(send("email"), category="news")
    texts = {
        "en": {"subject": "Hello", "body": "Hello"},
        "de": {"subject": "Hallo", "body": "{{ data.gone }}"},
    }
    NotificationTemplate.objects.update(texts={"email": texts})
    trigger(workflow=made_.name, subscribers=["ada", "eva", "iva"], data={})
    drain()

    assert {one[0]: one[2:] for one in made()} == {
        "ada@example.com": ("sent", ""),
        "eva@example.com": ("failed", "NOTIFICATIONS_RENDERING_FAILED"),
        # French is not there: the template's own language is.
        "iva@example.com": ("sent", ""),
    }
    assert sorted(to for to, _ in sink.messages) == ["ada@example.com", "iva@example.com"]


def test_an_id_of_a_mail_is_of_the_domain_that_sends(sink: Sink, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Shop <shop@m\u00e4il.example.org>"
    mail_to()
    drain()

    [(_, message)] = sink.messages
    assert message["Message-ID"].endswith("@xn--mil-qla.example.org>")


def test_a_server_that_is_not_there_is_tried_again(
    sink: Sink, settings: Any, moved: StandingClock
) -> None:
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    mail_to()
    drain()
    assert made() == [("eve@example.com", "email", "queued", "NOTIFICATIONS_DELIVERY_FAILED")]

    settings.EMAIL_PORT = there
    moved.by(hours=1)
    drain()
    assert len(sink.messages) == 1


@pytest.mark.parametrize(
    "hostile",
    [
        {"subject": "Hi\r\nBcc: all@example.com"},
        {"recipient": "a@example.com\r\nBcc: b@example.com"},
        {"recipient": "a@example.com, b@example.com"},
        {"recipient": "Ada <a@example.com>"},
        {"recipient": "nobody"},
    ],
)
def test_nobody_writes_headers(hostile: dict[str, str]) -> None:
    usual: dict[str, Any] = {"recipient": "a@example.com", "channel": EMAIL, "subject": "Hi"}

    with pytest.raises(InvalidInputError):
        create_notification(**(usual | hostile))

    assert made() == []


def test_what_somebody_wants_is_asked_when_it_is_sent(moved: StandingClock) -> None:
    ada = person()
    workflow(send("email"), category="news")
    trigger(workflow="w", subscribers=["ada"], data={"name": "X"}, not_before=moved.now)
    later = moved.now + timedelta(hours=1)
    trigger(workflow="w", subscribers=["ada"], data={"name": "X"}, not_before=later)
    drain()
    update_subscriber(id=str(ada.pk), preferences={"news": {"email": False}})
    moved.by(hours=1)
    drain()

    assert [one[2:] for one in made()] == [("sent", ""), ("skipped", "UNWANTED")]
    assert [one.code for one in told(NotificationSkipped)] == ["UNWANTED"]


def test_the_night_is_waited_for_in_the_zone_of_the_person(moved: StandingClock) -> None:
    quiet = {"from": "22:00", "until": "07:00"}
    person(time_zone="Asia/Tokyo", quiet_hours=quiet)
    workflow(send("email"), send("in_app"))
    moved.now = moved.now.replace(hour=14)  # 23:00 in Tokyo
    trigger(workflow="w", subscribers=["ada"], data={"name": "X"})
    drain()

    assert [one[1:3] for one in made()] == [("email", "queued"), ("in_app", "sent")]
    moved.by(hours=7, minutes=59)
    drain()
    assert mail.outbox == []
    moved.by(minutes=1)
    drain()
    assert [one.to for one in mail.outbox] == [["ada@example.com"]]


def test_an_address_that_bounced_gets_nothing_but_other_categories_of_one_that_left() -> None:
    add_suppression(address="Gone@Example.com", reason="bounced")
    add_suppression(address="left@example.com", category="news", reason="unsubscribed")
    for address, category in (
        ("gone@example.com", "bills"),
        ("left@example.com", "news"),
        ("left@example.com", "bills"),
    ):
        mail_to(address, category=category)
    mail_to("left@example.com", category="news", critical=True)
    drain()

    assert [one[2:] for one in made()] == [
        ("skipped", "SUPPRESSED"),
        ("skipped", "SUPPRESSED"),
        ("sent", ""),
        ("sent", ""),
    ]


def test_an_address_that_is_not_verified_gets_nothing() -> None:
    person(email_verified=False)
    workflow(send("email"))
    trigger(workflow="w", subscribers=["ada"], data={"name": "X"})
    drain()

    assert made() == [("ada@example.com", "email", "skipped", "UNVERIFIED")]


def test_what_is_taken_back_on_its_way_is_told_as_sent(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    notification = mail_to()
    monkeypatch.setattr(
        "apps.notifications.services.delivering.fault_point",
        lambda point: point.endswith("sent") and cancel_notification(id=str(notification.pk)),
    )
    drain()

    assert (len(sink.messages), made()) == (1, [("eve@example.com", "email", "sent", "")])


def test_many_at_once_are_all_taken_up() -> None:
    messages: Any = [
        {"recipient": f"{n}@example.com", "channel": EMAIL, "subject": "Hi"} for n in range(5)
    ]
    create_notifications(notifications=messages)
    drain()

    assert {one[2] for one in made()} == {"sent"}
    assert len(mail.outbox) == 5


def test_a_channel_that_nothing_serves_says_so() -> None:
    create_notification(recipient="+31600000000", channel=NotificationChannel.SMS, subject="Hi")
    create_notification(recipient="nobody", channel=NotificationChannel.IN_APP, subject="Hi")
    drain()

    assert [one[2:] for one in made()] == [
        ("failed", "NOTIFICATIONS_NO_CHANNEL"),
        ("skipped", "NO_ADDRESS"),
    ]


def test_a_file_that_nobody_may_see_keeps_the_mail_back() -> None:
    notification = mail_to(attachment_ids=[str(new_id())])
    drain()

    notification.refresh_from_db()
    assert (notification.state, mail.outbox) == ("failed", [])


def test_what_was_given_up_can_be_sent_again_and_what_is_old_is_forgotten(
    moved: StandingClock,
) -> None:
    mail_to("a@example.com")
    Notification.objects.update(created_at=moved.now)
    moved.by(days=3)
    # Nobody has served its queue: it goes out once somebody does.
    assert end_abandoned() == 0
    Job.objects.update(state="failed", finished_at=moved.now)
    assert end_abandoned() == 1
    assert made() == [("a@example.com", "email", "failed", "NOTIFICATIONS_GIVEN_UP")]
    assert [one.code for one in told(NotificationFailed)] == ["NOTIFICATIONS_GIVEN_UP"]

    moved.by(days=401)
    assert forget_old() == 1
    assert made() == []
