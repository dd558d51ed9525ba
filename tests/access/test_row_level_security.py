"""PostgreSQL keeps tenants apart by itself: with our own filter off, nothing of others is seen."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_django
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, NotSupportedError, connection, models, transaction
from django.db.models import TextField, Value
from django.db.models.functions import Cast, Concat
from django.test import Client

from apps.audit.domain.queries import LogQuery
from apps.audit.models import AuditLog
from apps.audit.selectors.logs import matching
from apps.config.models import ConfigurationDeployment
from apps.config.services import environments
from apps.importexport.models import DataEndpoint, DataTable
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as, in_tenant
from kernel.tenancy.models import TenantManager, view_of
from kernel.tenancy.policies import grant, guarded_models, unguarded
from kernel.testing.processes import running, wait_for_line
from kernel.testing.tenants import make_key, make_tenant
from project.graph import composed_endpoint, service_endpoint
from tests.access import of_tables
from tests.access.of_imports import OF_IMPORTS
from tests.access.of_notifications import OF_WORKFLOWS
from tests.access.operations import OPERATIONS, Operation
from tests.access.outcomes import each_operation, names_row, owned_row, refusals, rows, run
from tests.access.rows import ROWS
from tests.gateway.stack import ask

pytestmark = pytest.mark.postgres

ROLE = "septet_narrow"
#: They answer with a row that they make of the one that is named.
OF_WHAT_IS_MADE = {
    "deliverExportJob",
    "testNotificationTemplate",
    "testWebhookEndpoint",
    "triggerJobSchedule",
}
ROOT = Path(settings.BASE_DIR)


@pytest.fixture(scope="module")
def granted_role(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> str:
    """A role that owns nothing and bypasses nothing, as DATABASE_URL names one in production."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # Processes that share the tests share the roles of the server.
        with suppress(DatabaseError):
            cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN NOBYPASSRLS")
        grant(cursor, ROLE)
        # Of tables that tests make, which in production are granted as they are made.
        cursor.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}"
        )
    return ROLE


@pytest.fixture
def narrow_role(granted_role: str, db: None) -> str:
    """The same, for a test that reads and writes."""
    return granted_role


