"""Share links: a file for whoever has one, counted, and for a while."""

from datetime import timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from apps.files.models import File, ShareLink
from apps.files.services import create_file, delete_file, links
from apps.files.services.links import count_download, create_share_link, forget_links
from apps.files.services.trash import restore_files, trash_files
from apps.files.views import share
from contracts.files import ShareLinkCreated, ShareLinkRevoked, ShareLinkUsed
from kernel import clock
from kernel.env import Rate
from kernel.errors import NotFoundError
from kernel.identity.lifecycle import resume_tenant, suspend_tenant
from kernel.identity.models import Tenant
from kernel.identity.recent_tenants import TENANTS
from kernel.ids import new_id
from kernel.observability.masking import mask
from kernel.ratelimits.limiter import limiter
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient, http_client
from kernel.testing.tenants import make_key, make_tenant
from tests.access.rows_of_files import clean_file
from tests.files.library import together
from tests.files.site import Answer, Site
from tests.files.test_contents import put

CREATE = """mutation($input: CreateShareLinkInput!) { change: createShareLink(input: $input) {
  shareLink { id fileId protected expiresAt mostDownloads downloads note authorType }
  url error { code message } } }"""
REVOKE = """mutation($id: ID!) { change: revokeShareLink(input: {id: $id}) {
  shareLink { id revokedAt } error { code } } }"""
LIST = """query($filter: ShareLinkFilter) { shareLinks(filter: $filter) {
  totalCount nodes { id downloads } } }"""
PASSWORD = "correct horse"


@pytest.fixture
def file(tenant: Tenant) -> File:
    """A clean file, whose bytes are nowhere."""
    return clean_file()


def made(file: File, **told: Any) -> tuple[ShareLink, str]:
    return create_share_link(file_id=str(file.pk), **told)


def seen(path: str, **headers: str) -> Any:
    return http_client().get(path, headers=headers)


def post(path: str, password: str = "") -> Any:
    body = f"password={password.replace(' ', '+')}"
    return http_client().post(path, body, content_type="application/x-www-form-urlencoded")


def downloads() -> list[int]:
    return list(ShareLink.across_tenants.order_by("pk").values_list("downloads", flat=True))


def told() -> list[type]:
    return [type(one) for one in published() if one.TYPE.startswith("files.link.")]


def test_a_link_is_made_shown_once_listed_and_revoked(graphql: GraphQLClient, file: File) -> None:
    other = clean_file()
    made(other)
    given = {"fileId": str(file.pk), "mostDownloads": 3, "note": "For Eve", "password": PASSWORD}

    answer = graphql(CREATE, input=given | {"idempotencyKey": "k"}).data["change"]
    again = graphql(CREATE, input=given | {"idempotencyKey": "k"}).data["change"]
    link = answer["shareLink"]
    listed = graphql(LIST, filter={"fileIds": [str(file.pk)]}).data["shareLinks"]
    revoked = [graphql(REVOKE, id=link["id"]).data["change"] for _ in range(2)]
    left = graphql(LIST, filter={"revoked": False}).data["shareLinks"]

    assert answer["error"] is None
    assert answer["url"].startswith("/files/s/")
    assert link | {"id": "", "expiresAt": ""} == {
        "id": "",
        "fileId": str(file.pk),
        "protected": True,
        "expiresAt": "",
        "mostDownloads": 3,
        "downloads": 0,
        "note": "For Eve",
        "authorType": "api_key",
    }
    assert again == answer | {"url": None}
    assert listed == {"totalCount": 1, "nodes": [{"id": link["id"], "downloads": 0}]}
    assert revoked[0] == revoked[1]
    assert left["totalCount"] == 1
    assert told() == [ShareLinkCreated, ShareLinkCreated, ShareLinkRevoked]
    assert seen(answer["url"]).status_code == 404


