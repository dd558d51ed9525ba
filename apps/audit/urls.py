"""What the audit app serves beside GraphQL: under `/audit/api/`, and pages under `/audit/`.

`log/` is the prefix of a tiled transparency log (C2SP tlog-tiles): that of the credential's tenant.
"""

from django.urls import path

from apps.audit.views import exports, intake, log, subjects, viewer

urlpatterns = [
    path("logs", intake.logs),
    path("exports/<str:token>", exports.file),
    path("log/checkpoint", log.checkpoint),
    path("log/tile/<int:level>/<path:tile>", log.tile),
    path("log/entries", log.entries),
    path("log/consistency", log.consistency),
    path("log/keys", log.keys),
    path("receipts/<uuid:log_id>", log.receipt),
    path("subjects/records", subjects.records),
]

pages = [
    path("view/<str:token>/", viewer.page, name="audit-viewer"),
    path("view/<str:token>/logs.csv", viewer.file, name="audit-viewer-file"),
]
