"""What tests of exports have in common: somebody who asks, stores, and what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.importexport.models import ExportJob
from apps.importexport.services.exports import create_export
from kernel.identity.models import Tenant
from kernel.identity.services import issue_key
from kernel.mesh.fetching import fetched
from kernel.storage.local import LocalStorage
from kernel.tenancy.context import Principal, acting_as, current_tenant_id
from kernel.testing.jobs import drain

#: Where there is no files service, what is written cannot be handed over.
with_files = pytest.mark.skipif(
    "files" not in settings.SERVICES, reason="runs where the files service is"
)
READ = ("importexport:read", "importexport:write", "files:read")


@contextmanager
def asking(*scopes: str) -> Iterator[Principal]:
    """Act as somebody with a key for these scopes, or for all that exports take."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    key, _ = issue_key(tenant=tenant, name="a key", scopes=list(scopes or READ))
    who = Principal(
        kind="key",
        id=str(key.pk),
        name="a key",
        tenant_id=tenant.pk,
        scopes=frozenset(scopes or READ),
    )
    with acting_as(who):
        yield who


def exported(*scopes: str, **asked: Any) -> ExportJob:
    """Ask for an export, and let jobs write it; return what became of it."""
    with asking(*scopes):
        export = create_export(**{"format": "csv"} | asked)
    drain()
    export.refresh_from_db()
    return export


def contents(export: ExportJob) -> list[bytes]:
    """Return the files of an export, in their order."""
    with asking():
        return [_content(str(part.file_id)) for part in export.parts.order_by("position")]


def kept_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Let exports and files keep their bytes in folders of a test; return that of exports."""
    for app in ("importexport", "files"):
        keep = partial(LocalStorage, folder / app)
        monkeypatch.setattr(f"apps.{app}.adapters.stores.storage", keep)
    return folder / "importexport"


def stored(folder: Path) -> list[Path]:
    """Return what there is in a store."""
    return [one for one in folder.rglob("*") if one.is_file()]


def _content(file_id: str) -> bytes:
    with fetched(file_id, most_bytes=100_000_000) as file:
        return b"".join(file.chunks)
