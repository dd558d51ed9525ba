"""Mails are signed for the domain that sends them, as an independent verifier finds them."""

from collections.abc import Callable
from email.message import Message

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import LazySettings

from apps.notifications.adapters.channels.mails import mail_of
from apps.notifications.adapters.channels.port import Attachment, OutMessage
from apps.notifications.models import Notification
from kernel import clock
from kernel.testing.jobs import drain
from tests.notifications.sinks import Sink
from tests.notifications.test_delivering import mail_to

KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SMALL = (
    generate_private_key(65537, 1024)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)


def dns(name: bytes, timeout: int = 5) -> bytes:
    """Answer as the DNS of the sender does."""
    import base64  # noqa: PLC0415

    assert name == b"mails._domainkey.example.org."
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@pytest.fixture
def signs(settings: LazySettings) -> Callable[[str], None]:
    def begin(key: str) -> None:
        settings.EMAIL_DKIM_KEY, settings.EMAIL_DKIM_SELECTOR = key, "mails"
        settings.DEFAULT_FROM_EMAIL = "Septet <septet@example.org>"

    return begin


def a_mail(**told: object) -> OutMessage:
    usual: dict[str, object] = {
        "id": "1",
        "tenant": "t",
        "address": "eve@example.com",
        "subject": "Größe",
        "text": "Wörter \t und  mehr\n\n\n",
        "created_at": clock.now(),
    }
    return OutMessage(**(usual | told))  # type: ignore[arg-type]  # of a test


LONG = "Ein langer Betreff mit Umlauten, der über mehrere Zeilen geht: äöü " * 4
PDF = Attachment(name="ü.pdf", content_type="application/pdf", content=bytes(range(256)))
MAILS = [
    {},
    {"subject": LONG, "html": "<p>Wörter</p>\n" * 40},
    {"text": "." * 3_000, "attachments": (PDF,)},
    {"unsubscribe_url": f"https://example.org/{'x' * 200}", "report_token": "y" * 200},
]


@pytest.mark.parametrize("told", MAILS)
def test_a_verifier_finds_the_signature_right_and_any_change_wrong(
    told: dict[str, object], signs: Callable[[str], None]
) -> None:
    signs(PEM)

    sent = mail_of(a_mail(**told)).message().as_bytes(linesep="\r\n")

    assert dkim.verify(sent, dnsfunc=dns)
    changed = [
        sent.replace(b"From: Septet", b"From: Another"),
        sent.replace(b"To: eve", b"To: ada"),
        sent + b"more\r\n",
        # Of what is there once nobody adds another that some program would show instead.
        b"Subject: Another\r\n" + sent,
        sent.replace(b"\r\n\r\n", b"\r\nReply-To: x@example.net\r\n\r\n", 1),
    ]
    assert [dkim.verify(one, dnsfunc=dns) for one in changed] == [False] * len(changed)
    assert all(len(line) < 998 for line in sent.split(b"\r\n"))


def test_what_ends_a_category_by_one_click_is_signed(signs: Callable[[str], None]) -> None:
    signs(PEM)

    sent = mail_of(a_mail(unsubscribe_url="https://example.org/u/1")).message()

    # RFC 8058, section 4.
    names = str(sent["DKIM-Signature"]).split("h=")[1].split(";")[0].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(names)


@pytest.mark.usefixtures("tenant")
def test_what_a_server_is_given_is_signed(sink: Sink, signs: Callable[[str], None]) -> None:
    signs(PEM)

    mail_to()
    drain()

    [(_, message)] = sink.messages
    assert isinstance(message, Message)
    assert dkim.verify(
        message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), dnsfunc=dns
    )


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("key", ["no key", SMALL])
def test_with_a_key_that_is_none_mails_wait_and_say_why(
    key: str, sink: Sink, signs: Callable[[str], None]
) -> None:
    signs(key)

    notification = mail_to()
    drain()

    found = Notification.objects.get(pk=notification.pk)
    assert (found.state, found.reason_code) == ("queued", "NOTIFICATIONS_DELIVERY_FAILED")
    assert found.reason.startswith("EMAIL_DKIM_KEY: ")
    assert sink.messages == []


def test_without_a_key_nothing_is_signed() -> None:
    assert mail_of(a_mail()).message()["DKIM-Signature"] is None
