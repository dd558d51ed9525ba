"""Sessions of signed-in people: rows that can be listed by person and tenant, and ended at once.

It is the session engine of Django. A browser holds a random key; the row is found by its SHA-256,
so who reads the table cannot go on as anybody in it, and a row's id may be shown.

A session ends when nobody uses it for SESSION_IDLE_TIMEOUT, SESSION_LIFETIME after the sign-in,
when its person signs out, changes the password, is deactivated or loses the membership, and when
somebody ends it. Ended means deleted: the next request that brings its key is nobody's. (Where
SESSION_CACHE is set, other processes are told, which takes milliseconds.)
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY as SESSION_USER
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.middleware import SessionMiddleware as StockSessionMiddleware
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from contracts.identity import SessionRevoked
from kernel import clock
from kernel.client_address import client_address
from kernel.events.publishing import publish
from kernel.identity.authentication import SESSION_TENANT
from kernel.identity.devices import USER_AGENT_LENGTH
from kernel.identity.models import Session, Tenant
from kernel.identity.recent_sessions import recent_sessions

#: When the person signed in; it stays when the session gets a new key.
SIGNED_IN_AT = "signed_in_at"
#: How often at most a use is written down, so that reading costs no write.
SEEN_STEP = timedelta(minutes=1)


class SessionStore(SessionBase):
    """A session in the table of sessions."""

    #: Where the request comes from, and by which browser.
    address: str = ""
    user_agent: str = ""

    def load(self) -> dict[str, Any]:
        """Return what the session holds, and note that it is in use."""
        now = clock.now()
        row = recent_sessions.get(digest(self.session_key))
        if row is None or row.expires_at <= now:
            self._session_key = None
            return {}
        if now - row.last_seen_at >= SEEN_STEP:
            self._note_use(row, now)
        found: dict[str, Any] = self.decode(row.data)
        return found

    def exists(self, session_key: str) -> bool:
        """Say whether there is a session under this key."""
        return Session.objects.filter(pk=digest(session_key)).exists()

    def create(self) -> None:
        """Begin a session under a key that nobody has."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Store the session; one that was ended meanwhile stays ended (UpdateError)."""
        if self.session_key is None:
            self.create()
            return
        row = self._row(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                row.save(force_insert=must_create, force_update=not must_create)
                recent_sessions.forget(row.pk)
        except IntegrityError:
            if must_create:
                raise CreateError from None
            raise
        except DatabaseError:
            if not must_create:
                raise UpdateError from None
            raise

    def delete(self, session_key: str | None = None) -> None:
        """End a session: this one, or the one under another key."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(pk=digest(key)).delete()
            recent_sessions.forget(digest(key))

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that have ended by time."""
        Session.objects.filter(expires_at__lt=clock.now()).delete()

    def _row(self, data: dict[str, Any]) -> Session:
        now = clock.now()
        user_id = data.get(SESSION_USER)
        if user_id:
            data.setdefault(SIGNED_IN_AT, now.isoformat())
        signed_in_at = datetime.fromisoformat(data[SIGNED_IN_AT]) if user_id else None
        return Session(
            pk=digest(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            data=self.encode(data),
            user_id=user_id,
            tenant_id=data.get(SESSION_TENANT),
            address=self.address or None,
            user_agent=self.user_agent[:USER_AGENT_LENGTH],
            signed_in_at=signed_in_at,
            last_seen_at=now,
            expires_at=_expiry(now, signed_in_at),
        )

    def _note_use(self, row: Session, now: datetime) -> None:
        Session.objects.filter(pk=row.pk).update(
            last_seen_at=now,
            expires_at=_expiry(now, row.signed_in_at),
            address=self.address or row.address,
        )
        recent_sessions.forget(row.pk)


class SessionMiddleware(StockSessionMiddleware):
    """Django's, which also tells the session who is there."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        session = request.session
        if isinstance(session, SessionStore):
            session.address = client_address(request)
            session.user_agent = request.headers.get("User-Agent", "")


def digest(session_key: str | None) -> str:
    """Return the id of the row of a key. Keys are random, so a fast hash is enough."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()


def sessions_of(user: User) -> QuerySet[Session]:
    """Return a person's sessions that are open, the last used first."""
    return _open().filter(user=user)


def sessions_in(tenant: Tenant) -> QuerySet[Session]:
    """Return the open sessions of people who are working in a tenant, the last used first."""
    return _open().filter(tenant=tenant)


@transaction.atomic
def end_sessions(sessions: QuerySet[Session], *, reason: str, only: str | None = None) -> int:
    """End these sessions at once, or one of them, say why, and return how many there were."""
    if only:
        # What is no id is none of them, and is not asked for: PostgreSQL takes no NUL.
        sessions = sessions.filter(pk=only) if only.isalnum() else sessions.none()
    ended = list(sessions.order_by().values_list("pk", "user_id", "tenant_id"))
    ids = [pk for pk, _, _ in ended]
    Session.objects.filter(pk__in=ids).delete()
    recent_sessions.forget(*ids)
    for pk, user_id, tenant_id in ended:
        told = SessionRevoked(session_id=pk, user_id=str(user_id), reason=reason)
        publish(told, tenant_id=tenant_id)
    return len(ended)


def _open() -> QuerySet[Session]:
    return (
        Session.objects.filter(expires_at__gt=clock.now(), user__isnull=False)
        .select_related("user", "tenant")
        .order_by("-last_seen_at")
    )


def _expiry(now: datetime, signed_in_at: datetime | None) -> datetime:
    idle = now + settings.SESSION_IDLE_TIMEOUT
    return min(idle, signed_in_at + settings.SESSION_LIFETIME) if signed_in_at else idle
