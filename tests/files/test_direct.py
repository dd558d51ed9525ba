"""Files that clients send straight to the store, by plain HTTP, and to us where they cannot."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devservices.fixtures import Servers
from tests.files.buckets import Bucket, made_bucket, send
from tests.files.site import Site, running_site, wait_for
from tests.nights import at_night

MIB = 1024 * 1024
BODY = os.urandom(100_000)
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

START = """mutation($input: StartUploadInput!) { change: startUpload(input: $input) {
  uploadSession { id way state fileId } error { code message }
  request { method url headers { name value } fields { name value } } } }"""
PARTS = """mutation($input: PresignUploadPartsInput!) { change: presignUploadParts(input: $input) {
  uploadSession { state } error { code message }
  parts { number offset length
    request { method url headers { name value } fields { name value } } } } }"""
COMPLETE = """mutation($input: CompleteUploadInput!) { change: completeUpload(input: $input) {
  uploadSession { state } error { code message } } }"""
ABORT = """mutation($input: AbortUploadInput!) { change: abortUpload(input: $input) {
  uploadSession { state } error { code message } } }"""
STATE = "query($id: ID!) { uploadSession(id: $id) { state finding fileId } }"


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def start(site: Site, name: str, body: bytes, /, **told: Any) -> dict[str, Any]:
    """Begin an upload of a body, and return the answer."""
    told = {"name": name, "sizeBytes": len(body), "sha256": sha256(body)} | told
    found: dict[str, Any] = site.graphql(START, input=told)["change"]
    return found


def ask(site: Site, document: str, upload: str, *, key: str | None = None, **told: Any) -> Any:
    return site.graphql(document, key=key, input={"id": upload} | told)["change"]


def became(site: Site, upload: str) -> dict[str, Any]:
    """Return an upload once it is seen what it is."""

    def judged() -> dict[str, Any] | None:
        row: dict[str, Any] = site.graphql(STATE, id=upload)["uploadSession"]
        return None if row["state"] == "VERIFYING" else row

    return wait_for(judged)


def completed(site: Site, upload: str) -> dict[str, Any]:
    answer = ask(site, COMPLETE, upload)
    assert answer["error"] is None, answer
    return became(site, upload)


@pytest.fixture(scope="module")
def bucket(servers: Servers) -> Iterator[Bucket]:
    with made_bucket(servers, "septet-direct") as made:
        yield made


@pytest.fixture(scope="module")
def s3_site(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("direct")
    settings = bucket.settings | {"FILES_TENANT_BYTES": "60000000"}
    with running_site(data, **settings) as running:
        yield running


@pytest.mark.live
@pytest.mark.parametrize(("way", "status"), [("PUT", 200), ("FORM", 204)])
def test_a_file_goes_straight_to_the_store_by_one_request(
    s3_site: Site, bucket: Bucket, way: str, status: int
) -> None:
    name = f"{way}.bin"
    begun = start(s3_site, name, BODY, way=way, contentType="text/plain")
    upload = begun["uploadSession"]
    assert (upload["way"], upload["state"]) == (way, "RECEIVING")

    assert send(begun["request"], BODY) == status
    [row] = s3_site.files(name)
    assert row["state"] == "RECEIVING"
    assert completed(s3_site, upload["id"])["state"] == "DONE"

    file = s3_site.scanned(name)
    assert (file["state"], file["sha256"], file["id"]) == ("CLEAN", sha256(BODY), upload["fileId"])
    fetched = s3_site.ask("GET", f"/files/api/files/{file['id']}")
    assert (fetched.status, fetched.body) == (200, BODY)
    assert not any(one.startswith("incoming/") for one in bucket.names())
    # Again it changes nothing.
    assert completed(s3_site, upload["id"])["state"] == "DONE"


@pytest.mark.live
def test_parts_are_sent_in_any_order_and_those_that_are_missing_are_told(
    s3_site: Site, bucket: Bucket
) -> None:
    body = os.urandom(17 * MIB)
    begun = start(s3_site, "parts.bin", body, way="PARTS")
    upload = begun["uploadSession"]["id"]
    assert begun["request"] is None

    parts = ask(s3_site, PARTS, upload, numbers=[3, 1])["parts"]
    assert [(one["number"], one["offset"], one["length"]) for one in parts] == [
        (3, 16 * MIB, MIB),
        (1, 0, 8 * MIB),
    ]
    for one in parts:
        piece = body[one["offset"] :][: one["length"]]
        assert send(one["request"], piece + b"1") == 403
        assert send(one["request"], piece) == 200
    early = completed(s3_site, upload)
    assert early["state"] == "RECEIVING"
    assert early["finding"] == "parts are missing, 1 of them, such as 2"
    assert len(s3_site.files("parts.bin")) == 1

    [missing] = ask(s3_site, PARTS, upload)["parts"]
    assert missing["number"] == 2
    assert send(missing["request"], body[8 * MIB : 16 * MIB]) == 200
    assert ask(s3_site, PARTS, upload)["parts"] == []
    assert completed(s3_site, upload)["state"] == "DONE"

    file = s3_site.scanned("parts.bin")
    assert (file["state"], file["sha256"]) == ("CLEAN", sha256(body))
    assert bucket.under_way() == 0
    path, headers = f"/files/api/files/{file['id']}", {"Range": f"bytes={8 * MIB - 2}-{8 * MIB}"}
    some = s3_site.ask("GET", path, headers=headers)
    assert (some.status, some.body) == (206, body[8 * MIB - 2 : 8 * MIB + 1])


@pytest.mark.live
def test_what_is_not_what_was_told_is_refused_and_leaves_nothing(
    s3_site: Site, bucket: Bucket
) -> None:
    before = bucket.names()
    begun = start(s3_site, "other.bin", BODY, way="PUT")
    assert send(begun["request"], BODY[::-1]) == 400
    assert completed(s3_site, begun["uploadSession"]["id"])["state"] == "RECEIVING"
    assert ask(s3_site, ABORT, begun["uploadSession"]["id"])["uploadSession"]["state"] == "ENDED"

    # Of parts the store knows no sum: they are read.
    upload = start(s3_site, "other.bin", BODY, way="PARTS")["uploadSession"]["id"]
    [part] = ask(s3_site, PARTS, upload)["parts"]
    assert send(part["request"], BODY[::-1]) == 200
    refused = completed(s3_site, upload)

    assert refused["state"] == "REFUSED"
    assert sha256(BODY[::-1]) in refused["finding"]
    assert s3_site.files("other.bin") == []
    wait_for(lambda: True if bucket.names() == before else None)
    assert ask(s3_site, PARTS, upload)["error"]["code"] == "UPLOAD_GONE"
    assert ask(s3_site, COMPLETE, upload)["uploadSession"]["state"] == "REFUSED"


@pytest.mark.live
def test_an_upload_that_is_aborted_is_gone_from_the_store_and_gives_its_room_back(
    s3_site: Site, bucket: Bucket
) -> None:
    half = 35_000_000
    upload = start(s3_site, "aborted.bin", b"", sizeBytes=half, way="PARTS", sha256=None)
    upload_id = upload["uploadSession"]["id"]
    [first, *_] = ask(s3_site, PARTS, upload_id)["parts"]
    assert send(first["request"], os.urandom(first["length"])) == 200
    full = start(s3_site, "full.bin", b"", sizeBytes=half, way="PARTS", sha256=None)
    assert full["error"]["code"] == "QUOTA_EXCEEDED"

    assert ask(s3_site, ABORT, upload_id)["uploadSession"]["state"] == "ENDED"

    wait_for(lambda: True if bucket.under_way() == 0 else None)
    assert send(first["request"], b"x" * first["length"]) == 404
    assert s3_site.files("aborted.bin") == []
    again = start(s3_site, "again.bin", b"", sizeBytes=half, way="PARTS", sha256=None)
    assert again["error"] is None
    ask(s3_site, ABORT, again["uploadSession"]["id"])
    for document in (PARTS, COMPLETE, ABORT):
        assert ask(s3_site, document, upload_id)["error"]["code"] == "UPLOAD_GONE"


@pytest.mark.live
def test_what_is_infected_is_never_given_out_however_it_came(
    tmp_path: Path, bucket: Bucket
) -> None:
    with running_site(tmp_path, **bucket.settings, FILES_DELIVERY="redirect") as site:
        begun = start(site, "virus.com", EICAR, way="PUT")
        path = f"/files/api/files/{begun['uploadSession']['fileId']}"
        assert site.ask("GET", path).status == 409
        assert send(begun["request"], EICAR) == 200
        assert site.ask("GET", path).status == 409
        completed(site, begun["uploadSession"]["id"])

        assert site.scanned("virus.com")["state"] == "INFECTED"
        assert site.ask("GET", path).code == "FILE_NOT_SERVED"


@pytest.mark.live
@pytest.mark.parametrize(
    "point",
    ["files-direct-gathered", *at_night("files-direct-begun", "files-direct-verified")],
)
def test_a_kill_at_any_step_loses_nothing_that_was_sent(
    tmp_path: Path, bucket: Bucket, point: str
) -> None:
    name = f"{point}.bin"
    with running_site(tmp_path, **bucket.settings, FAULT=point) as site:
        upload = start(site, name, BODY, way="PARTS")["uploadSession"]["id"]
        try:
            [part] = ask(site, PARTS, upload)["parts"]
            assert send(part["request"], BODY) == 200
            ask(site, COMPLETE, upload)
            wait_for(lambda: None if alive(site) else True)
        except OSError:
            pass

    with running_site(tmp_path, key=site.key, **bucket.settings) as site:
        if point == "files-direct-begun":
            [part] = ask(site, PARTS, upload)["parts"]
            assert send(part["request"], BODY) == 200
            ask(site, COMPLETE, upload)
        assert became(site, upload)["state"] == "DONE"
        assert site.scanned(name)["sha256"] == sha256(BODY)


def alive(site: Site) -> bool:
    try:
        site.ask("GET", "/health/live")
    except OSError:
        return False
    return True


@pytest.mark.live
def test_while_the_store_is_down_it_is_told_and_afterwards_it_goes_on(
    servers: Servers, tmp_path: Path
) -> None:
    with (
        made_bucket(servers, "septet-down") as bucket,
        running_site(tmp_path, **bucket.settings) as site,
    ):
        site.ask("PUT", "/files/api/files/there.bin", BODY)
        there = f"/files/api/files/{site.scanned('there.bin')['id']}"
        tus = site.begin(len(BODY), upload_metadata="filename dHVzLmJpbg==")
        assert site.patch(tus, BODY[:50_000], 0).status == 204
        put = start(site, "put.bin", BODY, way="PUT")
        parts = start(site, "parts.bin", BODY, way="PARTS")["uploadSession"]["id"]
        assert send(put["request"], BODY) == 200

        bucket.door.shut()
        assert site.ask("GET", there).code == "STORAGE_UNAVAILABLE"
        assert site.patch(tus, BODY[50_000:], 50_000).code == "STORAGE_UNAVAILABLE"
        assert site.ask("PUT", "/files/api/files/new.bin", BODY).code == "STORAGE_UNAVAILABLE"
        assert site.files("new.bin") == []
        assert ask(site, PARTS, parts)["error"]["code"] == "STORAGE_UNAVAILABLE"
        assert ask(site, COMPLETE, put["uploadSession"]["id"])["error"] is None
        time.sleep(2)
        [row] = site.files("put.bin")
        assert row["state"] == "RECEIVING"

        bucket.door.open()
        assert site.ask("GET", there).body == BODY
        assert site.patch(tus, BODY[50_000:], 50_000).status == 204
        [part] = ask(site, PARTS, parts)["parts"]
        assert send(part["request"], BODY) == 200
        assert completed(site, parts)["state"] == "DONE"
        assert became(site, put["uploadSession"]["id"])["state"] == "DONE"
        for name in ("tus.bin", "put.bin", "parts.bin"):
            assert site.scanned(name)["sha256"] == sha256(BODY)


@pytest.mark.parametrize("way", ["PUT", "FORM", "PARTS", None])
def test_on_a_folder_the_same_leads_to_us(site: Site, way: str | None) -> None:
    name = f"here-{way}.bin"
    begun = start(site, name, BODY, way=way)
    upload = begun["uploadSession"]
    assert upload["way"] == "STREAM"
    early = ask(site, COMPLETE, upload["id"])["error"]
    assert early == {"code": "UPLOAD_INCOMPLETE", "message": "0 of 100000 bytes have come"}

    base = f"http://{site.host}"
    assert send(begun["request"], BODY[1:], base=base) == 400
    assert send(begun["request"], BODY[::-1], base=base) == 400
    assert send(begun["request"], BODY, base=base) == 200

    assert ask(site, COMPLETE, upload["id"])["uploadSession"]["state"] == "DONE"
    assert site.scanned(name)["sha256"] == sha256(BODY)
    # It is all there: nothing can be put in its place.
    assert send(begun["request"], BODY, base=base) == 409


def test_an_address_of_ours_opens_nothing_else(site: Site) -> None:
    begun = start(site, "own.bin", BODY)
    url = begun["request"]["url"]
    ticket = url.rpartition("/")[2]

    def status(method: str, path: str) -> tuple[int, str]:
        answer = site.ask(method, path, BODY if method == "PUT" else None, key="")
        return answer.status, answer.code

    for purpose in ("view", "download"):
        assert status("GET", f"/files/api/signed/{purpose}/{ticket}") == (403, "LINK_INVALID")
    assert status("PUT", f"{url[:-3]}AAA")[1] == "LINK_INVALID"
    assert status("PUT", "/files/api/direct/x")[1] == "LINK_INVALID"
    assert status("POST", url)[1] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"sha256": "abc"}, "INVALID_INPUT"),
        ({"sha256": None, "way": "PUT"}, "INVALID_INPUT"),
        ({"sizeBytes": 6 * 1024**3, "way": "FORM"}, "INVALID_INPUT"),
        ({"sizeBytes": -1}, "INVALID_INPUT"),
        ({"sizeBytes": 10**12}, "PAYLOAD_TOO_LARGE"),
        ({"name": "../a"}, "INVALID_INPUT"),
    ],
)
def test_what_cannot_be_uploaded_is_told(site: Site, told: dict[str, Any], code: str) -> None:
    answer = start(site, "wrong.bin", BODY, **told)

    assert (answer["error"]["code"], answer["uploadSession"]) == (code, None)
    assert site.files("wrong.bin") == []


def test_uploads_of_others_are_not_there(site: Site, stranger: str, reader: str) -> None:
    upload = start(site, "mine.bin", BODY)["uploadSession"]["id"]

    for document in (PARTS, COMPLETE, ABORT):
        assert ask(site, document, upload, key=stranger)["error"]["code"] == "NOT_FOUND"
    assert site.graphql(STATE, key=stranger, id=upload)["uploadSession"] is None
    assert site.graphql(STATE, key=reader, id=upload)["uploadSession"]["state"] == "RECEIVING"
