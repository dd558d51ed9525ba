"""From the first suspension to the last row: what happens to a tenant, and what is left of it."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from apps.audit.models import AuditLog, Erasure
from apps.files.models import File
from apps.files.services import create_file
from contracts.identity import (
    TenantCreated,
    TenantDeletionRequested,
    TenantPartErased,
    TenantResumed,
    TenantSuspended,
)
from kernel import clock
from kernel.errors import ConflictError, NotFoundError
from kernel.events.models import OutboxEvent
from kernel.events.publishing import publish
from kernel.identity.departures import (
    DeletionState,
    ErasedPart,
    ExportState,
    TenantDeletion,
    TenantExport,
)
from kernel.identity.erasure import advance_deletions, sweep_deleted
from kernel.identity.exports import expire_exports, read_export
from kernel.identity.lifecycle import delete_tenant, export_tenant, resume_tenant, suspend_tenant
from kernel.identity.models import Tenant, TenantState
from kernel.identity.scopes import Role
from kernel.identity.services import admit, create_service_account, create_tenant
from kernel.jobs.models import Job
from kernel.jobs.services import enqueue
from kernel.secrets.fields import EncryptedTextField
from kernel.services import BY_NAME
from kernel.storage.local import LocalStorage
from kernel.tenancy import parts
from kernel.tenancy.context import acting_as, in_tenant
from kernel.tenancy.parts import PARTS, TenantPart, names_a_tenant
from kernel.testing.events import drain_events, published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from project.demo import load_data
from project.demo import make_tenant as make_demo
from tests.access.rows import ROWS

#: Tables that keep what the platform itself has to know of a tenant that is gone.
KEPT = {"identity_tenantdeletion", "events_outboxevent", "events_redelivery"}
#: Here it is in the names of the jobs that erased, which are kept for a week.
ERASERS = {"jobs_job"}


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalStorage:
    made = LocalStorage(tmp_path / "files")
    monkeypatch.setattr("kernel.identity.exports.storage", lambda: made)
    return made


@pytest.fixture
def demo(db: None) -> Tenant:
    """A tenant with data in every service, members, an account and keys; beside another one."""
    make_demo()
    load_data(lambda _: None)
    tenant = Tenant.objects.get(slug="demo")
    make_key(tenant)
    create_service_account(tenant=tenant, name="robot", scopes=["*:read"])
    neighbour = make_tenant("neighbour")
    with in_tenant(neighbour.pk):
        for make in ROWS.values():
            make()
    # Nothing is made of what they asked for while a test counts.
    Job.objects.filter(queue__in=["documents", "files", "notifications", "scheduler"]).delete()
    for one in (tenant, neighbour):
        later = clock.now() + timedelta(days=1)
        enqueue("kernel.clear_jobs", tenant_id=one.pk, run_at=later)
    return tenant


def delete_at_once(tenant: Tenant) -> TenantDeletion:
    deletion = delete_tenant(tenant_id=tenant.pk, grace=timedelta())
    for _ in range(2):
        advance_deletions("")
        drain()
    advance_deletions("")
    deletion.refresh_from_db()
    return deletion


def tables_that_name(tenant: Tenant) -> set[str]:
    """Return the tables in which the tenant's id stands, in whatever column and form."""
    forms = [f"%{tenant.pk}%", f"%{tenant.pk.hex}%"]
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("staged_"):
                # Of this session, and emptied when its transaction ends.
                continue
            columns = connection.introspection.get_table_description(cursor, table)
            for column in columns:
                text = f'CAST("{column.name}" AS TEXT)'
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE {text} LIKE %s OR {text} LIKE %s', forms
                )
                if cursor.fetchone()[0]:
                    found.add(table)
    return found


def orphans() -> list[str]:
    """Return the models with tenants' rows that no part would erase."""
    return [
        model._meta.label
        for model in apps.get_models()
        if names_a_tenant(model) and not _is_in_a_part(model)
    ]


def _is_in_a_part(model: parts.Model) -> bool:
    part = PARTS.get(model._meta.app_label)
    return part is not None and (model in part.erased_models or model._meta.model_name in part.kept)


def test_every_model_with_rows_of_tenants_is_in_a_part() -> None:
    assert orphans() == []
    assert set(BY_NAME) <= set(PARTS)
    assert all(PARTS[name].erased_models for name in BY_NAME)


