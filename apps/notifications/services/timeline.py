"""What happens to a notification, written down where it happens."""

from apps.notifications.models import Moment, Notification

MOST_WHY = 500


def moment_of(notification: Notification, what: str, *, code: str = "", why: str = "") -> Moment:
    """Return a moment of a notification, not stored yet."""
    return Moment(notification=notification, what=what, code=code, why=why[:MOST_WHY])


def note(notification: Notification, what: str, *, code: str = "", why: str = "") -> None:
    """Add to the timeline of a notification, in the caller's transaction."""
    moment_of(notification, what, code=code, why=why).save(force_insert=True)
