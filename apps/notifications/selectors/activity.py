"""How deliveries go, hour by hour, for the back office."""

from apps.notifications.models import Notification
from kernel.activity.counting import counts, made_within

counts(
    "notifications.deliveries",
    title="Deliveries, by how they stood ten minutes later",
    permission="notifications.view_notification",
    within=made_within(Notification.across_tenants.all),
    took=("created_at", "sent_at"),
)
