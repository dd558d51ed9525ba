"""Addresses of devices and chats: what one of each kind looks like."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_ADDRESS = 2_000
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
#: Where an address is no URL: tokens and ids.
_PATTERNS = {
    "fcm": re.compile(r"[0-9A-Za-z_:.-]{20,1000}"),
    "slack": re.compile(r"[CDGUW][0-9A-Z]{5,20}"),
    # Without a query: it may name files, and turn off what keeps a call safe.
    "apprise": re.compile(r"(pover|pbul|pagerduty|line)://[0-9A-Za-z@/_.:+=-]{5,500}"),
    "telegram": re.compile(r"-?[0-9]{1,20}|@[0-9A-Za-z_]{5,32}"),
}
_URLS = frozenset(("web_push", "slack", "teams", "discord"))
_P256_BYTES, _AUTH_BYTES = 65, 16


@dataclass(frozen=True, slots=True)
class Target:
    """Where a device is, and of a browser the keys that its messages are encrypted for."""

    address: str
    p256dh: str = ""
    auth: str = ""

    @property
    def digest(self) -> str:
        """What tells one address from another."""
        return hashlib.sha256(self.address.encode()).hexdigest()

    def as_text(self) -> str:
        """Return it as it is kept."""
        return json.dumps([self.address, self.p256dh, self.auth])

    @classmethod
    def of_text(cls, text: str) -> "Target":
        """Return what was kept."""
        return cls(*json.loads(text))


def phone(text: str) -> str:
    """Return a number as it is kept, E.164 without spaces; raises ValueError."""
    number = re.sub(r"[ ().-]", "", text)
    if not _PHONE.fullmatch(number):
        raise ValueError("a phone number is + and 7 to 15 digits, such as +4915112345678")
    return number


def target_of(kind: str, address: str, keys: Any = None) -> Target:
    """Return where a device is; whether its URL may be called is for others to say.

    Of a browser `keys` are `p256dh` and `auth` of its PushSubscription. Raises ValueError.
    """
    if not 0 < len(address) <= MOST_ADDRESS or not address.isprintable():
        raise ValueError(f"an address has 1 to {MOST_ADDRESS} characters")
    pattern = _PATTERNS.get(kind)
    if not (is_url(address) and kind in _URLS) and not (pattern and pattern.fullmatch(address)):
        raise ValueError(f"this is no address of {kind}")
    if kind != "web_push":
        return Target(address)
    if not isinstance(keys, Mapping):
        raise ValueError("a browser has the keys p256dh and auth")  # noqa: TRY004  as told
    p256dh, auth = str(keys.get("p256dh", "")), str(keys.get("auth", ""))
    point = unpacked(p256dh)
    if len(point) != _P256_BYTES or point[0] != 4:
        raise ValueError("p256dh is an uncompressed point of P-256, 65 bytes in base64url")
    if len(unpacked(auth)) != _AUTH_BYTES:
        raise ValueError("auth is 16 bytes in base64url")
    return Target(address, p256dh, auth)


def is_url(address: str) -> bool:
    """Say whether an address is a URL rather than an id."""
    return address.startswith(("https://", "http://"))


def packed(content: bytes) -> str:
    """Return bytes in base64url without padding, as browsers have it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """Return the bytes of base64url, with padding or without; raises ValueError."""
    text = text.rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError("this is no base64url") from None