def test_neither_the_rows_nor_logs_hold_what_opens_it(file: File) -> None:
    link, path = made(file, password=PASSWORD)
    secret = path.rpartition(":")[2]
    link.refresh_from_db()

    assert secret.encode() not in bytes(link.token_sha256)
    assert PASSWORD not in link.password_hash
    assert secret not in mask(f"GET {path} 200")
    assert mask(path).endswith(":***")


def test_the_page_shows_the_file_and_counts_nothing(file: File) -> None:
    _, path = made(file, most_downloads=1)

    page, head = seen(path), http_client().head(path)

    assert (page.status_code, head.status_code) == (200, 200)
    assert b"a.csv" in page.content
    assert b"1 byte" in page.content.replace(b"\xc2\xa0", b" ")
    assert b"password" not in page.content
    assert downloads() == [0]


def test_a_download_is_counted_and_goes_on_at_a_signed_address(file: File) -> None:
    link, path = made(file, most_downloads=2)

    first = post(path)
    signed = first["Location"]
    second, third = post(path), post(path)

    assert first.status_code == second.status_code == 303
    assert signed.startswith("/files/api/signed/download/")
    assert third.status_code == 404
    assert seen(path).status_code == 404
    assert downloads() == [2]
    assert told() == [ShareLinkCreated, ShareLinkUsed, ShareLinkUsed]
    used = [one for one in published() if isinstance(one, ShareLinkUsed)]
    assert [(one.link_id, one.version, one.downloads) for one in used] == [
        (str(link.pk), 1, 1),
        (str(link.pk), 1, 2),
    ]


def test_a_password_is_asked_before_anything_of_the_file_is_told(file: File) -> None:
    _, path = made(file, password=PASSWORD)

    page, without, wrong, right = seen(path), post(path), post(path, "x"), post(path, PASSWORD)

    assert [one.status_code for one in (page, without, wrong, right)] == [200, 403, 403, 303]
    for one in (page, without, wrong):
        assert b"a.csv" not in one.content
    assert b'role="alert"' in wrong.content
    assert downloads() == [1]


@pytest.mark.parametrize("whose", ["link", "address"])
def test_passwords_are_not_guessed(file: File, monkeypatch: pytest.MonkeyPatch, whose: str) -> None:
    monkeypatch.setattr(settings, "RATE_LIMIT_ATTEMPTS", Rate(per_minute=1, burst=2))
    limiter.cache_clear()
    paths = [made(file, password=PASSWORD)[1] for _ in range(3)]
    if whose == "link":
        paths = paths[:1] * 3
        addresses = (f"192.0.2.{number}" for number in count())
        monkeypatch.setattr(share, "network_of", lambda _: next(addresses))

    try:
        tried = [post(path, "wrong") for path in paths]
        right = post(paths[-1], PASSWORD)
    finally:
        limiter.cache_clear()

    assert [one.status_code for one in (*tried, right)] == [403, 403, 429, 429]
    assert int(right["Retry-After"]) > 0
    assert downloads() == [0, 0, 0]


def test_whatever_opens_nothing_is_answered_alike(file: File, tenant: Tenant) -> None:
    def gone(path: str) -> tuple[int, bytes]:
        shown, posted = seen(path), post(path)
        assert shown.content == posted.content
        assert shown.status_code == posted.status_code
        return shown.status_code, shown.content

    _, path = made(file)
    tenant_part, _, secret = path.rpartition("/")[2].partition(":")
    revoked, revoked_path = made(file)
    links.revoke_share_link(id=str(revoked.pk))
    _, used_path = made(file, most_downloads=1)
    post(used_path)
    wrong = [
        "/files/s/x",
        f"/files/s/{secret}",
        f"/files/s/{tenant_part}:{'A' * 43}",
        f"/files/s/{'A' * 22}:{secret}",
        path + "A",
    ]

    answers = {gone(one) for one in (*wrong, revoked_path, used_path)}
    later = clock.now() + timedelta(days=8)
    with patch.object(clock, "now", lambda: later):
        answers.add(gone(path))
    trash_files(ids=[str(file.pk)])
    answers.add(gone(path))
    restore_files(ids=[str(file.pk)])
    assert seen(path).status_code == 200
    suspend_tenant(tenant_id=tenant.pk)
    TENANTS.memory.clear()
    answers.add(gone(path))
    resume_tenant(tenant_id=tenant.pk)
    TENANTS.memory.clear()

    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert seen(path).status_code == 200