def test_an_app_without_a_part_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PARTS, "files")

    assert set(orphans()) == {
        "files.AllowedTypes",
        "files.Blob",
        "files.BlobText",
        "files.Derivative",
        "files.File",
        "files.FileTag",
        "files.FileVersion",
        "files.Folder",
        "files.ShareLink",
        "files.StorageUsage",
        "files.UploadSession",
    }


def test_what_is_kept_is_kept_for_a_reason() -> None:
    assert all(reason for part in PARTS.values() for reason in part.kept.values())


def test_a_deleted_tenant_leaves_nothing_in_any_table_and_its_neighbour_everything(
    demo: Tenant,
) -> None:
    neighbour = Tenant.objects.get(slug="neighbour")
    before = {app: part.count(neighbour.pk) for app, part in PARTS.items()}
    there = {app: part.count(demo.pk) for app, part in PARTS.items()}
    assert tables_that_name(demo) >= {"audit_auditlog", "files_file", "identity_apikey"}

    deletion = delete_at_once(demo)

    assert tables_that_name(demo) <= KEPT | ERASERS
    assert {app: part.count(demo.pk) for app, part in PARTS.items()} == {app: {} for app in PARTS}
    assert {app: part.count(neighbour.pk) for app, part in PARTS.items()} == before
    assert not Tenant.objects.filter(pk=demo.pk).exists()
    report = {part.app: part.tables for part in deletion.parts.all()}
    assert {app: report[app] for app in BY_NAME} == {app: there[app] for app in BY_NAME}
    assert report["audit"]["audit_auditlog"] > 1_000
    assert report["identity"]["identity.tenant"] == 1
    assert deletion.finished_at is not None


def test_it_is_told_of_by_events_that_outlast_it(demo: Tenant) -> None:
    delete_at_once(demo)

    told = OutboxEvent.objects.filter(subject=str(demo.pk))
    requested = told.get(type=TenantDeletionRequested.TYPE)
    erased = told.filter(type=TenantPartErased.TYPE)
    assert (requested.tenant_id, requested.envelope().data["slug"]) == (None, "demo")
    parts = [event.envelope().data for event in erased]
    counts = {part["app"]: part["rows"] for part in parts}
    assert counts == {part.app: part.rows for part in ErasedPart.objects.exclude(app="identity")}
    assert TenantDeletion.objects.get().unreached == []


def test_the_event_makes_a_service_with_a_database_of_its_own_erase_what_it_has(
    tenant: Tenant,
) -> None:
    create_file(name="a", content_type="text/csv", size_bytes=1)
    enqueue("kernel.clear_jobs", run_at=clock.now() + timedelta(days=1))
    # Where the deletion was requested nothing is known here.
    with acting_as(None), transaction.atomic():
        publish(TenantDeletionRequested(tenant_id=str(tenant.pk), slug=tenant.slug))

    drain_events()
    drain()

    assert File.across_tenants.count() == 0
    assert PARTS["jobs"].count(tenant.pk) == {}
    told = [event for event in published() if isinstance(event, TenantPartErased)]
    assert {event.app: event.rows for event in told}["files"] == 1


def test_a_deletion_waits_for_the_services_of_other_processes_and_notes_what_they_tell(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PARTS, "files")
    deletion = delete_at_once(tenant)
    waiting = deletion.state

    with acting_as(None), transaction.atomic():
        publish(TenantPartErased(tenant_id=str(tenant.pk), app="files", rows=7))
    drain_events()
    # What audit recorded of the tenant's last events is erased first.
    advance_deletions("")
    drain()
    advance_deletions("")

    deletion.refresh_from_db()
    assert (waiting, deletion.state) == (DeletionState.ERASING, DeletionState.FINISHED)
    assert deletion.parts.get(app="files").tables == {"all tables": 7}


def test_a_deletion_does_not_wait_for_services_that_no_event_reaches_and_says_so(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PARTS, "files")
    monkeypatch.setattr("kernel.identity.erasure.missing_services", lambda: ["files"])

    deletion = delete_at_once(tenant)

    assert deletion.finished_at is not None
    assert deletion.unreached == ["files"]


def test_what_comes_after_the_tenant_is_gone_is_swept_up(tenant: Tenant) -> None:
    deletion = delete_at_once(tenant)
    create_file(name="late", content_type="text/csv", size_bytes=1)

    sweep_deleted("")
    drain()

    assert File.across_tenants.count() == 0
    assert deletion.parts.get(app="files").tables == {"files_file": 1}


