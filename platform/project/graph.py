"""The graph of this process: one subgraph for each service, and all of them composed."""

from functools import cache, partial
from importlib import import_module
from pathlib import Path

from django.conf import settings
from graphql import GraphQLSchema

from kernel.federation.execution import Endpoint
from kernel.federation.library import Library
from kernel.federation.limits import Limits
from kernel.federation.persisted import LocalStore
from kernel.federation.subgraph import Subgraph, compose
from kernel.federation.trusted import TrustedDocuments, load
from kernel.federation.view import GraphQLOverHTTP


@cache
def subgraph(service: str) -> Subgraph:
    """Return the subgraph of a service that this process serves."""
    found: Subgraph = import_module(f"apps.{service}.schema").subgraph
    return found


@cache
def service_endpoint(service: str) -> Endpoint:
    """Return what answers at `/<service>/graphql`."""
    return _endpoint(subgraph(service).schema)


@cache
def composed_endpoint() -> Endpoint:
    """Return what answers at `/graphql`: every service of this process in one schema."""
    if len(settings.SERVICES) == 1:
        return service_endpoint(settings.SERVICES[0])
    return _endpoint(compose([subgraph(service) for service in settings.SERVICES]))


def _endpoint(schema: GraphQLSchema) -> Endpoint:
    return Endpoint(schema, limits(), compiles=settings.GRAPHQL_COMPILED)


@cache
def service_graphql(service: str) -> GraphQLOverHTTP:
    """Return the same over HTTP."""
    return GraphQLOverHTTP(partial(service_endpoint, service), service_library)


@cache
def composed_graphql() -> GraphQLOverHTTP:
    """Return what answers at `/graphql` over HTTP."""
    return GraphQLOverHTTP(composed_endpoint, composed_library)


@cache
def service_library() -> Library:
    """Return what the endpoints of single services know of their clients' documents."""
    # A gateway plans queries of its own, which nobody can register.
    return _library(
        only_trusted=settings.GRAPHQL_ONLY_TRUSTED and settings.GRAPHQL_LIMITS != "gateway"
    )


@cache
def composed_library() -> Library:
    """Return what `/graphql` knows of its clients' documents."""
    return _library(only_trusted=settings.GRAPHQL_ONLY_TRUSTED)


def _library(*, only_trusted: bool) -> Library:
    size_bytes = settings.GRAPHQL_PERSISTED_BYTES
    return Library(
        store=LocalStore(size_bytes=size_bytes) if size_bytes else None,
        trusted=trusted_documents(),
        only_trusted=only_trusted,
    )


@cache
def trusted_documents() -> TrustedDocuments:
    """Return the documents that clients registered."""
    path = settings.GRAPHQL_TRUSTED_DOCUMENTS
    return load(Path(path)) if path else TrustedDocuments({})


def limits() -> Limits:
    """Return what one document may hold here."""
    return Limits(
        tokens=settings.GRAPHQL_MAX_TOKENS,
        depth=settings.GRAPHQL_MAX_DEPTH,
        aliases=settings.GRAPHQL_MAX_ALIASES,
        directives=settings.GRAPHQL_MAX_DIRECTIVES,
        cost=settings.GRAPHQL_MAX_COST,
    )
