"""What the importexport app serves beside GraphQL: empty files to fill in, and pages for people."""

from django.urls import path

from apps.importexport.views import imports, templates

urlpatterns = [
    path("datasets/<str:name>/template/", templates.template),
]

pages = [
    path("imports/", imports.listed, name="imports"),
    path("imports/new/", imports.start, name="imports-new"),
    path("imports/templates/", imports.templates, name="imports-templates"),
    path("imports/places/", imports.places, name="imports-places"),
    path("exports/", imports.exports, name="exports"),
    path("imports/<uuid:import_id>/", imports.wizard, name="imports-wizard"),
]
