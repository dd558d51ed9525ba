"""A row of each service, for its operations to see, to change and to remove."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from apps.audit.domain.entries import Target
from apps.audit.models import Archive, ArchiveState, AuditLog, AuditStream
from apps.audit.services.exporting import export_logs
from apps.audit.services.holds import place_hold
from apps.audit.services.personal_rules import add_rule
from apps.audit.services.policies import create_policy
from apps.audit.services.recording import record
from apps.audit.services.schemas import add_schema
from apps.audit.services.sealing import seal_log
from apps.audit.services.searches import create_search
from apps.audit.services.sources import add_source
from apps.audit.services.streams import create_stream
from apps.audit.services.viewers import create_viewer_token
from apps.config.models import ConfigurationValue
from apps.config.selectors.places import Place
from apps.config.services.configurations import create_configuration
from apps.config.services.flags import create_flag
from apps.config.services.values import Saying, say
from apps.files.models import Blob, File, FileState, UploadSession, UploadWay
from apps.files.services import create_file
from apps.importexport.models import ImportFormat
from apps.importexport.services import create_import
from apps.notifications.models import NotificationChannel
from apps.notifications.services import create_notification
from apps.scheduler.services.schedules import create_schedule
from kernel import clock
from kernel.events.models import Redelivery, RedeliveryState
from kernel.ids import new_id
from kernel.jobs.models import Job, JobState
from kernel.storage.port import new_key
from kernel.tenancy.context import current_tenant_id
from kernel.tenancy.models import TenantModel
from tests.access import (
    rows_of_config,
    rows_of_documents,
    rows_of_files,
    rows_of_imports,
    rows_of_making,
    rows_of_notifications,
    rows_of_schedules,
    rows_of_tables,
)
from tests.access.operations import A_FILE
from tests.audit.factories import an_entry


def _job(service: str, state: JobState, **columns: Any) -> Job:
    return Job.objects.create(
        name=f"{service}.test",
        queue=service,
        tenant_id=current_tenant_id(),
        state=state,
        **columns,
    )


def _dead_letter(service: str) -> Redelivery:
    return Redelivery.objects.create(
        # Long enough to be found in no answer by chance.
        pk=10**17 + new_id().int % 10**17,
        group=f"{service}.test",
        event_id=new_id(),
        type="files.file.deleted.v1",
        tenant_id=current_tenant_id(),
        partition_key="-/a",
        envelope={"data": {"name": "a.csv"}},
        state=RedeliveryState.DEAD,
        error_code="CONFLICT",
    )


def _archive() -> Archive:
    """Return an archive as a row alone: who opens its file has a test of his own."""
    return Archive.objects.create(
        month=clock.now().date().replace(day=1),
        actions="*",
        state=ArchiveState.ARCHIVED,
        occurred_from=clock.now(),
        occurred_to=clock.now(),
        # In no order with any log: none is looked for in it.
        first_id=UUID(int=0),
        last_id=UUID(int=0),
    )


#: Makes another row than the service's own in the current tenant, by its name in an operation.
JOBS: dict[str, Callable[[str], Any]] = {
    "action schema": lambda _service: add_schema(action="a.done", schema={"type": "object"}),
    "configuration": lambda _service: create_configuration(key="mail.host", type="string"),
    "configuration value": lambda _service: _value(),
    "dead letter": _dead_letter,
    "export": lambda _service: export_logs(format="jsonl"),
    "failed job": lambda service: _job(service, JobState.FAILED, finished_at=clock.now()),
    # Of all tenants no two may have the same.
    "source": lambda _service: add_source(source=f"https://shop.example/{new_id()}"),
    "search": lambda _service: create_search(name="Approvals", shared=True),
    "AuditArchive": lambda _service: _archive(),
    "AuditLegalHold": lambda _service: place_hold(name="Case 7", reason="asked for"),
    "AuditPersonalRule": lambda _service: add_rule(
        actions="step.*", subject="/actor/id", fields=["/actor/name"]
    ),
    "AuditRetentionPolicy": lambda _service: create_policy(actions="step.*", live_days=30),
    "stream": lambda _service: _stream(),
    "upload": lambda _service: _upload(UploadWay.PUT),
    "upload through us": lambda _service: _upload(UploadWay.STREAM),
    "viewer token": lambda _service: create_viewer_token(name="Theirs"),
    "infected file": lambda _service: _infected_file(),
    "queued job": lambda service: _job(service, JobState.QUEUED),
}


def _infected_file() -> File:
    blob = Blob.objects.create(
        storage_key=new_key("files"),
        size_bytes=1,
        state=FileState.INFECTED,
        scanner="ClamAV",
        finding="Found",
    )
    return File.objects.create(
        name="a.csv", content_type="text/csv", size_bytes=1, blob=blob, version=1, state=blob.state
    )


def _of_config(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_config.ROWS[name]()


JOBS |= {name: _of_config(name) for name in rows_of_config.ROWS}


def _of_files(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_files.ROWS[name]()


JOBS |= {name: _of_files(name) for name in rows_of_files.ROWS}


def _of_documents(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_documents.ROWS[name]()


JOBS |= {name: _of_documents(name) for name in rows_of_documents.ROWS}


def _of_imports(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_imports.ROWS[name]()


def _of_making(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_making.ROWS[name]()


JOBS |= {name: _of_making(name) for name in rows_of_making.ROWS}
JOBS |= {name: _of_imports(name) for name in rows_of_imports.ROWS}


def _of_notifications(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_notifications.ROWS[name]()


JOBS |= {name: _of_notifications(name) for name in rows_of_notifications.ROWS}


def _of_schedules(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_schedules.ROWS[name]()


JOBS |= {name: _of_schedules(name) for name in rows_of_schedules.ROWS}


def _of_tables(name: str) -> Callable[[str], Any]:
    return lambda _service: rows_of_tables.ROWS[name]()


JOBS |= {name: _of_tables(name) for name in rows_of_tables.ROWS}


def _value() -> ConfigurationValue:
    """Return what is said of a configuration, at its second version."""
    create_configuration(key="mail.host", type="string")
    place = Place(current_tenant_id(), "production")
    for text in ('"first"', '"a"'):
        say(place, [Saying(key="mail.host", value=text)])
    return ConfigurationValue.objects.get()


def _upload(way: UploadWay) -> UploadSession:
    return UploadSession.objects.create(
        way=way, length=3, storage_key=new_key("files"), expires_at=clock.now() + timedelta(hours=1)
    )


def _stream() -> AuditStream:
    # Another name each, for tests that take the walls between tenants away.
    return create_stream(name=f"siem {new_id()}", address="syslog+tls://127.0.0.1")[0]


def _sealed_log() -> AuditLog:
    log = record(an_entry(targets=(Target(type="File", id=A_FILE),)))
    seal_log()
    return log


#: Makes one row of each service in the current tenant.
ROWS: dict[str, Callable[[], TenantModel]] = {
    "audit": _sealed_log,
    "notifications": lambda: create_notification(
        recipient="a@example.com", channel=NotificationChannel.EMAIL, subject="Hello"
    ),
    "files": lambda: create_file(name="a.csv", content_type="text/csv", size_bytes=1),
    "documents": rows_of_making.document,
    "scheduler": lambda: create_schedule(name="nightly", cron="0 3 * * *", time_zone="UTC"),
    "config": lambda: create_flag(key="new-search", description=""),
    "importexport": lambda: create_import(name="a.csv", format=ImportFormat.CSV),
}
