"""What is told of a message later: believed by its signature, once, and acted upon."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.notifications.adapters.providers import twilio, vonage
from apps.notifications.domain.reports import ReportError, read_report
from apps.notifications.models import (
    Moment,
    Notification,
    NotificationChannel,
    NotificationProvider,
    Suppression,
)
from apps.notifications.selectors.links import callback_url, report_token
from apps.notifications.services import create_notification
from apps.notifications.services.providers import create_provider, delete_provider
from contracts.notification_providers import NotificationReported
from kernel.origin import public_origin
from kernel.testing.events import told
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.notifications import answers
from tests.notifications.carriers import carrier
from tests.notifications.sinks import Sink

pytestmark = pytest.mark.usefixtures("tenant")

EVE = "eve@example.com"
SID = "AC" + "a" * 32
NUMBER = "+15558675310"


@pytest.fixture
def returned(sink: Sink) -> str:
    """The headers of a mail that was sent, as a server sends them back."""
    create_notification(
        recipient=EVE, channel=NotificationChannel.EMAIL, subject="Hello", category="news"
    )
    drain()
    [(_, mail)] = sink.messages
    return "".join(f"{name}: {value}\n" for name, value in mail.items())


def bounce(returned: str, *, status: str = "5.1.1", action: str = "failed", to: str = EVE) -> bytes:
    """As RFC 3464 has it, in its appendix of examples."""
    return f"""\
From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.com>
To: <septet@localhost>
Subject: Returned mail: see transcript for details
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

The following address had permanent fatal errors.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Fri, 8 Jul 2026 14:07:33 -0400

Original-Recipient: rfc822;{to}
Final-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such user here

--B
Content-Type: text/rfc822-headers

{returned}
--B--
""".encode()


def complaint(returned: str, *, kind: str = "abuse") -> bytes:
    """As RFC 5965 has it, in its appendix B."""
    return f"""\
From: <abusedesk@example.com>
To: <abuse@septet.example>
Subject: FW: Hello
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <{EVE}>

--B
Content-Type: message/rfc822
Content-Disposition: inline

{returned}
Text
--B--
""".encode()


def post(report: bytes) -> Any:
    return Client().post("/notifications/api/mail-reports", report, "message/rfc822")


def suppressed() -> list[tuple[str, str, str]]:
    return list(Suppression.objects.values_list("address", "category", "reason"))


def code(answer: Any) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


def test_what_comes_back_for_good_gets_nothing_any_more_and_is_told_once(returned: str) -> None:
    answers_ = [post(bounce(returned)).json() for _ in range(3)]

    [notification] = Notification.objects.all()
    assert answers_ == [{"changed": True}, {"changed": False}, {"changed": False}]
    assert suppressed() == [(EVE, "", "bounced")]
    assert (notification.state, notification.reported) == ("sent", "bounced")
    assert list(Moment.objects.order_by("pk").values_list("what", "why")) == [
        ("sent", ""),
        ("bounced", "5.1.1 smtp; 550 5.1.1 No such user here"),
    ]
    assert [one.what for one in told(NotificationReported)] == ["bounced"]


@pytest.mark.parametrize(
    ("status", "action", "reported"),
    [
        ("5.2.2", "failed", "undelivered"),
        ("5.7.1", "failed", "undelivered"),
        ("4.4.7", "failed", "undelivered"),
        ("2.0.0", "delivered", "delivered"),
    ],
)
def test_what_may_go_well_the_next_time_suppresses_nothing(
    returned: str, status: str, action: str, reported: str
) -> None:
    post(bounce(returned, status=status, action=action))

    assert suppressed() == []
    assert Notification.objects.get().reported == reported


def test_what_is_late_tells_nothing_yet(returned: str) -> None:
    answer = post(bounce(returned, status="4.4.1", action="delayed"))

    assert (answer.status_code, code(answer)) == (400, "INVALID_INPUT")
    assert Notification.objects.get().reported == ""


def test_who_complains_gets_nothing_more_of_that(returned: str) -> None:
    for _ in range(2):
        post(complaint(returned))

    assert suppressed() == [(EVE, "news", "complained")]
    assert Notification.objects.get().reported == "complained"
    assert post(bounce(returned)).json() == {"changed": False}
    assert post(complaint(returned, kind="not-spam")).status_code == 400


def test_a_report_that_is_forged_changes_nothing(returned: str) -> None:
    [notification] = Notification.objects.all()
    token = report_token(notification)
    forged = [
        returned.replace(token, token[:-3] + "AAA"),
        returned.replace("Septet-Report", "X-Other"),
        returned.replace(f".{notification.pk.hex}.", f".{make_tenant().pk.hex}."),
    ]

    found = [post(bounce(one)) for one in forged]
    for_another = post(bounce(returned, to="somebody@example.com"))

    assert [code(one) for one in found] == [
        "NOTIFICATIONS_CALLBACK_REFUSED",
        "INVALID_INPUT",
        "NOTIFICATIONS_CALLBACK_REFUSED",
    ]
    assert code(for_another) == "NOTIFICATIONS_CALLBACK_REFUSED"
    assert (suppressed(), Notification.objects.get().reported) == ([], "")


@pytest.mark.parametrize(
    "junk", [b"", b"\x00" * 100, b"Subject: a\n\nb", b"Content-Type: multipart/report\n\n--"]
)
def test_what_is_no_report_is_refused(junk: bytes) -> None:
    with pytest.raises(ReportError):
        read_report(junk, "Septet-Report")
    assert post(junk).status_code == 400


def test_what_is_too_long_is_not_read() -> None:
    answer = post(b"a" * 1_000_001)

    assert (answer.status_code, code(answer)) == (413, "PAYLOAD_TOO_LARGE")
    parts = b"\n--B\nContent-Type: text/plain\n\na" * 200
    head = b'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
    assert post(head + parts).status_code == 400


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> Iterator[Any]:
    """Sends a message by one of the two, and returns it with where that may tell more."""
    with carrier() as one:
        settings.OUTBOUND_ALLOWED = (one.origin.removeprefix("http://"),)
        monkeypatch.setattr(twilio, "HOST", one.origin)
        monkeypatch.setattr(vonage, "HOST", one.origin)
        kinds = {
            "twilio": (answers.TWILIO, {"account_sid": SID, "from": "+15550001111"}),
            "vonage": (answers.VONAGE, {"api_key": "abcd1234", "from": "Septet"}),
        }

        def send(kind: str) -> tuple[Notification, str]:
            said, settings_ = kinds[kind]
            one.usual = said["taken"]
            create_provider(name=kind, kind=kind, settings=settings_, secret="a token")
            create_notification(recipient=NUMBER, channel=NotificationChannel.SMS, subject="Hello")
            drain()
            url = one.heard[-1].form["StatusCallback" if kind == "twilio" else "callback"]
            return Notification.objects.get(), url

        yield send


def call(url: str, form: dict[str, str], signature: str = "") -> Any:
    path = url.removeprefix(public_origin())
    return Client().post(path, form, headers={"X-Twilio-Signature": signature})


def by_twilio(url: str, form: dict[str, str]) -> Any:
    return call(url, form, twilio.signature("a token", url, form))


def test_the_signature_is_that_of_twilios_own_example() -> None:
    """https://www.twilio.com/docs/usage/security: its example of a POST."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"

    assert twilio.signature("12345", url, form) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_twilio_tells_what_became_of_a_message(sent: Any) -> None:
    notification, url = sent("twilio")
    sid = notification.receipt

    on_its_way = by_twilio(url, {"MessageSid": sid, "MessageStatus": "sent"})
    arrived = [by_twilio(url, {"MessageSid": sid, "MessageStatus": "delivered"}) for _ in range(2)]

    assert on_its_way.json() == {"changed": False}
    assert [one.json() for one in arrived] == [{"changed": True}, {"changed": False}]
    assert Notification.objects.get().reported == "delivered"


