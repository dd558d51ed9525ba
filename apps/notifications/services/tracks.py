"""That a mail was opened, or a link of it followed, is written down: once for each."""

from typing import Literal

from django.db import transaction

from apps.notifications.conf import TRACKING
from apps.notifications.domain.tracking import tracked
from apps.notifications.models import Moment, Notification
from apps.notifications.selectors.links import Opened, click_url, open_url
from apps.notifications.services.timeline import note
from contracts.notification_providers import NotificationReported
from kernel.events.publishing import publish

Track = Literal["opened", "clicked"]


def html_of(notification: Notification, unsubscribe_url: str) -> str:
    """Return the HTML of a mail as it goes out: what is critical is never tracked."""
    if not notification.html or notification.critical or not TRACKING.value():
        return notification.html
    return tracked(
        notification.html,
        picture=open_url(notification),
        through=lambda to: click_url(notification, to),
        kept=unsubscribe_url,
    )


@transaction.atomic
def record(opened: Opened, what: Track) -> bool:
    """Write down what somebody did with a mail, in its tenant; False where that is known.

    What is gone, or tracked no more, changes nothing.
    """
    if not TRACKING.value():
        return False
    row = Notification.objects.select_for_update(of=("self",)).filter(pk=opened.row_id).first()
    if row is None or Moment.objects.filter(notification=row, what=what).exists():
        return False
    # Not where the link leads: an address may carry what is nobody else's to know.
    note(row, what)
    publish(NotificationReported(notification_id=str(row.pk), channel=str(row.channel), what=what))
    return True
