"""Encrypted files as programs meet them: sent and fetched as all others, and killed on the way."""

import base64
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from apps.files.domain.sealing import CHUNK_BYTES, sealed_size
from tests.devservices.fixtures import Servers
from tests.files.buckets import Bucket, made_bucket
from tests.files.site import UPLOADS, Site, running_site, wait_for
from tests.files.test_transfers import half_sent, refuses, reset
from tests.nights import at_night

pytestmark = pytest.mark.processes

FILES = "/files/api/files/"
MIB = 1024 * 1024
BODY = os.urandom(9 * MIB + 777)

MAKE = """mutation($input: CreateFolderInput!) { made: createFolder(input: $input) {
    folder { id } error { code } } }"""
MOVE = """mutation($input: MoveFilesInput!) { moved: moveFiles(input: $input) {
    outcomes { error { code } } } }"""
ENCRYPTED = "query($id: ID!) { file(id: $id) { encrypted state } }"


def vault(site: Site) -> str:
    """Make an encrypted folder, and return its id."""
    made = site.graphql(MAKE, input={"name": os.urandom(4).hex(), "encrypted": True})["made"]
    return str(made["folder"]["id"])


def metadata(**told: str) -> str:
    return ",".join(
        f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in told.items()
    )


def encrypted(site: Site, path: str) -> bool:
    return bool(site.graphql(ENCRYPTED, id=path.rpartition("/")[2])["file"]["encrypted"])


def test_an_encrypted_file_is_put_and_fetched_as_all_others(site: Site) -> None:
    folder = vault(site)
    name = f"{folder}.bin"
    path = site.ask("PUT", f"{FILES}{name}?folder={folder}", BODY).headers["location"]
    site.scanned(name)
    stored = [size for size in site.stored().values() if size == sealed_size(len(BODY))]

    whole, head = site.ask("GET", path), site.ask("HEAD", path)
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert (whole.status, whole.body, len(stored)) == (200, BODY, 1)
    assert whole.headers["content-digest"] == f"sha-256=:{digest}:"
    assert head.headers["content-length"] == str(len(BODY))
    for start, end in ((0, 0), (CHUNK_BYTES - 1, CHUNK_BYTES), (5 * MIB, 6 * MIB), (9 * MIB, None)):
        told = {"Range": f"bytes={start}-{'' if end is None else end}"}
        part = site.ask("GET", path, headers=told)
        assert (part.status, part.body) == (206, BODY[start : None if end is None else end + 1])
    several = site.ask("GET", path, headers={"Range": "bytes=10-19,70000-70009"})
    assert several.status == 206
    assert BODY[10:20] in several.body
    assert BODY[70_000:70_010] in several.body
    known = {"If-None-Match": whole.headers["etag"]}
    assert site.ask("GET", path, headers=known).status == 304
    zipped = site.ask("GET", f"/files/api/zip/?folder={folder}")
    assert (zipped.status, BODY[:1000] in zipped.body) == (200, True)


def test_a_form_goes_into_a_folder_too(site: Site) -> None:
    folder = vault(site)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="sealed form.txt"\r\n\r\n'
        b"in a form\r\n--x--\r\n"
    )
    told = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = site.ask("POST", f"{FILES}?folder={folder}", body, told)

    assert answer.status == 201, answer
    assert encrypted(site, answer.headers["location"])


def test_nobody_uploads_into_a_folder_that_is_not_theirs(
    site: Site, stranger: str, reader: str
) -> None:
    folder = vault(site)
    told = {"Upload-Length": "1", "Upload-Metadata": metadata(folderid=folder)}
    for key, status in ((stranger, 404), (reader, 403), ("no key", 401)):
        answers = [
            site.ask("PUT", f"{FILES}a.txt?folder={folder}", b"x", key=key),
            site.ask("POST", UPLOADS, headers=told, key=key),
        ]
        assert [one.status for one in answers] == [status, status]
    assert site.ask("PUT", f"{FILES}a.txt?folder=none", b"x").code == "INVALID_INPUT"


@pytest.mark.parametrize("place", ["a folder", pytest.param("s3", marks=pytest.mark.live)])
def test_a_cut_upload_goes_on_where_it_was_and_is_never_plain(
    tmp_path: Path, request: pytest.FixtureRequest, place: str
) -> None:
    def run(site: Site) -> None:
        folder = vault(site)
        told = metadata(filename="cut.bin", folderid=folder)
        path = site.begin(len(BODY), upload_metadata=told)
        at = 0
        for size in (3, 70_000, 6 * MIB):
            with half_sent(site, path, BODY[at : at + size], offset=at) as connection:
                wait_for(lambda: site.ask("HEAD", path).offset == at + size or None)  # noqa: B023
                reset(connection)
            at += size
        assert site.patch(path, BODY[at:], at).status == 204
        file = site.scanned("cut.bin")
        assert file["sha256"] == hashlib.sha256(BODY).hexdigest()
        assert site.ask("GET", f"{FILES}{file['id']}").body == BODY

    in_each(tmp_path, request, place, run)


