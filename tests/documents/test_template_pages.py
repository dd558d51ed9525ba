"""Templates as people meet them: the pages of a tenant, and the back office."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.documents.models import Template, TemplateVersion
from apps.documents.services.drafts import save_draft
from apps.documents.services.publishing import publish_template
from apps.documents.services.templates import create_template
from kernel.identity.models import Membership, Tenant
from kernel.identity.scopes import Role
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant

LIST = "/documents/templates/"
LISTS = [f"/documents/{name}/" for name in ("made", "batches", "templates", "themes", "partials")]
ADMIN = "/admin/documents/"
WRONG = '{"septet": 1, "title": "{{ 1 + }}", "blocks": []}'


def browser_of(tenant: Tenant, role: str = Role.OWNER) -> Client:
    """Return the browser of somebody who has signed in as a member."""
    user = User.objects.create_user(f"{role} of {tenant.slug}")
    Membership.objects.create(user=user, tenant=tenant, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


@pytest.fixture
def template(tenant: Tenant) -> Template:
    """One with a draft that could be published."""
    return create_template(name="letter", title="A letter")


@pytest.mark.parametrize("path", [*LISTS, f"{LIST}01900000-0000-7000-8000-000000000000/"])
def test_who_is_not_signed_in_is_asked_to(db: None, path: str) -> None:
    answer = Client().get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next={path}")


@pytest.mark.parametrize(("role", "may"), [(Role.OWNER, "true"), (Role.VIEWER, "false")])
def test_the_pages_know_who_may_write(
    tenant: Tenant, template: Template, role: str, may: str
) -> None:
    browser = browser_of(tenant, role)

    for path in (*LISTS, f"{LIST}{template.pk}/"):
        told = re.search(r'data-documents="([^"]*)"', browser.get(path).text)
        assert told
        assert told[1] == f"{{&quot;mayWrite&quot;: {may}, &quot;maySign&quot;: {may}}}"


@pytest.mark.parametrize("path", LISTS)
def test_each_list_leads_to_the_others(tenant: Tenant, path: str) -> None:
    page = browser_of(tenant).get(path).text

    led = re.findall(r'<a href="(/documents/[a-z]+/)"( aria-current="page")?', page)
    assert led == [(one, ' aria-current="page"' if one == path else "") for one in LISTS]
    assert f"/static/documents/{path.split('/')[2]}" in page


def test_a_template_of_another_tenant_has_no_page(template: Template) -> None:
    browser = browser_of(make_tenant())

    assert browser.get(f"{LIST}{template.pk}/").status_code == 404


def test_staff_see_how_a_draft_stands_and_publish_it(staff: Client, template: Template) -> None:
    page = f"{ADMIN}template/{template.pk}/"
    save_draft(id=str(template.pk), body=WRONG)
    assert "body/title" in staff.get(f"{page}change/").text
    refused = staff.post(f"{page}publish/", {"confirmed": "yes"}, follow=True)
    assert "Nothing was changed: /title" in refused.text

    save_draft(id=str(template.pk), body=WRONG.replace("1 + ", "1 + 1"))
    asked = staff.post(f"{page}publish/").text
    published = staff.post(f"{page}publish/", {"confirmed": "yes"}, follow=True)

    assert "It never changes again" in asked
    assert "The draft of letter is published." in published.text
    with in_tenant(template.tenant_id):
        assert TemplateVersion.objects.get().state == "published"
    assert staff.get(f"{ADMIN}template/").text.count("in use") >= 1


def test_staff_see_what_a_version_changed_and_withdraw_it(
    staff: Client, template: Template
) -> None:
    publish_template(id=str(template.pk))
    save_draft(id=str(template.pk), sample='{"name": "Ada Lovelace"}')
    version = publish_template(id=str(template.pk))
    page = f"{ADMIN}templateversion/{version.pk}/"

    assert "/sample/name" in staff.get(f"{page}change/").text
    staff.post(f"{page}withdraw/", {"confirmed": "yes"})

    version.refresh_from_db()
    assert version.state == "withdrawn"


def test_staff_archive_a_template_and_restore_it(staff: Client, template: Template) -> None:
    page = f"{ADMIN}template/{template.pk}/"

    staff.post(f"{page}archive/", {"confirmed": "yes"})
    assert "archived" in staff.get(f"{ADMIN}template/?archived=yes").text
    template.refresh_from_db()
    assert template.archived_at is not None
    staff.post(f"{page}restore/", {"confirmed": "yes"})

    template.refresh_from_db()
    assert template.archived_at is None
