"""When keys were last used: noted in memory by requests, written down beside them."""

from datetime import datetime, timedelta
from threading import Lock

from django.db.models import Q

from kernel.identity.models import ApiKey
from kernel.keeping import keep

#: How often at most a key's last use is written down, whichever processes it is used at.
STEP = timedelta(minutes=1)
#: How long a use is in memory only: what a process that is killed forgets.
WRITTEN_AFTER_SECONDS = 5.0
#: Keys in one statement.
WRITTEN_AT_ONCE = 500


class LastUses:
    """The uses of this process that are not written down yet."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._uses: dict[str, datetime] = {}

    def note(self, key: ApiKey, now: datetime) -> None:
        """Remember a use, if the one before it was long ago. It never waits for the database."""
        if key.last_used_at is None or now - key.last_used_at >= STEP:
            key.last_used_at = now
            with self._lock:
                self._uses[key.pk] = now

    def write(self) -> None:
        """Write down what was noted; what another process wrote meanwhile stays."""
        with self._lock:
            uses, self._uses = self._uses, {}
        ids = sorted(uses)
        for start in range(0, len(ids), WRITTEN_AT_ONCE):
            some = ids[start : start + WRITTEN_AT_ONCE]
            latest = max(uses[key_id] for key_id in some)
            long_ago = Q(last_used_at=None) | Q(last_used_at__lte=latest - STEP)
            ApiKey.objects.filter(long_ago, pk__in=some).update(last_used_at=latest)


last_uses = LastUses()
# While the database is away a use is forgotten: the next one is noted a minute later.
keep("last-used", last_uses.write, every_seconds=WRITTEN_AFTER_SECONDS)
