"""Whole files by plain HTTP: sent by PUT and by a form, given out in parts, and only if clean."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.files.site import Site, wait_for
from tests.files.test_scanning import EICAR

FILES = "/files/api/files/"
TEXT = b"0123456789" * 30


def put(site: Site, name: str, body: bytes, **headers: str) -> str:
    """Send a file and return its path once it is clean."""
    told = {"Content-Type": "text/plain"} | {
        key.replace("_", "-"): value for key, value in headers.items()
    }
    answer = site.ask("PUT", f"{FILES}{name}", body, told)
    assert answer.status == 201, answer
    site.scanned(name)
    return answer.headers["location"]


@pytest.fixture(scope="module")
def text(site: Site) -> str:
    """The path of a small clean text."""
    return put(site, "text.txt", TEXT)


def test_a_file_that_is_put_is_given_out_once_it_is_clean(site: Site) -> None:
    body = os.urandom(700_000)
    path = put(site, "put.bin", body, Content_Type="application/x-thing")

    answer = site.ask("GET", path)

    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert (answer.status, answer.body) == (200, body)
    expected = {
        "content-type": "application/x-thing",
        "content-length": "700000",
        "content-disposition": 'attachment; filename="put.bin"',
        "accept-ranges": "bytes",
        "etag": f'"{hashlib.sha256(body).hexdigest()}"',
        "repr-digest": f"sha-256=:{digest}:",
        "content-digest": f"sha-256=:{digest}:",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "cache-control": "private, no-cache",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    head = site.ask("HEAD", path)
    assert (head.status, head.headers["content-length"], head.body) == (200, "700000", b"")


@pytest.mark.parametrize(
    ("told", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=290-", 290, 300),
        ("bytes=-5", 295, 300),
        ("bytes=-900", 0, 300),
        ("bytes=250-900", 250, 300),
    ],
)
def test_one_range_is_given_alone(site: Site, text: str, told: str, start: int, end: int) -> None:
    answer = site.ask("GET", text, headers={"Range": told})

    assert (answer.status, answer.body) == (206, TEXT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/300"
    assert "content-digest" not in answer.headers


def test_several_ranges_are_given_apart(site: Site, text: str) -> None:
    answer = site.ask("GET", text, headers={"Range": "bytes=0-3, 100-101, -2, 999-"})

    kind, _, mark = answer.headers["content-type"].partition("; boundary=")
    assert (answer.status, kind) == (206, "multipart/byteranges")
    parts = answer.body.split(f"\r\n--{mark}".encode())
    assert (parts[0], parts[-1]) == (b"", b"--\r\n")
    assert [part.partition(b"\r\n\r\n") for part in parts[1:-1]] == [
        (f"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: {span}".encode(),
         b"\r\n\r\n", body)
        for span, body in (
            ("bytes 0-3/300", b"0123"),
            ("bytes 100-101/300", b"01"),
            ("bytes 298-299/300", b"89"),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    "told",
    ["lines=0-1", "bytes=5-2", "bytes=a-b", "bytes=-", "bytes=0-5,3-9", f"bytes={'1-1,' * 17}0-0"],
)
def test_a_range_that_means_nothing_is_passed_over(site: Site, text: str, told: str) -> None:
    answer = site.ask("GET", text, headers={"Range": told})

    assert (answer.status, answer.body) == (200, TEXT)


@pytest.mark.parametrize("told", ["bytes=300-", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_given(site: Site, text: str, told: str) -> None:
    answer = site.ask("GET", text, headers={"Range": told})

    assert (answer.status, answer.code) == (416, "RANGE_NOT_SATISFIABLE")
    assert answer.headers["content-range"] == "bytes */300"


TAG = f'"{hashlib.sha256(TEXT).hexdigest()}"'


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": TAG}, 304),
        ({"If-None-Match": f'"other", W/{TAG}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-Match": TAG}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f"W/{TAG}"}, 412),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": '"other"', "If-None-Match": TAG}, 412),
        ({"Range": "bytes=0-0", "If-Range": TAG}, 206),
        ({"Range": "bytes=0-0", "If-Range": '"other"'}, 200),
        ({"Range": "bytes=0-0", "If-Range": f"W/{TAG}"}, 200),
        ({"Range": "bytes=0-0", "If-Range": "Sat, 28 Nov 2026 16:00:00 GMT"}, 200),
    ],
)
def test_conditions_are_kept(
    site: Site, text: str, headers: Mapping[str, str], status: int
) -> None:
    answer = site.ask("GET", text, headers=headers)

    assert answer.status == status
    if status == 304:
        assert (answer.headers["etag"], answer.body) == (TAG, b"")


@pytest.mark.parametrize(
    ("name", "body", "told", "disposition"),
    [
        ("shown.txt", b"hello", "text/plain", "inline"),
        ("page.html", b"<html><script>alert(1)</script>", "text/html", "attachment"),
        ("lie.png", b"<html><script>alert(1)</script>", "image/png", "attachment"),
        ("lie.txt", b"<svg onload='alert(1)'>", "text/plain", "attachment"),
        ("drawing.svg", b"<svg/>", "image/svg+xml", "attachment"),
    ],
)
def test_what_could_run_is_saved_and_not_shown(
    site: Site, name: str, body: bytes, told: str, disposition: str
) -> None:
    path = put(site, name, body, Content_Type=told)

    answer = site.ask("GET", path)

    assert answer.headers["content-disposition"].partition(";")[0] == disposition
    assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_what_is_not_clean_is_never_given_out(site: Site) -> None:
    answer = site.ask("PUT", f"{FILES}eicar.txt", EICAR)
    path = answer.headers["location"]

    seen = [site.ask("GET", path)]
    while site.files("eicar.txt")[0]["state"] != "INFECTED":
        seen.append(site.ask("GET", path))
    seen.append(site.ask("GET", path))

    assert {(one.status, one.code) for one in seen} == {(409, "FILE_NOT_SERVED")}
    assert not any(EICAR in one.body for one in seen)


def test_a_file_on_its_way_is_not_given_out(site: Site) -> None:
    path = site.begin(5, upload_metadata="filename d2F5LnR4dA==")
    site.patch(path, b"hell", 0)
    [file] = site.files("way.txt")

    assert site.ask("GET", f"{FILES}{file['id']}").code == "FILE_NOT_SERVED"


def test_files_of_others_are_not_there(site: Site, text: str, stranger: str, reader: str) -> None:
    assert site.ask("GET", text, key=stranger).status == 404
    assert site.ask("GET", text, key=reader).status == 200
    assert site.ask("GET", text, headers={"Authorization": ""}).status == 401
    assert site.ask("PUT", f"{FILES}no.txt", b"no", key=reader).status == 403
    assert site.ask("PUT", f"{FILES}no.txt", b"no", {"Authorization": ""}).status == 401
    assert site.files("no.txt") == []


def test_a_body_that_is_not_what_its_digest_says_is_forgotten(site: Site) -> None:
    before = site.stored()
    digest = base64.b64encode(hashlib.sha256(b"good").digest()).decode()

    refused = site.ask(
        "PUT", f"{FILES}digest.txt", b"evil", {"Content-Digest": f"sha-256=:{digest}:"}
    )
    unknown = site.ask("PUT", f"{FILES}digest.txt", b"good", {"Content-Digest": "md5=:YQ==:"})

    assert (refused.status, refused.code) == (400, "DIGEST_MISMATCH")
    assert unknown.status == 400
    assert site.files("digest.txt") == []
    wait_for(lambda: True if site.stored() == before else None)
    put(site, "digest.txt", b"good", Content_Digest=f"sha-256=:{digest}:")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("..", 400),
        ("%2e%2e%2fetc%2fpasswd", 404),
        ("a%5Cb", 400),
        ("a%0D%0Ab", 400),
        ("x" * 256, 400),
    ],
)
def test_a_name_that_is_none_is_refused(site: Site, path: str, status: int) -> None:
    before = site.stored()

    assert site.ask("PUT", f"{FILES}{path}", b"body").status == status
    assert site.stored() == before


def test_a_file_comes_out_of_a_form(site: Site) -> None:
    body = b"--septet\r\n" * 50_000
    form = (
        b'--mark\r\nContent-Disposition: form-data; name="note"\r\n\r\nnot a file\r\n'
        b'--mark\r\nContent-Disposition: form-data; name="file"; filename="form.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\n" + body + b"\r\n--mark--\r\n"
    )

    answer = site.ask("POST", FILES, form, {"Content-Type": "multipart/form-data; boundary=mark"})

    assert answer.status == 201
    told = json.loads(answer.body)
    file = site.scanned("form.txt")
    assert (told["id"], told["sizeBytes"]) == (file["id"], len(body))
    assert site.ask("GET", told["path"]).body == body


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"nothing of the kind",
        b"--mark--\r\n",
        b'--mark\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--mark--\r\n',
        b'--mark\r\nContent-Disposition: form-data; name="a"; filename="cut.txt"\r\n\r\nhalf of',
        b'--mark\r\nContent-Disposition: form-data; filename="../cut.txt"\r\n\r\nb\r\n--mark--\r\n',
    ],
)
def test_a_form_without_a_whole_file_leaves_nothing(site: Site, form: bytes) -> None:
    before = site.graphql("{ files { totalCount } }")

    answer = site.ask("POST", FILES, form, {"Content-Type": "multipart/form-data; boundary=mark"})

    assert answer.status == 400
    assert site.graphql("{ files { totalCount } }") == before


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_sends_and_fetches(site: Site, tmp_path: Path) -> None:
    source, copy = tmp_path / "curl me.txt", tmp_path / "copy"
    source.write_bytes(TEXT)
    curl = ["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {site.key}"]
    base = f"http://{site.host}{FILES}"

    subprocess.run([*curl, "-T", source, base], check=True, capture_output=True)
    subprocess.run([*curl, "-F", f"file=@{source};filename=by form.txt", base], check=True)
    for name in ("curl me.txt", "by form.txt"):
        file = site.scanned(name)
        subprocess.run([*curl, "-o", copy, f"{base}{file['id']}"], check=True)
        assert copy.read_bytes() == TEXT
