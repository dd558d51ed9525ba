"""What documents has of a tenant goes with it: rows, and the bytes that it keeps itself."""

import io
from pathlib import Path
from typing import Any

import pytest

from apps.documents.adapters.stores import document_store
from apps.documents.models import BatchItem, Document, DocumentBatch, TemplateUpload
from apps.documents.services.handing_over import key_of
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.tenancy.parts import PARTS
from kernel.testing.tenants import make_tenant
from tests.documents.making import kept_in, stored


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return kept_in(monkeypatch, tmp_path)


def _kept() -> list[str]:
    """Make a row of each kind that has bytes here; return where these are."""
    batch = DocumentBatch(title="a", format="pdf")
    rows: list[Any] = [
        Document(title="a", format="pdf"),
        batch,
        BatchItem(batch=batch, position=1, data="{}"),
        TemplateUpload(file_id=new_id(), file_version=1),
    ]
    for row in rows:
        row.file_key = key_of(row)
        row.save()
        document_store().save(row.file_key, io.BytesIO(b"bytes"))
    return [row.file_key for row in rows]


def test_bytes_that_are_kept_here_go_with_the_rows_and_only_the_tenants(
    tenant: Tenant, folder: Path
) -> None:
    ours = _kept()
    with in_tenant(make_tenant("other").pk):
        theirs = _kept()
    told: list[str] = []

    PARTS["documents"].erase(tenant.pk, lambda table, _count: told.append(table))

    assert not any(document_store().exists(key) for key in ours)
    assert all(document_store().exists(key) for key in theirs)
    assert len(stored(folder)) == len(theirs)
    assert {"documents_document", "documents_batchitem", "documents_templateupload"} <= set(told)
    assert not Document.objects.exists()
    assert Document.across_tenants.count() == 1
