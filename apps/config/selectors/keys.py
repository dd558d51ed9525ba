"""Environment keys as programs use them: known for some seconds, and while the database is away."""

import hmac
import time
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from django.db import Error, close_old_connections, connection, transaction

from apps.config.models import EnvironmentKey, KeyKind
from kernel import clock
from kernel.errors import UnauthenticatedError, UnavailableError
from kernel.identity.keys import KeyText, digest
from kernel.identity.models import ApiKey, TenantState
from kernel.identity.recent_tenants import recent_tenants

#: How long a key may be good here that was revoked in another process.
CHECK_SECONDS = 5.0
MOST_KNOWN = 10_000
#: Who is told that something is in memory asks for it within this time.
MARGIN_SECONDS = 0.1

_KINDS = tuple(f"septet_{kind}_" for kind in KeyKind.values)
_CLIENT = f"septet_{KeyKind.CLIENT}_"
_REFUSED = "the environment key is unknown, revoked or expired"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a key opens."""

    key_id: UUID
    tenant_id: UUID
    environment_id: UUID
    kind: KeyKind

    @property
    def public(self) -> bool:
        """Whether anybody can read the key."""
        return self.kind == KeyKind.CLIENT


@dataclass(frozen=True, slots=True)
class _Known:
    opened: Opened
    secret_sha256: bytes
    previous_sha256: bytes | None
    previous_until: datetime | None
    expires_at: datetime | None

    def opens(self, secret: str, now: datetime) -> bool:
        """Say whether this is its secret, and its time is not over."""
        if self.expires_at is not None and now >= self.expires_at:
            return False
        sent = digest(secret)
        if hmac.compare_digest(sent, self.secret_sha256):
            return True
        before = self.previous_sha256
        if before is None or self.previous_until is None or now >= self.previous_until:
            return False
        return hmac.compare_digest(sent, before)


class KnownKeys:
    """Keys that were used here lately, and prefixes of none."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, tuple[float, _Known | None]] = {}

    def get(self, prefix: str) -> _Known | None:
        """Return the good key of this prefix; raises UnavailableError when nobody can say."""
        now = time.monotonic()
        found = self._known.get(prefix)
        if found is not None and now - found[0] < CHECK_SECONDS:
            return found[1]
        try:
            known = _load(prefix)
        except Error as error:
            if found is None:
                raise UnavailableError("environment keys cannot be read for now") from error
            known = found[1]
        with self._lock:
            self._known.pop(prefix, None)
            self._known[prefix] = (now, known)
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
        return known

    def holds(self, prefix: str) -> bool:
        """Say whether asking for it now asks no database."""
        found = self._known.get(prefix)
        return found is not None and time.monotonic() - found[0] < CHECK_SECONDS - MARGIN_SECONDS

    def forget(self, prefix: str) -> None:
        """Ask the database again, once the transaction that changed it is committed."""
        transaction.on_commit(lambda: self._known.pop(prefix, None), robust=True)


known_keys = KnownKeys()


def is_environment_key(text: str) -> bool:
    """Say whether a credential looks like a key of an environment."""
    return text.startswith(_KINDS)


def is_client_key(text: str) -> bool:
    """Say whether a credential looks like a key that anybody can read."""
    return text.startswith(_CLIENT)


def opened_by(text: str) -> Opened:
    """Return what a key opens; raises UnauthenticatedError, UnavailableError."""
    kind = text.split("_", 2)[1] if is_environment_key(text) else KeyKind.SERVER
    key = KeyText.read(text, kind)
    known = known_keys.get(key.id)
    if known is None or known.opened.kind != kind or not known.opens(key.secret, clock.now()):
        raise UnauthenticatedError(_REFUSED)
    return known.opened


def ended(ids: set[str]) -> set[str]:
    """Return which of these keys, of environments or of the API, open nothing any more."""
    now = clock.now()
    try:
        # Those of environments are UUIDs, and those of the API have no hyphens.
        mine = {one for one in ids if "-" in one}
        rows = EnvironmentKey.across_tenants.filter(pk__in=mine)
        good = {str(key.pk) for key in rows if key.opens(now)}
        others = ApiKey.objects.filter(pk__in=ids - mine).select_related(
            "tenant", "membership__user", "service_account"
        )
        good |= {key.pk for key in others if key.usable_at(now)}
    finally:
        if not connection.in_atomic_block:
            close_old_connections()
    return ids - good


def is_in_memory(text: str) -> bool:
    """Say whether a key of an environment can be opened without the database just now."""
    parts = text.split("_")
    return len(parts) > 2 and is_environment_key(text) and known_keys.holds(parts[2])


def _load(prefix: str) -> _Known | None:
    # Who asks has no tenant before the key has said which.
    key = EnvironmentKey.across_tenants.filter(prefix=prefix, revoked_at=None).first()
    tenant = recent_tenants.by_id(key.tenant_id) if key else None
    if key is None or tenant is None or tenant.state is not TenantState.ACTIVE:
        return None
    return _Known(
        Opened(key.pk, key.tenant_id, key.environment_id, KeyKind(key.kind)),
        bytes(key.secret_sha256),
        bytes(key.previous_sha256) if key.previous_sha256 else None,
        key.previous_until,
        key.expires_at,
    )
