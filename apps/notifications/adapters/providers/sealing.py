"""Messages that only one browser reads (RFC 8291), and the signature of who sends them (RFC 8292).

One record of `aes128gcm` (RFC 8188): salt, size of a record, the sender's public key, and the text
with its end marked by 2.
"""

import os
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.notifications.domain.devices import Target, packed, unpacked

#: What every push service takes, Firefox on Android included, is some 3,000 bytes.
MOST_BYTES = 2_900
_RECORD = 4_096
_HOURS = 12 * 3_600


def new_key() -> tuple[str, str]:
    """Return a private key for signing and its public one, as browsers take that."""
    made = ec.generate_private_key(ec.SECP256R1())
    number = made.private_numbers().private_value
    return packed(number.to_bytes(32, "big")), public_of(made)


def public_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public key of a private one, in base64url."""
    return packed(_point(key.public_key()))


def private_of(text: str) -> ec.EllipticCurvePrivateKey:
    """Return the key of its text; raises ValueError."""
    return ec.derive_private_key(int.from_bytes(unpacked(text), "big"), ec.SECP256R1())


def encrypted(
    content: bytes,
    target: Target,
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return the body for a browser; salt and key of the sender are new each time.

    Raises ValueError for keys that are none, and for more than `MOST_BYTES`.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"a push has at most {MOST_BYTES} bytes")
    salt = salt or os.urandom(16)
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    ours, theirs = _point(sender.public_key()), unpacked(target.p256dh)
    shared = sender.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    )
    key = _derived(shared, unpacked(target.auth), b"WebPush: info\0" + theirs + ours, 32)
    content_key = _derived(key, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(key, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(content_key).encrypt(nonce, content + b"\x02", None)


def authorization(private: str, endpoint: str, subject: str) -> str:
    """Return the header that says who sends to a push service, good for twelve hours."""
    import jwt  # noqa: PLC0415  only who sends pushes takes it

    key = private_of(private)
    place = urlsplit(endpoint)
    claims = {
        "aud": f"{place.scheme}://{place.netloc}",
        "exp": int(time.time()) + _HOURS,
        "sub": subject,
    }
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={public_of(key)}"


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)
