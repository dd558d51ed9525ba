"""Pages behind the links of a mail: a GET changes nothing, a POST does what it says."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from apps.notifications.models import Notification, NotificationChannel, Subscriber, Suppression
from apps.notifications.services import create_notification
from apps.notifications.services.triggering import trigger
from apps.notifications.services.verifying import ask_to_verify
from kernel.errors import ConflictError
from kernel.testing.jobs import drain
from tests.notifications.people import StandingClock, person, send, workflow

pytestmark = pytest.mark.usefixtures("tenant")


def link_of_mail() -> str:
    """Return the path that mail programs post to, of the last mail."""
    url = mail.outbox[-1].extra_headers["List-Unsubscribe"].strip("<>")
    return re.sub(r"^https?://[^/]+", "", url)


def tell_ada(category: str = "news") -> Subscriber:
    ada = person()
    workflow(send("email"), category=category)
    trigger(workflow="w", subscribers=["ada"], data={"name": "X"})
    drain()
    return ada


def wishes(ada: Subscriber) -> dict[str, Any]:
    ada.refresh_from_db()
    found: dict[str, Any] = ada.preferences
    return found


def test_whoever_follows_the_link_changes_nothing() -> None:
    ada = tell_ada()

    pages = [Client().get(link_of_mail()) for _ in range(2)]
    Client().head(link_of_mail())

    assert [page.status_code for page in pages] == [200, 200]
    assert "Messages about news" in pages[1].text
    assert wishes(ada) == {}


def test_one_click_of_a_mail_program_ends_mails_of_the_category_alone() -> None:
    ada = tell_ada()
    # As RFC 8058 has it: no cookie, no token of a form, no question.
    strict = Client(enforce_csrf_checks=True)

    click = {"List-Unsubscribe": "One-Click"}
    answers = [strict.post(link_of_mail(), click) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert wishes(ada) == {"news": {"email": False}}


def test_on_the_page_each_channel_is_chosen() -> None:
    ada = tell_ada()

    Client().post(link_of_mail(), {"from": "page", "channel": ["email", "fax"]})

    assert wishes(ada) == {"news": {"email": True, "in_app": False}}


def test_what_else_is_told_is_chosen_on_the_same_page() -> None:
    ada = tell_ada()
    workflow(send("email", "v"), name="v", category="bills & more")
    workflow(send("email", "c"), name="c", category="alarms", critical=True)
    workflow(send("email", "o"), name="o", category="old", enabled=False)

    page = Client().get(link_of_mail()).text
    assert 'name="of:bills &amp; more" value="email" checked' in page
    # What is critical is nobody's choice, and what is off tells nothing.
    assert "alarms" not in page
    assert "old" not in page
    given = {"from": "page", "channel": ["email", "in_app"]}
    Client().post(link_of_mail(), given | {"shown": ["bills & more"], "of:bills & more": "in_app"})
    assert wishes(ada) == {
        "news": {"email": True, "in_app": True},
        "bills & more": {"email": False},
    }
    # What the page has not shown, or not to them, is as it was.
    Client().post(link_of_mail(), given | {"shown": ["alarms"], "of:alarms": "fax"})
    assert wishes(ada)["bills & more"] == {"email": False}
    assert "alarms" not in wishes(ada)


def test_channels_that_reach_somebody_can_be_chosen() -> None:
    ada = tell_ada()
    assert 'value="sms"' not in Client().get(link_of_mail()).text
    Subscriber.objects.update(phone="+4915112345678")

    assert 'value="sms" checked' in Client().get(link_of_mail()).text
    Client().post(link_of_mail(), {"from": "page", "channel": "email"})
    assert wishes(ada) == {"news": {"email": True, "in_app": False, "sms": False}}


def test_a_bare_address_is_suppressed_for_the_category() -> None:
    create_notification(
        recipient="Eve@example.com",
        channel=NotificationChannel.EMAIL,
        subject="a",
        category="news",
    )
    drain()

    page = Client().get(link_of_mail()).text
    assert "This ends all mails about news to you" in page
    assert "Unsubscribe" in page
    assert not Suppression.objects.exists()
    for _ in range(2):
        Client().post(link_of_mail())

    assert list(Suppression.objects.values_list("address", "category", "reason")) == [
        ("eve@example.com", "news", "unsubscribed")
    ]
    assert "You get no more of these by e-mail." in Client().get(link_of_mail()).text


def test_what_is_critical_has_no_such_link() -> None:
    create_notification(
        recipient="eve@example.com",
        channel=NotificationChannel.EMAIL,
        subject="Your password",
        critical=True,
    )
    drain()

    assert "List-Unsubscribe" not in mail.outbox[-1].extra_headers


def test_a_link_that_was_not_signed_here_opens_nothing() -> None:
    ada = tell_ada()
    bad = f"{link_of_mail()[:-4]}AAA/"

    assert [Client().get(bad).status_code, Client().post(bad).status_code] == [404, 404]
    assert wishes(ada) == {}
    Notification.objects.all().delete()
    assert Client().get(link_of_mail()).status_code == 404


def test_an_address_is_verified_by_a_yes_within_three_days(moved: StandingClock) -> None:
    ada = person(email_verified=False)
    ask_to_verify(id=str(ada.pk))
    drain()
    [url] = re.findall(r"https?://\S+", str(mail.outbox[-1].body))
    path = re.sub(r"^https?://[^/]+", "", url)

    assert "Is this address yours?" in Client().get(path).text
    ada.refresh_from_db()
    assert ada.email_verified_at is None
    assert "Thank you" in Client().post(path).text
    ada.refresh_from_db()
    assert ada.email_verified_at == moved.now
    with pytest.raises(ConflictError):
        ask_to_verify(id=str(ada.pk))
    moved.by(days=4)
    assert Client().get(path).status_code == 404


def test_a_link_for_an_address_that_somebody_has_no_more_is_good_for_nothing() -> None:
    ada = person(email_verified=False)
    ask_to_verify(id=str(ada.pk))
    drain()
    [url] = re.findall(r"https?://\S+", str(mail.outbox[-1].body))
    Subscriber.objects.update(email="other@example.com")

    assert Client().post(re.sub(r"^https?://[^/]+", "", url)).status_code == 404
    ada.refresh_from_db()
    assert ada.email_verified_at is None
