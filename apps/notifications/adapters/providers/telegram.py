"""Telegram, by a bot."""

from collections.abc import Callable, Mapping

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import judge, post, text_of
from apps.notifications.errors import AddressGoneError, DeliveryFailedError

HOST = "https://api.telegram.org"
MOST_CHARACTERS = 4_096
_FORBIDDEN, _TOO_MANY, _BAD = 403, 429, 400
_NO_CHAT = "chat not found"


class Telegram:
    """A person who has blocked the bot is gone, and so is a chat that is not found."""

    def __init__(self, _settings: Mapping[str, str], secret: Callable[[], str]) -> None:
        self._secret = secret

    def send(self, message: OutMessage) -> str:
        """Send it as plain text, and return its id in the chat."""
        sent = {
            "chat_id": message.address,
            "text": text_of(message.subject, message.text, MOST_CHARACTERS),
            "link_preview_options": {"is_disabled": True},
        }
        answer = post("telegram", f"{HOST}/bot{self._secret()}/sendMessage", json=sent)
        why = str(answer.told.get("description", ""))
        if answer.status == _FORBIDDEN or (answer.status == _BAD and _NO_CHAT in why):
            raise AddressGoneError(f"Telegram answers {answer.status}: {why}"[:400])
        if answer.status == _TOO_MANY:
            after = (answer.told.get("parameters") or {}).get("retry_after")
            raise DeliveryFailedError(
                "Telegram answers 429", told_seconds=after if isinstance(after, int) else None
            )
        judge("Telegram", answer, why)
        return str((answer.told.get("result") or {}).get("message_id", ""))
