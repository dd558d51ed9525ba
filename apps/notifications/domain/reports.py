"""Reports of mail servers: that a mail did not arrive (RFC 3464), or that it annoyed (RFC 5965)."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import Literal

MOST_BYTES = 1_000_000
_MOST_PARTS = 50
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
#: Of RFC 3463 what tells of the address itself: no such mailbox, domain or system, disabled, moved.
_HARD = frozenset(
    ("5.0.0", "5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4")
)

What = Literal["delivered", "undelivered", "bounced", "complained"]


class ReportError(ValueError):
    """It is no report, or tells of no mail."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says of one mail."""

    what: What
    #: As the mail had it that came back; empty where it did not.
    token: str
    recipient: str
    why: str


def read_report(content: bytes, header: str) -> Told:
    """Return what a report tells; `header` is where our mails carry their token.

    A mail that is only late tells nothing. Raises ReportError.
    """
    if len(content) > MOST_BYTES:
        raise ReportError(f"a report has at most {MOST_BYTES:,} bytes")
    message = message_from_bytes(content, policy=policy.compat32)
    kind = str(message.get_param("report-type", ""))
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        raise ReportError("this is no multipart/report")
    parts = _parts(message)
    token = next((_one_line(part[header]) for part in parts if part[header]), "")
    if not token:
        raise ReportError(f"the mail that came back has no {header}")
    if kind == "feedback-report":
        return _complaint(parts, token)
    if kind == "delivery-status":
        return _status(parts, token)
    raise ReportError(f"no report of delivery or feedback: {kind[:60]!r}")


def _parts(message: Message) -> list[Message]:
    """Return the parts, and what headers-only parts hold as messages of their own."""
    found: list[Message] = []
    for part in message.walk():
        if len(found) > _MOST_PARTS:
            raise ReportError(f"a report has at most {_MOST_PARTS} parts")
        found.append(part)
        if part.get_content_type() in {"text/rfc822-headers", "message/feedback-report"}:
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                found.append(message_from_bytes(text, policy=policy.compat32))
    return found


def _status(parts: list[Message], token: str) -> Told:
    about = next((part for part in parts if part["Action"]), None)
    if about is None:
        raise ReportError("the report names no recipient")
    action = _one_line(about["Action"]).lower()
    status = _STATUS.search(_one_line(about["Status"]))
    code = status[0] if status else ""
    why = f"{code} {_one_line(about['Diagnostic-Code'])}".strip()[:500]
    recipient = _address(about["Final-Recipient"] or about["Original-Recipient"])
    if action == "failed":
        what: What = "bounced" if code in _HARD else "undelivered"
    elif action in {"delivered", "relayed", "expanded"}:
        what = "delivered"
    else:
        raise ReportError(f"the mail is {action[:40] or 'nothing'}: that tells nothing yet")
    return Told(what, token, recipient, why)


def _complaint(parts: list[Message], token: str) -> Told:
    about = next((part for part in parts if part["Feedback-Type"]), None)
    if about is None:
        raise ReportError("the report has no type of feedback")
    kind = _one_line(about["Feedback-Type"]).lower()
    if kind == "not-spam":
        raise ReportError("the report takes a complaint back: that tells nothing")
    return Told("complained", token, _address(about["Original-Rcpt-To"]), kind[:100])


def _address(text: object) -> str:
    """Return the address of `rfc822;somebody@example.com`."""
    return _one_line(text).rpartition(";")[2].strip().strip("<>").lower()


def _one_line(text: object) -> str:
    return " ".join(str(text or "").split())