def test_a_number_that_nobody_has_gets_nothing_any_more(sent: Any) -> None:
    notification, url = sent("twilio")
    form = {
        "MessageSid": notification.receipt,
        "MessageStatus": "undelivered",
        "ErrorCode": "30005",
    }

    by_twilio(url, form)
    create_notification(recipient=NUMBER, channel=NotificationChannel.SMS, subject="Again")
    drain()

    assert suppressed() == [(NUMBER, "", "bounced")]
    states = Notification.objects.order_by("pk").values_list("state", "reason_code")
    assert list(states)[1] == ("skipped", "SUPPRESSED")


def test_a_callback_that_is_forged_changes_nothing(sent: Any) -> None:
    notification, url = sent("twilio")
    good = {"MessageSid": notification.receipt, "MessageStatus": "delivered"}
    signed = twilio.signature("a token", url, good)

    found = [
        call(url, good),
        call(url, good, twilio.signature("another", url, good)),
        call(url, good | {"MessageStatus": "failed"}, signed),
        call(url[:-2] + "AA", good, signed),
        by_twilio(url, good | {"MessageSid": "SM" + "c" * 32}),
    ]

    assert {(one.status_code, code(one)) for one in found} == {
        (403, "NOTIFICATIONS_CALLBACK_REFUSED")
    }
    assert Notification.objects.get().reported == ""
    assert Client().get(url.removeprefix(public_origin())).status_code == 405


def test_vonage_tells_it_at_the_address_that_it_alone_was_given(sent: Any) -> None:
    notification, url = sent("vonage")
    # https://developer.vonage.com/messaging/sms/guides/delivery-receipts
    receipt = {
        "msisdn": "15558675310",
        "to": "Septet",
        "network-code": "12345",
        "messageId": notification.receipt,
        "price": "0.03330000",
        "status": "delivered",
        "scts": "2001011400",
        "err-code": "0",
        "message-timestamp": "2020-01-01T12:00:00.000+00:00",
    }
    path = url.removeprefix(public_origin())

    found = Client().post(path, receipt, "application/json").json()

    assert found == {"changed": True}
    assert Notification.objects.get().reported == "delivered"
    assert call(url, receipt | {"messageId": "other", "status": "failed"}).status_code == 403


def test_of_a_provider_or_a_message_that_is_gone_nothing_is_told(sent: Any) -> None:
    notification, url = sent("vonage")
    form = {"messageId": notification.receipt, "status": "delivered"}
    provider = NotificationProvider.objects.get()
    elsewhere = callback_url(provider, Notification(pk=provider.pk, tenant_id=make_tenant().pk))

    assert call(elsewhere, form).status_code == 403
    delete_provider(id=str(provider.pk))
    assert call(url, form).status_code == 403
    assert call(f"{public_origin()}/notifications/api/callbacks/x", form).status_code == 403
    assert Notification.objects.get().reported == ""
