"""What the config app serves beside GraphQL.

Published protocols are at their published paths; the rest is under `/config/api/`.
"""

from django.urls import path

from apps.config.views import events, export, ofrep, unleash, values

urlpatterns = [
    path("changes/<str:environment>", values.changes),
    path("values/<str:environment>", values.values),
    path("values/<str:environment>/<str:key>", values.value),
    path("flags/events", events.view),
    path("flags/flagd.json", export.flagd),
    path("unleash/frontend", unleash.frontend),
    path("unleash/frontend/client/metrics", unleash.metrics),
    path("unleash/frontend/client/register", unleash.accepted),
    path("unleash/client/features", unleash.features),
    path("unleash/client/metrics", unleash.metrics),
    path("unleash/client/register", unleash.accepted),
]

published = [
    path("ofrep/v1/evaluate/flags", ofrep.view),
    path("ofrep/v1/evaluate/flags/<path:key>", ofrep.view),
]

#: Answered before Django, by the path or all below it.
for_programs = {
    ofrep.BULK: ("ofrep-bulk", ofrep.reply),
    ofrep.SINGLE: ("ofrep-single", ofrep.reply),
}
