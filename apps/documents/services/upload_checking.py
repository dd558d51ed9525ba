"""Files of Word and Excel, and fonts, are fetched, looked through in the sandbox, and kept.

A job that begins again does all anew: a file is kept under a key of its row.
"""

import hashlib
import io
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.documents.adapters import packages
from apps.documents.adapters.sandboxed.packing import head
from apps.documents.adapters.stores import document_store
from apps.documents.domain.checking.schemas import MOST_BYTES
from apps.documents.domain.faces import MOST_BYTES as MOST_FONT_BYTES
from apps.documents.domain.faces import family_name
from apps.documents.domain.findings import Finding
from apps.documents.domain.model.reading import UNWRITABLE
from apps.documents.errors import AbandonedError, FindingsError, RenderingFailedError
from apps.documents.models import DocumentFormat, TemplateUpload, UploadState, VersionState
from apps.documents.services.handing_over import enqueue_forgetting
from apps.documents.services.making import told
from apps.documents.services.rendering import called, findings_of, usual_limits
from contracts.templates import TemplateUploadChecked, ThemeChanged
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.identity.rights import remaining_rights
from kernel.jobs.models import Job, JobState
from kernel.mesh.fetching import fetched
from kernel.tenancy.context import acting_as, in_tenant

#: After so long one goes that no version has.
UNUSED_HOURS = 24
_SWEPT_AT_ONCE = 100
_KINDS = (DocumentFormat.DOCX, DocumentFormat.XLSX)


def check_upload(upload_id: UUID) -> None:
    """Keep a file, and what is to be said of it as a template; done twice it is the same."""
    upload = TemplateUpload.objects.filter(pk=upload_id, state=UploadState.CHECKING).first()
    if upload is None:
        return
    try:
        given = _fetched(upload)
        fault_point("documents-upload-fetched")
        content, found = _fonts_of(given) if upload.faces else (given, _inspected(given))
    except DomainError as error:
        if error.retryable:
            raise
        _refuse(upload, error)
        return
    document_store().save(upload.file_key, io.BytesIO(content))
    fault_point("documents-upload-kept")
    _end(
        upload,
        state=UploadState.READY,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        **found,
    )


def sweep_uploads() -> None:
    """End those whose job has given up, and drop those that no version has."""
    open_ones = TemplateUpload.across_tenants.filter(state=UploadState.CHECKING).order_by("pk")
    for upload in open_ones[:_SWEPT_AT_ONCE]:
        job = Job.objects.filter(pk__in=[upload.job_id]).first()
        if job is not None and job.state not in (JobState.FAILED, JobState.CANCELLED):
            continue
        with in_tenant(upload.tenant_id):
            _refuse(upload, AbandonedError(job.last_error if job else "its job is gone"))
    before = clock.now() - timedelta(hours=UNUSED_HOURS)
    unused = TemplateUpload.across_tenants.filter(
        versions__isnull=True, themes__isnull=True, typeset__isnull=True, created_at__lt=before
    )
    for upload in unused.order_by("pk")[:_SWEPT_AT_ONCE]:
        with in_tenant(upload.tenant_id), transaction.atomic():
            enqueue_forgetting(upload.file_key)
            TemplateUpload.objects.filter(pk=upload.pk).delete()


def _fetched(upload: TemplateUpload) -> bytes:
    """Return a file, or those of fonts as one text of bytes."""
    with acting_as(remaining_rights(upload.asked_by)):
        if not upload.faces:
            return _file(str(upload.file_id), upload.file_version, packages.MOST_BYTES)
        files = {
            style: _file(told["file"], told["version"], MOST_FONT_BYTES)
            for style, told in upload.faces.items()
        }
    first = head({style: len(content) for style, content in files.items()})
    return first + b"".join(files.values())


def _file(file_id: str, version: int, most_bytes: int) -> bytes:
    with fetched(file_id, version=version, most_bytes=most_bytes) as file:
        return b"".join(file.chunks)


def _fonts_of(given: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return fonts as the sandbox has written them anew, and what it says of them."""
    answer = called("inspect_fonts", [given], size=len(given), limits=usual_limits())
    family = answer.told.get("family")
    if not isinstance(family, str) or len(answer.parts) != 1:
        raise RenderingFailedError("the fonts cannot be looked through")
    return answer.parts[0], {"family": family_name(family)}


def _inspected(content: bytes) -> dict[str, Any]:
    """Return what the sandbox says of a file, as columns."""
    answer = called("inspect", [content], size=len(content), limits=usual_limits())
    try:
        kind, text = str(answer.told["kind"]), str(answer.told["schema"])
        findings = findings_of(answer.told["findings"])
        schema = json.loads(text) if text else {}
        if kind not in _KINDS or len(text) > MOST_BYTES or not isinstance(schema, dict):
            raise ValueError(kind)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RenderingFailedError("the file cannot be looked through") from error
    inferred = json.dumps(schema) if schema else ""
    return {"kind": kind, "inferred": inferred, "findings": _kept(findings)}


def _kept(findings: list[Finding]) -> list[dict[str, Any]]:
    """Return findings as a row keeps them, without what PostgreSQL takes for no text."""
    return [
        {
            name: UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value)
            if isinstance(value, str)
            else value
            for name, value in asdict(one).items()
        }
        for one in findings
    ]


def _refuse(upload: TemplateUpload, error: DomainError) -> None:
    columns = told(error)
    _end(
        upload,
        state=UploadState.REFUSED,
        findings=_kept(list(error.findings[:100])) if isinstance(error, FindingsError) else [],
        error_code=columns["error_code"],
        error_message=columns["error_message"],
        file_key="",
    )


@transaction.atomic
def _end(upload: TemplateUpload, **columns: Any) -> None:
    rows = TemplateUpload.objects.select_for_update()
    found = rows.filter(pk=upload.pk, state=UploadState.CHECKING).first()
    if found is None:
        if not rows.filter(pk=upload.pk).exists():
            # Nobody wanted it any more: what was kept meanwhile goes too.
            enqueue_forgetting(upload.file_key)
        return
    if columns.get("file_key") == "":
        enqueue_forgetting(found.file_key)
    TemplateUpload.objects.filter(pk=found.pk).update(**columns)
    drafts = found.versions.filter(state=VersionState.DRAFT).select_related("template")
    for draft in drafts.order_by("pk"):
        publish(
            TemplateUploadChecked(
                template_id=str(draft.template.pk),
                name=draft.template.name,
                number=draft.number,
                kind=columns.get("kind", ""),
                accepted=columns["state"] == UploadState.READY,
            )
        )
    for theme in found.themes.order_by("pk"):
        publish(ThemeChanged(theme_id=str(theme.pk), name=theme.name, fields=("fonts",)))
