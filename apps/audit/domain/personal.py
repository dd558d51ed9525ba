"""Personal fields of an entry: named by JSON pointers into its record, and sealed one by one.

The pointer (RFC 6901) of a field leads to the member of the record in which its value would stand:
`/actor/name`, `/targets/0/id`, `/context/ipAddress`, `/metadata/email`.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.audit.domain.canonical import canonical
from apps.audit.domain.entries import Actor, Change, Context, Entry, EntryError, Personal, Target

KEY_BYTES = 32
_NONCE = 12
#: Texts are filled up to a multiple of this: their lengths tell less of what was erased.
_BLOCK = 32
#: Members of the context by their names in a record.
CONTEXT = {
    "ipAddress": "ip_address",
    "userAgent": "user_agent",
    "location": "location",
    "requestId": "request_id",
}
_NAMED = {"id", "name"}
_CHANGED = {"before", "after"}

Parts = dict[str, Any]


class UnreadableFieldError(ValueError):
    """A sealed field that is not what was sealed for its record."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A personal value that was taken out of an entry."""

    subject: str
    pointer: str
    value: Any


def redacted(entry: Entry, ruled: Iterable[Personal] = ()) -> tuple[Entry, list[Taken]]:
    """Return the entry without its personal values, and these. Raises EntryError.

    Where a value stood there is an empty text, or null in `changes` and `metadata`. What rules name
    may lie within what the entry does, and is that already, or hold it, and is taken without it.
    """
    ruled = sorted(ruled, key=lambda one: f"{one.fields[0]}/", reverse=True)
    if not entry.personal and not ruled:
        return entry, []
    parts = parts_of(entry)
    taken: dict[str, Taken] = {}
    for one in entry.personal:
        for pointer in one.fields:
            if pointer in taken:
                raise EntryError(f"personal names {pointer[:100]} twice")
            value = _swap(parts, pointer, None)
            taken[pointer] = Taken(one.subject, pointer, value)
    _refuse_overlaps(taken)
    told = [f"{pointer}/" for pointer in taken]
    for one in ruled:
        pointer = one.fields[0]
        if pointer not in taken and not f"{pointer}/".startswith(tuple(told)):
            taken[pointer] = Taken(one.subject, pointer, _swap(parts, pointer, None))
    there = [one for one in taken.values() if one.value not in (None, "")]
    return _entry_of(entry, parts), there


def found_at(parts: Parts, pointer: str) -> Any:
    """Return what stands where a pointer leads; None where it leads nowhere."""
    holder: Any = parts
    try:
        for token in tokens_of(pointer):
            holder = holder[_key(holder, token, pointer)]
    except EntryError:
        return None
    return holder


def put(parts: Parts, pointer: str, value: Any) -> None:
    """Put a value where it was taken from; a pointer that leads nowhere is passed over."""
    try:
        _swap(parts, pointer, value)
    except EntryError:
        return


