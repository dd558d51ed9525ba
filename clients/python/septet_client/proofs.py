"""Checks what the audit log proves, with nothing but its public key.

Signed notes and checkpoints: C2SP signed-note and tlog-checkpoint. Proofs: RFC 9162, 2.1.3.2 and
2.1.4.2, over the tree of RFC 6962.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from septet_client.errors import ProofError

FORM = "septet.audit-receipt/1"
_ED25519 = 1
_DASH = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key of a log. Get it once from somebody whom you believe, and keep it."""

    name: str
    id: bytes
    public: Ed25519PublicKey

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read `name+id+key`, as `manage.py audit_key show` prints it; raises ProofError."""
        name, _, rest = line.strip().partition("+")
        told, _, key = rest.partition("+")
        data = _decoded(key)
        id_ = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if len(data) != 33 or data[0] != _ED25519 or id_.hex() != told:
            raise ProofError(f"{line[:80]!r} is no Ed25519 key of a log")
        return cls(name, id_, Ed25519PublicKey.from_public_bytes(data[1:]))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at a size, as it was signed."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def open(cls, note: str, keys: Iterable[LogKey]) -> Self:
        """Return what a note says; raises ProofError unless one of the keys has signed it."""
        text, blank, signatures = note.rpartition("\n\n")
        if not blank:
            raise ProofError("the checkpoint has no signature")
        text += "\n"
        if not _signed(text, signatures, list(keys)):
            raise ProofError("no key that is known has signed the checkpoint")
        lines = text.split("\n")
        if len(lines) < 4 or not lines[1].isascii() or not lines[1].isdigit():
            raise ProofError("the note is no checkpoint: origin, size and root were expected")
        return cls(lines[0], int(lines[1]), _decoded(lines[2]))


def check_receipt(receipt: Mapping[str, Any], keys: Iterable[LogKey]) -> Checkpoint:
    """Return the checkpoint that proves a receipt's record; raises ProofError.

    The record is `receipt["record"]`, as it was sealed. Keys in the receipt are not believed.
    """
    try:
        if receipt["form"] != FORM:
            raise ProofError(f"a receipt of the form {FORM} was expected")
        checkpoint = Checkpoint.open(receipt["checkpoint"], keys)
        leaf = hashlib.sha256(b"\0" + receipt["record"].encode()).digest()
        path = [_decoded(one) for one in receipt["path"]]
        found = _root_above(leaf, receipt["position"], checkpoint.size, path)
    except (KeyError, TypeError, AttributeError) as error:
        raise ProofError(f"this is no receipt: {error!r}") from None
    if found != checkpoint.root:
        raise ProofError("the record is not in the log that was signed")
    return checkpoint


def check_consistency(older: Checkpoint, newer: Checkpoint, path: Sequence[str]) -> None:
    """Raise ProofError unless the log only grew between two checkpoints; hashes are in base64."""
    if older.origin != newer.origin or older.size > newer.size:
        raise ProofError("these are no two states of one log, the older first")
    if older.size == 0:
        return
    if older.size == newer.size:
        roots = older.root, older.root
    else:
        roots = _roots_of(older, newer.size, [_decoded(one) for one in path])
    if roots != (older.root, newer.root):
        raise ProofError("the log was written anew between the two checkpoints")


def _roots_of(older: Checkpoint, newer_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return both roots that a proof leads to (RFC 9162, 2.1.4.2)."""
    hashes = [older.root, *path] if older.size & (older.size - 1) == 0 else [*path]
    if not hashes:
        raise ProofError("the proof is empty")
    at, last = _up_from_right(older.size - 1, newer_size - 1)
    before = after = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if at & 1 or at == last:
            before, after = _node(one, before), _node(one, after)
            at, last = _up_from_left(at, last)
        else:
            after = _node(after, one)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return before, after


def _root_above(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes:
    if not 0 <= position < size:
        raise ProofError(f"position {position} is not in a log of {size}")
    at, last, found = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("the path is too long")
        if at & 1 or at == last:
            found = _node(sibling, found)
            at, last = _up_from_left(at, last)
        else:
            found = _node(found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the path is too short")
    return found


def _up_from_right(at: int, last: int) -> tuple[int, int]:
    while at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _up_from_left(at: int, last: int) -> tuple[int, int]:
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _signed(text: str, signatures: str, keys: Sequence[LogKey]) -> bool:
    known = {(key.name, key.id): key for key in keys}
    signed = False
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        data = _decoded(encoded)
        if key := known.get((name, data[:4])):
            try:
                key.public.verify(data[4:], text.encode())
            except InvalidSignature:
                raise ProofError(f"the signature of {name} is wrong") from None
            signed = True
    return signed


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError(f"{text[:80]!r} is not base64") from None
