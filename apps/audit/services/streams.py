"""Streams as people direct them: made, paused, resumed, played again, removed; all on record."""

from collections.abc import Mapping
from secrets import token_bytes
from typing import Any, TypedDict, Unpack

from django.db import transaction

from apps.audit.adapters.stream_targets import is_webhook
from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.models import AuditStream, LogHead, StreamFormat, StreamState
from apps.audit.services.recording import record_event
from contracts.webhooks import is_secret, new_secret
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.actors import current_actor
from kernel.rows import change, check, locked

#: Each of them reads all of the log.
MOST_STREAMS = 20
_SECRET_BYTES = 32


class StreamChange(TypedDict, total=False):
    """What may be said of a stream anew."""

    name: str
    address: str
    format: str
    query: Mapping[str, Any] | None
    #: Of a webhook.
    secret: str | None


@transaction.atomic
def create_stream(
    *,
    name: str,
    address: str,
    format: str = StreamFormat.JSON,
    query: Mapping[str, Any] | None = None,
    secret: str | None = None,
    from_position: int | None = None,
) -> tuple[AuditStream, str]:
    """Let logs go to an address; return the stream, and the secret that signs if it is a webhook.

    It is the one that is given, or a new one. The stream begins with the logs that are sealed from
    now on, or at a position.
    """
    signs = is_webhook(address)
    if signs and secret is None:
        secret = new_secret(token_bytes(_SECRET_BYTES))
    stream = AuditStream(
        name=name,
        address=address,
        format=format,
        query=_told(query),
        secret=_checked(secret, signs=signs),
        position=_position(from_position),
    )
    _check(stream)
    if AuditStream.objects.count() >= MOST_STREAMS:
        raise LimitExceededError(f"at most {MOST_STREAMS} streams")
    stream.save()
    metadata = {"format": format, "query": stream.query, "position": stream.position}
    record_change(stream, "created", metadata)
    return stream, secret or ""


@transaction.atomic
def update_stream(*, id: str, **told: Unpack[StreamChange]) -> AuditStream:
    """Change what is given; it goes on where it stands. What failed is tried again at once."""
    stream = locked(AuditStream, id)
    columns: dict[str, Any] = dict(told)
    if "query" in columns:
        columns["query"] = _told(columns["query"])
    signs = is_webhook(columns.get("address", stream.address) or "")
    if "secret" in columns or signs != (stream.secret is not None):
        columns["secret"] = _checked(columns.get("secret"), signs=signs)
    for column, value in columns.items():
        setattr(stream, column, value)
    _check(stream)
    stream.retry_at = clock.now()
    # Not its position: a message that is on its way at the moment moves it on.
    stream.save(update_fields=[*columns, "retry_at"])
    if told:
        record_change(stream, "changed", {"fields": sorted(told)})
    return stream


@transaction.atomic
def pause_stream(*, id: str) -> AuditStream:
    """Send nothing more until it is resumed."""
    stream = locked(AuditStream, id)
    change(stream, state=StreamState.PAUSED)
    record_change(stream, "paused")
    return stream


@transaction.atomic
def resume_stream(*, id: str, from_position: int | None = None) -> AuditStream:
    """Go on where it stood, or play again from a position on; also one that had failed."""
    stream = locked(AuditStream, id)
    position = stream.position if from_position is None else _position(from_position)
    change(
        stream,
        state=StreamState.ACTIVE,
        position=position,
        failures=0,
        failing_since=None,
        retry_at=clock.now(),
        last_error="",
    )
    record_change(stream, "resumed", {"position": position})
    return stream


@transaction.atomic
def remove_stream(*, id: str) -> AuditStream:
    """Send nothing more, ever."""
    stream = locked(AuditStream, id)
    record_change(stream, "removed", {"position": stream.position})
    AuditStream.objects.filter(pk=stream.pk).delete()
    return stream


def record_change(stream: AuditStream, verb: str, metadata: dict[str, Any] | None = None) -> None:
    """Put on record what happened to a stream."""
    actor = current_actor()
    record_event(
        Entry(
            action=f"audit.stream.{verb}",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="AuditStream", id=str(stream.pk), name=stream.name),),
            metadata=metadata or {},
        )
    )


def _told(query: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        return LogQuery.of(query or {}).told()
    except QueryError as error:
        raise InvalidInputError(str(error)) from None


def _position(wanted: int | None) -> int:
    """Return the position to begin at: the end of the log if nothing is said."""
    size = LogHead.objects.values_list("size", flat=True).first() or 0
    if wanted is not None and not 0 <= wanted <= size:
        raise InvalidInputError(f"the log has {size} leaves, found position {wanted}")
    return size if wanted is None else wanted


def _checked(secret: str | None, *, signs: bool) -> str | None:
    """Return the secret as it is kept; raises InvalidInputError."""
    if signs and not is_secret(secret or ""):
        raise InvalidInputError("a webhook has a secret: whsec_ and 24 to 64 bytes in base64")
    if secret and not signs:
        raise InvalidInputError("only a webhook has a secret")
    return secret or None


def _check(stream: AuditStream) -> None:
    """Raise InvalidInputError or ConflictError for what no stream can be."""
    check(stream, only=("name", "address", "format", "query"))
    if AuditStream.objects.filter(name=stream.name).exclude(pk=stream.pk).exists():
        raise ConflictError(f"there is a stream {stream.name!r}")