@pytest.fixture
def without_filter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Managers that forget the tenant; endpoints made anew, since plans keep their SQL."""
    unfiltered = models.Manager.get_queryset
    monkeypatch.setattr(TenantManager, "get_queryset", unfiltered)
    service_endpoint.cache_clear()
    composed_endpoint.cache_clear()
    yield
    service_endpoint.cache_clear()
    composed_endpoint.cache_clear()


@pytest.fixture
def requests_as_narrow_role(narrow_role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each request of a test client run as that role, inside the test's transaction."""
    request = Client.request

    def narrowed(self: Client, **environ: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {narrow_role}")
            try:
                return request(self, **environ)
            finally:
                cursor.execute("RESET ROLE")

    monkeypatch.setattr(Client, "request", narrowed)


def test_every_table_of_an_app_is_guarded(db: None) -> None:
    of_apps = {model for model in apps.get_models() if model.__module__.startswith("apps.")}

    assert of_apps <= set(guarded_models())
    assert unguarded(guarded_models(), connection.alias) == []


@each_operation
def test_another_tenants_key_sees_nothing_even_without_our_filter(
    operation: Operation, requests_as_narrow_role: None, without_filter: None
) -> None:
    if operation.name in of_tables.BY_OWNER:
        # Here is no connection but that of the narrow role.
        return
    owner, stranger = make_tenant(), make_tenant()
    model, row_id = owned_row(owner, operation)
    before = rows(model)

    result = run(operation, make_key(stranger, operation.scope).secret, row_id)

    assert row_id not in str(result.body.get("data"))
    assert set(result.codes) <= {"NOT_FOUND"}
    assert refusals(result) == (["NOT_FOUND"] if names_row(operation) else [])
    assert [row for row in rows(model) if row["tenant_id"] == owner.pk] == before


@each_operation
def test_the_owner_is_served_as_that_role(
    operation: Operation, requests_as_narrow_role: None
) -> None:
    if operation.name in of_tables.BY_OWNER:
        return
    owner = make_tenant()
    _, row_id = owned_row(owner, operation)

    result = run(operation, make_key(owner, operation.scope).secret, row_id)

    assert result.data["result"]
    assert refusals(result) == []
    # A plan whose statements told no tenant would show nothing.
    shows_ids = operation.effect == "none" and "{ id }" in operation.document
    shows_ids = shows_ids and operation.name not in OF_IMPORTS | OF_WORKFLOWS | OF_WHAT_IS_MADE
    assert not shows_ids or row_id in str(result.data["result"])


def test_without_filter_and_policies_there_would_be_a_leak(
    without_filter: None, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the filter all environments are counted as those of one tenant.
    monkeypatch.setattr(environments, "MOST_ENVIRONMENTS", 10_000)
    leaks = set()
    for operation in OPERATIONS:
        owner, stranger = make_tenant(), make_tenant()
        # Another tenant's would count as one of the same key.
        ConfigurationDeployment.across_tenants.update(state="done")
        for named in (DataTable, DataEndpoint):
            named.across_tenants.update(name=Concat(Value("t"), Cast("id", TextField())))
        _, row_id = owned_row(owner, operation)
        result = run(operation, make_key(stranger, operation.scope).secret, row_id)
        if row_id in str(result.body.get("data")):
            leaks.add(operation.service)

    assert leaks == set(ROWS)


@pytest.fixture
def two_tenants(narrow_role: str) -> Iterator[tuple[Tenant, Tenant]]:
    """Two tenants with a file each, and the narrow role from then on."""
    made = make_tenant(), make_tenant()
    for tenant in made:
        with in_tenant(tenant.pk):
            ROWS["files"]()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {narrow_role}")
    yield made
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def files() -> Any:
    """Return all files that the database shows."""
    return apps.get_model("files.File").across_tenants


def test_a_query_without_a_filter_finds_the_tenants_rows(
    two_tenants: tuple[Tenant, Tenant],
) -> None:
    ours, theirs = two_tenants

    with in_tenant(ours.pk):
        of_ours = list(files().values_list("tenant_id", flat=True))
        with in_tenant(theirs.pk):
            of_theirs = list(files().values_list("tenant_id", flat=True))
    of_nobody = list(files().all())

    assert (of_ours, of_theirs, of_nobody) == ([ours.pk], [theirs.pk], [])


def test_a_row_of_another_tenant_can_be_neither_changed_nor_made(
    two_tenants: tuple[Tenant, Tenant],
) -> None:
    ours, theirs = two_tenants

    with in_tenant(ours.pk):
        changed = files().filter(tenant_id=theirs.pk).update(name="taken")
        removed, _ = files().filter(tenant_id=theirs.pk).delete()
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            files().create(tenant_id=theirs.pk, name="a", content_type="text/csv", size_bytes=1)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            files().update(tenant_id=theirs.pk)

    with in_tenant(theirs.pk):
        assert (changed, removed) == (0, 0)
        assert list(files().values_list("name", flat=True)) == ["a.csv"]


def told() -> str:
    """Return the tenant that PostgreSQL knows now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('septet.tenant', true), '')")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_connection_carries_no_tenant_over_to_its_next_user() -> None:
    tenant = make_tenant()
    with in_tenant(tenant.pk):
        outside_a_transaction = told()
        with transaction.atomic():
            inside = told()
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                raise ZeroDivisionError
            after_a_rollback = told()
    with psycopg.Cursor(connection.connection) as raw:
        raw.execute("SELECT coalesce(current_setting('septet.tenant', true), '')")
        afterwards = raw.fetchone()

    assert outside_a_transaction == inside == after_a_rollback == str(tenant.pk)
    assert afterwards == ("",)


@pytest.mark.django_db(transaction=True)
def test_rows_are_streamed_inside_a_transaction_only(tenant: Tenant) -> None:
    ROWS["files"]()

    with pytest.raises(NotSupportedError, match="inside a transaction"):
        list(files().iterator())
    with transaction.atomic():
        streamed = list(files().iterator())

    assert [row.tenant_id for row in streamed] == [tenant.pk]


@pytest.mark.django_db(transaction=True)
def test_a_list_of_parameters_and_a_copy_are_told_too(tenant: Tenant) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE told (tenant text) ON COMMIT DROP")
        cursor.executemany(
            "INSERT INTO told SELECT current_setting('septet.tenant') WHERE %s > 0", [[1], [2]]
        )
        with cursor.copy("COPY (SELECT current_setting('septet.tenant')) TO STDOUT") as copy:
            copied = b"".join(copy)
        cursor.execute("SELECT tenant FROM told")
        told_rows = cursor.fetchall()

    assert told_rows == [(str(tenant.pk),)] * 2
    assert copied.decode().strip() == str(tenant.pk)


@pytest.mark.live
def test_a_process_runs_with_a_role_that_owns_nothing(tmp_path: Path, db: None) -> None:
    parameters = connection.get_connection_params()
    owner, host, port = parameters["user"], parameters["host"], parameters["port"]
    database = f"narrow_{os.getpid()}"
    server = f"postgres://{owner}@{host}:{port}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database}")
    try:
        _use(
            f"postgres://{database}:secret@{host}:{port}/{database}",
            f"{server}/{database}",
            tmp_path,
        )
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {database} WITH (FORCE)")
            admin.execute(f"DROP ROLE IF EXISTS {database}")


def _use(narrow: str, system: str, folder: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "DATABASE_URL": narrow,
        "DATABASE_SYSTEM_URL": system,
        "PORT": "0",
        "PYTHONUNBUFFERED": "1",
    }

    def manage(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    manage("migrate", "--verbosity=0")
    told = manage("demo")
    key = next(word for word in told.split() if word.startswith("septet_"))
    doctor = {one["check"]: one for one in map(json.loads, manage("doctor", "--json").splitlines())}
    with running([sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment) as process:
        url = wait_for_line(process, r"http://")[-1].split()[-1]
        answer = ask(f"{url}/graphql", "{ auditLogs { totalCount } files { totalCount } }", key=key)
    with psycopg.connect(narrow) as alone:
        seen = alone.execute("SELECT count(*) FROM audit_auditlog").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            alone.execute("DROP TABLE audit_auditlog")

    assert answer.codes == set()
    assert answer.data["auditLogs"]["totalCount"] > 0
    assert answer.data["files"]["totalCount"] > 0
    assert seen == (0,)
    assert (doctor["tenancy"]["ok"], doctor["tenancy"]["detail"][:9]) == (True, "PostgreSQ")


@pytest.mark.parametrize(
    "table",
    [
        "audit_auditlog",
        "audit_auditlogtarget",
        "audit_knownkey",
        "audit_leaf",
        "audit_checkpoint",
    ],
)
def test_what_is_append_only_the_role_may_not_even_try_to_change(
    narrow_role: str, tenant: Tenant, table: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {narrow_role}")
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            cursor.execute(f"UPDATE {table} SET tenant_id = tenant_id")
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")
        cursor.execute("RESET ROLE")


def test_the_view_of_a_searched_table_shows_one_tenant_and_takes_nothing(
    narrow_role: str, tenant: Tenant
) -> None:
    ROWS["audit"]()
    with in_tenant(make_tenant().pk):
        ROWS["audit"]()
    view = view_of(AuditLog)

    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {narrow_role}")
        cursor.execute(f"SELECT DISTINCT tenant_id FROM {view}")
        seen = cursor.fetchall()
        for verb in (
            "UPDATE {} SET action = ''",
            "DELETE FROM {}",
            "INSERT INTO {} DEFAULT VALUES",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(verb.format(view))
        with transaction.atomic(), acting_as(None):
            cursor.execute(f"SELECT count(*) FROM {view}")
            of_nobody = cursor.fetchone()
        cursor.execute("RESET ROLE")

    assert seen == [(tenant.pk,)]
    assert of_nobody == (0,)


def test_words_are_found_by_their_index_where_policies_hold(
    narrow_role: str, tenant: Tenant
) -> None:
    query = LogQuery(text="approved")
    with connection.cursor() as cursor:
        # So few rows would be read in other ways.
        cursor.execute("ALTER TABLE audit_auditlog DROP CONSTRAINT IF EXISTS audit_one_log_a_key")
        cursor.execute("DROP INDEX audit_by_time, audit_by_actor, audit_by_action")
        cursor.execute(f"SET LOCAL ROLE {narrow_role}")
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = matching(query).order_by("-occurred_at", "-id")[:51].explain()
        cursor.execute("RESET ROLE")

    assert "Index Cond: (array_to_tsvector" in plan
