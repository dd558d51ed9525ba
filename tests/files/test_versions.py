"""Versions by HTTP: sent by PUT and by tus, never over one that the sender has not seen."""

import base64

from tests.files.site import UPLOADS, Answer, Site, named
from tests.files.test_contents import put


def version(site: Site, path: str, body: bytes, **headers: str) -> Answer:
    return site.ask("PUT", path, body, {"Content-Type": "text/plain"} | named(headers))


def test_another_version_comes_by_put_with_the_tag_of_the_one_before(site: Site) -> None:
    path = put(site, "versions.txt", b"first")
    tag = site.ask("GET", path).headers["etag"]

    stale = version(site, path, b"x", if_match=f'"{"0" * 64}"')
    unsaid = version(site, path, b"x")
    done = version(site, path, b"second", if_match=tag)
    again = version(site, path, b"third", if_match=tag)

    assert [stale.status, unsaid.status, done.status, again.status] == [412, 412, 201, 412]
    assert done.headers["location"] == path
    site.scanned("versions.txt")
    assert site.ask("GET", path).body == b"second"


def test_another_version_comes_by_tus(site: Site) -> None:
    path = put(site, "tus-versions.txt", b"first")
    tag = site.ask("GET", path).headers["etag"]
    file_id = base64.b64encode(path.rpartition("/")[2].encode()).decode()

    asked = {"Upload-Length": "6", "Upload-Metadata": f"fileid {file_id}"}
    unsaid = site.ask("POST", UPLOADS, headers=asked)
    begun = site.ask("POST", UPLOADS, headers=asked | {"If-Match": tag})
    late = site.ask("POST", UPLOADS, headers=asked | {"If-Match": tag})
    done = site.patch(begun.headers["location"], b"second", 0)
    too_late = site.patch(late.headers["location"], b"others", 0)

    assert [unsaid.status, begun.status, done.status, too_late.status] == [412, 201, 204, 412]
    site.scanned("tus-versions.txt")
    assert site.ask("GET", path).body == b"second"


def test_another_version_comes_as_joined_parts(site: Site) -> None:
    path = put(site, "joined-versions.txt", b"first")
    tag = site.ask("GET", path).headers["etag"]
    parts = []
    for piece in (b"sec", b"ond"):
        parts.append(site.begin(3, upload_concat="partial"))
        site.patch(parts[-1], piece, 0)
    file_id = base64.b64encode(path.rpartition("/")[2].encode()).decode()
    asked = {"Upload-Concat": f"final;{' '.join(parts)}", "Upload-Metadata": f"fileid {file_id}"}

    unsaid = site.ask("POST", UPLOADS, headers=asked)
    joined = site.ask("POST", UPLOADS, headers=asked | {"If-Match": tag})
    late = site.ask("POST", UPLOADS, headers=asked | {"If-Match": tag})

    assert [unsaid.status, joined.status, late.status] == [412, 201, 412]
    site.scanned("joined-versions.txt")
    assert site.ask("GET", path).body == b"second"
    assert len(site.files("joined-versions.txt")) == 1


def test_a_version_of_another_tenants_file_is_not_taken(site: Site, stranger: str) -> None:
    path = put(site, "not-yours.txt", b"first")
    tag = site.ask("GET", path).headers["etag"]

    refused = site.ask("PUT", path, b"x", {"If-Match": tag}, key=stranger)

    assert refused.status == 404
    assert site.ask("GET", path).body == b"first"
