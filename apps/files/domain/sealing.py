"""Bytes encrypted in chunks: any part is read alone, and whatever was changed is found (ADR 0019).

`MAGIC`, then chunks of 64 KiB of plain bytes, the last one shorter (of nothing: one of none). Each
is nonce, AES-256-GCM of the bytes, tag; bound to the format, the name it is stored under, its
number and whether it is the last. That is the STREAM construction of Hoang, Reyhanitabar, Rogaway
and Vizar with the position in the associated data; the nonce is random instead of counted, because
an upload that goes on after a crash writes a position again, perhaps with other bytes.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
#: The format, and its version.
MAGIC = b"septet/sealed/1\n"
CHUNK_BYTES = 64 * 1024
_NONCE = 12
_ADDED = _NONCE + 16
#: A chunk as it is stored.
STORED_BYTES = CHUNK_BYTES + _ADDED

#: Gives stored bytes from an offset on, so many, or up to the end.
Reader = Callable[[int, int | None], Iterator[bytes]]

_MIDDLE, _LAST, _WAITING = b"m", b"l", b"w"


class SealedDamagedError(ValueError):
    """Stored bytes are not what was encrypted with this key under this name."""


def new_data_key() -> bytes:
    """Return a key for the bytes of one blob."""
    return secrets.token_bytes(KEY_BYTES)


def sealed_size(size: int) -> int:
    """Return how long so many bytes are when they are stored."""
    return len(MAGIC) + size + (whole_chunks(size) + 1) * _ADDED


def whole_chunks(size: int) -> int:
    """Return how many chunks come before the last one of so many bytes."""
    return max(size - 1, 0) // CHUNK_BYTES


def sealed_before_last(size: int) -> int:
    """Return how much is stored of so many bytes as long as nobody knows that they are all."""
    return len(MAGIC) + whole_chunks(size) * STORED_BYTES


class Sealer:
    """Plain bytes on their way into chunks; what may be the last of them waits for more."""

    def __init__(self, key: bytes, name: str) -> None:
        self._cipher = _Cipher(key, name)
        self._number = 0
        self._rest = bytearray()

    @classmethod
    def resumed(cls, key: bytes, name: str, *, size: int, waiting: bytes) -> "Sealer":
        """Go on after so many bytes, with what `waiting` gave; raises SealedDamagedError."""
        made = cls(key, name)
        made._number = whole_chunks(size)
        if size:
            made._rest += made._cipher.open(waiting, made._number, _WAITING)
        return made

    def add(self, plain: bytes) -> list[bytes]:
        """Take more, and return what can be stored."""
        stored: list[bytes] = []
        with memoryview(plain) as view:
            at = min(CHUNK_BYTES - len(self._rest), len(view)) if self._rest else 0
            self._rest += view[:at]
            while at < len(view):
                if self._rest:
                    stored += self._seal(self._rest)
                    self._rest.clear()
                elif len(view) - at > CHUNK_BYTES:
                    stored += self._seal(view[at : at + CHUNK_BYTES])
                    at += CHUNK_BYTES
                else:
                    self._rest += view[at:]
                    at = len(view)
        return stored

    def waiting(self) -> bytes:
        """Return what waits, encrypted: with it another sealer goes on."""
        return b"".join(self._cipher.seal(self._rest, self._number, _WAITING))

    def _seal(self, plain: bytearray | memoryview) -> list[bytes]:
        self._number += 1
        return self._cipher.seal(plain, self._number - 1, _MIDDLE)

    def end(self) -> list[bytes]:
        """Return the last chunk."""
        return self._cipher.seal(self._rest, self._number, _LAST)


def sealed(plain: Iterable[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """Encrypt all of it for being stored under a name."""
    sealer = Sealer(key, name)
    yield MAGIC
    for piece in plain:
        yield from sealer.add(piece)
    yield from sealer.end()


def unsealed(
    read: Reader, key: bytes, name: str, *, size: int, start: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """Give a part of `size` plain bytes, and read no more chunks than it is in.

    Raises SealedDamagedError before the first byte that is not what it was: of a bit changed, of
    chunks in another order or from elsewhere, of an end cut off or added to. A part that is not the
    beginning does not look at the 16 bytes before all chunks, which say nothing about them.
    """
    end = size if length is None else min(size, start + length)
    if start >= end and size:
        return
    last, first = whole_chunks(size), start // CHUNK_BYTES
    until = whole_chunks(end)
    offset = len(MAGIC) + first * STORED_BYTES if first else 0
    stop = None if until == last else len(MAGIC) + (until + 1) * STORED_BYTES
    stored = read(offset, None if stop is None else stop - offset)
    if not first:
        stored = _after_magic(stored)
    skip, left = start - first * CHUNK_BYTES, end - start
    for plain in _opened(stored, _Cipher(key, name), first, until, size):
        wanted = plain[skip : skip + left]
        skip, left = max(skip - len(plain), 0), left - len(wanted)
        if wanted:
            yield wanted


def _opened(
    stored: Iterator[bytes], cipher: "_Cipher", first: int, until: int, size: int
) -> Iterator[bytes]:
    """Give the plain bytes of chunks, one by one."""
    last, number, rest = whole_chunks(size), first, b""
    for chunk in _pieces(stored):
        if number < min(until + 1, last) and len(chunk) == STORED_BYTES:
            yield cipher.open(chunk, number, _MIDDLE)
            number += 1
        elif rest:
            raise SealedDamagedError("there is more than was encrypted")
        else:
            rest = bytes(chunk)
    if until == last and number == last:
        if len(rest) != size - last * CHUNK_BYTES + _ADDED:
            raise SealedDamagedError("the end of what was encrypted is cut off, or added to")
        yield cipher.open(rest, last, _LAST)
    elif number <= until or rest:
        raise SealedDamagedError(f"chunk {number} of what was encrypted is cut off")


def _pieces(stored: Iterator[bytes]) -> Iterator[bytes | memoryview]:
    """Give stored chunks one by one, the last of them as long as it is.

    Only what two pieces of the store share is copied.
    """
    rest = b""
    for data in stored:
        at = 0
        if rest:
            at = STORED_BYTES - len(rest)
            rest += data[:at]
            if len(rest) < STORED_BYTES:
                continue
            yield rest
        view = memoryview(data)
        while len(view) - at >= STORED_BYTES:
            yield view[at : at + STORED_BYTES]
            at += STORED_BYTES
        rest = data[at:]
    if rest:
        yield rest


def _after_magic(stored: Iterator[bytes]) -> Iterator[bytes]:
    head = b""
    for data in stored:
        head += data
        if len(head) >= len(MAGIC):
            break
    if not head.startswith(MAGIC):
        raise SealedDamagedError("these are no encrypted bytes in a format that this release reads")
    yield head[len(MAGIC) :]
    yield from stored


class _Cipher:
    """Encrypts and opens single chunks of one name."""

    def __init__(self, key: bytes, name: str) -> None:
        self._aead = AESGCM(key)
        self._bound = MAGIC + len(name).to_bytes(2, "big") + name.encode()

    def seal(self, plain: bytes | bytearray | memoryview, number: int, role: bytes) -> list[bytes]:
        nonce = secrets.token_bytes(_NONCE)
        return [nonce, self._aead.encrypt(nonce, plain, self._of(number, role))]

    def open(self, stored: bytes | memoryview, number: int, role: bytes) -> bytes:
        try:
            return self._aead.decrypt(stored[:_NONCE], stored[_NONCE:], self._of(number, role))
        except (InvalidTag, ValueError):
            raise SealedDamagedError(f"chunk {number} is not what was encrypted here") from None

    def _of(self, number: int, role: bytes) -> bytes:
        return self._bound + number.to_bytes(8, "big") + role
