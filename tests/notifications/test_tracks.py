"""Mails tell that they were opened where a platform wants it, and nothing of it otherwise."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from apps.notifications.conf import TRACKING
from apps.notifications.domain.tracking import tracked
from apps.notifications.models import Moment, Notification, NotificationChannel
from apps.notifications.selectors.links import click_url, unsubscribe_url
from apps.notifications.services.notifications import create_notification
from apps.notifications.services.templates import create_template
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
from kernel.testing.dynamic import said
from kernel.testing.jobs import drain
from tests.notifications.people import person

pytestmark = pytest.mark.usefixtures("tenant")
TO = "https://example.com/?a=1&b=2"


def sent(*, critical: bool = False) -> tuple[Notification, str]:
    """Send somebody a mail with a link; return it, and its HTML as it went out."""
    person()
    texts = {"email": {"en": {"subject": "s", "body": f"[Open]({TO})"}}}
    layout = {"email": {"en": {"body": '{{ content }}<a href="{{ unsubscribe_url }}">Leave</a>'}}}
    create_template(name="frame", texts=layout, is_layout=True)
    create_template(name="t", texts=texts, layout="frame")
    steps = [{"do": "send", "channel": "email", "template": "t"}]
    create_workflow(name="w", steps=steps, critical=critical)
    trigger(workflow="w", subscribers=["ada"])
    drain()
    [message] = mail.outbox
    ((html, _),) = message.alternatives  # type: ignore[union-attr]  # it is a multipart one
    return Notification.objects.get(), str(html)


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def moments() -> list[str]:
    return list(Moment.objects.order_by("pk").values_list("what", flat=True))


def test_nothing_is_tracked_unless_it_is_switched_on(client: Client) -> None:
    row, html = sent()

    assert 'href="https://example.com/?a=1&amp;b=2"' in html
    assert "<img" not in html
    # An address of a time when it was on leads on, and tells nothing.
    answer = client.get(path_of(click_url(row, TO)))
    assert (answer.status_code, answer["Location"]) == (302, TO)
    assert moments() == ["sent"]


def test_the_first_look_and_the_first_click_are_noted(client: Client) -> None:
    with said(TRACKING, True):
        row, html = sent()
        [link, leave] = re.findall(r'<a href="([^"]*)"', html)
        [picture] = re.findall(r'<img src="([^"]*)"', html)

        assert leave == unsubscribe_url(row)
        assert html.index("<img") < html.index("</body>")
        for address in (picture, link):
            client.get(path_of(address))
        shown, led = client.get(path_of(picture)), client.get(path_of(link))

        assert (shown["Content-Type"], shown["Cache-Control"]) == ("image/gif", "no-store")
        assert (led.status_code, led["Location"]) == (302, TO)
        assert moments() == ["sent", "opened", "clicked"]
        # What was said stays as it was said.
        row.refresh_from_db()
        assert TO.replace("&", "&amp;") in row.html


def test_what_is_critical_is_not_tracked() -> None:
    with said(TRACKING, True):
        _, html = sent(critical=True)

    assert 'href="https://example.com/?a=1&amp;b=2"' in html
    assert "<img" not in html


def test_only_what_was_signed_is_led_anywhere_or_noted(client: Client) -> None:
    with said(TRACKING, True):
        row, _ = sent()
        address = path_of(click_url(row, TO))
        other = click_url(row, "https://evil.example/").rsplit(":", 1)[0].rsplit("/", 1)[1]
        forged = f"/notifications/l/{other}:{address.rsplit(':', 1)[1]}"

        assert client.get(forged).status_code == 404
        assert client.get(address.replace("/l/", "/o/")).status_code == 200
        assert client.head(address)["Location"] == TO
        assert client.post(address).status_code == 405
        assert moments() == ["sent"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>x</p>", "<p>x</p>#"),
        ("<body><p>x</p></body></html>", "<body><p>x</p>#</body></html>"),
        ('<a class="b" href="https://a.b/?c=1&amp;d">x</a>', '<a class="b" href="T:d">x</a>#'),
        ('<a href="mailto:a@b.c">x</a>', '<a href="mailto:a@b.c">x</a>#'),
        ('<a href="https://kept">x</a>', '<a href="https://kept">x</a>#'),
        (f'<a href="https://a/{"b" * 500}">x</a>', f'<a href="https://a/{"b" * 500}">x</a>#'),
        ('<a href="https://[x">x</a>', '<a href="https://[x">x</a>#'),
        ('<a href="https://">x</a>', '<a href="https://">x</a>#'),
        ('<img src="https://a.b/c">', '<img src="https://a.b/c">#'),
    ],
)
def test_links_lead_through_and_all_else_stays(html: str, expected: str) -> None:
    def through(to: str) -> str:
        assert to == "https://a.b/?c=1&d"
        return "T:d"

    made: Any = tracked(html, picture="P", through=through, kept="https://kept")

    assert made == expected.replace("#", '<img src="P" width="1" height="1" alt="">')


def test_a_plain_message_has_nothing_to_track() -> None:
    with said(TRACKING, True):
        create_notification(
            recipient="a@example.com", channel=NotificationChannel.EMAIL, subject="s"
        )
        drain()

    assert not getattr(mail.outbox[0], "alternatives", [])
