"""Services of others that tell entries over Kafka: who may, and what becomes of what they tell."""

import base64
import binascii

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction

from apps.audit.domain.cloudevents import attribute, cloudevent_entry, signed_text
from apps.audit.domain.entries import Actor, Entry, EntryError, Target
from apps.audit.models import IntakeSource
from apps.audit.services.recording import record, record_event
from contracts.audit import AuditEntrySubmitted, AuditSourceAdded, AuditSourceRemoved
from kernel import clock
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.rows import delete, locked
from kernel.tenancy.context import in_tenant

MOST_SOURCES = 1_000


@transaction.atomic
def add_source(*, source: str, public_key: str = "") -> IntakeSource:
    """Let a producer tell entries into the log of the current tenant, and put that on record.

    `public_key` is 32 bytes of Ed25519 in base64. Raises InvalidInputError, or ConflictError when
    the source is known already, to whichever tenant.
    """
    try:
        attribute({"source": source}, "source")
    except EntryError as error:
        raise InvalidInputError(str(error)) from None
    made = IntakeSource(source=source, public_key=_key(public_key) if public_key else None)
    if IntakeSource.objects.count() >= MOST_SOURCES:
        raise LimitExceededError(f"at most {MOST_SOURCES} sources a tenant")
    if IntakeSource.across_tenants.filter(source=source).exists():
        raise ConflictError(f"the source {source} is known already")
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise ConflictError(f"the source {source} is known already") from None
    _put_on_record(made, "added")
    publish(AuditSourceAdded(source_id=str(made.pk), source=source, signs=made.signs))
    return made


@transaction.atomic
def remove_source(*, source: str) -> None:
    """Refuse what a producer tells from now on; raises NotFoundError in another tenant."""
    found = IntakeSource.objects.select_for_update().filter(source=source).first()
    if found is None:
        raise NotFoundError(f"no source {source} in this tenant")
    _remove(found)


@transaction.atomic
def delete_source(*, id: str) -> IntakeSource:
    """Refuse what a producer tells from now on, and return it as it was; raises NotFoundError."""
    found = locked(IntakeSource, id)
    _remove(found)
    return found


def record_submitted(event: AuditEntrySubmitted) -> None:
    """Record what was submitted in the log of its source's tenant.

    Raises ForbiddenError for a source that nobody added or a signature that is not good, and
    InvalidInputError for what is no entry.
    """
    source = IntakeSource.across_tenants.filter(source=event.source).first()
    if source is None:
        raise ForbiddenError(f"no source {event.source} may tell entries")
    told = orjson.loads(event.event)
    try:
        if source.public_key is not None:
            _verify(bytes(source.public_key), event.signature, signed_text(told, event.sha256))
        entry = cloudevent_entry(told)
    except EntryError as error:
        raise InvalidInputError(str(error)) from None
    with in_tenant(source.tenant_id):
        record(entry)


def _remove(source: IntakeSource) -> None:
    _put_on_record(source, "removed")
    publish(AuditSourceRemoved(source_id=str(source.pk), source=source.source))
    delete([source])


def _verify(public_key: bytes, signature: str, text: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            base64.b64decode(signature, validate=True), text
        )
    except (InvalidSignature, binascii.Error, ValueError):
        raise ForbiddenError("the event is not signed by its source") from None


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
        Ed25519PublicKey.from_public_bytes(key)
    except (binascii.Error, ValueError):
        raise InvalidInputError("a public key is 32 bytes of Ed25519 in base64") from None
    return key


def _put_on_record(source: IntakeSource, verb: str) -> None:
    actor = current_actor()
    record_event(
        Entry(
            action=f"audit.source.{verb}",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="AuditSource", id=str(source.pk), name=source.source),),
            metadata={"signs": source.signs},
        )
    )
