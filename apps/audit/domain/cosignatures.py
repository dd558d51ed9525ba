"""Cosignatures of witnesses: that somebody else saw the log grow and never turn back.

C2SP tlog-cosignature (`cosignature/v1`) and, of tlog-witness, what is asked and answered.
"""

import base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.audit.domain.notes import NoteError, id_of_key, read_key, signature_of, write_key

KIND = b"\4"
#: Characters of the name of a witness.
MOST_NAME = 200
_TIME = 8
_SIGNATURE = 64


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness, by the name under which it cosigns."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "WitnessKey":
        """Read `name+id+key`; raises NoteError."""
        found = None
        with suppress(NoteError):
            found = read_key(text, KIND)
        if found is None or not 0 < len(found[0]) <= MOST_NAME:
            raise NoteError(f"{text[:80]!r} is no key of a witness")
        return cls(*found)

    @property
    def id(self) -> bytes:
        """Return the four bytes by which a cosignature names its key."""
        return id_of_key(self.name, KIND + self.public)

    def __str__(self) -> str:
        return write_key(self.name, KIND + self.public)


def signed_text(text: str, seconds: int) -> bytes:
    """Return what a witness signs of the text of a note."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def question(note: str, older: int, proof: Sequence[bytes]) -> bytes:
    """Return what a witness is asked: to cosign a note that continues a size it knows."""
    path = [base64.b64encode(one).decode() for one in proof]
    return "\n".join([f"old {older}", *path, "", note]).encode()


def cosignature(note: str, answer: str, key: WitnessKey) -> str:
    """Return the line by which this key cosigns a note; raises NoteError unless it is good."""
    text = note.rpartition("\n\n")[0] + "\n"
    for line in answer.splitlines():
        name, signature = signature_of(line)
        if (name, signature[:4]) != (key.name, key.id):
            continue
        if len(signature) != 4 + _TIME + _SIGNATURE:
            break
        seconds = int.from_bytes(signature[4 : 4 + _TIME], "big")
        try:
            public = Ed25519PublicKey.from_public_bytes(key.public)
            public.verify(signature[4 + _TIME :], signed_text(text, seconds))
        except InvalidSignature:
            break
        return f"{line}\n"
    raise NoteError(f"the answer has no good cosignature of {key.name}")
