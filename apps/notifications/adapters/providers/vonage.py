"""SMS by Vonage's SMS API; it answers 200 and says in the body what became of the message."""

from collections.abc import Callable, Mapping

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import judge, post
from apps.notifications.errors import DeliveryFailedError, DeliveryRefusedError

HOST = "https://rest.nexmo.com"
MOST_CHARACTERS = 1_600
#: Throttled, internal error, too many binds: as its table of errors has them.
_LATER = frozenset(("1", "5", "10"))
#: Credentials, accounts barred, no credit: ours to mend, and another provider may take it.
_OURS = frozenset(("4", "8", "9"))
#: What its delivery receipts say by the end.
REPORTS = {
    "delivered": "delivered",
    "failed": "undelivered",
    "rejected": "undelivered",
    "expired": "undelivered",
}


class Vonage:
    """Takes a message with status 0."""

    def __init__(self, settings: Mapping[str, str], secret: Callable[[], str]) -> None:
        self._key, self._from, self._secret = settings["api_key"], settings["from"], secret

    def send(self, message: OutMessage) -> str:
        """Send it, and return the id of its first part."""
        text = message.text[:MOST_CHARACTERS]
        form = {
            "api_key": self._key,
            "api_secret": self._secret(),
            "from": self._from,
            "to": message.address.removeprefix("+"),
            "text": text,
            "type": "text" if text.isascii() else "unicode",
        }
        if message.callback_url:
            form["callback"] = message.callback_url
        answer = post("vonage", f"{HOST}/sms/json", form=form)
        judge("Vonage", answer)
        parts = answer.told.get("messages") or [{"status": "5", "error-text": "no answer"}]
        wrong = next((part for part in parts if part.get("status") != "0"), None)
        if wrong is not None:
            _refuse(str(wrong.get("status")), str(wrong.get("error-text", "")))
        return str(parts[0].get("message-id", ""))


def _refuse(status: str, why: str) -> None:
    told = f"Vonage answers status {status}: {why}"[:400]
    if status in _LATER | _OURS:
        raise DeliveryFailedError(told)
    raise DeliveryRefusedError(told)
