"""SHA-256 of bytes that go through, and in headers (RFC 9530)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator

_SENT = re.compile(r"(?:^|,)\s*sha-256=:(?P<value>[A-Za-z0-9+/=]{44}):\s*(?:$|[,;])")
#: A preference from 0, which is "not that one", to 10.
_WANTED = re.compile(r"(?:^|,)\s*sha-256=(?P<preference>[0-9]+)\s*(?:$|[,;])")


class DigestError(ValueError):
    """A header names no SHA-256 as RFC 9530 has it."""


def sha256_told(header: str) -> bytes:
    """Read the SHA-256 of `Content-Digest` or `Repr-Digest`; raises DigestError."""
    match = _SENT.search(header)
    try:
        if match is None:
            raise DigestError("a digest is told by sha-256: `sha-256=:<base64>:`")
        return base64.b64decode(match["value"], validate=True)
    except binascii.Error:
        raise DigestError("a digest is told by sha-256: `sha-256=:<base64>:`") from None


def sha256_field(sha256: str) -> str:
    """Write a SHA-256 in hexadecimal as these headers have it."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def wants_sha256(header: str | None) -> bool:
    """Say whether `Want-Repr-Digest` or `Want-Content-Digest` lets us tell the one that we have."""
    match = _WANTED.search(header or "")
    return match is None or int(match["preference"]) > 0


class Summed:
    """Chunks, and the SHA-256 of those that went through."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._sum = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Return it in hexadecimal."""
        return self._sum.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sum.update(chunk)
            yield chunk


def sha256_of(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of all of them together, in hexadecimal."""
    summed = Summed(chunks)
    for _ in summed:
        pass
    return summed.sha256
