"""These tests ask the scheduler subgraph, which is there with or without the other services."""

import pytest
from django.test import Client

from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    """A client of the scheduler subgraph with a key for everything in the tenant."""
    return GraphQLClient(make_key(tenant).secret, "/scheduler/graphql")


@pytest.fixture
def staff(tenant: Tenant) -> Client:
    """Somebody who may do everything in the back office."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415  as the site is set up

    user = get_user_model().objects.create_superuser("root")
    client = Client()
    client.force_login(user)
    return client