def test_the_index_of_audit_is_erased_for_this_tenant_alone(demo: Tenant) -> None:
    neighbour = Tenant.objects.get(slug="neighbour")
    secret = make_key(neighbour).secret

    delete_at_once(demo)

    found = GraphQLClient(secret)('{ auditLogs(filter: {text: "invoice"}) { totalCount } }')
    assert found.data == {"auditLogs": {"totalCount": 1}}


def test_the_wall_around_audit_logs_stands_after_an_erasure(demo: Tenant) -> None:
    delete_at_once(demo)

    assert Erasure.objects.count() == 0
    for table in ("audit_auditlogtarget", "audit_auditlog"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")
    assert AuditLog.across_tenants.count() == 1


def test_nobody_gets_in_from_the_request_on_and_nothing_is_lost_in_the_grace_period(
    demo: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = GraphQLClient(make_key(demo).secret)
    logs = AuditLog.across_tenants.filter(tenant_id=demo.pk).count()

    deletion = delete_tenant(tenant_id=demo.pk, grace=timedelta(days=3), requested_by="root")
    again = delete_tenant(tenant_id=demo.pk)
    shut_out = ask("{ __typename }").status
    moment = clock.now() + timedelta(days=2, hours=23)
    monkeypatch.setattr(clock, "now", lambda: moment)
    advance_deletions("")
    drain()

    assert again == deletion
    assert shut_out == 401
    assert AuditLog.across_tenants.filter(tenant_id=demo.pk).count() == logs
    with pytest.raises(ConflictError, match="to be deleted"):
        suspend_tenant(tenant_id=demo.pk)
    assert resume_tenant(tenant_id=demo.pk).state is TenantState.ACTIVE
    assert ask("{ __typename }").status == 200
    monkeypatch.setattr(clock, "now", lambda: moment + timedelta(days=9))
    advance_deletions("")
    assert Job.objects.filter(name__endswith=".erase_tenant").count() == 0


def test_what_has_begun_to_be_erased_is_not_resumed(tenant: Tenant) -> None:
    delete_tenant(tenant_id=tenant.pk, grace=timedelta())
    advance_deletions("")

    with pytest.raises(ConflictError, match="is being erased already"):
        resume_tenant(tenant_id=tenant.pk)
    assert Tenant.objects.get().state is TenantState.DELETING


def test_a_tenant_that_was_resumed_can_be_deleted_once_more(tenant: Tenant) -> None:
    first = delete_tenant(tenant_id=tenant.pk)
    resume_tenant(tenant_id=tenant.pk)

    second = delete_at_once(tenant)

    assert second != first
    assert second.finished_at is not None


def test_an_erasure_that_was_interrupted_goes_on_and_counts_right(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        create_file(name=f"{number}", content_type="text/csv", size_bytes=1)
    monkeypatch.setattr(parts, "ERASED_AT_ONCE", 2)
    erase_some, calls = TenantPart._erase_some, iter(range(100))

    def failing(part: TenantPart, model: type[Model], *told: Any) -> bool:
        if model is File and next(calls) == 2:
            raise RuntimeError("the power went off")
        return erase_some(part, model, *told)

    deletion = delete_tenant(tenant_id=tenant.pk, grace=timedelta())
    advance_deletions("")
    monkeypatch.setattr(PARTS["files"].__class__, "_erase_some", failing)
    Job.objects.exclude(name="files.erase_tenant").delete()
    drain()
    left = File.across_tenants.count()
    Job.objects.update(run_at=clock.now())
    drain()

    assert left == 1
    assert deletion.parts.get(app="files").tables == {"files_file": 5}


def test_rows_that_came_after_an_app_had_erased_its_part_are_erased_too(tenant: Tenant) -> None:
    deletion = delete_tenant(tenant_id=tenant.pk, grace=timedelta())
    advance_deletions("")
    drain()
    # By a job that had begun before.
    create_file(name="late", content_type="text/csv", size_bytes=1)

    advance_deletions("")
    assert Tenant.objects.filter(pk=tenant.pk).exists()
    drain()
    advance_deletions("")

    assert File.across_tenants.count() == 0
    assert deletion.parts.get(app="files").tables == {"files_file": 1}
    assert not Tenant.objects.filter(pk=tenant.pk).exists()


def test_people_of_this_tenant_alone_go_with_it(tenant: Tenant) -> None:
    other = make_tenant()
    for name in ("alone", "elsewhere", "staff"):
        user = User.objects.create_user(name, is_staff=name == "staff")
        admit(user=user, tenant=tenant, role=Role.EDITOR)
    admit(user=User.objects.get(username="elsewhere"), tenant=other, role=Role.EDITOR)

    delete_at_once(tenant)

    assert set(User.objects.values_list("username", flat=True)) == {"elsewhere", "staff"}


def exported(tenant: Tenant) -> tuple[TenantExport, ZipFile]:
    export = export_tenant(tenant_id=tenant.pk, requested_by="root")
    drain()
    export.refresh_from_db()
    return export, ZipFile(io.BytesIO(b"".join(read_export(export))))


def test_an_export_holds_every_row_of_the_tenant_and_no_other_with_their_sums(
    demo: Tenant,
) -> None:
    # What is at work already ends first: the demo's own export becomes a file that is given out.
    drain()
    counts = {app: sum(part.count(demo.pk).values()) for app, part in PARTS.items()}
    contents = {
        f"{app}/contents/{name}"
        for app, part in PARTS.items()
        for name, _ in part.contents(demo.pk)
    }
    neighbour = Tenant.objects.get(slug="neighbour")

    export, archive = exported(demo)

    manifest = json.loads(archive.read("manifest.json"))
    texts = {file["name"]: archive.read(file["name"]) for file in manifest["files"]}
    assert contents
    assert set(archive.namelist()) == {*texts, *contents, "manifest.json"}
    assert manifest["tenant"]["slug"] == "demo"
    assert manifest["elsewhere"] == []
    for file in manifest["files"]:
        text = texts[file["name"]]
        assert hashlib.sha256(text).hexdigest() == file["sha256"]
        assert (len(text), text.count(b"\n")) == (file["bytes"], file["rows"])
    for app in BY_NAME:
        rows = [file["rows"] for file in manifest["files"] if file["name"].startswith(f"{app}/")]
        assert sum(rows) == counts[app] > 0
    lines = [json.loads(line) for text in texts.values() for line in text.splitlines()]
    assert {line["tenant_id"] for line in lines} == {str(demo.pk)}
    assert not any(str(neighbour.pk).encode() in text for text in texts.values())
    assert (export.state, export.rows_done) == (ExportState.DONE, export.rows_total)
    told = sum(file["rows"] for file in manifest["files"])
    assert export.rows_total == told + len(contents) > 1_000
    assert b"".join(read_export(export))[:2] == b"PK"
    assert hashlib.sha256(b"".join(read_export(export))).hexdigest() == export.sha256


def test_an_export_holds_no_secret(demo: Tenant) -> None:
    _, archive = exported(demo)

    keys = archive.read("identity/apikey.jsonl").decode()
    assert demo.api_keys.first().pk in keys  # type: ignore[union-attr]
    assert "sha256" not in keys
    for key in demo.api_keys.all():
        assert bytes(key.secret_sha256).hex() not in keys


def test_no_column_of_secrets_is_exported() -> None:
    shown = [
        f"{model._meta.label}.{field.attname}"
        for part in PARTS.values()
        for model in part.erased_models
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField) and field.attname not in part.omitted
    ]

    assert shown == []


def test_an_export_expires_with_its_file(
    tenant: Tenant, store: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, _ = exported(tenant)
    moment = clock.now() + timedelta(days=7, seconds=1)

    expire_exports("")
    assert store.exists(export.storage_key)
    monkeypatch.setattr(clock, "now", lambda: moment)
    expire_exports("")

    assert not store.exists(export.storage_key)
    assert TenantExport.objects.count() == 0


def test_an_export_goes_with_its_tenant(tenant: Tenant, store: LocalStorage) -> None:
    export, _ = exported(tenant)

    delete_at_once(tenant)

    assert not store.exists(export.storage_key)


def test_an_export_that_is_not_made_yet_cannot_be_read(tenant: Tenant) -> None:
    with pytest.raises(NotFoundError, match="has no file"):
        read_export(export_tenant(tenant_id=tenant.pk))


def test_each_turn_in_its_life_is_told_once(db: None) -> None:
    tenant = create_tenant(slug="acme", name="Acme")
    for change in (suspend_tenant, resume_tenant):
        for _ in range(2):
            change(tenant_id=tenant.pk)

    told = [(type(event), event.subject) for event in published()]
    assert told == [
        (event, str(tenant.pk)) for event in (TenantCreated, TenantSuspended, TenantResumed)
    ]
    assert set(OutboxEvent.objects.values_list("tenant_id", flat=True)) == {tenant.pk}
