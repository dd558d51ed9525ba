"""Rows of all entities, which refer to each other: what counts and comparisons are made of."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from apps.audit.domain.entries import Target
from apps.audit.models import (
    ActionSchema,
    Archive,
    AuditExport,
    AuditSearch,
    AuditStream,
    IntakeSource,
    LegalHold,
    PersonalFieldRule,
    RetentionPolicy,
    SchemaMode,
    ViewerToken,
)
from apps.audit.services.recording import record_all
from apps.config.models import FlagLife, RolloutPlan
from apps.config.selectors.places import Place, default_environment
from apps.config.services.changes import Change
from apps.config.services.configurations import create_configuration
from apps.config.services.deployments import start_deployment
from apps.config.services.environments import create_environment
from apps.config.services.flags import create_flag
from apps.config.services.keys import create_environment_key
from apps.config.services.publishing import publish
from apps.config.services.requests import Proposal, create_request
from apps.config.services.segments import create_segment
from apps.config.services.values import Saying, say
from apps.documents.models import BatchItem, Document, DocumentBatch, TemplateUpload
from apps.documents.services.drafts import draft_template, save_draft
from apps.documents.services.looks import create_partial, create_theme
from apps.documents.services.publishing import publish_template
from apps.documents.services.templates import create_template
from apps.files.models import (
    Blob,
    BlobText,
    Derivative,
    File,
    FileState,
    FileTag,
    UploadSession,
)
from apps.files.services import create_file
from apps.files.services.blobs import add_version
from apps.files.services.folders import create_folder
from apps.files.services.links import create_share_link
from apps.importexport.models import (
    DataEndpoint,
    DataTable,
    ExportDelivery,
    ExportJob,
    ExportPart,
    ImportJob,
    ImportTemplate,
    RowError,
)
from apps.notifications.models import NotificationChannel
from apps.notifications.services import create_notification
from apps.notifications.services.devices import register_device
from apps.notifications.services.endpoints import create_endpoint as create_webhook
from apps.notifications.services.fanning_out import fan_out
from apps.notifications.services.forwarding import try_endpoint as try_webhook
from apps.notifications.services.providers import create_provider
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.suppressions import add_suppression
from apps.notifications.services.templates import create_template as create_message_template
from apps.notifications.services.timeline import note
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
from apps.scheduler.models import JobRunLine, JobSchedule
from apps.scheduler.services.life import run_now
from apps.scheduler.services.schedules import create_schedule
from contracts.datasets import Field
from kernel import clock
from kernel.events.models import Redelivery, RedeliveryState
from kernel.ids import new_id
from kernel.jobs.models import Job
from kernel.services import BY_NAME
from kernel.storage.port import new_key
from kernel.tenancy.context import current_tenant_id
from tests.audit.factories import an_entry
from tests.documents.making import published, version_of
from tests.documents.signatures import sealed_key


def of_retention(files: list[str]) -> dict[str, list[str]]:
    """Make as many rows of what is said of the keeping of logs."""
    made: dict[str, list[Any]] = {
        "AuditRetentionPolicy": [
            RetentionPolicy.objects.create(actions=f"{file}.*", live_days=1) for file in files
        ],
        "AuditLegalHold": [
            LegalHold.objects.create(name="a", reason="a", query={"actor_id": "a"}) for _ in files
        ],
        "AuditPersonalRule": [
            PersonalFieldRule.objects.create(actions="a", subject="/actor/id", fields=[])
            for _ in files
        ],
        "AuditArchive": [
            Archive.objects.create(month=date(2026, 1, 1), actions="*") for _ in files
        ],
    }
    return {typename: [str(row.pk) for row in rows] for typename, rows in made.items()}


def of_search(files: list[str]) -> dict[str, list[str]]:
    """Make as many rows of each way on which logs are found and sent."""
    until = clock.now() + timedelta(days=1)
    made: dict[str, list[Any]] = {
        "AuditStream": [
            AuditStream.objects.create(name=file, address="syslog+tls://a.example")
            for file in files
        ],
        "AuditSource": [IntakeSource.objects.create(source=file) for file in files],
        "AuditSearch": [AuditSearch.objects.create(name="a", shared=True) for _ in files],
        "AuditExport": [AuditExport.objects.create(format="csv") for _ in files],
        "AuditViewerToken": [
            ViewerToken.objects.create(name="a", owner_id="a", expires_at=until) for _ in files
        ],
    }
    return {typename: [str(row.pk) for row in rows] for typename, rows in made.items()}


def of_importexport(files: list[str]) -> dict[str, list[str]]:
    """Make tables, and exports whose file is one of these; return their ids."""
    fields = [asdict(Field(name="code", required=True, max_length=9))]
    tables = [
        DataTable.objects.create(name=f"t{at}", title=file, schema=fields, key=["code"])
        for at, file in enumerate(files)
    ]
    exports = [
        ExportJob.objects.create(name=file, dataset="tables.t0", format="csv", result_id=file)
        for file in files
    ]
    ExportPart.objects.bulk_create(
        ExportPart(export=export, position=at, name="a", file_id=export.result_id)
        for export in exports
        for at in (1, 2)
    )
    places = [
        DataEndpoint.objects.create(name=file, kind="email", settings={"to": ["a@example.com"]})
        for file in files
    ]
    deliveries = [
        ExportDelivery.objects.create(export=export, endpoint=place)
        for export, place in zip(exports, places, strict=True)
    ]
    return {
        "DataEndpoint": [str(one.pk) for one in places],
        "ExportDelivery": [str(one.pk) for one in deliveries],
        "DataTable": [str(one.pk) for one in tables],
        "ExportJob": [str(one.pk) for one in exports],
    }


def of_config(files: list[str]) -> dict[str, list[str]]:
    """Make flags and segments that are live in environments with keys; return their ids."""
    flags = [create_flag(key=file) for file in files]
    segments = [create_segment(key=file) for file in files]
    there = [create_environment(key=f"e-{file}") for file in files]
    made = publish(
        there[0].pk,
        [
            *(Change(target=one, definition='{"variants": {"on": true}}') for one in flags),
            *(Change(target=one, definition='{"members": ["a"]}') for one in segments),
        ],
    )
    keys = [create_environment_key(environment_id=str(one.pk), name="a")[0] for one in there]
    versions = made.versions
    wanted = [
        create_request(
            title="a",
            environment=there[0].pk,
            changes=[Proposal(flag_id=str(flag.pk), definition=None)],
        )
        for flag in flags
    ]
    rolled = [
        RolloutPlan.objects.create(
            flag=flag,
            environment=there[0],
            variant="on",
            steps=[[10, 60]],
            base=1,
            number=1,
            next_at=clock.now(),
        )
        for flag in flags
    ]
    place = Place(current_tenant_id(), there[0].key)
    for file in files:
        create_configuration(key=f"d-{file}", type="string")
    deployed = [
        start_deployment(place, Saying(key=f"d-{file}", value='"a"'), steps=[(100, 60)])
        for file in files
    ]
    rows: dict[str, list[Any]] = {
        "ChangeRequest": wanted,
        "ConfigurationDeployment": deployed,
        "RolloutPlan": rolled,
        "FeatureFlagLife": [FlagLife.objects.create(flag=flag, key=flag.key) for flag in flags],
        "Environment": there,
        "EnvironmentKey": keys,
        "FeatureFlag": flags,
        "FeatureFlagVersion": versions[: len(files)],
        "Segment": segments,
        "SegmentVersion": versions[len(files) :],
    }
    return {name: [str(row.pk) for row in found] for name, found in rows.items()}


def of_files(files: list[str]) -> dict[str, list[str]]:
    """Put files into folders, with a version and a tag each; return the ids of these."""
    folders = [create_folder(name=file) for file in files]
    inner = [create_folder(name="a", parent_id=str(one.pk)) for one in folders]
    versions = []
    for file, folder in zip(File.objects.filter(pk__in=files), inner, strict=True):
        blob = Blob.objects.create(
            storage_key=new_key("files"), size_bytes=1, state=FileState.CLEAN
        )
        for kind in ("thumbnail", "preview"):
            key = new_key("files")
            Derivative.objects.create(blob=blob, kind=kind, state="ready", storage_key=key)
        BlobText.objects.create(blob=blob, excerpt="a text", words="a text")
        versions.append(add_version(file, blob, content_type="text/csv"))
        File.objects.filter(pk=file.pk).update(folder=folder, metadata={"a": "b"})
        FileTag.objects.create(file=file, name="a")
    links = [create_share_link(file_id=file)[0] for file in files]
    rows: dict[str, list[Any]] = {"Folder": inner, "FileVersion": versions, "ShareLink": links}
    return {name: [str(row.pk) for row in found] for name, found in rows.items()}


def of_imports(files: list[str]) -> dict[str, list[str]]:
    """Make imports from a file each, with an error each, and templates."""
    jobs = [
        ImportJob.objects.create(name="a", format="csv", source_id=file, errors_id=file)
        for file in files
    ]
    errors = [
        RowError.objects.create(import_id=job.pk, position=1, line=2, code="A", message="a")
        for job in jobs
    ]
    templates = [
        ImportTemplate.objects.create(name=f"t-{file}", dataset="a", fingerprint="0", mode="insert")
        for file in files
    ]
    rows: dict[str, list[Any]] = {
        "ImportJob": jobs,
        "ImportError": errors,
        "ImportTemplate": templates,
    }
    return {name: [str(row.pk) for row in found] for name, found in rows.items()}


def of_templates(files: list[str]) -> dict[str, list[str]]:
    """Make templates that are published and have a draft, with a theme each, and partials."""
    themes = [create_theme(name=f"t-{file}", logo_id=file, logo_version=1) for file in files]
    templates = [
        create_template(name=f"t-{file}", title="a", theme_id=str(theme.pk))
        for file, theme in zip(files, themes, strict=True)
    ]
    versions = [publish_template(id=str(one.pk)) for one in templates]
    for one in templates:
        draft_template(id=str(one.pk))
    for file, one in zip(files, templates, strict=True):
        upload = TemplateUpload.objects.create(file_id=file, file_version=1, state="ready")
        save_draft(id=str(one.pk), uploaded=upload)
    partials = [create_partial(name=f"t-{file}", body='{"blocks": []}') for file in files]
    rows: dict[str, list[Any]] = {
        "DocumentTemplate": templates,
        "DocumentTemplateVersion": versions,
        "DocumentTheme": themes,
        "DocumentPartial": partials,
    }
    return {name: [str(row.pk) for row in found] for name, found in rows.items()}


def of_batches(files: list[str]) -> dict[str, list[str]]:
    """Make batches of a version each, whose data comes from a file, with an item each."""
    batches, items = [], []
    for file in files:
        version = version_of(published(f"b-{file}"))
        batch = DocumentBatch.objects.create(
            title="a", format="pdf", version=version, output_id=file, data_file_id=file
        )
        batches.append(str(batch.pk))
        item = BatchItem.objects.create(batch=batch, position=1, data="{}", error_code="A")
        items.append(str(item.pk))
    keys = [sealed_key(name=f"k-{file}") for file in files]
    for model in (Document, DocumentBatch):
        for pk, key in zip(model.objects.values_list("pk", flat=True), keys, strict=False):
            model.objects.filter(pk=pk).update(signing_key_id=key.pk)
    return {
        "DocumentBatch": batches,
        "DocumentBatchItem": items,
        "DocumentSigningKey": [str(key.pk) for key in keys],
    }


def of_schedules(files: list[str]) -> dict[str, list[str]]:
    """Make schedules that follow each other, with a run each, which has told something."""
    schedules = [create_schedule(name="a", cron="0 3 * * *") for _ in files]
    runs = [run_now(id=str(one.pk)) for one in schedules]
    JobRunLine.objects.bulk_create(JobRunLine(run=run, text="a") for run in runs)
    JobSchedule.objects.filter(pk__in=[one.pk for one in schedules]).update(
        after_id=schedules[0].pk
    )
    return {
        "JobSchedule": [str(one.pk) for one in schedules],
        "JobRun": [str(one.pk) for one in runs],
    }


def configured(key: str) -> str:
    """Make a configuration of which something is said in the first environment; return its id."""
    made = create_configuration(key=key, type="string")
    place = Place(current_tenant_id(), default_environment())
    say(place, [Saying(key=key, value='"a"')])
    return str(made.pk)


def of_notifications(files: list[str]) -> dict[str, list[str]]:
    """Make messages with timelines, people in topics, and a workflow each that somebody is in."""
    texts = {"email": {"en": {"subject": "a", "body": "b"}}}
    notes = [
        create_notification(
            recipient="a@example.com",
            channel=NotificationChannel.EMAIL,
            subject="a",
            attachment_ids=[file, files[0]],
        )
        for file in files
    ]
    for one in notes:
        note(one, "sent")
    workflows = [
        create_workflow(name=f"w-{file}", steps=[{"do": "delay", "for": "1h"}]) for file in files
    ]
    people = [create_subscriber(key=f"s-{file}", topics=["a", "b"]) for file in files]
    triggers = [
        trigger(workflow=workflow.name, subscribers=[one.key], data={"a": 1})
        for workflow, one in zip(workflows, people, strict=True)
    ]
    for begun in triggers:
        fan_out(begun.pk, "")
    hooks = [
        create_webhook(
            name=f"h-{file}", url="https://x.org", contact="a@x.org", event_types=["files.*"]
        )[0]
        for file in files
    ]
    rows: dict[str, list[Any]] = {
        "Notification": notes,
        "NotificationDevice": [
            register_device(
                subscriber_id=str(one.pk), kind="teams", address=f"https://example.com/{one.pk}"
            )
            for one in people
        ],
        "NotificationProvider": [create_provider(name=f"p-{file}", kind="teams") for file in files],
        "WebhookDelivery": [try_webhook(id=str(one.pk)) for one in hooks],
        "WebhookEndpoint": hooks,
        "NotificationSuppression": [add_suppression(address=f"{file}@x.org") for file in files],
        "NotificationTemplate": [
            create_message_template(name=f"t-{file}", texts=texts) for file in files
        ],
        "NotificationTrigger": triggers,
        "NotificationWorkflow": workflows,
        "Subscriber": people,
    }
    return {name: [str(row.pk) for row in found] for name, found in rows.items()}


def furnish(count: int) -> dict[str, list[str]]:
    """Make so many rows of each entity, which refer to each other; return their ids by type."""
    files = [
        str(create_file(name="a.csv", content_type="text/csv", size_bytes=1).pk)
        for _ in range(count)
    ]
    imports = of_imports(files)
    rows = {
        "File": files,
        **of_files(files),
        "UploadSession": [
            str(
                UploadSession.objects.create(
                    storage_key=new_key("files"), expires_at=clock.now() + timedelta(hours=1)
                ).pk
            )
            for _ in files
        ],
        "Document": [
            str(
                Document.objects.create(
                    title="a", format="pdf", output_id=file, import_job_id=imported
                ).pk
            )
            for file, imported in zip(files, imports["ImportJob"], strict=True)
        ],
        **of_batches(files),
        **of_notifications(files),
        **imports,
        **of_importexport(files),
        **of_schedules(files),
        **of_templates(files),
        **of_config(files),
        "Configuration": [configured(f"k-{file}") for file in files],
        **of_retention(files),
        **of_search(files),
    }
    ActionSchema.objects.bulk_create(
        ActionSchema(action=file, version=1, schema={}, mode=SchemaMode.OFF) for file in files
    )
    Redelivery.objects.bulk_create(
        Redelivery(
            group=f"{service}.test",
            event_id=new_id(),
            tenant_id=current_tenant_id(),
            envelope={},
            state=RedeliveryState.DEAD,
        )
        for service in BY_NAME
        for _ in files
    )
    Job.objects.bulk_create(
        Job(
            name=f"{service}.test",
            queue=service,
            tenant_id=current_tenant_id(),
            last_error="CONFLICT: no",
        )
        for service in BY_NAME
        for _ in files
    )
    # Of other services' entities: so many that they fit on a page.
    told = [
        Target(type=typename, id=one)
        for typename, ids in rows.items()
        for one in ids
        if not typename.startswith("Audit")
    ]
    logs = [outcome.log for outcome in record_all([an_entry(targets=(one,)) for one in told])]
    return rows | {"AuditLog": [str(log.pk) for log in logs if log]}
