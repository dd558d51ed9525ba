"""What the documents app serves beside GraphQL: pages for people."""

from typing import Any

from django.urls import path

from apps.documents.views import templates

urlpatterns: list[Any] = []

pages = [
    path("templates/", templates.listed, name="documents-templates"),
    path("templates/<uuid:template_id>/", templates.editor, name="documents-template"),
]
