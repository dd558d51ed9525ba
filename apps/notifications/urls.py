"""What the notifications app serves beside GraphQL: `/notifications/api/`, and pages for people."""

from django.urls import path

from apps.notifications.views import inbox, wishes

urlpatterns = [
    path("inbox/events/<str:token>", inbox.events),
    path("inbox/messages/<str:token>", inbox.messages),
    path("inbox/marks/<str:token>", inbox.marks),
]

pages = [
    path("u/<str:token>/", wishes.unsubscribe, name="notifications-unsubscribe"),
    path("verify/<str:token>/", wishes.verify, name="notifications-verify"),
]
