"""Places outside in the back office: added, edited, forgotten, and no secret shown."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.importexport.models import DataEndpoint
from apps.importexport.services.endpoints import create_endpoint
from contracts.deliveries import DataEndpointChanged, DataEndpointCreated, DataEndpointDeleted
from kernel.identity.models import Tenant
from kernel.secrets.reading import read_secret
from kernel.testing.events import told as announced

LIST = "/admin/importexport/dataendpoint/"
S3: dict[str, Any] = {"bucket": "exports", "access_key": "AKIA", "region": "eu-central-1"}


@pytest.fixture
def staff(tenant: Tenant) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    return browser


@pytest.fixture
def place(tenant: Tenant) -> DataEndpoint:
    return create_endpoint(name="exports", kind="s3", settings=S3, secret="once")


def secret_of(place: DataEndpoint) -> str:
    place.refresh_from_db()
    return read_secret(place, "secret", purpose="a test", shown=False)


def test_a_bucket_is_added_and_its_secret_is_not_shown(tenant: Tenant, staff: Client) -> None:
    form = staff.get(f"{LIST}add-s3/").text
    answer = staff.post(
        f"{LIST}add-s3/", {"tenant": str(tenant.pk), "name": "exports", "secret": "hush-1", **S3}
    )

    place = DataEndpoint.objects.get()
    assert all(f'name="{name}"' in form for name in ("bucket", "address", "folder", "secret"))
    assert (answer.status_code, place.name, place.kind) == (302, "exports", "s3")
    assert place.settings == {**S3, "address": "", "folder": "{export}"}
    assert secret_of(place) == "hush-1"
    pages = [staff.get(f"{LIST}{place.pk}/{page}").text for page in ("change/", "edit/")]
    assert not any("hush-1" in page for page in pages)
    assert len(announced(DataEndpointCreated)) == 1


@pytest.mark.parametrize(
    ("kind", "told", "settings"),
    [
        (
            "sftp",
            {"host": "h.example", "user": "u", "port": "2222", "secret": "a\nb"},
            {"host": "h.example", "port": 2222, "user": "u", "host_key": "", "folder": "{export}"},
        ),
        (
            "webhook",
            {
                "address": "https://e.example/x",
                "secret": "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY",
            },
            {"address": "https://e.example/x", "link_days": 1},
        ),
    ],
)
def test_every_kind_asks_for_what_it_takes(
    tenant: Tenant, staff: Client, kind: str, told: dict[str, str], settings: dict[str, Any]
) -> None:
    staff.post(f"{LIST}add-{kind}/", {"tenant": str(tenant.pk), "name": "p", **told})

    assert DataEndpoint.objects.get().settings == settings


def test_what_the_service_refuses_stands_in_the_form(tenant: Tenant, staff: Client) -> None:
    told = {"tenant": str(tenant.pk), "name": "p", "to": "nobody@example.com"}

    answer = staff.post(f"{LIST}add-email/", told)

    assert "nobody@example.com is no member of the tenant" in answer.text
    assert not DataEndpoint.objects.exists()


def test_a_place_is_edited_and_another_takes_its_secret_anew(
    staff: Client, place: DataEndpoint
) -> None:
    edit = f"{LIST}{place.pk}/edit/"
    same = staff.post(edit, {"name": "again", **S3, "folder": "x"})
    other = staff.post(edit, {"name": "again", **S3, "bucket": "others"})

    assert (same.status_code, secret_of(place)) == (302, "once")
    assert (place.name, place.settings["folder"]) == ("again", "x")
    assert "another place takes its secret" in other.text
    assert place.settings["bucket"] == "exports"
    staff.post(edit, {"name": "again", **S3, "bucket": "others", "secret": "twice"})
    assert (secret_of(place), place.settings["bucket"]) == ("twice", "others")
    assert len(announced(DataEndpointChanged)) == 2


def test_a_place_is_forgotten_after_a_question(staff: Client, place: DataEndpoint) -> None:
    forget = f"{LIST}{place.pk}/forget/"

    asked = staff.post(forget)
    assert "Forget exports?" in asked.text
    assert DataEndpoint.objects.exists()
    staff.post(forget, {"confirmed": "yes"})

    assert not DataEndpoint.objects.exists()
    assert len(announced(DataEndpointDeleted)) == 1


def test_staff_without_the_right_add_nothing(tenant: Tenant, place: DataEndpoint) -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("clerk", is_staff=True))

    for path in ("add-s3/", f"{place.pk}/edit/", f"{place.pk}/forget/"):
        assert browser.post(f"{LIST}{path}", {"confirmed": "yes"}).status_code == 403
    assert DataEndpoint.objects.count() == 1
