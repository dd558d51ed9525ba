"""Discord, by the webhook of a channel."""

import re
from collections.abc import Callable, Mapping

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import Answer, judge, post, text_of
from apps.notifications.errors import DeliveryFailedError

MOST_CHARACTERS = 2_000
_MARKS = re.compile(r"([\\*_~`|>#\[\]()-])")
_TOO_MANY = 429


class Discord:
    """Asked to wait, it says the id of what it has posted."""

    def __init__(self, _settings: Mapping[str, str], _secret: Callable[[], str]) -> None:
        """Have neither: the address is what lets in."""

    def send(self, message: OutMessage) -> str:
        """Post it, and return its id."""
        said = text_of(message.subject, message.text, MOST_CHARACTERS)
        text = _MARKS.sub(r"\\\1", said)
        sent = {
            "content": text if len(text) <= MOST_CHARACTERS else said,
            # Nobody is called by what stands in the data.
            "allowed_mentions": {"parse": []},
        }
        separator = "&" if "?" in message.address else "?"
        answer = post("discord", f"{message.address}{separator}wait=true", json=sent)
        _check_pace(answer)
        judge("Discord", answer, str(answer.told.get("message", "")), gone=True)
        return str(answer.told.get("id", ""))


def _check_pace(answer: Answer) -> None:
    """Raise DeliveryFailedError for "too many"; it says in fractions of a second until when."""
    told = answer.told.get("retry_after")
    if answer.status == _TOO_MANY and isinstance(told, int | float):
        raise DeliveryFailedError("Discord answers 429", told_seconds=int(told) + 1)
