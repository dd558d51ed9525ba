"""What notifications have for staff to look at."""

from apps.notifications.models import (
    EndpointState,
    Notification,
    NotificationState,
    WebhookEndpoint,
)
from kernel.admin.concerns import Concern, Duty, lately, register

register(
    Concern(
        "messages that failed in the last day",
        Duty.SUPPORT,
        lambda: lately(Notification.across_tenants.filter(state=NotificationState.FAILED)),
        "state__exact=failed",
    ),
    Concern(
        "webhook endpoints that are turned off",
        Duty.SUPPORT,
        lambda: WebhookEndpoint.across_tenants.filter(state=EndpointState.DISABLED),
        "state__exact=disabled",
    ),
)
