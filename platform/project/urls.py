"""Every path that this process serves."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from kernel.background.views import job_events
from kernel.chores.views import chore_urls
from kernel.datasets.views import dataset_urls
from kernel.federation.view import graphql_view
from kernel.http import Asked, Reply
from kernel.identity.service_tokens import JWKS_PATH
from kernel.identity.views import jwks
from kernel.periodics.views import periodic_urls
from project.admin.telling import back_office_urls
from project.graph import composed_graphql, service_graphql


def service_urls(service: str) -> list[URLPattern | URLResolver]:
    """Return the paths of one service: its subgraph, and what it serves beside GraphQL."""
    urls: list[URLPattern | URLResolver] = [
        path(
            f"{service}/graphql",
            graphql_view(service_graphql(service)),
            name=f"{service}-graphql",
        ),
        path(f"{service}/api/jobs/<uuid:job_id>/events", job_events(service)),
        path(f"{service}/api/datasets/", include(dataset_urls(service))),
        path(f"{service}/api/chores/", include(chore_urls(service))),
        path(f"{service}/api/periodics/", include(periodic_urls(service))),
        path(f"{service}/api/back-office/", include(back_office_urls(service))),
    ]
    if find_spec(f"apps.{service}.urls"):
        module = import_module(f"apps.{service}.urls")
        urls.append(path(f"{service}/api/", include(module)))
        # Protocols of others, at the paths that those say.
        urls.append(path("", include(getattr(module, "published", []))))
        # For people, who are answered in HTML.
        urls.append(path(f"{service}/", include(getattr(module, "pages", []))))
    return urls


def endpoints_for_programs() -> dict[str, tuple[str, Callable[[Asked], Reply]]]:
    """Return what services answer before Django: paths, each with a name and what answers."""
    found: dict[str, tuple[str, Callable[[Asked], Reply]]] = {}
    for service in settings.SERVICES:
        if find_spec(f"apps.{service}.urls"):
            module = import_module(f"apps.{service}.urls")
            found |= getattr(module, "for_programs", {})
    return found


urlpatterns = [
    path("admin/", admin.site.urls),
    path("graphql", graphql_view(composed_graphql()), name="graphql"),
    path("", include("project.accounts.urls")),
    *(url for service in settings.SERVICES for url in service_urls(service)),
    path(JWKS_PATH.lstrip("/"), jwks, name="jwks"),
    path("", include("kernel.observability.urls")),
    path("", include("project.portal.urls")),
]
