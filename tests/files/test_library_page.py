"""The page of files for people: who sees it, what it is told, and what it asks of the API."""

import base64
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from apps.files.domain.tus import Creation
from apps.files.models import File, UploadSession
from apps.files.services import create_file
from apps.files.services.folders import create_folder, trash_folder
from apps.files.services.uploads import begin_upload
from kernel.errors import InvalidInputError, NotFoundError
from kernel.identity.models import Membership, Tenant
from kernel.identity.scopes import Role
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_tenant
from tests.files.library import clean

PAGE = "/files/library/"


def browser_of(tenant: Tenant, role: str = Role.OWNER, *scopes: str) -> Client:
    """Return the browser of somebody who has signed in as a member."""
    user = User.objects.create_user(f"{role} of {tenant.slug}")
    Membership.objects.create(user=user, tenant=tenant, role=role, extra_scopes=list(scopes))
    client = Client()
    client.force_login(user)
    return client


def told(html: str) -> dict[str, Any]:
    """Return what the page tells its scripts."""
    found = re.search(r'data-files="([^"]*)"', html)
    assert found
    data: dict[str, Any] = json.loads(unescape(found[1]))
    return data


def sources(policy: str, directive: str) -> list[str]:
    """Return where a policy lets something come from."""
    found = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    return found[directive].split()


@pytest.mark.django_db
def test_who_is_not_signed_in_is_asked_to() -> None:
    answer = Client().get(PAGE)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next={PAGE}")


@pytest.mark.django_db
def test_who_is_in_no_tenant_sees_nothing() -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody"))

    assert client.get(PAGE).status_code == 403


def test_who_may_not_read_files_sees_nothing(tenant: Tenant) -> None:
    assert browser_of(tenant, Role.CUSTOM, "audit:read").get(PAGE).status_code == 403
    assert browser_of(tenant, Role.VIEWER).get(PAGE).status_code == 200


def test_a_page_only_reads(tenant: Tenant) -> None:
    assert browser_of(tenant).post(PAGE).status_code == 405


@pytest.mark.parametrize(
    ("role", "scopes", "may"),
    [
        (Role.VIEWER, (), set()),
        (Role.EDITOR, (), {"write"}),
        (Role.VIEWER, ("files:share",), {"share"}),
        (Role.OWNER, (), {"write", "share", "retain", "release"}),
    ],
)
def test_abilities_are_those_of_the_member(
    tenant: Tenant, role: str, scopes: tuple[str, ...], may: set[str]
) -> None:
    html = browser_of(tenant, role, *scopes).get(PAGE).content.decode()

    assert {name for name, yes in told(html)["may"].items() if yes} == may
    assert ("Add files" in html) == ("write" in may)


def test_limits_and_room_are_told_before_anything_is_sent(
    tenant: Tenant, folder: Path, settings: LazySettings
) -> None:
    settings.FILES_MAX_BYTES, settings.FILES_TENANT_BYTES = 1_000, 5_000
    clean(b"x" * 40)
    with in_tenant(make_tenant().pk):
        clean(b"y" * 70)

    found = told(browser_of(tenant).get(PAGE).content.decode())

    assert (found["mostBytes"], found["room"], found["taken"]) == (1_000, 5_000, 40)
    assert found["tenant"] == str(tenant.pk)


def test_the_page_runs_and_shows_only_what_is_ours(tenant: Tenant) -> None:
    answer = browser_of(tenant).get(PAGE)

    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for directive in ("script-src", "connect-src", "media-src", "frame-src"):
        assert sources(policy, directive) == ["'self'"]
    assert sources(policy, "img-src") == ["'self'", "data:"]
    html = answer.content.decode()
    assert re.findall(r"<(?:script|style)(?![^>]*\ssrc=)[^>]*>|\sstyle=|\son\w+=", html) == []
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_contents_of_another_origin_are_let_in(tenant: Tenant, settings: LazySettings) -> None:
    settings.FILES_CONTENT_ORIGIN = "https://contents.example.com"

    policy = browser_of(tenant).get(PAGE).headers["Content-Security-Policy"]

    for directive in ("img-src", "media-src", "frame-src"):
        assert "https://contents.example.com" in sources(policy, directive)
    assert sources(policy, "script-src") == ["'self'"]


