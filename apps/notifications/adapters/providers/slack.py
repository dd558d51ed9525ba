"""Slack: by a bot into a channel or to a person, or by an incoming webhook."""

from collections.abc import Callable, Mapping

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import judge, post, text_of
from apps.notifications.domain.devices import is_url
from apps.notifications.errors import (
    AddressGoneError,
    DeliveryFailedError,
    DeliveryRefusedError,
)

HOST = "https://slack.com"
MOST_CHARACTERS = 4_000
_OURS = frozenset(
    ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired")
)
_LATER = frozenset(("ratelimited", "rate_limited", "internal_error", "fatal_error"))
_GONE = frozenset(("channel_not_found", "is_archived"))


class Slack:
    """A bot answers 200 whatever became of it, and says that in `ok` and `error`."""

    def __init__(self, _settings: Mapping[str, str], secret: Callable[[], str]) -> None:
        self._secret = secret

    def send(self, message: OutMessage) -> str:
        """Post it, and return its `ts`; a webhook tells none."""
        said = text_of(message.subject, message.text, MOST_CHARACTERS)
        # Its own three: all else is text, and `<!channel>` calls nobody.
        text = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if is_url(message.address):
            answer = post("slack", message.address, json={"text": text})
            judge("Slack", answer, answer.body[:100].decode(errors="replace"), gone=True)
            return ""
        answer = post(
            "slack",
            f"{HOST}/api/chat.postMessage",
            json={"channel": message.address, "text": text, "mrkdwn": False},
            headers={"Authorization": f"Bearer {self._secret()}"},
        )
        judge("Slack", answer)
        if answer.told.get("ok") is not True:
            _refuse(str(answer.told.get("error", "no answer")))
        return str(answer.told.get("ts", ""))


def _refuse(error: str) -> None:
    told = f"Slack answers {error}"[:400]
    if error in _GONE:
        raise AddressGoneError(told)
    if error in _LATER | _OURS:
        raise DeliveryFailedError(told)
    raise DeliveryRefusedError(told)
