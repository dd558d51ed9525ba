"""SMS by Twilio's Programmable Messaging, version 2010-04-01."""

import base64
import hmac
from collections.abc import Callable, Mapping

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.providers.calling import judge, post

HOST = "https://api.twilio.com"
#: Ten segments of GSM-7, as Twilio takes them.
MOST_CHARACTERS = 1_600
#: What its callbacks call a message by the end; what lies before that tells nothing.
REPORTS = {"delivered": "delivered", "undelivered": "undelivered", "failed": "undelivered"}


class Twilio:
    """Takes a message with 201; what it says about a number is final."""

    def __init__(self, settings: Mapping[str, str], secret: Callable[[], str]) -> None:
        self._sid, self._from, self._secret = settings["account_sid"], settings["from"], secret

    def send(self, message: OutMessage) -> str:
        """Send it, and return its SID."""
        pair = base64.b64encode(f"{self._sid}:{self._secret()}".encode()).decode()
        by = "MessagingServiceSid" if self._from.startswith("MG") else "From"
        form = {"To": message.address, by: self._from, "Body": message.text[:MOST_CHARACTERS]}
        if message.callback_url:
            form["StatusCallback"] = message.callback_url
        answer = post(
            "twilio",
            f"{HOST}/2010-04-01/Accounts/{self._sid}/Messages.json",
            form=form,
            headers={"Authorization": f"Basic {pair}"},
        )
        judge("Twilio", answer, f"{answer.told.get('code', '')} {answer.told.get('message', '')}")
        return str(answer.told.get("sid", ""))


def signature(secret: str, url: str, form: Mapping[str, str]) -> str:
    """Return `X-Twilio-Signature` of a callback: HMAC-SHA1 of its URL and its sorted fields."""
    content = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.digest(secret.encode(), content.encode(), "sha1")
    return base64.b64encode(digest).decode()


def is_signed(secret: str, url: str, form: Mapping[str, str], told: str) -> bool:
    """Say whether Twilio has signed a callback."""
    return hmac.compare_digest(signature(secret, url, form).encode(), told.encode())
