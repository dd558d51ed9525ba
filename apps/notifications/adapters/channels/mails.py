"""A message as a mail, with all that belongs to one; signed where the platform has a key."""

from email.mime.image import MIMEImage
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import utf8_charset_qp
from django.utils.encoding import punycode

from apps.notifications.adapters.channels.port import Attachment, OutMessage
from apps.notifications.domain.dkim import Signer, SigningKeyError
from apps.notifications.errors import DeliveryFailedError

#: Of our own, signed: see `services.reports`.
REPORT_HEADER = "Septet-Report"


def mail_of(message: OutMessage) -> "Mail":
    """Return a message as a mail, with all that belongs to one."""
    headers = {
        # The same whenever it is sent again: mailboxes show one of two alike.
        "Message-ID": f"<{message.id}@{_domain()}>",
        "Date": format_datetime(message.created_at),
        "Auto-Submitted": "auto-generated",
    }
    if message.report_token:
        # It comes back in reports of mail servers, and shows that they are about this message.
        headers[REPORT_HEADER] = message.report_token
    if message.unsubscribe_url:
        # RFC 8058: a POST to it, by the mail program, ends it without a question.
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = Mail(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.address],
        headers=headers,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    for one in message.attachments:
        if one.picture_id:
            mail.attach(_shown(one))
        else:
            mail.attach(one.name, one.content, one.content_type)
    return mail


class Mail(EmailMultiAlternatives):
    """A mail that is signed for the domain of its sender (RFC 6376), where there is a key."""

    def message(self, **told: Any) -> Any:
        """Return it as it is sent."""
        signer = _signer()
        if signer is None:
            return super().message(**told)
        # A server on the way that takes seven bits only would else change it, and break that.
        self.encoding = utf8_charset_qp
        made: Any = super().message(**told)
        made[signer.HEADER] = signer.signature(made.as_bytes(linesep="\r\n"))
        return made


def _shown(picture: Attachment) -> MIMEImage:
    """Return a picture that the HTML shows by its id, and that is no attachment to a reader."""
    _, _, kind = picture.content_type.partition("/")
    made = MIMEImage(picture.content, kind)
    made["Content-ID"] = f"<{picture.picture_id}>"
    made.add_header("Content-Disposition", "inline", filename=picture.name)
    return made


def _signer() -> Signer | None:
    key = str(settings.EMAIL_DKIM_KEY)
    if not key:
        return None
    try:
        return Signer.of(key, domain=_domain(), selector=str(settings.EMAIL_DKIM_SELECTOR))
    except SigningKeyError as error:
        # Somebody mends the setting; until then no mail leaves that others would mistrust.
        raise DeliveryFailedError(f"EMAIL_DKIM_KEY: {error}") from None


def _domain() -> str:
    """Return the domain that sends: RFC 5322, section 3.6.4, has ids of mails be of its own."""
    return punycode(parseaddr(str(settings.DEFAULT_FROM_EMAIL))[1].rpartition("@")[2])
