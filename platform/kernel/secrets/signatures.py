"""Signatures of what we give away and believe when it comes back, each for one purpose.

By the keys that encrypt secrets: of a key that was rotated out they hold as long as it is in the
ring.
"""

import base64
import binascii
import hmac

from kernel.secrets.errors import SecretKeyMissingError
from kernel.secrets.ring import ring


class BadSignatureError(ValueError):
    """It was not signed here for this purpose, or not as it is now."""


def sign(text: str, *, purpose: str) -> str:
    """Return the signature of a text for a purpose: an id of a key, and letters of an URL."""
    keys = ring()
    digest = _digest(keys.key(keys.active), purpose, text)
    return f"{keys.active}:{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def check_signature(text: str, signature: str, *, purpose: str) -> None:
    """Raise BadSignatureError unless this signs the text for the purpose."""
    key_id, _, told = signature.partition(":")
    try:
        key = ring().key(key_id)
        given = base64.b64decode(f"{told}=", altchars=b"-_", validate=True)
    except (SecretKeyMissingError, binascii.Error, ValueError):
        raise BadSignatureError("the signature is none of ours") from None
    if not hmac.compare_digest(given, _digest(key, purpose, text)):
        raise BadSignatureError(f"it is not signed for {purpose}")


def _digest(key: bytes, purpose: str, text: str) -> bytes:
    # A key of its own for each purpose: what is signed for one says nothing to another.
    own = hmac.digest(key, b"septet.signature " + purpose.encode(), "sha256")
    return hmac.digest(own, text.encode(), "sha256")