def sealed_field(key: bytes, bound: bytes, value: Any) -> str:
    """Return a value as ciphertext that opens in this place alone."""
    text = canonical(value)
    text = text.ljust(-(-len(text) // _BLOCK) * _BLOCK)
    nonce = secrets.token_bytes(_NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text, bound)).decode()


def opened_field(key: bytes, bound: bytes, sealed: str) -> Any:
    """Return the value that was sealed for this place; raises UnreadableFieldError."""
    try:
        packed = base64.b64decode(sealed, validate=True)
        return orjson.loads(AESGCM(key).decrypt(packed[:_NONCE], packed[_NONCE:], bound))
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise UnreadableFieldError(f"a personal field cannot be opened: {error}") from None


def place(tenant_id: UUID, log_id: UUID, key_id: UUID, pointer: str) -> bytes:
    """Return what a field's ciphertext is bound to: moved anywhere else, it does not open."""
    return b"septet.audit/1" + tenant_id.bytes + log_id.bytes + key_id.bytes + pointer.encode()


def subject_index(key: bytes, subject: str) -> bytes:
    """Return under what a subject is found, without telling who it is."""
    return hmac.digest(key, subject.encode(), "sha256")


def content_digest(rest: bytes, taken: Iterable[Taken], keys: Mapping[str, bytes]) -> bytes:
    """Return the digest of an entry whose rest has this one.

    Without the keys of the subjects it tells nothing of their values: nobody can try them out.
    """
    digest = hashlib.sha256(rest)
    for one in sorted(taken, key=lambda one: one.pointer):
        told = one.pointer.encode() + b"\0" + canonical(one.value)
        own = hmac.digest(keys[one.subject], b"septet.audit content", "sha256")
        digest.update(hmac.digest(own, told, "sha256"))
    return digest.digest()


def parts_of(entry: Entry) -> Parts:
    """Return the members of an entry's record in which something personal may stand."""
    context = entry.context
    return {
        "actor": {"id": entry.actor.id, "name": entry.actor.name},
        "targets": [{"id": one.id, "name": one.name} for one in entry.targets],
        "context": {told: getattr(context, name) for told, name in CONTEXT.items()},
        "changes": [
            {"before": deepcopy(one.before), "after": deepcopy(one.after)} for one in entry.changes
        ],
        "metadata": deepcopy(entry.metadata),
    }


def _entry_of(entry: Entry, parts: Parts) -> Entry:
    told = zip(entry.targets, parts["targets"], strict=True)
    changed = zip(entry.changes, parts["changes"], strict=True)
    return replace(
        entry,
        actor=Actor(type=entry.actor.type, **parts["actor"]),
        targets=tuple(Target(type=one.type, **named) for one, named in told),
        context=Context(**{CONTEXT[told]: text for told, text in parts["context"].items()}),
        changes=tuple(Change(field=one.field, **values) for one, values in changed),
        metadata=parts["metadata"],
        personal=(),
    )


def _swap(parts: Parts, pointer: str, value: Any) -> Any:
    """Put a value where the pointer leads and return what was there; None empties the place."""
    tokens = tokens_of(pointer)
    holder: Any = parts
    for token in tokens[:-1]:
        holder = holder[_key(holder, token, pointer)]
    key = _key(holder, tokens[-1], pointer)
    found = holder[key]
    if value is None and tokens[0] in {"actor", "targets", "context"}:
        value = ""
    holder[key] = value
    return found


def tokens_of(pointer: str) -> list[str]:
    """Return the tokens of a pointer; raises EntryError unless its field may be personal."""
    first, *tokens = pointer.split("/")
    tokens = [one.replace("~1", "/").replace("~0", "~") for one in tokens]
    head = tokens[0] if tokens else ""
    fits = {
        "actor": len(tokens) == 2 and tokens[-1] in _NAMED,
        "context": len(tokens) == 2 and tokens[-1] in CONTEXT,
        "targets": len(tokens) == 3 and tokens[-1] in _NAMED,
        "changes": len(tokens) >= 3 and tokens[2] in _CHANGED,
        "metadata": len(tokens) >= 2,
    }
    if first or not fits.get(head):
        raise EntryError(f"personal holds {pointer[:100]!r}, which leads to no field that may be")
    return tokens


def _key(holder: Any, token: str, pointer: str) -> Any:
    if isinstance(holder, dict) and token in holder:
        return token
    # "01" is no index (RFC 6901, section 4).
    index = token.isascii() and token.isdecimal() and len(token) < 5 and str(int(token)) == token
    if isinstance(holder, list) and index and int(token) < len(holder):
        return int(token)
    raise EntryError(f"personal holds {pointer[:100]!r}, where the entry has nothing")


def _refuse_overlaps(pointers: Iterable[str]) -> None:
    # With "/" behind each, whatever lies within another sorts right behind that.
    ordered = sorted(f"{one}/" for one in pointers)
    for outer, inner in pairwise(ordered):
        if inner.startswith(outer):
            raise EntryError(
                f"personal names {inner[:-1][:100]} twice: it is in {outer[:-1][:100]}"
            )
