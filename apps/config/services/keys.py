"""Environment keys: made, shown once, rotated, revoked."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.config.models import Environment, EnvironmentKey, KeyKind
from apps.config.selectors.keys import known_keys
from contracts.config import EnvironmentKeyCreated, EnvironmentKeyRevoked, EnvironmentKeyRotated
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.identity.keys import KeyText, digest
from kernel.rows import change, check, locked

#: Good ones of an environment.
MOST_KEYS = 100
#: How long at most the secret before a rotation opens the same.
LONGEST_GRACE = timedelta(days=30)


@transaction.atomic
def create_environment_key(
    *,
    environment_id: str,
    name: str,
    kind: KeyKind = KeyKind.SERVER,
    expires_at: datetime | None = None,
) -> tuple[EnvironmentKey, str]:
    """Make a key; return it with its text, which nobody can read again."""
    environment = locked(Environment, environment_id)
    now = clock.now()
    if expires_at is not None and expires_at <= now:
        raise InvalidInputError(f"expiresAt is in the past: {expires_at.isoformat()}")
    if environment.keys.filter(revoked_at=None).count() >= MOST_KEYS:
        raise LimitExceededError(f"at most {MOST_KEYS} keys of an environment")
    text = KeyText.new(kind)
    key = EnvironmentKey(
        environment=environment,
        kind=kind,
        name=name,
        prefix=text.id,
        secret_sha256=digest(text.secret),
        expires_at=expires_at,
    )
    check(key, only=("name", "kind"))
    key.save()
    publish(EnvironmentKeyCreated(key_id=str(key.pk), name=name, **_told(key)))
    return key, str(text)


@transaction.atomic
def rotate_environment_key(*, id: str, grace_seconds: int = 0) -> tuple[EnvironmentKey, str]:
    """Give a key another secret; the one before it opens the same for so many seconds more."""
    if not 0 <= grace_seconds <= LONGEST_GRACE.total_seconds():
        raise InvalidInputError(f"graceSeconds are 0 to {int(LONGEST_GRACE.total_seconds())}")
    key = locked(EnvironmentKey, id)
    now = clock.now()
    if not key.opens(now):
        raise ConflictError("the key is revoked or has expired: make another one")
    text = KeyText.new(key.kind, key.prefix)
    change(
        key,
        previous_sha256=key.secret_sha256 if grace_seconds else None,
        previous_until=now + timedelta(seconds=grace_seconds) if grace_seconds else None,
        secret_sha256=digest(text.secret),
        rotated_at=now,
    )
    known_keys.forget(key.prefix)
    publish(EnvironmentKeyRotated(key_id=str(key.pk), name=key.name, **_told(key)))
    return key, str(text)


@transaction.atomic
def revoke_environment_key(*, id: str) -> EnvironmentKey:
    """Let a key open nothing any more. Telling it twice changes nothing."""
    key = locked(EnvironmentKey, id)
    if key.revoked_at is None:
        change(key, revoked_at=clock.now())
        known_keys.forget(key.prefix)
        publish(EnvironmentKeyRevoked(key_id=str(key.pk), name=key.name, **_told(key)))
    return key


def _told(key: EnvironmentKey) -> dict[str, str]:
    return {"environment_id": str(key.environment_id), "kind": str(key.kind)}
