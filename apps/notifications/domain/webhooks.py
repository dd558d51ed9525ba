"""Webhooks as Standard Webhooks 1.0 has them: an id, a time, and a signature for each secret."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)


def new_secret(random: bytes) -> str:
    """Return a secret as receivers' libraries take it."""
    return PREFIX + base64.b64encode(random).decode()


def is_secret(text: str) -> bool:
    """Say whether a text is such a secret."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(PREFIX) and len(key) in _KEY_BYTES


def signed(secrets: Sequence[str], message: str, moment: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a call; while secrets change, the new and the former sign it."""
    seconds = str(int(moment.timestamp()))
    content = f"{message}.{seconds}.".encode() + body
    return {
        "Content-Type": "application/json",
        "Webhook-Id": message,
        "Webhook-Timestamp": seconds,
        "Webhook-Signature": " ".join(_signature(secret, content) for secret in secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"
