"""How what we post to others is signed: by Standard Webhooks 1.0.0, which receivers check."""

import base64
import hmac
from datetime import datetime

_PREFIX = "whsec_"
#: How long a secret is ("Signature scheme").
_SECRET_BYTES = range(24, 65)


def webhook_headers(secret: str, message: str, moment: datetime, body: bytes) -> dict[str, str]:
    """Return the headers by which a receiver knows whose it is, and that it is no replay."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    seconds = str(int(moment.timestamp()))
    signed = hmac.digest(key, f"{message}.{seconds}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "Webhook-Id": message,
        "Webhook-Timestamp": seconds,
        "Webhook-Signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def is_secret(text: str) -> bool:
    """Say whether a text is a secret as receivers' libraries take it."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(_PREFIX) and len(key) in _SECRET_BYTES


def new_secret(random: bytes) -> str:
    """Return the secret of a webhook as receivers' libraries take it."""
    return _PREFIX + base64.b64encode(random).decode()
