"""Documents and batches for staff: how they stand, what went wrong, and what may be done."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from apps.documents.models import Document, DocumentBatch
from apps.documents.services.batches import create_batch
from apps.documents.services.documents import create_document
from contracts.staff import StaffChanged
from kernel.identity.models import Tenant
from kernel.testing.events import published as told
from kernel.testing.jobs import drain
from tests.documents.making import kept_in, published, with_files

pytestmark = with_files
DATA = {"number": 7, "name": "Ada"}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return kept_in(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def documents(tenant: Tenant) -> None:
    """One that is made, one that is not, and a batch with one of each."""
    published()
    create_document(template="letter", format="csv", data=DATA)
    create_document(template="letter", format="pdf", data={"number": 1, "name": 3})
    create_batch(template="letter", format="csv", data=[DATA, {"number": None}])


def page(client: Client, name: str) -> str:
    response = client.get(name)
    assert response.status_code == 200
    return response.content.decode()


def at(row: Document | DocumentBatch, verb: str = "change") -> str:
    return f"/admin/documents/{row._meta.model_name}/{row.pk}/{verb}/"


def test_staff_see_how_documents_stand_and_why_one_failed(admin_client: Client) -> None:
    drain()
    failed = Document.objects.get(state="failed")

    listed = page(admin_client, reverse("admin:documents_document_changelist"))
    shown = page(admin_client, at(failed))

    assert "Letter 7" in listed
    assert all(word in shown for word in ("DOCUMENTS_DATA_REFUSED", "/name", "letter 1"))


def test_staff_see_how_far_a_batch_is_and_which_items_failed(admin_client: Client) -> None:
    drain()
    batch = DocumentBatch.objects.get()

    shown = page(admin_client, at(batch))
    items = page(admin_client, reverse("admin:documents_batchitem_changelist"))

    assert "1 of 2, 1 failed" in shown
    assert '<progress value="2" max="2"' in shown
    assert shown.count("DOCUMENTS_DATA_REFUSED") == items.count("DOCUMENTS_DATA_REFUSED") == 1


def test_staff_are_offered_what_is_of_use_as_it_stands(admin_client: Client) -> None:
    def offered(row: Document | DocumentBatch, *verbs: str) -> list[str]:
        shown = page(admin_client, at(row))
        return [verb for verb in verbs if f'"{at(row, verb)}"' in shown]

    verbs = ("download", "retry", "resume", "cancel")
    before = [
        offered(Document.objects.all()[0], *verbs),
        offered(DocumentBatch.objects.get(), *verbs),
    ]
    drain()
    made, failed = (Document.objects.get(state=state) for state in ("ready", "failed"))

    assert before == [["cancel"], ["cancel"]]
    assert offered(made, *verbs) == ["download"]
    assert offered(failed, *verbs) == ["retry"]
    assert offered(DocumentBatch.objects.get(), *verbs) == ["download", "resume"]


# Without a transaction around it, as it is where it runs.
@pytest.mark.django_db(transaction=True)
def test_staff_download_a_document_and_it_is_told(admin_client: Client) -> None:
    drain()
    made, failed = (Document.objects.get(state=state) for state in ("ready", "failed"))

    response = admin_client.get(at(made, "download"))
    nothing = admin_client.get(at(failed, "download"))

    assert response.status_code == 302
    assert response["Location"].startswith("/files/api/signed/download/")
    assert nothing["Location"] == at(failed)
    changes = [one for one in told() if isinstance(one, StaffChanged)]
    assert [(one.object_id, one.action) for one in changes] == [(str(made.pk), "downloaded")]


@pytest.mark.parametrize(
    ("model", "verb", "state"),
    [(Document, "cancel", "cancelled"), (DocumentBatch, "cancel", "cancelled")],
)
def test_staff_stop_what_is_not_made_after_they_were_asked(
    admin_client: Client, model: type[Document | DocumentBatch], verb: str, state: str
) -> None:
    row = model.objects.order_by("pk")[0]

    asked = page(admin_client, at(row, verb))
    before = model.objects.get(pk=row.pk).state
    admin_client.post(at(row, verb), {"confirmed": "yes"})

    assert row.title in asked
    assert (before, model.objects.get(pk=row.pk).state) == (row.state, state)


def test_staff_have_what_failed_made_once_more(admin_client: Client) -> None:
    drain()
    document, batch = Document.objects.get(state="failed"), DocumentBatch.objects.get()

    admin_client.post(at(document, "retry"), {"confirmed": "yes"})
    admin_client.post(at(batch, "resume"), {"confirmed": "yes"})

    document.refresh_from_db()
    batch.refresh_from_db()
    assert (document.state, batch.state, batch.round) == ("queued", "rendering", 2)
