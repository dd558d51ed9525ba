"""Paths of the portal."""

from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from project.portal import views

urlpatterns = [
    path("", views.portal, name="portal"),
    path(".well-known/services", views.services_json, name="services"),
    path("status", views.status, name="status"),
    path("graphiql", views.graphiql, name="graphiql"),
    path("graphiql/<slug:service>", views.graphiql, name="service-graphiql"),
    path("start/<slug:service>", views.start, name="start"),
    path("events/", views.events, name="events"),
    path("events/<str:type_>", views.event, name="event"),
    path("asyncapi.json", views.asyncapi_json, name="asyncapi"),
    path("docs/", views.docs, name="docs-index"),
    path("docs/<path:slug>", views.docs, name="docs"),
    path("<slug:service>/schema.graphql", views.sdl, name="sdl"),
    path("favicon.ico", RedirectView.as_view(url=static("portal/mark.svg"), permanent=True)),
]
