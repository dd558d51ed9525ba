"""How far messages come, as staff are shown it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.notifications.models import Notification, NotificationChannel, NotificationState, Report
from apps.notifications.selectors.funnels import Funnel, funnels_of
from apps.notifications.services import create_notification

pytestmark = pytest.mark.usefixtures("tenant")


def test_what_arrived_is_counted_apart_from_what_was_sent() -> None:
    told = [Report.DELIVERED, Report.COMPLAINED, Report.BOUNCED, ""]
    for number, reported in enumerate(told):
        made = create_notification(
            recipient=f"{number}@example.com", channel=NotificationChannel.EMAIL, subject="Hello"
        )
        Notification.objects.filter(pk=made.pk).update(
            state=NotificationState.SENT, reported=reported
        )

    [found] = funnels_of(Notification.across_tenants.all())

    assert found == Funnel(
        channel="email", made=4, sent=4, delivered=2, seen=0, read=0, failed=0, skipped=0
    )
    User.objects.create_superuser("staff")
    browser = Client()
    browser.force_login(User.objects.get())
    assert "2 delivered (50 %)" in browser.get("/admin/notifications/notification/").text