def test_what_is_not_clean_is_shown_and_not_given_out(file: File) -> None:
    _, path = made(file)
    assert file.blob is not None
    file.blob.state = "infected"
    file.blob.save()
    File.objects.filter(pk=file.pk).update(state="infected")

    page, posted = seen(path), post(path)

    assert (page.status_code, posted.status_code) == (200, 409)
    assert b"<button" not in page.content
    assert downloads() == [0]


def test_the_page_is_told_to_nobody_and_leads_where_the_bytes_are(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = made(file)

    for answer in (seen(path), post(path)):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"] == "noindex"
        assert "Set-Cookie" not in answer
    plain = seen(path)["Content-Security-Policy"]
    monkeypatch.setattr(settings, "FILES_CONTENT_ORIGIN", "https://files.example")
    own_origin = seen(path)["Content-Security-Policy"]

    assert "form-action 'self';" in plain
    assert "frame-ancestors 'none'" in plain
    assert "unsafe" not in plain
    assert "form-action 'self' https://files.example;" in own_origin
    assert post(path)["Location"].startswith("https://files.example/files/api/signed/")


def test_html_in_a_name_is_text(file: File) -> None:
    File.objects.filter(pk=file.pk).update(name="<script>x</script>.csv")

    assert b"<script" not in seen(made(file)[1]).content


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_download_than_may(file: File, tenant: Tenant) -> None:
    link, _ = made(file, most_downloads=3)

    failed = together(tenant, *[lambda: count_download(link)] * 8)

    assert [type(one) for one in failed] == [NotFoundError] * 5
    assert downloads() == [3]
    used = [one.downloads for one in published() if isinstance(one, ShareLinkUsed)]
    assert sorted(used) == [1, 2, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "seven77"},
        {"password": "x" * 129},
        {"mostDownloads": 0},
        {"mostDownloads": 1_000_001},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "2999-01-01T00:00:00Z"},
        {"note": "x" * 501},
    ],
)
def test_what_no_link_can_be_is_refused(
    graphql: GraphQLClient, file: File, wrong: dict[str, Any]
) -> None:
    answer = graphql(CREATE, input={"fileId": str(file.pk)} | wrong).data["change"]

    assert answer["error"]["code"] == "INVALID_INPUT"
    assert not ShareLink.objects.exists()


