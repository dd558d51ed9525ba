"""The one source of the current time, so that a test can pin it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(tz=UTC)
