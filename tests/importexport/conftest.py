"""These tests ask the importexport subgraph, which is there with or without the other services."""

import pytest

from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    """A client of the importexport subgraph with a key for everything in the tenant."""
    return GraphQLClient(make_key(tenant).secret, "/importexport/graphql")
