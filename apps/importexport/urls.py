"""What the importexport app serves beside GraphQL."""

from django.urls import path

from apps.importexport.views import templates

urlpatterns = [
    path("datasets/<str:name>/template/", templates.template),
]
