"""E-mail by SMTP, or by whatever `EMAIL_URL` names: a connection for each thread, used again."""

import smtplib
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import BadHeaderError

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.errors import DeliveryFailedError, DeliveryRefusedError

#: Servers close what is silent for longer, and some what has carried many messages.
IDLE_SECONDS = 30.0
MOST_MESSAGES = 100
#: One that was silent for less is not asked whether it is still there.
ASKED_SECONDS = 1.0
_OK = 250
_PERMANENT = range(500, 600)
_DOMAIN = "notifications.septet"
_SMTP = "django.core.mail.backends.smtp.EmailBackend"

_threads = threading.local()


class EmailChannel:
    """Sends one message at a time; what the server answers with 5xx is never tried again."""

    def send(self, message: OutMessage) -> None:
        """Give it to the server."""
        try:
            mail = _mail(message)
            _sent(mail)
        except (BadHeaderError, UnicodeError) as error:
            close()
            raise DeliveryRefusedError(f"no mail can be made of it: {error}") from error
        except smtplib.SMTPRecipientsRefused as error:
            close()
            code, text = next(iter(error.recipients.values()))
            raise _judged(code, text) from error
        except smtplib.SMTPResponseException as error:
            close()
            raise _judged(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            close()
            raise DeliveryFailedError(f"the mail server does not answer: {error}") from error


def close() -> None:
    """Let this thread's connection go."""
    held: _Held | None = getattr(_threads, "held", None)
    _threads.held = None
    if held is not None:
        with suppress(Exception):
            held.connection.close()


@dataclass(slots=True)
class _Held:
    """A connection that is open, and how long it may be."""

    connection: Any
    server: tuple[str, int]
    count: int = 0
    used: float = 0.0

    def good(self) -> bool:
        """Say whether it carries another message.

        One that was silent is asked before anything is said: a server that closed it has taken
        nothing. What breaks behind that is for the next attempt, for it may have been taken.
        """
        quiet = time.monotonic() - self.used
        if self.count >= MOST_MESSAGES or quiet >= IDLE_SECONDS or self.server != _server():
            return False
        if quiet < ASKED_SECONDS:
            return True
        try:
            code, _ = self.connection.connection.noop()
        except (smtplib.SMTPException, OSError):
            return False
        return bool(code == _OK)


def _sent(mail: EmailMultiAlternatives) -> None:
    if settings.EMAIL_BACKEND != _SMTP:
        # A file for each message, or what a test reads: there is nothing to hold.
        mail.connection = get_connection(fail_silently=False)
        mail.send()
        return
    held = _open()
    mail.connection = held.connection
    mail.send()
    held.count += 1
    held.used = time.monotonic()


def _open() -> _Held:
    """Return this thread's connection, a new one where that is gone or was used for long enough."""
    held: _Held | None = getattr(_threads, "held", None)
    if held is not None and held.good():
        return held
    close()
    connection = get_connection(fail_silently=False)
    connection.open()
    _threads.held = made = _Held(connection, _server(), used=time.monotonic())
    return made


def _server() -> tuple[str, int]:
    return settings.EMAIL_HOST, settings.EMAIL_PORT


def _mail(message: OutMessage) -> EmailMultiAlternatives:
    headers = {
        # The same whenever it is sent again: mailboxes show one of two alike.
        "Message-ID": f"<{message.id}@{_DOMAIN}>",
        "Date": format_datetime(message.created_at),
        "Auto-Submitted": "auto-generated",
    }
    if message.unsubscribe_url:
        # RFC 8058: a POST to it, by the mail program, ends it without a question.
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.address],
        headers=headers,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    for one in message.attachments:
        mail.attach(one.name, one.content, one.content_type)
    return mail


def _judged(code: int, text: Any) -> Exception:
    told = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    said = f"the mail server answers {code}: {told}"[:400]
    return DeliveryRefusedError(said) if code in _PERMANENT else DeliveryFailedError(said)
