"""Addresses that are signed for a purpose, and the ways in which contents are given out."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from apps.files.errors import LinkExpiredError, LinkInvalidError
from apps.files.models import Blob, File
from apps.files.selectors.addresses import signed, ticket_of
from kernel import clock
from kernel.identity.models import Tenant
from kernel.observability.masking import mask
from kernel.secrets import ring
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from tests.devservices.fixtures import Servers
from tests.files.buckets import http, made_bucket
from tests.files.site import Answer, Site, running_site
from tests.files.test_contents import put

SIGN = """query($id: ID!, $purpose: SignedUrlPurpose, $seconds: Int, $version: Int) {
  file(id: $id) { signedUrl(purpose: $purpose, seconds: $seconds, version: $version) } }"""
TEXT = b"0123456789" * 30
TAG = f'"{hashlib.sha256(TEXT).hexdigest()}"'


def url_of(site: Site, path: str, **told: Any) -> str:
    """Return a signed address of the file at a path."""
    found: str = site.graphql(SIGN, id=path.rpartition("/")[2], **told)["file"]["signedUrl"]
    return found


def fetch(site: Site, path: str, **headers: str) -> Answer:
    """Fetch without any credential."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return site.ask("GET", path, headers={"Authorization": ""} | told)


@pytest.fixture(scope="module")
def text(site: Site) -> str:
    """The path of a small clean text."""
    return put(site, "signed.txt", TEXT)


@pytest.mark.parametrize(("purpose", "shown"), [("VIEW", "inline"), ("DOWNLOAD", "attachment")])
def test_an_address_gives_the_file_to_whoever_has_it(
    site: Site, text: str, purpose: str, shown: str
) -> None:
    url = url_of(site, text, purpose=purpose)
    answer = fetch(site, url)

    assert (answer.status, answer.body) == (200, TEXT)
    assert answer.headers["content-disposition"].partition(";")[0] == shown
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    some = fetch(site, url, Range="bytes=5-9")
    assert (some.status, some.body) == (206, TEXT[5:10])
    assert fetch(site, url, If_None_Match=TAG).status == 304
    assert site.ask("HEAD", url, headers={"Authorization": ""}).headers["content-length"] == "300"


def test_an_address_of_one_purpose_is_refused_for_another(site: Site, text: str) -> None:
    view, download = (url_of(site, text, purpose=one) for one in ("VIEW", "DOWNLOAD"))
    refused = [
        view.replace("/view/", "/download/"),
        download.replace("/download/", "/view/"),
        view.replace("/view/", "/upload/"),
        view.replace("/view/", "/thumbnail/"),
        view[:-4] + ("A" if view[-4] != "A" else "B") + view[-3:],
        view.replace("/view/", "/view/A"),
        view.partition(":")[0],
    ]

    assert {fetch(site, one).code for one in refused} == {"LINK_INVALID"}
    assert site.ask("PUT", f"/files/api/direct/{view.rpartition('/')[2]}", TEXT).status == 403
    # Nor does it open the file itself, or another.
    assert fetch(site, text).status == 401


def test_an_address_expires(site: Site, text: str) -> None:
    url = url_of(site, text, seconds=1)
    while (answer := fetch(site, url)).status == 200:
        pass

    assert (answer.status, answer.code) == (410, "LINK_EXPIRED")


def test_an_address_of_an_earlier_version_gives_that_one(site: Site) -> None:
    path = put(site, "signed-twice.txt", b"first")
    tag = site.ask("GET", path).headers["etag"]
    site.ask("PUT", path, b"second", {"Content-Type": "text/plain", "If-Match": tag})
    site.scanned("signed-twice.txt")

    urls = [url_of(site, path, version=one) for one in (1, 2, None)]

    assert [fetch(site, one).body for one in urls] == [b"first", b"second", b"second"]
    for version in (0, 3):
        found = site.graphql(SIGN, id=path.rpartition("/")[2], version=version)
        assert found["file"] == {"signedUrl": None}


@pytest.mark.parametrize("seconds", [0, -1, 604_801])
def test_a_time_that_is_too_long_is_told(site: Site, text: str, seconds: int) -> None:
    found = site.graphql(SIGN, id=text.rpartition("/")[2], seconds=seconds)

    assert found["file"] == {"signedUrl": None}


def test_a_file_that_is_gone_or_not_clean_any_more_is_not_given_out(site: Site) -> None:
    path = put(site, "going.txt", b"going")
    url = url_of(site, path)
    site.graphql(
        "mutation($id: ID!) { deleteFile(input: {id: $id}) { file { id } } }",
        id=path.rpartition("/")[2],
    )

    assert fetch(site, url).status == 404


@pytest.mark.django_db
def test_there_is_no_address_of_what_is_not_clean(graphql: GraphQLClient, tenant: Tenant) -> None:
    with in_tenant(tenant.pk):
        blob = Blob.objects.create(storage_key="files/aa/x", size_bytes=1)
        file = File.objects.create(name="a", content_type="a/b", size_bytes=1, blob=blob)

    assert graphql(SIGN, id=str(file.pk)).data["file"] == {"signedUrl": None}


