"""Uploads as the IETF drafts them: by raw HTTP, and by tus-js-client."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.files.site import UPLOADS, Answer, Site, running_site
from tests.files.test_clients import upload_by_tus_js

BODY = bytes(range(256)) * 100
HALF = len(BODY) // 2


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running platform that lets the draft be spoken."""
    with running_site(tmp_path_factory.mktemp("drafted"), FILES_IETF_UPLOADS="true") as running:
        yield running


def ask(site: Site, method: str, path: str, body: bytes = b"", **told: Any) -> Answer:
    """Send one request of version 6; what is None is not sent."""
    headers = {
        "Tus-Resumable": None,
        "Upload-Draft-Interop-Version": "6",
        "Upload-Complete": None if method in {"HEAD", "DELETE", "OPTIONS"} else "?1",
        "Content-Type": "application/partial-upload" if method == "PATCH" else None,
        **{name.replace("_", "-").title(): value for name, value in told.items()},
    }
    return site.ask(method, path, body, {name: value or "" for name, value in headers.items()})


def test_all_of_it_comes_in_one_request(drafted: Site) -> None:
    made = ask(
        drafted,
        "POST",
        UPLOADS,
        BODY,
        content_type="application/x-thing",
        content_disposition="attachment; filename=\"one.bin\"; filename*=UTF-8''%C3%A9in.bin",
    )

    assert (made.status, made.offset, made.headers["upload-complete"]) == (201, len(BODY), "?1")
    assert made.headers["upload-draft-interop-version"] == "6"
    file = drafted.scanned("éin.bin")
    assert (file["sha256"], file["contentType"]) == (
        hashlib.sha256(BODY).hexdigest(),
        "application/x-thing",
    )


@pytest.mark.parametrize("version", ["5", "6"])
def test_it_is_begun_appended_to_and_completed(drafted: Site, version: str) -> None:
    said: dict[str, Any] = {"upload_draft_interop_version": version}
    if version == "5":
        said["content_type"] = None
    name = f'attachment; filename="parts-{version}.bin"'
    made = ask(
        drafted, "POST", UPLOADS, BODY[:100], upload_complete="?0", content_disposition=name, **said
    )
    path = made.headers["location"]
    assert (made.status, made.offset, made.headers["upload-complete"]) == (201, 100, "?0")
    assert made.headers["upload-limit"].startswith("max-size=100000000, expires=86")

    more = ask(
        drafted,
        "PATCH",
        path,
        BODY[100:HALF],
        upload_complete="?0",
        upload_offset="100",
        **said,
    )
    seen = ask(drafted, "HEAD", path, **said)
    last = ask(drafted, "PATCH", path, BODY[HALF:], upload_offset=str(HALF), **said)

    assert (more.status, more.offset) == (204, HALF)
    assert (seen.status, seen.offset, seen.headers["upload-complete"]) == (204, HALF, "?0")
    assert seen.headers["cache-control"] == "no-store"
    assert (last.status, last.offset, last.headers["upload-complete"]) == (204, len(BODY), "?1")
    assert drafted.scanned(f"parts-{version}.bin")["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert ask(drafted, "HEAD", path, **said).headers["upload-complete"] == "?1"


def test_what_is_all_there_may_be_completed_by_nothing_more(drafted: Site) -> None:
    name = 'attachment; filename="late.bin"'
    path = ask(
        drafted, "POST", UPLOADS, BODY, upload_complete="?0", content_disposition=name
    ).headers["location"]

    done = ask(drafted, "PATCH", path, b"", upload_offset=str(len(BODY)))

    assert (done.status, done.headers["upload-complete"]) == (204, "?1")
    assert drafted.scanned("late.bin")["sizeBytes"] == len(BODY)


def test_another_offset_is_refused_with_the_right_one(drafted: Site) -> None:
    path = ask(drafted, "POST", UPLOADS, BODY[:9], upload_complete="?0").headers["location"]

    wrong = ask(drafted, "PATCH", path, BODY[:9], upload_offset="7")

    assert (wrong.status, wrong.code, wrong.offset) == (409, "UPLOAD_OFFSET", 9)
    assert wrong.headers["upload-complete"] == "?0"
    assert ask(drafted, "HEAD", path).offset == 9


def test_an_end_of_it_leaves_nothing(drafted: Site) -> None:
    path = ask(drafted, "POST", UPLOADS, BODY, upload_complete="?0").headers["location"]

    assert ask(drafted, "DELETE", path).status == 204
    assert ask(drafted, "HEAD", path).status == 410


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"upload_complete": None}, "INVALID_INPUT"),
        ({"upload_complete": "1"}, "INVALID_INPUT"),
        ({"upload_draft_interop_version": "4"}, "INVALID_INPUT"),
        ({"upload_offset": None}, "INVALID_INPUT"),
        ({"upload_offset": "-1"}, "INVALID_INPUT"),
        ({"content_type": "text/csv"}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"upload_offset": "0", "authorization": "Bearer nobody"}, "UNAUTHENTICATED"),
    ],
)
def test_what_the_draft_does_not_let_be_said_is_refused(
    drafted: Site, told: dict[str, Any], code: str
) -> None:
    path = ask(drafted, "POST", UPLOADS, upload_complete="?0").headers["location"]

    refused = ask(drafted, "PATCH", path, BODY, **{"upload_offset": "0"} | told)

    assert refused.code == code
    assert ask(drafted, "HEAD", path).offset == 0


def test_a_length_that_was_told_ends_it_too(drafted: Site) -> None:
    told = {"upload_complete": "?0", "upload_length": "9"}
    path = ask(drafted, "POST", UPLOADS, BODY[:4], **told).headers["location"]

    last = ask(drafted, "PATCH", path, BODY[:5], upload_offset="4", upload_complete="?0")

    assert (last.status, last.headers["upload-complete"]) == (204, "?1")
    assert ask(drafted, "POST", UPLOADS, BODY[:4], upload_length="9").code == "INVALID_INPUT"


def test_more_than_a_file_may_have_is_refused(drafted: Site) -> None:
    path = ask(drafted, "POST", UPLOADS, upload_complete="?0").headers["location"]

    refused = ask(drafted, "PATCH", path, b"\0", upload_offset=str(10**17))

    assert refused.status == 409
    assert ask(drafted, "OPTIONS", UPLOADS).headers["upload-limit"] == "max-size=100000000"


def test_where_it_is_not_let_tus_alone_is_spoken(site: Site) -> None:
    assert ask(site, "POST", UPLOADS, BODY).status == 412


@pytest.mark.node
@pytest.mark.parametrize("how", ["draft-03", "draft-05", "draft-03-resumed", "draft-05-resumed"])
def test_tus_js_client_speaks_it(drafted: Site, tmp_path: Path, how: str) -> None:
    told, sha256 = upload_by_tus_js(drafted, tmp_path, how)

    assert told["errors"] == 0
    assert drafted.scanned(f"js-{how}.bin")["sha256"] == sha256
