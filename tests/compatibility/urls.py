"""The one address of the products subgraph."""

from django.urls import path

from kernel.federation.execution import Endpoint
from kernel.federation.library import Library
from kernel.federation.view import GraphQLOverHTTP, graphql_view
from project.graph import limits
from tests.compatibility.products import products

_endpoint = Endpoint(products.schema, limits())
_library = Library()

urlpatterns = [path("graphql", graphql_view(GraphQLOverHTTP(lambda: _endpoint, lambda: _library)))]
