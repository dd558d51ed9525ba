"""What services of others say to begin a workflow: a CloudEvent, signed, with this as its data."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERSION = "1.0"
TYPE = "septet.notifications.trigger"
MOST_ATTRIBUTE = 500
#: What the text begins with that a producer signs.
SIGNED = "septet.notifications.intake/1"
#: Of the data of a message, for those who write them, too.
SCHEMA: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("intake.schema.json").read_text("utf-8")
)
#: What stands before a key of Ed25519 in DER (RFC 8410, section 4).
_SPKI = bytes.fromhex("302a300506032b6570032100")


class IntakeError(ValueError):
    """A message that begins nothing; it says why."""


class SignatureError(ValueError):
    """A message that its source has not signed."""


@dataclass(frozen=True, slots=True)
class Source:
    """A producer, whose workflows it begins, and by what it signs."""

    name: str
    tenant_id: UUID
    public_key: Ed25519PublicKey

    @classmethod
    def of_text(cls, text: str) -> "Source":
        """Read `source tenant-id public-key`; raises ValueError that names what is wrong."""
        try:
            name, tenant, key = text.split()
            attribute({"source": name}, "source")
            return cls(name, UUID(tenant), _public_key(key))
        except (binascii.Error, ValueError):
            raise ValueError(
                f"expected a source, the id of a tenant and 32 bytes of Ed25519 in base64,"
                f" found {text[:200]!r}"
            ) from None

    def check(self, event: Mapping[str, Any], sha256: str, signature: str) -> None:
        """Raise SignatureError unless it has signed this."""
        try:
            signed = base64.b64decode(signature, validate=True)
            self.public_key.verify(signed, signed_text(event, sha256))
        except (InvalidSignature, binascii.Error, ValueError):
            raise SignatureError("the message is not signed by its source") from None


def sources_of(lines: Sequence[str]) -> dict[str, Source]:
    """Return sources by their names; raises ValueError for one that cannot be read, or is twice."""
    found: dict[str, Source] = {}
    for line in lines:
        one = Source.of_text(line)
        if one.name in found:
            raise ValueError(f"the source {one.name} is told twice")
        found[one.name] = one
    return found


def attribute(event: Mapping[str, Any], name: str) -> str:
    """Return an attribute of a CloudEvent; raises IntakeError when it is missing, or no text."""
    value = event.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MOST_ATTRIBUTE:
        raise IntakeError(f"the attribute {name} is a text of 1 to {MOST_ATTRIBUTE} characters")
    # CloudEvents 1.0, section 3.1: and what is signed by lines cannot be read in two ways.
    if not value.isprintable():
        raise IntakeError(f"the attribute {name} has a control character")
    return value


def signed_text(event: Mapping[str, Any], sha256: str) -> bytes:
    """Return what a producer signs of an event; `sha256` is of the message's value, in hex."""
    named = [attribute(event, name) for name in ("source", "id", "type")]
    return "\n".join([SIGNED, *named, sha256]).encode()


def key_of(event: Mapping[str, Any]) -> str:
    """Return what the event is known by: its producer makes `source` and `id` unique together."""
    named = f"{attribute(event, 'source')}\n{attribute(event, 'id')}"
    return "intake:" + hashlib.sha256(named.encode()).hexdigest()


def trigger_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a workflow is begun with; raises IntakeError that names what does not fit."""
    if event.get("specversion") != VERSION:
        raise IntakeError(
            f"no CloudEvent {VERSION}: specversion is {event.get('specversion')!r:.40}"
        )
    if event.get("type") != TYPE:
        raise IntakeError(f"the type is {TYPE}, found {event.get('type')!r:.100}")
    data = event.get("data")
    problem = next(iter(_validator().iter_errors(data)), None)
    if problem is not None or not isinstance(data, dict):
        place = "".join(f"/{part}" for part in problem.instance_path) if problem else ""
        raise IntakeError(f"data{place}: {problem.message[:300] if problem else 'no object'}")
    return {
        "workflow": data["workflow"],
        "subscribers": data.get("subscribers"),
        "topics": data.get("topics"),
        "data": data.get("data"),
        "priority": data.get("priority"),
        "not_before": _moment(data, "notBefore"),
        "expires_at": _moment(data, "expiresAt"),
        "key": key_of(event),
    }


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    if name not in data:
        return None
    found = datetime.fromisoformat(data[name])
    if found.tzinfo is None:
        raise IntakeError(f"data/{name}: a time has an offset")
    return found


def _public_key(text: str) -> Ed25519PublicKey:
    """Read 32 bytes in base64, alone or as `openssl pkey -pubout -outform DER` writes them."""
    content = base64.b64decode(text, validate=True)
    return Ed25519PublicKey.from_public_bytes(content.removeprefix(_SPKI))


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(SCHEMA), validate_formats=True)
