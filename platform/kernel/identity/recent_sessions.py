"""Who is signed in, read a moment ago: where SESSION_CACHE is set, which is for who runs it to say.

What is in Redis opens nothing: a session stands there by the hash of its key, and its data is
signed. Of the person nothing is kept, so who is deactivated or has another password is out at once.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from kernel.cache.namespaces import TTL, Namespace
from kernel.identity.models import Membership, Session, Tenant

_MOMENTS = ("signed_in_at", "last_seen_at", "expires_at")
_TEXTS = ("id", "data", "address")


class _Rows:
    """Sessions as JSON can say them, without what is not asked for by a request."""

    def told(self, row: Session | None) -> Any:
        if row is None:
            return None
        moments = {name: getattr(row, name) for name in _MOMENTS}
        return {name: getattr(row, name) for name in _TEXTS} | {
            name: moment.isoformat() if moment else None for name, moment in moments.items()
        }

    def read(self, told: Any) -> Session | None:
        if told is None:
            return None
        moments = {
            name: datetime.fromisoformat(told[name]) if told[name] else None for name in _MOMENTS
        }
        return Session(**told | moments)


SESSIONS: Namespace[Session | None] = Namespace(
    "identity:sessions",
    holds="sessions of people, where SESSION_CACHE is set",
    ttl=TTL.MEDIUM,
    forgotten="a session is saved, used or ended",
    of_tenant=False,
    codec=_Rows(),
    # Whoever guesses keys shall not push out those that are.
    absent=False,
)
MEMBERS: Namespace[Membership | None] = Namespace(
    "identity:members",
    holds="memberships of signed-in people, where SESSION_CACHE is set",
    ttl=TTL.MEDIUM,
    forgotten="a membership or its tenant changes",
    of_tenant=False,
    absent=False,
)


class RecentSessions:
    """Sessions and memberships of the last minute; what is ended elsewhere is told to us."""

    def get(self, session_id: str) -> Session | None:
        """Return the row of this id, which may have expired meanwhile."""
        if not settings.SESSION_CACHE:
            return _session(session_id)
        return SESSIONS.get_or_load(session_id, lambda: _session(session_id))

    def forget(self, *session_ids: str) -> None:
        """Ask for these anew, once the transaction that changed them has committed."""
        if settings.SESSION_CACHE and session_ids:
            SESSIONS.forget(*session_ids)

    def membership(self, user_id: Any, tenant_id: str | None) -> Membership | None:
        """Return what a person is in this active tenant, or in the first one by its slug."""
        if not settings.SESSION_CACHE:
            return _membership(user_id, tenant_id)
        key = f"{user_id}/{tenant_id or ''}"
        return MEMBERS.get_or_load(key, lambda: _membership(user_id, tenant_id))

    def forget_members(self) -> None:
        """Ask for every membership anew, once the transaction has committed."""
        if settings.SESSION_CACHE:
            MEMBERS.forget_all()


def _session(session_id: str) -> Session | None:
    return Session.objects.filter(pk=session_id).first()


def _membership(user_id: Any, tenant_id: str | None) -> Membership | None:
    found = Membership.objects.filter(user_id=user_id, tenant__in=Tenant.objects.active())
    if tenant_id:
        found = found.filter(tenant_id=tenant_id)
    return found.order_by("tenant__slug").first()


recent_sessions = RecentSessions()
