"""E-mail by SMTP, or by whatever `EMAIL_URL` names."""

import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import BadHeaderError

from apps.notifications.adapters.channels import smtp
from apps.notifications.adapters.channels.mails import mail_of
from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.errors import DeliveryFailedError, DeliveryRefusedError

_PERMANENT = range(500, 600)


class EmailChannel:
    """What the server answers with 5xx is never tried again.

    Where it cannot be reached, those that go together do not wait for that one after the other.
    """

    def __init__(self) -> None:
        self._away: smtp.AwayError | None = None

    def send(self, message: OutMessage) -> str:
        """Give it to the server, and return its `Message-ID`."""
        try:
            mail = mail_of(message)
            self._sent(mail)
        except (BadHeaderError, UnicodeError) as error:
            raise DeliveryRefusedError(f"no mail can be made of it: {error}") from error
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _judged(code, text) from error
        except smtplib.SMTPResponseException as error:
            raise _judged(error.smtp_code, error.smtp_error) from error
        except (smtp.AwayError, smtplib.SMTPException, OSError) as error:
            raise DeliveryFailedError(f"the mail server does not answer: {error}") from error
        return str(mail.extra_headers["Message-ID"])

    def _sent(self, mail: EmailMultiAlternatives) -> None:
        if settings.EMAIL_BACKEND != smtp.BACKEND:
            # A file for each message, or what a test reads: there is nothing to hold.
            mail.connection = get_connection(fail_silently=False)
            mail.send()
            return
        if self._away is not None:
            raise self._away
        try:
            smtp.lines.send(mail)
        except smtp.AwayError as error:
            self._away = error
            raise


def close() -> None:
    """Let go the connections that wait for the next message."""
    smtp.lines.close()


def _judged(code: int, text: Any) -> Exception:
    told = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    said = f"the mail server answers {code}: {told}"[:400]
    return DeliveryRefusedError(said) if code in _PERMANENT else DeliveryFailedError(said)
