"""The graph of this process: one subgraph for each service, and all of them composed."""

from functools import cache
from importlib import import_module

from django.conf import settings

from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.subgraph import Subgraph, compose


@cache
def subgraph(service: str) -> Subgraph:
    """Return the subgraph of a service that this process serves."""
    found: Subgraph = import_module(f"apps.{service}.schema").subgraph
    return found


@cache
def service_endpoint(service: str) -> Endpoint:
    """Return what answers at `/<service>/graphql`."""
    return Endpoint(subgraph(service).schema, limits())


@cache
def composed_endpoint() -> Endpoint:
    """Return what answers at `/graphql`: every service of this process in one schema."""
    if len(settings.SERVICES) == 1:
        return service_endpoint(settings.SERVICES[0])
    return Endpoint(compose([subgraph(service) for service in settings.SERVICES]), limits())


def limits() -> Limits:
    """Return what one document may hold here."""
    return Limits(
        tokens=settings.GRAPHQL_MAX_TOKENS,
        depth=settings.GRAPHQL_MAX_DEPTH,
        aliases=settings.GRAPHQL_MAX_ALIASES,
        directives=settings.GRAPHQL_MAX_DIRECTIVES,
    )
