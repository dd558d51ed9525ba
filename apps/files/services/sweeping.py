"""Uploads that were left behind: finished, ended, and in the end forgotten."""

from django.db import transaction
from django.db.models import F, Q

from apps.files.conf import unfinished_time
from apps.files.models import UploadSession, UploadState
from apps.files.services.quotas import lock_usage
from apps.files.services.uploads import end, finish_upload
from kernel import clock
from kernel.tenancy.context import in_tenant

SWEPT_AT_ONCE = 100


def sweep_uploads() -> None:
    """Finish what is all there but was not finished, and end what nobody went on with."""
    now, rows = clock.now(), UploadSession.across_tenants
    whole = rows.filter(state=UploadState.RECEIVING, offset=F("length"))
    whole = whole.exclude(writer_until__gt=now).exclude(concat__startswith="final")
    for upload in whole.order_by("created_at")[:SWEPT_AT_ONCE]:
        with in_tenant(upload.tenant_id):
            finish_upload(upload.pk)
    kept = Q(state=UploadState.RECEIVING) | Q(state=UploadState.DONE, concat="partial")
    for upload in rows.filter(kept, expires_at__lte=now).order_by("expires_at")[:SWEPT_AT_ONCE]:
        with in_tenant(upload.tenant_id), transaction.atomic():
            lock_usage()
            found = UploadSession.objects.select_for_update().filter(kept, pk=upload.pk)
            row = found.filter(expires_at__lte=now).first()
            if row is not None:
                end(row, UploadState.EXPIRED)
    # What became of an upload is told for as long again.
    old = rows.exclude(kept | Q(state=UploadState.VERIFYING))
    old = old.filter(expires_at__lte=now - unfinished_time())
    for upload in old.order_by("expires_at")[:SWEPT_AT_ONCE]:
        with in_tenant(upload.tenant_id):
            UploadSession.objects.filter(pk=upload.pk).delete()
