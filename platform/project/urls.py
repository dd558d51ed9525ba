"""Every path that this process serves."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from kernel.federation.view import graphql_view
from kernel.identity.service_tokens import JWKS_PATH
from kernel.identity.views import jwks
from project.graph import composed_graphql, service_graphql


def service_urls(service: str) -> list[URLPattern | URLResolver]:
    """Return the paths of one service: its subgraph, and what it serves beside GraphQL."""
    urls: list[URLPattern | URLResolver] = [
        path(
            f"{service}/graphql",
            graphql_view(service_graphql(service)),
            name=f"{service}-graphql",
        )
    ]
    if find_spec(f"apps.{service}.urls"):
        urls.append(path(f"{service}/api/", include(import_module(f"apps.{service}.urls"))))
    return urls


urlpatterns = [
    path("admin/", admin.site.urls),
    path("graphql", graphql_view(composed_graphql()), name="graphql"),
    path("", include("project.accounts.urls")),
    *(url for service in settings.SERVICES for url in service_urls(service)),
    path(JWKS_PATH.lstrip("/"), jwks, name="jwks"),
    path("", include("kernel.observability.urls")),
    path("", include("project.portal.urls")),
]
