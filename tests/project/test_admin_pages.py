"""Every list and detail of the back office opens; a list costs the same empty and full."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
import pytest_django
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Archive, AuditExport
from apps.documents.models import BatchItem, DocumentBatch
from apps.files.domain.tus import Creation
from apps.files.models import AllowedTypes
from apps.files.services.uploads import begin_upload
from apps.importexport.models import RowError
from kernel.events.models import Redelivery, Replay
from kernel.identity.invitations import invite
from kernel.identity.lifecycle import delete_tenant, export_tenant
from kernel.identity.lockouts import try_name
from kernel.identity.models import Membership, Tenant
from kernel.identity.services import create_service_account
from kernel.ids import new_id
from kernel.jobs.models import Job
from kernel.tenancy.context import in_tenant
from kernel.testing.events import drain_events
from project.demo import load_data
from project.demo import make_tenant as make_demo

PAGES = sorted(
    f"/admin/{model._meta.label_lower.replace('.', '/')}/" for model in admin.site._registry
)


def staff() -> Client:
    """Return a browser with the administrator signed in."""
    browser = Client()
    root, _ = User.objects.get_or_create(username="root", is_staff=True, is_superuser=True)
    browser.force_login(root)
    return browser


def cost(browser: Client, path: str) -> int:
    """Return how many queries a page takes that has been opened before."""
    assert browser.get(path).status_code == 200
    # Of two, as one may be the first of its second, and look for changes of settings.
    return min(_queries(browser, path) for _ in range(2))


def _queries(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        browser.get(path)
    return len(captured)


@pytest.fixture(scope="module")
def costs(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[dict[str, tuple[int, int]]]:
    """What each list costs empty and full; the rows are made once, and stay for all tests here."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_demo()
        browser = staff()
        empty = [cost(browser, path) for path in PAGES]
        load_data(lambda _: None)
        full = [cost(browser, path) for path in PAGES]
        add_what_the_demo_lacks()
        yield dict(zip(PAGES, zip(empty, full, strict=True), strict=True))
        transaction.set_rollback(True)


def add_what_the_demo_lacks() -> None:
    Job.objects.create(name="kernel.clear_jobs")
    drain_events()
    Redelivery.objects.create(group="audit.trail", event_id=new_id(), type="a", envelope={})
    Replay.objects.create(group="audit.trail", dead=True)
    try_name("somebody", "")
    owner = Membership.objects.select_related("tenant", "user").get()
    invite(by=owner, email="ada@example.com", role="viewer", site="http://testserver")
    Client().post("/graphql", {"query": "{ files { totalCount } }"}, "application/json")
    tenant = Tenant.objects.get()
    with in_tenant(tenant.pk):
        Archive.objects.create(month=date(2026, 1, 1), actions="*")
        AuditExport.objects.create(format="csv")
        RowError.objects.create(import_id=new_id(), position=1, line=2, code="a", message="b")
        AllowedTypes.objects.create(types=["text/plain"])
        BatchItem.objects.create(batch=DocumentBatch.objects.get(), position=1)
        begin_upload(Creation(length=1, metadata="", partial=False, parts=(), concat=""))
    create_service_account(tenant=tenant, name="robot", scopes=[])
    export_tenant(tenant_id=tenant.pk)
    delete_tenant(tenant_id=tenant.pk)


@pytest.fixture(autouse=True)
def _in_the_transaction_of_the_rows(costs: object, db: None) -> None:
    # Theirs is opened before that of the test.
    pass


@pytest.mark.parametrize("path", PAGES)
def test_every_list_opens_empty_and_full_at_the_same_cost(
    path: str, costs: dict[str, tuple[int, int]]
) -> None:
    empty, full = costs[path]

    # Saved filters cost one query, with rows and without. One more for the tenants' names, once
    # there are rows to name them for; two for each queue that has something to do.
    assert full <= empty + (10 if path == "/admin/jobs/queue/" else 1)


@pytest.mark.any_database
@pytest.mark.parametrize("path", PAGES)
def test_every_detail_opens(path: str) -> None:
    browser = staff()

    link = re.search(rf'{path}[^/"]+/change/', browser.get(path).text)

    assert link
    assert browser.get(link.group()).status_code == 200
