"""Web Push (RFC 8030): encrypted for one browser, signed by the key that it subscribed with."""

from collections.abc import Callable, Mapping

import orjson

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import judge, post
from apps.notifications.adapters.providers.sealing import MOST_BYTES, authorization, encrypted
from apps.notifications.conf import push_subject
from apps.notifications.domain.devices import Target
from apps.notifications.errors import DeliveryRefusedError


class WebPush:
    """Any 2xx is a yes; 404 and 410 say that the browser has unsubscribed."""

    def __init__(self, _settings: Mapping[str, str], secret: Callable[[], str]) -> None:
        self._secret = secret

    def send(self, message: OutMessage) -> str:
        """Give it to the push service, and return where that has it."""
        target = message.target
        if target is None:
            raise DeliveryRefusedError("a push goes to a browser, and this is none")
        try:
            body = encrypted(content_of(message), target)
        except ValueError as error:
            raise DeliveryRefusedError(f"the browser's keys are none: {error}") from error
        answer = post("web_push", target.address, body=body, headers=self._headers(message, target))
        judge("the push service", answer, answer.body[:200].decode(errors="replace"), gone=True)
        return answer.headers.get("Location", "")[-200:]

    def _headers(self, message: OutMessage, target: Target) -> dict[str, str]:
        return {
            "Authorization": authorization(self._secret(), target.address, push_subject()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.seconds_left),
            "Urgency": "high" if message.urgent else "normal",
            # At most 32 letters of base64url. Sent again, it takes the place of the first.
            "Topic": message.id.replace("-", "")[:32],
        }


def content_of(message: OutMessage) -> bytes:
    """Return what the service worker is told, its text cut to what a push can hold."""
    told = {"id": message.id, "title": message.subject, "body": message.text}
    content = orjson.dumps(told)
    while len(content) > MOST_BYTES:
        # A character has up to six bytes in JSON: cut by half until it fits.
        longest = max(("title", "body"), key=lambda name: len(told[name]))
        told[longest] = f"{told[longest][: len(told[longest]) // 2]}…"
        content = orjson.dumps(told)
    return content
