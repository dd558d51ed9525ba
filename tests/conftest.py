"""What every test shares: a tenant, a client, and the rules that a test may not break."""

import base64
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from kernel.identity.models import Tenant
from kernel.ratelimits.limiter import limiter
from kernel.services import BY_NAME
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

pytest_plugins = ["tests.devservices.fixtures"]

# A password in a test guards nothing: hashing it slowly would only cost time.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# No test makes or reads the keys of the installation that it runs in.
settings.ENCRYPTION_KEYS = f"test:{base64.b64encode(bytes(range(32))).decode()}"
# Keys in tests say so, whatever the database.
settings.KEY_ENVIRONMENT = "test"
# Tests look at the schema on every database; what happens where that is closed has its own tests.
settings.GRAPHQL_INTROSPECTION = True
# On every database staff enter as on the embedded one; what they need elsewhere has its own tests.
settings.STAFF_SECOND_FACTOR = False

# A process with some services only runs their tests, and those of the kernel.
collect_ignore = [name for name in BY_NAME if name not in settings.SERVICES]
if set(settings.SERVICES) != set(BY_NAME):
    collect_ignore += ["project", "access", "browser", "docs", "gateway"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """With REQUIRE_ALL=1 a skipped test is a failed one: CI has everything."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("REQUIRE_ALL") == "1":
        report.outcome = "failed"


@pytest.fixture(autouse=True, scope="session")
def _append_only_tables_can_be_emptied() -> None:
    # Tests that commit are followed by a TRUNCATE, which an append-only table refuses to all but
    # a superuser who says so.
    if connection.vendor == "postgresql":
        flush = connection.ops.sql_flush
        role = "SET LOCAL session_replication_role = replica"
        connection.ops.sql_flush = (  # type: ignore[method-assign]  # it has no setting
            lambda *args, **kwargs: [role, *flush(*args, **kwargs)]
        )


@pytest.fixture(autouse=True)
def _keys_are_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # Counts of queries are those of the first request; what is remembered has tests of its own.
    monkeypatch.setattr("kernel.identity.recent.BELIEVED_SECONDS", 0)
    monkeypatch.setattr("kernel.identity.last_used.last_uses._uses", {})


@pytest.fixture(autouse=True)
def _every_bucket_is_full() -> None:
    # All tests come from one address, and none is to pay for what another has used.
    limiter.cache_clear()


@pytest.fixture(autouse=True)
def _refusals_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests of a minute refuse more than strangers may; their limit has a test of its own.
    monkeypatch.setattr("kernel.identity.refusals.MOST_A_MINUTE", 1_000_000)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def loopback_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test may not connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", loopback_only)


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A tenant, with the test running inside it."""
    made = make_tenant()
    with in_tenant(made.pk):
        yield made


@pytest.fixture
def graphql(tenant: Tenant) -> GraphQLClient:
    """A client of the composed graph with a key for everything in the tenant."""
    return GraphQLClient(make_key(tenant).secret)


@pytest.fixture
def data_folder() -> Path:
    """The folder of real input data."""
    return Path(settings.BASE_DIR) / "tests" / "data"
