"""Signed notes and the checkpoints in them (C2SP signed-note, tlog-checkpoint)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = b"\1"
MAX_NOTE_BYTES = 20_000
_DASH = "\N{EM DASH} "
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteError(ValueError):
    """A note that is none, or that no known key has signed."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key by the name under which it signs."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read `name+id+key`, the form that Go's `sumdb/note` reads; raises NoteError."""
        found = read_key(text, ED25519)
        if found is None:
            raise NoteError(f"{text[:80]!r} is no Ed25519 key of a verifier")
        return cls(*found)

    @property
    def id(self) -> bytes:
        """Return the four bytes by which a signature names its key."""
        return id_of_key(self.name, ED25519 + self.public)

    def __str__(self) -> str:
        return write_key(self.name, ED25519 + self.public)


def read_key(text: str, kind: bytes) -> tuple[str, bytes] | None:
    """Read `name+id+key`: the name and the 32 bytes of a key of this kind; None if it is none.

    Raises NoteError when its last part is not base64.
    """
    name, _, rest = text.partition("+")
    told_id, _, encoded = rest.partition("+")
    key = _decoded(encoded)
    good = key[:1] == kind and len(key) == 33 and id_of_key(name, key).hex() == told_id
    return (name, key[1:]) if good else None


def id_of_key(name: str, key: bytes) -> bytes:
    """Return by which four bytes a signature names its key; the first byte of that is its kind."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def write_key(name: str, key: bytes) -> str:
    """Return the form that `read_key` reads."""
    return f"{name}+{id_of_key(name, key).hex()}+{_encoded(key)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at a size: its name, how many leaves, and the hash over all of them."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a note; raises NoteError. Lines after the third are passed over."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteError("the note is no checkpoint: origin, size and root were expected")
        root = _decoded(lines[2])
        if len(root) != 32:
            raise NoteError("the root of the checkpoint is not 32 bytes")
        return cls(lines[0], int(lines[1]), root)

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{_encoded(self.root)}\n"


def public_of(private: Ed25519PrivateKey) -> bytes:
    """Return the public part of a key."""
    return private.public_key().public_bytes_raw()


def sign(text: str, name: str, keys: Iterable[Ed25519PrivateKey]) -> str:
    """Return the note: the text and a signature by each of the keys under this name."""
    if not _NAME.fullmatch(name):
        raise NoteError(f"{name!r} is no name of a key: it is empty, or has a space or a plus")
    lines = [
        f"{_DASH}{name} {_encoded(VerifierKey(name, public_of(key)).id + key.sign(text.encode()))}"
        for key in keys
    ]
    return "\n".join([text, *lines, ""])


def opened(note: str, known: Sequence[VerifierKey], *, alone: bool = False) -> str:
    """Return the text of a note that a known key has signed; raises NoteError.

    Signatures of keys that are not known are passed over, unless the known ones sign `alone`; a
    wrong one of a known key never is.
    """
    if len(note) > MAX_NOTE_BYTES or any(char < " " and char != "\n" for char in note):
        raise NoteError("the note is too long, or has characters that a note has not")
    before, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise NoteError("the note has no signatures")
    text = f"{before}\n"
    by_id = {(key.name, key.id): key for key in known}
    verified, strangers = False, []
    for line in signatures[:-1].split("\n"):
        name, signature = signature_of(line)
        key = by_id.get((name, signature[:4]))
        if key is not None:
            _verify(key, signature[4:], text)
            verified = True
        else:
            strangers.append(name)
    if not verified:
        raise NoteError("no known key has signed the note")
    if alone and strangers:
        raise NoteError(f"a key of {strangers[0]} has signed the note that is not known")
    return text


def signature_of(line: str) -> tuple[str, bytes]:
    """Return who has signed by this line of a note, and what; raises NoteError."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signature = _decoded(encoded)
    if not line.startswith(_DASH) or not _NAME.fullmatch(name) or len(signature) < 5:
        raise NoteError(f"{line[:80]!r} is no signature")
    return name, signature


def _verify(key: VerifierKey, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        raise NoteError(f"the signature of {key.name} does not fit the note") from None


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(f"{text[:80]!r} is not base64") from None
    # Base64 has several spellings of the same bytes; one of them is right.
    if _encoded(data) != text:
        raise NoteError(f"{text[:80]!r} is not base64 as it is made")
    return data
