"""Mail by services with an interface of their own, spoken by django-anymail; their events too."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest

from apps.notifications.adapters.channels.mails import mail_of
from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.errors import (
    CallbackRefusedError,
    DeliveryFailedError,
    DeliveryRefusedError,
)
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.http import passes, seconds_to_wait

TIMEOUT_SECONDS = 15
MOST_EVENTS = 1_000
#: How old a signature of Mailgun may be, which tells again for eight hours what was not taken.
MOST_AGE = timedelta(hours=12)
#: Under this name the id of a message goes with it, and comes back with its events.
METADATA = "septet"
_OURS = frozenset((401, 402, 403, 404))
_TAKEN = frozenset(("queued", "sent"))


@dataclass(frozen=True, slots=True)
class MailEvent:
    """What a service tells of one mail."""

    what: str
    #: Of ours; empty for a mail that somebody else has sent by the account.
    id: str
    recipient: str
    why: str


class _Service:
    """Sends by a backend of anymail, whose host is fixed: nothing of it is a tenant's to say."""

    backend: ClassVar[str]
    url: ClassVar[str]

    def __init__(self, settings: Mapping[str, str], secret: Callable[[], str]) -> None:
        self.settings, self.secret = settings, secret

    def options(self) -> dict[str, Any]:
        """Return the account as the backend takes it."""
        raise NotImplementedError

    def send(self, message: OutMessage) -> str:
        """Give it to the service, and return its id there."""
        from anymail.exceptions import AnymailError, AnymailRequestsAPIError  # noqa: PLC0415
        from django.core.mail import get_connection  # noqa: PLC0415

        mail: Any = mail_of(message)
        mail.from_email = self.settings["from"]
        # Services make one of their own, and some refuse ours.
        mail.extra_headers.pop("Message-ID", None)
        mail.metadata = {METADATA: message.id}
        try:
            connection = get_connection(
                self.backend, requests_timeout=TIMEOUT_SECONDS, api_url=self.url, **self.options()
            )
            connection.send_messages([mail])
        except AnymailRequestsAPIError as error:
            raise _judged(type(self).__name__, error) from error
        except AnymailError as error:
            raise DeliveryRefusedError(f"{type(self).__name__}: {error}"[:400]) from error
        status = mail.anymail_status
        if not status.status or not status.status <= _TAKEN:
            raise DeliveryRefusedError(f"{type(self).__name__} answers {status.status}")
        return str(status.message_id or "")

    def events(self, request: HttpRequest) -> list[MailEvent]:
        """Return what a request tells of mails.

        Raises CallbackRefusedError for one that is not signed, InvalidInputError.
        """
        from anymail.exceptions import AnymailWebhookValidationFailure  # noqa: PLC0415

        with warnings.catch_warnings():
            # There is no password: the address is known to the service alone.
            warnings.simplefilter("ignore")
            view = self.view()
        try:
            view.run_validators(request)
            self.check_age(request)
            events = view.parse_events(request)
        except AnymailWebhookValidationFailure as error:
            raise CallbackRefusedError(str(error)) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInputError(f"no event: {type(error).__name__}") from error
        if len(events) > MOST_EVENTS:
            raise InvalidInputError(f"at most {MOST_EVENTS} events")
        return [self._event(one) for one in events]

    def view(self) -> Any:
        """Return the view of anymail that reads the events."""
        raise NotImplementedError

    def check_age(self, request: HttpRequest) -> None:
        """Raise CallbackRefusedError for what was signed too long ago; by default nothing is."""

    def is_soft(self, event: Any) -> bool:
        """Say whether a bounce tells nothing of the address."""
        raise NotImplementedError

    def _event(self, event: Any) -> MailEvent:
        what = {"delivered": "delivered", "complained": "complained"}.get(event.event_type, "")
        if event.event_type == "bounced":
            what = "undelivered" if self.is_soft(event) else "bounced"
        elif event.event_type in {"rejected", "failed"}:
            what = "undelivered"
        why = str(event.mta_response or event.description or "")
        id_ = str((event.metadata or {}).get(METADATA, ""))
        return MailEvent(what, id_, str(event.recipient or "").lower(), why[:500])


class Mailgun(_Service):
    """Its secret is the API key and the key that signs webhooks, with a space between."""

    backend = "anymail.backends.mailgun.EmailBackend"
    url = "https://api.mailgun.net/v3"

    def options(self) -> dict[str, Any]:
        return {"api_key": self.secret().split(" ")[0], "sender_domain": self.settings["domain"]}

    def view(self) -> Any:
        from anymail.webhooks.mailgun import MailgunTrackingWebhookView  # noqa: PLC0415

        return MailgunTrackingWebhookView(webhook_signing_key=self.secret().split(" ")[1])

    def check_age(self, request: HttpRequest) -> None:
        # It signs the moment and nothing of the event: whoever saw one signature could tell of
        # anything with it for ever.
        by_json = request.content_type == "application/json"
        signed = orjson.loads(request.body)["signature"] if by_json else request.POST
        if abs(clock.now().timestamp() - int(signed["timestamp"])) > MOST_AGE.total_seconds():
            raise CallbackRefusedError("it was signed too long ago, or in a time to come")

    def is_soft(self, event: Any) -> bool:
        # A policy of the receiving server is told with 5.7 and is no matter of the address.
        status = event.esp_event.get("event-data", {}).get("delivery-status", {})
        return str(status.get("enhanced-code", "")).startswith(("5.2.2", "5.7"))


class Postmark(_Service):
    """Its webhooks are not signed: their address is."""

    backend = "anymail.backends.postmark.EmailBackend"
    url = "https://api.postmarkapp.com/"

    def options(self) -> dict[str, Any]:
        return {"server_token": self.secret()}

    def view(self) -> Any:
        from anymail.webhooks.postmark import PostmarkTrackingWebhookView  # noqa: PLC0415

        return PostmarkTrackingWebhookView()

    def is_soft(self, event: Any) -> bool:
        return str(event.esp_event.get("Type")) != "HardBounce"


def _judged(who: str, error: Any) -> Exception:
    told = f"{who}: {error}"[:400]
    status = error.status_code
    if status is None or status in _OURS or passes(status):
        later = error.response.headers.get("Retry-After", "") if error.response is not None else ""
        return DeliveryFailedError(told, told_seconds=seconds_to_wait(later))
    return DeliveryRefusedError(told)
