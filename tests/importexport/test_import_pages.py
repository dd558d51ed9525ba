"""Imports as people meet them: the pages of a tenant, and the way there from the back office."""

import html
import json
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.importexport.models import ImportJob
from kernel.identity.models import Membership, Tenant
from kernel.identity.scopes import Role
from kernel.testing.tenants import make_tenant

HOME = "/importexport/imports/"
PAGES = (HOME, f"{HOME}new/", f"{HOME}templates/", f"{HOME}places/", "/importexport/exports/")


def browser_of(tenant: Tenant, role: str = Role.OWNER) -> Client:
    """Return the browser of somebody who has signed in as a member."""
    user = User.objects.create_user(f"{role} of {tenant.slug}")
    Membership.objects.create(user=user, tenant=tenant, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def job(tenant: Tenant) -> ImportJob:
    return ImportJob.objects.create(name="<airports>.csv", format="csv")


@pytest.mark.parametrize("path", [*PAGES, f"{HOME}01900000-0000-7000-8000-000000000000/"])
def test_who_is_not_signed_in_is_asked_to(db: None, path: str) -> None:
    answer = Client().get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next={path}")


def test_who_is_in_no_tenant_sees_none(db: None) -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("nobody"))

    assert [browser.get(path).status_code for path in PAGES] == [403] * len(PAGES)


@pytest.mark.parametrize(("role", "may"), [(Role.OWNER, True), (Role.VIEWER, False)])
def test_the_pages_know_who_may_write(tenant: Tenant, job: ImportJob, role: str, may: bool) -> None:
    browser = browser_of(tenant, role)

    for path in (*PAGES, f"{HOME}{job.pk}/"):
        answer = browser.get(path)
        told = re.search(r'data-imports="([^"]*)"', answer.text)
        assert told
        assert json.loads(html.unescape(told[1]))["mayWrite"] is may
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_what_an_import_is_called_is_text_and_nothing_else(tenant: Tenant, job: ImportJob) -> None:
    page = browser_of(tenant).get(f"{HOME}{job.pk}/").text

    assert "<h1>&lt;airports&gt;.csv</h1>" in page
    assert "<airports>" not in page


def test_an_import_of_another_tenant_has_no_page(job: ImportJob) -> None:
    browser = browser_of(make_tenant())

    assert browser.get(f"{HOME}{job.pk}/").status_code == 404


def test_staff_find_the_way_to_the_pages(tenant: Tenant, job: ImportJob) -> None:
    staff = Client()
    staff.force_login(User.objects.create_superuser("root", password="secret"))

    listed = staff.get("/admin/importexport/importjob/").text
    shown = staff.get(f"/admin/importexport/importjob/{job.pk}/change/").text

    assert f'href="{HOME}new/"' in listed
    assert f'href="{HOME}{job.pk}/"' in shown