@pytest.mark.parametrize("place", ["a folder", pytest.param("s3", marks=pytest.mark.live)])
@pytest.mark.parametrize("point", ["files-upload-noted", "files-upload-published"])
def test_a_kill_at_the_end_of_an_upload_loses_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, place: str, point: str
) -> None:
    def first(site: Site) -> None:
        told = metadata(filename="end.bin", folderid=vault(site))
        path = site.begin(len(BODY), upload_metadata=told)
        with suppress(OSError):
            site.patch(path, BODY, 0)
        wait_for(lambda: True if refuses(site) else None)

    def then(site: Site) -> None:
        file = site.scanned("end.bin")
        assert site.ask("GET", f"{FILES}{file['id']}").body == BODY
        assert encrypted(site, file["id"])

    in_each(tmp_path, request, place, first, then, FAULT=point)


@pytest.mark.parametrize("place", ["a folder", pytest.param("s3", marks=pytest.mark.live)])
@pytest.mark.parametrize("point", ["files-encrypted", *at_night("files-encrypted-read")])
def test_a_kill_while_bytes_are_encrypted_loses_none_and_leaves_none_twice(
    tmp_path: Path, request: pytest.FixtureRequest, place: str, point: str
) -> None:
    def first(site: Site) -> None:
        assert site.ask("PUT", f"{FILES}moved.bin", BODY).status == 201
        file = site.scanned("moved.bin")
        told = {"ids": [file["id"]], "folderId": vault(site)}
        site.graphql(MOVE, input=told)
        wait_for(lambda: True if refuses(site) else None)

    def then(site: Site) -> None:
        [file] = site.files("moved.bin")
        assert site.ask("GET", f"{FILES}{file['id']}").body == BODY
        wait_for(lambda: encrypted(site, file["id"]) or None)
        assert site.ask("GET", f"{FILES}{file['id']}").body == BODY
        if place == "a folder":
            sizes = [sealed_size(len(BODY))]
            wait_for(lambda: list(site.stored().values()) == sizes or None)

    in_each(tmp_path, request, place, first, then, FAULT=point)


@pytest.mark.live
def test_no_store_is_let_give_out_what_it_cannot_read(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def run(site: Site) -> None:
        path = site.ask("PUT", f"{FILES}away.bin?folder={vault(site)}", BODY).headers["location"]
        site.scanned("away.bin")
        answer = site.ask("GET", path)
        assert (answer.status, answer.body) == (200, BODY)
        plain = site.ask("PUT", f"{FILES}plain.bin", b"plain").headers["location"]
        site.scanned("plain.bin")
        assert site.ask("GET", plain).status == 302

    in_each(tmp_path, request, "s3", run, FILES_DELIVERY="redirect")


def test_nginx_is_not_let_give_out_what_it_cannot_read(tmp_path: Path) -> None:
    with running_site(tmp_path, FILES_DELIVERY="x-accel") as site:
        path = site.ask("PUT", f"{FILES}a.bin?folder={vault(site)}", BODY).headers["location"]
        site.scanned("a.bin")
        answer = site.ask("GET", path)

    assert ("x-accel-redirect" in answer.headers, answer.body) == (False, BODY)


def test_damaged_bytes_are_told_by_their_code(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        path = site.ask("PUT", f"{FILES}a.bin?folder={vault(site)}", BODY).headers["location"]
        site.scanned("a.bin")
        [stored] = [site.data / "files" / name for name in site.stored()]
        data = bytearray(stored.read_bytes())
        data[100] ^= 1
        stored.write_bytes(data)

        assert site.ask("GET", path).code == "CONTENT_DAMAGED"
        # What was not changed is still read.
        part = site.ask("GET", path, headers={"Range": "bytes=-100"})
        assert part.body == BODY[-100:]


def in_each(
    data: Path,
    request: pytest.FixtureRequest,
    place: str,
    *steps: Callable[[Site], Any],
    **settings: str,
) -> None:
    """Run steps each with a site of its own on one store; the settings are those of the first."""

    def run(store: dict[str, str]) -> None:
        key = ""
        for number, step in enumerate(steps):
            more = store | (settings if not number else {})
            with running_site(data, key=key, **more) as site:
                key = site.key
                step(site)

    if place != "s3":
        run({})
        return
    servers: Servers = request.getfixturevalue("servers")
    with made_bucket(servers, f"septet-seal-{os.urandom(4).hex()}") as bucket:
        run(bucket.settings)
        _none_is_plain(bucket)


def _none_is_plain(bucket: Bucket) -> None:
    """Nothing of what came is to be read in the bucket."""
    for name in bucket.names():
        data = bucket.client.get_object(Bucket=bucket.name, Key=name)["Body"].read()
        assert BODY[:32] not in data
        assert BODY[CHUNK_BYTES : CHUNK_BYTES + 32] not in data
