"""What the documents app serves beside GraphQL: pages for people."""

from typing import Any

from django.urls import path

from apps.documents.views import templates
from apps.documents.views.templates import BATCHES, MADE, PARTIALS, TEMPLATES, THEMES

urlpatterns: list[Any] = []

pages = [
    path("made/", templates.listed, {"shown": MADE}, name=MADE.name),
    path("templates/", templates.listed, {"shown": TEMPLATES}, name=TEMPLATES.name),
    path("templates/<uuid:template_id>/", templates.editor, name="documents-template"),
    path("themes/", templates.listed, {"shown": THEMES}, name=THEMES.name),
    path("partials/", templates.listed, {"shown": PARTIALS}, name=PARTIALS.name),
    path("batches/", templates.listed, {"shown": BATCHES}, name=BATCHES.name),
]
