"""What the scheduler serves beside GraphQL, under `/scheduler/api/`."""

from django.urls import path

from apps.scheduler.views import badges, pings, runs

_PING = "pings/<uuid:tenant_id>/<uuid:schedule_id>/<str:signature>"

urlpatterns = [
    path("badges/<uuid:tenant_id>/<uuid:schedule_id>/<str:signature>.svg", badges.badge),
    path(_PING, pings.ping),
    path(f"{_PING}/fail", pings.fail),
    path(f"{_PING}/badge.svg", pings.badge),
    path("runs/<uuid:run_id>/events", runs.events),
]
