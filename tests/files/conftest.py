"""These tests ask the files subgraph, which is there with or without the other services."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.identity.models import Tenant
from kernel.storage.local import LocalStorage
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key
from tests.files.site import Site, running_site


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    """A client of the files subgraph with a key for everything in the tenant."""
    return GraphQLClient(make_key(tenant).secret, "/files/graphql")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running platform that the tests of this process share."""
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def stranger(site: Site) -> str:
    """A key for everything in another tenant of the site."""
    site.manage("tenant", "create", "stranger")
    return _key(site.manage("key", "issue", "--tenant", "stranger"))


@pytest.fixture(scope="session")
def reader(site: Site) -> str:
    """A key of the site's tenant that may read only."""
    return _key(site.manage("key", "issue", "--tenant", "demo", "--scope", "files:read"))


def _key(said: str) -> str:
    match = re.search(r"septet_\w+", said)
    assert match, said
    return match[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of a test that runs in this process."""
    monkeypatch.setattr("apps.files.adapters.stores.storage", lambda: LocalStorage(tmp_path))
    return tmp_path
