"""API keys read a moment ago: asking the database for one costs more than a small query."""

import time
from collections import OrderedDict
from threading import Lock

from django.db import transaction

from kernel.identity.models import ApiKey

#: How long a key that was revoked elsewhere may still open something. Here it is forgotten at once.
BELIEVED_SECONDS = 1.0
MOST_KEYS = 10_000


_WITH_OWNERS = ("tenant", "membership__user", "service_account")


class RecentKeys:
    """The keys of this process's last second; unknown ones are not remembered."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[str, tuple[float, ApiKey]] = OrderedDict()

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key with tenant and owner, from the database unless it was asked just now."""
        now = time.monotonic()
        recent = self._found.get(key_id)
        if recent is not None and now < recent[0]:
            return recent[1]
        key = ApiKey.objects.select_related(*_WITH_OWNERS).filter(pk=key_id).first()
        if key is not None:
            with self._lock:
                # Counted from before the question, so that its answer is never older than that.
                self._found[key_id] = now + BELIEVED_SECONDS, key
                self._found.move_to_end(key_id)
                if len(self._found) > MOST_KEYS:
                    self._found.popitem(last=False)
        return key

    def forget(self, key_id: str) -> None:
        """Ask for this key anew, once the transaction that changed it has committed."""
        transaction.on_commit(lambda: self._found.pop(key_id, None))

    def forget_all(self) -> None:
        """Ask for every key anew, once the transaction has committed."""
        transaction.on_commit(self._found.clear)


recent_keys = RecentKeys()