def test_a_ticket_holds_for_its_tenant_until_it_expires_or_its_key_is_gone(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENCRYPTION_KEYS = ""
    settings.ENCRYPTION_KEYS_FILE = tmp_path / "keys.json"
    ring.store(settings.ENCRYPTION_KEYS_FILE, ring.with_new_key(ring.EMPTY), replace=False)
    with in_tenant(UUID(int=7)):
        text = signed("view", UUID(int=8), version=3, time=timedelta(seconds=60))

    found = ticket_of("view", text)
    assert (found.tenant_id, found.row_id, found.version) == (UUID(int=7), UUID(int=8), 3)
    # Without its end, which no log shows, it is nothing.
    assert text[-40:] not in mask(f"GET /files/api/signed/view/{text} 200")
    with pytest.raises(LinkInvalidError):
        ticket_of("download", text)
    first = ring.ring().active
    ring.change(settings.ENCRYPTION_KEYS_FILE, ring.with_new_key)
    assert ticket_of("view", text) == found
    now = clock.now()
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: now + timedelta(seconds=61))
        with pytest.raises(LinkExpiredError):
            ticket_of("view", text)
    ring.change(settings.ENCRYPTION_KEYS_FILE, lambda keys: ring.without(keys, first))
    with pytest.raises(LinkInvalidError):
        ticket_of("view", text)


@pytest.mark.parametrize(
    ("wanted", "told"), [("", True), ("sha-256=1, sha-512=9", True), ("sha-256=0", False)]
)
def test_a_digest_is_told_if_it_is_wanted(site: Site, text: str, wanted: str, told: bool) -> None:
    headers = {"Want-Repr-Digest": wanted, "Want-Content-Digest": wanted}

    whole = site.ask("GET", text, headers=headers).headers
    some = site.ask("GET", text, headers=headers | {"Range": "bytes=0-1"}).headers

    assert ("repr-digest" in whole, "content-digest" in whole) == (told, told)
    assert ("repr-digest" in some, "content-digest" in some) == (told, False)


@pytest.fixture(scope="module")
def nginx_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that lets nginx give contents, and shows them by another name alone."""
    settings = {
        "FILES_DELIVERY": "x-accel",
        "FILES_CONTENT_ORIGIN": "https://localhost",
    }
    with running_site(tmp_path_factory.mktemp("nginx"), **settings) as running:
        yield running


def test_nginx_is_told_where_the_bytes_are(nginx_site: Site) -> None:
    path = put(nginx_site, "accel.txt", TEXT)
    answer = nginx_site.ask("GET", path)

    [key] = [name for name, size in nginx_site.stored().items() if size == len(TEXT)]
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["x-accel-redirect"] == f"/_files/{key}"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert "content-digest" not in answer.headers
    # What nginx cannot judge, or need not, is answered here.
    for headers, status in (
        ({"If-None-Match": TAG}, 304),
        ({"If-Match": '"other"'}, 412),
        ({"Range": "bytes=0-4", "If-Range": TAG}, 206),
    ):
        own = nginx_site.ask("GET", path, headers=headers)
        assert (own.status, "x-accel-redirect" in own.headers) == (status, False)
    assert "x-accel-redirect" not in nginx_site.ask("HEAD", path).headers


def test_only_the_origin_for_contents_shows_them(nginx_site: Site) -> None:
    path = put(nginx_site, "origin.txt", TEXT)
    url = url_of(nginx_site, path, purpose="VIEW")
    assert url.startswith("https://localhost/files/api/signed/view/")
    own = url.removeprefix("https://localhost")

    def shown(host: str) -> str:
        answer = fetch(nginx_site, own, Host=host)
        return answer.headers["content-disposition"].partition(";")[0]

    assert (shown("localhost"), shown(nginx_site.host)) == ("inline", "attachment")


@pytest.mark.live
def test_clients_are_sent_to_s3_for_a_moment(servers: Servers, tmp_path: Path) -> None:
    with (
        made_bucket(servers, "septet-redirect") as bucket,
        running_site(
            tmp_path, **bucket.settings, FILES_DELIVERY="redirect", FILES_REDIRECT_TIME="2s"
        ) as site,
    ):
        path = put(site, "sent.txt", TEXT)
        answer = site.ask("GET", path)
        signed_too = fetch(site, url_of(site, path, purpose="VIEW"))

        for one in (answer, signed_too):
            assert (one.status, one.body) == (302, b"")
            assert one.headers["cache-control"] == "private, no-store"
        url = answer.headers["location"]
        assert url.startswith(bucket.settings["FILES_S3_ADDRESS"])
        some = http.request("GET", url, headers={"Range": "bytes=0-9"})
        assert (some.status, some.data) == (206, TEXT[:10])
        # S3 tells a browser not to run nothing, so a text is saved.
        assert some.headers["Content-Disposition"].startswith("attachment;")
        assert some.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert site.ask("GET", path, headers={"If-None-Match": TAG}).status == 304
        assert site.ask("HEAD", path).headers["content-length"] == "300"
        while http.request("GET", url).status == 200:
            pass
        assert http.request("GET", url).status == 403
