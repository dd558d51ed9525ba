"""What happens to a notification, written down where it happens."""

from apps.notifications.models import Moment, Notification

MOST_WHY = 500


def note(notification: Notification, what: str, *, code: str = "", why: str = "") -> None:
    """Add to the timeline of a notification, in the caller's transaction."""
    Moment.objects.create(notification=notification, what=what, code=code, why=why[:MOST_WHY])
