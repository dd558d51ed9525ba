"""What the notifications app serves beside GraphQL: `/notifications/api/`, and pages for people."""

from django.urls import path

from apps.notifications.views import devices, inbox, own_inbox, reports, tracks, wishes

urlpatterns = [
    path("inbox/events/<str:token>", inbox.events),
    path("inbox/messages/<str:token>", inbox.messages),
    path("inbox/marks/<str:token>", inbox.marks),
    path("inbox/push/<str:token>", devices.key),
    path("inbox/devices/<str:token>", devices.devices),
    path("callbacks/<str:token>", reports.callback),
    path("mail-reports", reports.mail_report),
    path("provider-events/<str:token>", reports.events),
]

pages = [
    path("inbox/", own_inbox.page, name="notifications-inbox"),
    path("push-worker.js", devices.worker, name="notifications-push-worker"),
    path("l/<str:token>/", tracks.click, name="notifications-click"),
    path("o/<str:token>/", tracks.opening, name="notifications-open"),
    path("u/<str:token>/", wishes.unsubscribe, name="notifications-unsubscribe"),
    path("verify/<str:token>/", wishes.verify, name="notifications-verify"),
]
