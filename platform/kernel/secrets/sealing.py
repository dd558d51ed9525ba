"""Envelope encryption: a fresh data key for each secret, wrapped by a key of the ring.

`s1.<key id>.<base64url>` holds, in this order: nonce and data key wrapped with AES-256-GCM by the
ring's key; nonce and text encrypted with AES-256-GCM by the data key. Both have the version, the
key id and the place as associated data, so a sealed text opens nowhere else.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.secrets.errors import SecretUnreadableError
from kernel.secrets.ring import KEY_BYTES, ring

VERSION = "s1"
_NONCE = 12
_TAG = 16
_WRAPPED = _NONCE + KEY_BYTES + _TAG
_LEAST = _WRAPPED + _NONCE + _TAG


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret is stored: moved to another place, it does not open."""

    table: str
    column: str
    #: The primary key; empty where it is not known when the secret is encrypted.
    row: str


def seal(text: str, place: Place) -> str:
    """Encrypt a text for this place under the active key."""
    keys = ring()
    bound = _associated(keys.active, place)
    data_key = AESGCM.generate_key(bit_length=256)
    wrapped = _encrypt(keys.key(keys.active), data_key, bound)
    encrypted = _encrypt(data_key, text.encode("utf-8", "surrogatepass"), bound)
    packed = base64.urlsafe_b64encode(wrapped + encrypted).rstrip(b"=").decode()
    return f"{VERSION}.{keys.active}.{packed}"


def unseal(sealed: str, place: Place) -> str:
    """Return the text that was sealed for this place.

    Raises SecretUnreadableError when anything of it was changed or it is from another place,
    SecretKeyMissingError when its key is not in the ring.
    """
    key_id, packed = _parts(sealed)
    bound = _associated(key_id, place)
    data_key = _decrypt(ring().key(key_id), packed[:_WRAPPED], bound)
    return _decrypt(data_key, packed[_WRAPPED:], bound).decode("utf-8", "surrogatepass")


def is_sealed(text: str) -> bool:
    """Say whether a text has the form of a sealed one, whoever made it."""
    try:
        _parts(text)
    except SecretUnreadableError:
        return False
    return True


def key_id_of(sealed: str) -> str:
    """Return the id of the key that a sealed text needs; raises SecretUnreadableError."""
    return _parts(sealed)[0]


def sealed_prefix(key_id: str) -> str:
    """Return how all texts begin that are sealed under this key."""
    return f"{VERSION}.{key_id}."


def _parts(sealed: str) -> tuple[str, bytes]:
    version, _, rest = sealed.partition(".")
    key_id, _, text = rest.partition(".")
    if version != VERSION:
        raise SecretUnreadableError("the stored secret is not in a format that this release reads")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SecretUnreadableError("the stored secret is damaged: no base64") from None
    # Base64 has several spellings of the same bytes; one of them is ours.
    canonical = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    if canonical != text or len(packed) < _LEAST:
        raise SecretUnreadableError("the stored secret is damaged: cut off, or not as it was made")
    return key_id, packed


def _associated(key_id: str, place: Place) -> bytes:
    # With their lengths before them, no two lists of parts make the same bytes.
    parts = [part.encode() for part in (VERSION, key_id, place.table, place.column, place.row)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _encrypt(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _decrypt(key: bytes, packed: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(packed[:_NONCE], packed[_NONCE:], bound)
    except InvalidTag:
        raise SecretUnreadableError(
            "the stored secret is not what was encrypted for this row and column"
        ) from None
