"""What every test shares: a tenant, a client, and the rules that a test may not break."""

import base64
import gc
import logging
import os
import socket
import tempfile
from collections.abc import Generator, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from kernel.dynamic.following import Loaded, values
from kernel.identity.models import Tenant
from kernel.ids import _Sequence
from kernel.observability.tracing import send_to
from kernel.ratelimits.limiter import limiter
from kernel.services import BY_NAME
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.migrated import copy_migrated
from kernel.testing.tenants import make_key, make_tenant
from tests.sharing import differs, is_live, shared, starts_servers

pytest_plugins = ["tests.devservices.fixtures"]

# What is imported and collected stays to the end: nobody looks through it for what may go.
gc.disable()

# The same cases each time: what somebody submits is not refused for another's mistake. The nightly
# run draws new ones (`--hypothesis-profile=default`).
hypothesis_settings.register_profile("same", derandomize=True, database=None, deadline=None)
hypothesis_settings.load_profile("same")

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

# Events stay in this process, whatever servers are up; tests of Kafka say so themselves.
settings.KAFKA_BOOTSTRAP_SERVERS = ()

# Whoever looks at what is logged is not told that this machine is busy; nor is anybody else.
settings.LOG_SLOW_REQUESTS = timedelta(0)
logging.getLogger("septet.statement").setLevel(logging.ERROR)
send_to(None, share=0)

# On SQLite the suite has a file, as the platform has. In memory a writer is refused at once while
# another thread reads the same table, whatever the timeout, and there is no WAL.
if settings.EMBEDDED:
    _folder = tempfile.TemporaryDirectory(prefix="septet-tests-", ignore_cleanup_errors=True)
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(
        Path(_folder.name) / "test.sqlite3"
    )

# A process with some services only runs their tests, and those of the kernel.
collect_ignore = [name for name in BY_NAME if name not in settings.SERVICES]
if set(settings.SERVICES) != set(BY_NAME):
    collect_ignore += ["project", "access", "browser", "docs", "gateway"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--after-make-test",
        action="store_true",
        help="leave out what `make test` has run and what no database changes",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    if unsaid := [item.nodeid for item in items if starts_servers(item) and not is_live(item)]:
        raise pytest.UsageError(f"not marked as live, and start servers: {', '.join(unsaid)}")
    if config.getoption("--after-make-test"):
        left_out = [item for item in items if not differs(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if differs(item)]
    yield
    # After pytest-django, which puts what needs no database, and so most that waits, at the end.
    if workers := getattr(config, "workerinput", None):
        items[:] = shared(items, workers["workercount"])


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """With REQUIRE_ALL=1 a skipped test is a failed one: CI has everything."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("REQUIRE_ALL") == "1":
        report.outcome = "failed"


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Keep what is there already: on SQLite, a copy of a database that is migrated."""
    if connection.vendor != "sqlite" or set(settings.SERVICES) != set(BY_NAME):
        return False
    copy_migrated(Path(str(settings.DATABASES["default"]["TEST"]["NAME"])))
    return True


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """Make the database, and at the end send away who is left in it: a thread that still waits."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


#: What migrating writes, the same each time: Django would take it away and write it again.
KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


@pytest.fixture(autouse=True, scope="session")
def _tables_are_emptied_quickly() -> None:
    # After a test that commits. Emptying all tables takes longer than most tests.
    connection.ops.sql_flush = _deletions  # type: ignore[method-assign]  # it has no setting
    TransactionTestCase._fixture_teardown = lambda self: call_command(  # type: ignore[attr-defined]
        "flush", verbosity=0, interactive=False, inhibit_post_migrate=True
    )


def _deletions(style: object, tables: Iterable[str], **options: object) -> list[str]:
    """Return what empties the tables that are not empty."""
    # Versions go after the environments that they are in.
    ordered = sorted(set(tables) - KEPT, key=lambda table: table != "config_environment")
    names = [connection.ops.quote_name(table) for table in ordered]
    with connection.cursor() as cursor:
        full = [name for name in names if _has_rows(cursor, name)]
    # Append-only tables refuse it to all but a superuser who says so.
    role = ["SET LOCAL session_replication_role = replica"] * (connection.vendor == "postgresql")
    return [*role, *(f"DELETE FROM {name}" for name in full)]


def _has_rows(cursor: Any, name: str) -> bool:
    cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")
    return cursor.fetchone() is not None


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_looked_for_once() -> None:
    # Each client loads the middlewares; to look for all files takes longer than most requests.
    look_for_files = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[tuple[object, ...], dict[str, Any]] = {}

    def add_files(self: WhiteNoiseMiddleware) -> None:
        how = (self.static_prefix, self.max_age, self.allow_all_origins)
        if how not in found:
            before = self.files
            self.files = {}
            look_for_files(self)
            found[how] = self.files
            self.files = before
        self.files |= found[how]

    WhiteNoiseMiddleware.add_files_from_finders = add_files


@pytest.fixture(autouse=True)
def _keys_are_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # Counts of queries are those of the first request; what is remembered has tests of its own.
    monkeypatch.setattr("kernel.identity.recent.KEYS.ttl_seconds", 0)
    monkeypatch.setattr("kernel.identity.recent_tenants.TENANTS.ttl_seconds", 0)
    monkeypatch.setattr("kernel.identity.last_used.last_uses._uses", {})


@pytest.fixture(autouse=True)
def _dynamic_settings_are_as_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    # No test pays for a look at them; those of following them look themselves.
    monkeypatch.setattr(values, "followed", True)
    monkeypatch.setattr(values, "loaded", Loaded(-1))
    monkeypatch.setattr(values, "_known", {})


@pytest.fixture(autouse=True)
def _ids_are_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    # They never go back in time, so after a test that moved the clock all would be of its future.
    monkeypatch.setattr("kernel.ids._sequence", _Sequence())


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