def test_so_many_of_a_file_are_good_and_no_more(
    graphql: GraphQLClient, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MOST_GOOD", 1)
    made(clean_file())
    first, _ = made(file)

    refused = graphql(CREATE, input={"fileId": str(file.pk)}).data["change"]
    links.revoke_share_link(id=str(first.pk))

    assert refused["error"]["code"] == "LIMIT_EXCEEDED"
    assert made(file)[1]


def test_what_is_in_the_trash_or_another_tenants_is_not_shared(
    graphql: GraphQLClient, file: File, tenant: Tenant
) -> None:
    with in_tenant(make_tenant().pk):
        theirs, their_link = clean_file(), made(clean_file())[0]
    trash_files(ids=[str(file.pk)])
    reader = GraphQLClient(make_key(tenant, "files:read", "files:write").secret, "/files/graphql")

    for wanted in (str(theirs.pk), str(file.pk), str(new_id())):
        answer = graphql(CREATE, input={"fileId": wanted}).data["change"]
        assert answer["error"]["code"] == "NOT_FOUND"
    assert graphql(REVOKE, id=str(their_link.pk)).data["change"]["error"]["code"] == "NOT_FOUND"
    assert graphql(LIST).data["shareLinks"]["totalCount"] == 0
    assert reader(LIST).codes == reader(CREATE, input={"fileId": "x"}).codes == ["FORBIDDEN"]
    assert reader(REVOKE, id=str(their_link.pk)).codes == ["FORBIDDEN"]


def test_links_are_forgotten_30_days_after_their_end(file: File) -> None:
    now = clock.now()
    long_lived = now + timedelta(days=300)
    revoked, _ = made(file, expires_at=long_lived)
    links.revoke_share_link(id=str(revoked.pk))
    used_up, _ = made(file, expires_at=long_lived, most_downloads=1)
    count_download(used_up)
    good, _ = made(file, expires_at=long_lived, most_downloads=2)
    count_download(good)
    made(file)

    with patch.object(clock, "now", lambda: now + timedelta(days=29)):
        forget_links()
        assert ShareLink.objects.count() == 4
    with patch.object(clock, "now", lambda: now + timedelta(days=38)):
        forget_links()

    assert list(ShareLink.objects.values_list("pk", flat=True)) == [good.pk]


def test_a_page_asks_the_database_little(file: File, django_assert_max_num_queries: Any) -> None:
    _, path = made(file)
    seen(path)

    with django_assert_max_num_queries(6):
        assert seen(path).status_code == 200


def test_staff_see_links_and_revoke_them(file: File) -> None:
    staff = Client()
    staff.force_login(User.objects.create_superuser("root", password="secret"))
    link, path = made(file, note="For Eve")
    page = f"/admin/files/sharelink/{link.pk}/"

    shown = staff.get("/admin/files/sharelink/").text + staff.get(f"{page}change/").text
    asked = staff.get(f"{page}revoke/").text
    staff.post(f"{page}revoke/", {"confirmed": "yes"})

    assert path.rpartition(":")[2] not in shown
    assert "For Eve" in shown
    assert "Revoke the link to" in asked
    assert seen(path).status_code == 404
    assert told() == [ShareLinkCreated, ShareLinkRevoked]


@pytest.mark.usefixtures("tenant")
def test_of_a_file_that_is_removed_no_link_is_left() -> None:
    file = create_file(name="a.csv", content_type="text/csv", size_bytes=1)
    made(file)
    delete_file(id=str(file.pk))

    assert not ShareLink.objects.exists()


def test_bytes_come_without_a_key_always_the_current_ones_and_counted_once(site: Site) -> None:
    name = f"{new_id()}.txt"
    put(site, name, b"0123456789")
    found = site.scanned(name)
    made_here = site.graphql(CREATE, input={"fileId": found["id"]})["change"]

    def asked(method: str, path: str, **headers: str) -> Answer:
        form = "application/x-www-form-urlencoded"
        given = {"Authorization": "", "Tus-Resumable": "", "Content-Type": form, **headers}
        return site.ask(method, path, "" if method == "POST" else None, given)

    first = asked("POST", made_here["url"]).headers["location"]
    whole, head = asked("GET", first), asked("HEAD", first)
    rest = asked("GET", first, Range="bytes=4-")
    tag = {"If-Match": whole.headers["etag"]}
    site.ask("PUT", f"/files/api/files/{found['id']}", b"other bytes", tag)
    site.scanned(name)
    second = asked("GET", asked("POST", made_here["url"]).headers["location"])
    listed = site.graphql(LIST, filter={"fileIds": [found["id"]]})["shareLinks"]["nodes"]

    assert (whole.status, head.status, rest.status, second.status) == (200, 200, 206, 200)
    assert (whole.body, rest.body, second.body) == (b"0123456789", b"456789", b"other bytes")
    assert whole.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert listed == [{"id": made_here["shareLink"]["id"], "downloads": 2}]
