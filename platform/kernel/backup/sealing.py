"""Encrypted objects: STREAM on AES-256-GCM, as age has it, with a key for each object.

`magic (16) | salt (32) | chunks`, each chunk encrypted with its tag. The nonce of a chunk is its
number and whether it is the last, so chunks cannot be changed, swapped, left out or cut off. The
key is made of the backup key, the salt and the object's name: no object stands for another.
"""

import secrets
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.backup.errors import DamagedError

CHUNK_BYTES = 1 << 20
_MAGIC = b"septet backup 1\n"
_SALT = 32
_TAG = 16


def sealed(plain: Iterable[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """Give these bytes encrypted, as the object of this name."""
    salt = secrets.token_bytes(_SALT)
    yield _MAGIC + salt
    cipher = _cipher(key, salt, name)
    for number, (piece, last) in enumerate(_pieces(plain, CHUNK_BYTES)):
        yield cipher.encrypt(_nonce(number, last=last), piece, None)


def unsealed(stored: Iterable[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """Give the bytes back; raises DamagedError at the first chunk that is not as it was."""
    source = iter(stored)
    head = b""
    while len(head) < len(_MAGIC) + _SALT:
        more = next(source, None)
        if more is None:
            raise DamagedError(f"{name} is cut off")
        head += more
    salt, rest = head[len(_MAGIC) : len(_MAGIC) + _SALT], head[len(_MAGIC) + _SALT :]
    if not head.startswith(_MAGIC):
        raise DamagedError(f"{name} is no object of a backup")
    cipher = _cipher(key, salt, name)
    chunks = _pieces(_chain(rest, source), CHUNK_BYTES + _TAG)
    for number, (piece, last) in enumerate(chunks):
        try:
            yield cipher.decrypt(_nonce(number, last=last), piece, None)
        except InvalidTag:
            raise DamagedError(
                f"{name} is not what was backed up, or BACKUP_KEY is another one"
            ) from None


def _cipher(key: bytes, salt: bytes, name: str) -> AESGCM:
    info = b"septet backup " + name.encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(source: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Cut into pieces of this size, each with whether it is the last; of nothing, one of none."""
    waiting = bytearray()
    for chunk in source:
        waiting += chunk
        while len(waiting) > size:
            yield bytes(waiting[:size]), False
            del waiting[:size]
    yield bytes(waiting), True
