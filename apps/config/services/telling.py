"""Telling who listens that an environment has changed, as soon as this process knows."""

from datetime import datetime
from uuid import UUID

import orjson
from django.core.signing import BadSignature, Signer
from django.db import close_old_connections

from apps.config.models import Environment
from apps.config.selectors.keys import ended
from apps.config.services.snapshots import Snapshot, snapshots
from kernel import clock
from kernel.errors import UnauthenticatedError
from kernel.observability.figures import release
from kernel.streams import StreamEvent, broadcaster

#: How often environments that somebody listens to are looked at, for what no hint has told.
LOOK_SECONDS = 1.0
#: A token is good until the end of the next slot. Within a slot it is the same: a client whose
#: address of the stream changed would have to connect anew.
SLOT_SECONDS = 900

_signer = Signer(salt="config.flags.events")


def topic_of(tenant_id: UUID, environment_id: UUID) -> str:
    """Return where changes of an environment are told."""
    return f"config:{tenant_id}:{environment_id}"


def tag_of(environment_id: UUID, revision: int) -> str:
    """Return what names a revision of an environment to clients."""
    return f"{environment_id.hex}-{revision}"


def event_of(snapshot: Snapshot) -> StreamEvent:
    """Return what OFREP's clients are told: to ask for all flags again."""
    tag = tag_of(snapshot.environment_id, snapshot.revision)
    data = {"type": "refetchEvaluation", "etag": f'"{tag}"'}
    return StreamEvent(data=orjson.dumps(data), id=tag)


def tell(snapshot: Snapshot) -> None:
    """Tell who listens here; called with each newer snapshot."""
    broadcaster.publish(topic_of(snapshot.tenant_id, snapshot.environment_id), event_of(snapshot))


def look(topics: set[str]) -> None:
    """Look whether another process has changed what somebody listens to here."""
    if not topics:
        release()
        return
    listened = {UUID(environment): UUID(tenant) for _, tenant, environment in _parts(topics)}
    try:
        rows = Environment.across_tenants.filter(pk__in=list(listened))
        for environment_id, revision in rows.values_list("pk", "revision"):
            if snapshots.get(listened[environment_id], environment_id).revision < revision:
                catch_up(environment_id, listened[environment_id])
    finally:
        close_old_connections()


def catch_up(environment_id: UUID, tenant_id: UUID) -> Snapshot:
    """Read an environment that is said to be newer than what is in memory."""
    snapshots.forget(environment_id)
    return snapshots.get(tenant_id, environment_id)


def stream_token(snapshot: Snapshot, key_id: str) -> str:
    """Return what opens the stream of an environment for 15 to 30 minutes, and nothing else.

    It was given for a key, and opens nothing once that is revoked.
    """
    slot = _slot(clock.now())
    parts = snapshot.tenant_id.hex, snapshot.environment_id.hex, key_id, str(slot)
    return _signer.sign(".".join(parts))


def opened_by_token(token: str) -> tuple[UUID, UUID, str]:
    """Return tenant, environment and key of a token; raises UnauthenticatedError."""
    try:
        tenant, environment, key_id, slot = _signer.unsign(token).split(".")
    except (BadSignature, ValueError):
        raise UnauthenticatedError("the token of the stream is not good") from None
    if not _slot(clock.now()) - 1 <= int(slot) <= _slot(clock.now()):
        raise UnauthenticatedError("the token of the stream has expired: ask for the flags again")
    if key_id and ended({key_id}):
        raise UnauthenticatedError("the key that the token was given for is revoked")
    return UUID(tenant), UUID(environment), key_id


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // SLOT_SECONDS


def _parts(topics: set[str]) -> list[list[str]]:
    return [topic.split(":") for topic in topics]
