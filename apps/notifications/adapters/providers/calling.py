"""One call to a provider: through the platform's way out, bounded, and its answer judged alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import orjson

from apps.notifications.errors import (
    AddressGoneError,
    DeliveryFailedError,
    DeliveryRefusedError,
)
from kernel.http import passes, seconds_to_wait
from kernel.outbound.client import fetch
from kernel.outbound.errors import (
    OutboundFailedError,
    OutboundRefusedError,
    OutboundUnusableError,
)
from kernel.outbound.limits import Limits

LIMITS = Limits(total=timedelta(seconds=15), idle=timedelta(seconds=10), response_bytes=65_536)
_CREDENTIALS = frozenset((401, 403))
_GONE = frozenset((404, 410))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def told(self) -> dict[str, Any]:
        """The object that it says in JSON; empty where it says something else."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    def later(self) -> int | None:
        """Return after how many seconds it wants to be asked again, if it says so."""
        return seconds_to_wait(self.headers.get("Retry-After", ""))


def post(
    purpose: str,
    url: str,
    *,
    json: object = None,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post JSON, a form or bytes, and return the answer whatever its status.

    Raises DeliveryFailedError without an answer, DeliveryRefusedError for what is not to be called.
    """
    sent = dict(headers or {})
    if json is not None:
        body, sent["Content-Type"] = orjson.dumps(json), "application/json"
    elif form is not None:
        body = urlencode(form).encode()
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        found = fetch(
            "POST", url, purpose=f"notification_{purpose}", body=body, headers=sent, limits=LIMITS
        )
    except OutboundFailedError as error:
        raise DeliveryFailedError(str(error)) from error
    except (OutboundRefusedError, OutboundUnusableError) as error:
        raise DeliveryRefusedError(str(error)) from error
    return Answer(found.status, found.headers, found.body)


def judge(who: str, answer: Answer, why: str = "", *, gone: bool = False) -> None:
    """Raise what an answer means unless it is a yes.

    With `gone` the address called is the device itself: 404 and 410 say that it is no more.
    """
    if answer.ok:
        return
    why = why.strip()
    told = f"{who} answers {answer.status}{f': {why}' if why else ''}"[:400]
    if passes(answer.status):
        raise DeliveryFailedError(told, told_seconds=answer.later())
    if gone and answer.status in _GONE:
        raise AddressGoneError(told)
    if not gone and answer.status in _CREDENTIALS:
        # Of us and not of the message: another provider may take it, and somebody mends this one.
        raise DeliveryFailedError(told)
    raise DeliveryRefusedError(told)


def text_of(subject: str, text: str, most: int) -> str:
    """Return what is said where there is no subject, cut to so many characters."""
    whole = text if not subject or text.startswith(subject) else f"{subject}\n\n{text}"
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"