def test_what_a_store_gives_itself_is_let_in(
    tenant: Tenant, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clients:
        def fetch_url(self, _key: str, **_told: Any) -> str:
            return "https://bucket.s3.example.com/files/-?X-Amz-Signature=x"

    class Store:
        def for_clients(self, *, address: str) -> Clients:
            assert address == "https://s3.example.com"
            return Clients()

    settings.FILES_DELIVERY, settings.FILES_S3_ADDRESS = "redirect", "https://s3.example.com"
    monkeypatch.setattr("apps.files.views.library.file_store", Store)

    policy = browser_of(tenant).get(PAGE).headers["Content-Security-Policy"]

    for directive in ("img-src", "media-src", "connect-src"):
        assert "https://bucket.s3.example.com" in sources(policy, directive)


def asked(**metadata: str) -> Creation:
    """Return what somebody says who begins an upload of four bytes."""
    pairs = (f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in metadata.items())
    return Creation(length=4, metadata=",".join(pairs), partial=False, parts=(), concat="")


@pytest.mark.usefixtures("tenant")
def test_an_upload_goes_into_the_folder_that_it_names(folder: Path) -> None:
    plans = create_folder(name="plans")

    begun = begin_upload(asked(filename="a.txt", folderid=str(plans.pk)))

    assert File.objects.get(pk=begun.file_id or "").folder == plans


@pytest.mark.parametrize("kind", ["trashed", "elsewhere", "none"])
def test_an_upload_into_no_folder_begins_nothing(tenant: Tenant, kind: str) -> None:
    place = "00000000-0000-7000-8000-000000000000"
    if kind == "trashed":
        place = str(create_folder(name="plans").pk)
        trash_folder(id=place)
    elif kind == "elsewhere":
        with in_tenant(make_tenant().pk):
            place = str(create_folder(name="plans").pk)

    with pytest.raises(NotFoundError):
        begin_upload(asked(filename="a.txt", folderid=place))

    assert not File.objects.exists()
    assert not UploadSession.objects.exists()


@pytest.mark.usefixtures("tenant")
def test_a_folder_is_named_by_an_id() -> None:
    with pytest.raises(InvalidInputError):
        begin_upload(asked(filename="a.txt", folderid="plans"))


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"nameContains": "RUN"}, {"runway.csv", "Dry run.png"}),
        ({"nameContains": "100%"}, {"100% done.png"}),
        ({"contentType": "image/*"}, {"Dry run.png", "100% done.png"}),
        ({"contentType": "image/png"}, {"Dry run.png", "100% done.png"}),
        ({"contentType": "image"}, set()),
        ({"contentType": "text/*", "nameContains": "way"}, {"runway.csv"}),
        ({"nameContains": None}, {"runway.csv", "Dry run.png", "100% done.png"}),
    ],
)
def test_files_are_found_by_parts_of_names_and_kinds(
    graphql: GraphQLClient, wanted: dict[str, str], found: set[str]
) -> None:
    for name, kind in {
        "runway.csv": "text/csv",
        "Dry run.png": "image/png",
        "100% done.png": "image/png",
    }.items():
        create_file(name=name, content_type=kind, size_bytes=1)

    page = graphql("query($f: FileFilter) { files(filter: $f) { nodes { name } } }", f=wanted).data[
        "files"
    ]

    assert {row["name"] for row in page["nodes"]} == found


@pytest.mark.usefixtures("tenant")
def test_a_name_to_look_for_is_no_longer_than_names_are(graphql: GraphQLClient) -> None:
    query = "query($f: FileFilter) { files(filter: $f) { nodes { name } } }"

    assert graphql(query, f={"nameContains": "x" * 256}).codes == ["INVALID_INPUT"]


LIST = "/admin/files/file/"


def staff_of(tenant: Tenant | None, role: str = Role.OWNER) -> Client:
    """Return the browser of a superuser, who is a member of a tenant or of none."""
    user = User.objects.create_superuser("boss")
    if tenant is not None:
        Membership.objects.create(user=user, tenant=tenant, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("role", "offered"), [(Role.OWNER, True), (Role.VIEWER, False), (None, False)]
)
def test_staff_add_files_where_they_are_members(
    tenant: Tenant, role: str | None, offered: bool
) -> None:
    client = staff_of(tenant if role else None, role or "")

    html = client.get(LIST).content.decode()

    assert ("Add files" in html) == offered
    if offered:
        assert told(html)["tenant"] == str(tenant.pk)


def test_staff_look_into_what_is_clean_of_any_tenant(
    tenant: Tenant, folder: Path, settings: LazySettings
) -> None:
    settings.FILES_CONTENT_ORIGIN = "https://contents.example.com"
    with in_tenant(make_tenant().pk):
        theirs = clean(b"a,b\n", name="theirs.csv")
    waiting = create_file(name="waiting.csv", content_type="text/csv", size_bytes=1)
    client = staff_of(tenant)

    answer = client.get(f"{LIST}{theirs.pk}/change/")
    found = re.search(r'data-preview="([^"]*)"', answer.content.decode())
    assert found
    known = json.loads(unescape(found[1]))
    assert known["file"]["name"] == "theirs.csv"
    assert known["view"] == f"https://contents.example.com{known['read']}"
    assert known["read"].startswith("/files/api/signed/view/")
    assert "https://contents.example.com" in sources(
        answer.headers["Content-Security-Policy"], "img-src"
    )
    html = client.get(f"{LIST}{waiting.pk}/change/").content.decode()
    assert "&quot;view&quot;: &quot;&quot;, &quot;read&quot;: &quot;&quot;" in html
