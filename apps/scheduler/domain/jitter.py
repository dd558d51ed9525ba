"""How much later than due something begins, so that not all begin at once."""

from datetime import datetime, timedelta
from hashlib import sha256


def jitter(key: str, fire_time: datetime, most: timedelta) -> timedelta:
    """Return a delay from nothing to the most, the same each time for one key and fire time."""
    seconds = int(most.total_seconds())
    if seconds <= 0:
        return timedelta()
    digest = sha256(f"{key}|{int(fire_time.timestamp())}".encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8]) % (seconds + 1))
