"""API keys read a moment ago: asking the database for one costs more than a small query."""

from kernel.cache.namespaces import TTL, Namespace
from kernel.identity.models import ApiKey
from kernel.identity.recent_sessions import recent_sessions

KEYS: Namespace[ApiKey | None] = Namespace(
    "identity:keys",
    holds="API keys with tenant and owner",
    ttl=TTL.MOMENT,
    forgotten="a key, its owner or its tenant changes",
    of_tenant=False,
    # Whoever guesses keys shall not push out those that are.
    absent=False,
)

_WITH_OWNERS = ("tenant", "membership__user", "service_account")


class RecentKeys:
    """The keys of the last second; one that is revoked elsewhere ends with it at the latest."""

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key with tenant and owner, from the database unless it was asked just now."""
        return KEYS.get_or_load(key_id, lambda: _read(key_id))

    def forget(self, key_id: str) -> None:
        """Ask for this key anew, once the transaction that changed it has committed."""
        KEYS.forget(key_id)

    def forget_all(self) -> None:
        """Ask for every key and its owner anew, once the transaction has committed."""
        KEYS.forget_all()
        recent_sessions.forget_members()


def _read(key_id: str) -> ApiKey | None:
    return ApiKey.objects.select_related(*_WITH_OWNERS).filter(pk=key_id).first()


recent_keys = RecentKeys()
