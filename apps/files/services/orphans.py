"""Both ways of not fitting together: bytes that no row knows, and rows whose bytes are gone."""

from itertools import islice

from django.db import transaction

from apps.files.adapters.scanners import Verdict
from apps.files.adapters.stores import file_store
from apps.files.models import SERVED, Blob, Derivative, UploadSession
from apps.files.services.blobs import judge
from apps.files.services.quotas import lock_usage
from kernel.reading import by_key
from kernel.tenancy.context import in_tenant

AT_ONCE = 500


def forget_unknown() -> int:
    """Forget bytes that neither a blob nor an upload knows, and return how many these were.

    Of each upload the row is there before its bytes, so what has none has lost it.
    """
    store, forgotten = file_store(), 0
    keys = store.keys("files")
    while some := list(islice(keys, AT_ONCE)):
        known: set[str] = set()
        for model, name in (
            (Blob, "storage_key"),
            (Blob, "encrypting_key"),
            (Derivative, "storage_key"),
            (UploadSession, "storage_key"),
        ):
            rows = model.across_tenants.filter(**{f"{name}__in": some})
            known.update(rows.values_list(name, flat=True))
        for key in some:
            if key not in known:
                store.delete(key)
                forgotten += 1
    return forgotten


def note_lost() -> int:
    """Let files be unscannable whose bytes are not there, and return how many blobs these were."""
    store, lost = file_store(), 0
    served = Blob.across_tenants.filter(state__in=SERVED)
    for blob in by_key(served, at_once=AT_ONCE):
        if store.exists(blob.storage_key):
            continue
        with in_tenant(blob.tenant_id), transaction.atomic():
            lock_usage()
            found = Blob.objects.filter(pk=blob.pk, state__in=SERVED).first()
            if found is not None:
                judge(found, Verdict("unscannable", "its bytes are not there"), scanner="sweep")
                lost += 1
    return lost
