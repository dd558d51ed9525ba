"""tus 1.0.0 by raw HTTP: the protocol and each of its extensions, as its text says."""

import base64
import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.files.site import BODY, MOST_BYTES, ORIGIN, UPLOADS, Site, wait_for


def metadata(**values: str) -> str:
    pairs = (
        f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items()
    )
    return ",".join(pairs)


def sum_of(algorithm: str, body: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def test_anybody_is_told_what_the_server_can_do(site: Site) -> None:
    answer = site.ask("OPTIONS", UPLOADS, headers={"Authorization": "", "Tus-Resumable": ""})

    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["tus-extension"].split(",") == [
        "creation",
        "creation-with-upload",
        "creation-defer-length",
        "expiration",
        "checksum",
        "termination",
        "concatenation",
    ]
    assert answer.headers["tus-max-size"] == str(MOST_BYTES)
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


def test_an_upload_in_pieces_becomes_a_file_that_is_scanned(site: Site) -> None:
    told = metadata(filename="Grüße.csv", filetype="text/csv; charset=utf-8")
    pieces = [os.urandom(1), os.urandom(700_000), b"end"]
    whole = b"".join(pieces)

    path = site.begin(len(whole), upload_metadata=told)
    assert site.files("Grüße.csv")[0]["state"] == "RECEIVING"
    offset = 0
    for piece in pieces:
        head = site.ask("HEAD", path)
        assert (head.status, head.offset, head.body) == (200, offset, b"")
        assert head.headers["upload-length"] == str(len(whole))
        assert head.headers["upload-metadata"] == told
        assert head.headers["cache-control"] == "no-store"
        answer = site.patch(path, piece, offset)
        offset += len(piece)
        assert (answer.status, answer.offset, answer.body) == (204, offset, b"")
        assert answer.headers["tus-resumable"] == "1.0.0"

    file = site.scanned("Grüße.csv")
    assert file["state"] == "CLEAN"
    assert file["sha256"] == hashlib.sha256(whole).hexdigest()
    assert (file["contentType"], file["sizeBytes"]) == ("text/csv", len(whole))
    assert file["scanner"] == "basic check"
    assert site.ask("HEAD", path).offset == len(whole)
    # There is nothing more to come, and it is said as the offset it is at.
    assert site.patch(path, b"more", offset).status == 413


def test_the_first_bytes_may_come_with_the_creation(site: Site) -> None:
    headers = BODY | {"Upload-Length": "11", "Upload-Metadata": metadata(name="with.txt")}

    answer = site.ask("POST", UPLOADS, b"hello ", headers)

    assert (answer.status, answer.offset) == (201, 6)
    path = answer.headers["location"]
    assert site.patch(path, b"world", 6).offset == 11
    assert site.scanned("with.txt")["sha256"] == hashlib.sha256(b"hello world").hexdigest()


def test_an_upload_of_nothing_is_done_at_once(site: Site) -> None:
    path = site.begin(0, upload_metadata=metadata(filename="nothing.txt"))

    head = site.ask("HEAD", path)

    assert (head.offset, head.headers["upload-length"]) == (0, "0")
    assert site.scanned("nothing.txt")["sha256"] == hashlib.sha256(b"").hexdigest()


def test_the_length_may_be_told_later_and_then_not_be_changed(site: Site) -> None:
    path = site.begin(None, upload_metadata=metadata(filename="later.txt"))

    assert site.patch(path, b"hello ", 0).offset == 6
    head = site.ask("HEAD", path)
    assert head.headers["upload-defer-length"] == "1"
    assert "upload-length" not in head.headers
    assert site.patch(path, b"", 6, upload_length="5").status == 400
    assert site.patch(path, b"wor", 6, upload_length="11").offset == 9
    head = site.ask("HEAD", path)
    assert head.headers["upload-length"] == "11"
    assert "upload-defer-length" not in head.headers
    assert site.patch(path, b"ld", 9, upload_length="12").status == 400
    assert site.patch(path, b"ld", 9, upload_length="11").offset == 11

    assert site.scanned("later.txt")["sizeBytes"] == 11


def test_the_last_request_may_tell_the_length_alone(site: Site) -> None:
    path = site.begin(None, upload_metadata=metadata(filename="told-last.txt"))
    site.patch(path, b"hello", 0)

    assert site.patch(path, b"", 5, upload_length="5").status == 204

    assert site.scanned("told-last.txt")["sizeBytes"] == 5


def test_an_unfinished_upload_tells_when_it_expires(site: Site) -> None:
    created = site.ask("POST", UPLOADS, headers={"Upload-Length": "2"})
    path = created.headers["location"]

    answers = [created, site.patch(path, b"a", 0)]

    for answer in answers:
        left = parsedate_to_datetime(answer.headers["upload-expires"]) - datetime.now(UTC)
        assert 23 < left.total_seconds() / 3600 <= 24


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_body_is_taken_if_its_checksum_fits_and_dropped_if_not(
    site: Site, algorithm: str
) -> None:
    path = site.begin(600_000, upload_metadata=metadata(filename=f"{algorithm}.bin"))
    good, bad = os.urandom(600_000), os.urandom(600_000)

    refused = site.patch(path, bad, 0, upload_checksum=sum_of(algorithm, good))
    assert (refused.status, refused.code) == (460, "CHECKSUM_MISMATCH")
    assert site.ask("HEAD", path).offset == 0
    assert site.patch(path, good, 0, upload_checksum=sum_of(algorithm, good)).status == 204

    assert site.scanned(f"{algorithm}.bin")["sha256"] == hashlib.sha256(good).hexdigest()


@pytest.mark.parametrize("told", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 !", "sha1 YQ==", "sha1"])
def test_a_checksum_that_is_none_is_refused(site: Site, told: str) -> None:
    path = site.begin(5)

    assert site.patch(path, b"hello", 0, upload_checksum=told).status == 400
    assert site.ask("HEAD", path).offset == 0


def test_an_upload_that_is_ended_is_gone_with_its_bytes(site: Site) -> None:
    before = site.stored()
    path = site.begin(10, upload_metadata=metadata(filename="ended.txt"))
    site.patch(path, b"hello", 0)

    assert site.ask("DELETE", path).status == 204

    for method in ("HEAD", "DELETE"):
        assert site.ask(method, path).status == 410
    assert site.patch(path, b"world", 5).status == 410
    assert site.files("ended.txt") == []
    wait_for(lambda: True if site.stored() == before else None)


def test_who_cannot_send_a_method_names_it(site: Site) -> None:
    path = site.begin(5)

    headers = BODY | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert site.ask("POST", path, b"hello", headers).status == 204
    assert site.ask("POST", path, headers={"X-HTTP-Method-Override": "DELETE"}).status == 204


def test_parts_become_one_file_in_the_order_that_is_told(site: Site) -> None:
    bodies = [os.urandom(300_000), b"", os.urandom(5)]
    parts = []
    for body in bodies:
        part = site.begin(len(body), upload_concat="partial", upload_metadata=metadata(name="no"))
        site.patch(part, body, 0)
        assert site.ask("HEAD", part).headers["upload-concat"] == "partial"
        parts.append(part)
    assert site.files("no") == []
    told = f"final;{parts[0]} http://{site.host}{parts[1]} {parts[2]}"

    answer = site.ask(
        "POST",
        UPLOADS,
        headers={"Upload-Concat": told, "Upload-Metadata": metadata(filename="joined.bin")},
    )

    assert answer.status == 201
    head = site.ask("HEAD", answer.headers["location"])
    assert head.headers["upload-concat"] == told
    assert head.headers["upload-length"] == head.headers["upload-offset"] == "300005"
    assert site.patch(answer.headers["location"], b"more", 300_005).status == 403
    file = site.scanned("joined.bin")
    assert file["sha256"] == hashlib.sha256(b"".join(bodies)).hexdigest()


def test_what_is_no_finished_part_of_ours_is_not_joined(site: Site, stranger: str) -> None:
    unfinished = site.begin(5, upload_concat="partial")
    whole = site.begin(0)
    answer = site.ask(
        "POST", UPLOADS, headers={"Upload-Length": "0", "Upload-Concat": "partial"}, key=stranger
    )
    theirs = answer.headers["location"]
    before = site.graphql("{ files { totalCount } }")

    def join(*parts: str, **headers: str) -> int:
        told = {"Upload-Concat": f"final;{' '.join(parts)}"} | headers
        return site.ask("POST", UPLOADS, headers=told).status

    assert join(unfinished) == 409
    assert join(whole) == 400
    assert join(theirs) == 404
    assert join() == 400
    assert join("/files/api/uploads/../../etc/passwd") == 400
    assert join(unfinished, **{"Upload-Length": "5"}) == 400
    assert site.ask("POST", UPLOADS, headers={"Upload-Concat": "half"}).status == 400
    assert site.graphql("{ files { totalCount } }") == before


def test_scripts_of_other_origins_are_let_in_where_the_settings_say_so(site: Site) -> None:
    asked = {
        "Authorization": "",
        "Tus-Resumable": "",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "tus-resumable,upload-offset",
    }

    ours = site.ask("OPTIONS", UPLOADS, headers=asked | {"Origin": ORIGIN}).headers
    others = site.ask("OPTIONS", UPLOADS, headers=asked | {"Origin": "https://evil.example"})
    answer = site.ask("POST", UPLOADS, headers={"Upload-Length": "1", "Origin": ORIGIN}).headers

    assert ours["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in ours["access-control-allow-methods"]
    assert "Upload-Offset" in ours["access-control-allow-headers"]
    assert "access-control-allow-origin" not in others.headers
    assert answer["access-control-allow-origin"] == ORIGIN
    assert "Location" in answer["access-control-expose-headers"]


LENGTH = {"Upload-Length": "5"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": ""} | LENGTH, 412),
        ({"Tus-Resumable": "0.2.2"} | LENGTH, 412),
        ({}, 400),
        ({"Upload-Defer-Length": "2"}, 400),
        ({"Upload-Defer-Length": "1"} | LENGTH, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "five"}, 400),
        ({"Upload-Length": "1" * 30}, 400),
        ({"Upload-Length": str(MOST_BYTES + 1)}, 413),
        ({"Upload-Metadata": "filename !"} | LENGTH, 400),
        ({"Upload-Metadata": "a YQ==,a YQ=="} | LENGTH, 400),
        ({"Upload-Metadata": ",,"} | LENGTH, 400),
        ({"Upload-Metadata": f"a {'A' * 9_000}"} | LENGTH, 400),
        ({"Upload-Metadata": metadata(filename="../../etc/passwd")} | LENGTH, 400),
        ({"Upload-Metadata": metadata(filename="..")} | LENGTH, 400),
        ({"Upload-Metadata": metadata(filename="C:\\boot.ini")} | LENGTH, 400),
        ({"Upload-Metadata": metadata(filename="a\r\nSet-Cookie: x")} | LENGTH, 400),
        ({"Upload-Metadata": metadata(filename="gpj.\u202eexe")} | LENGTH, 400),
        ({"Upload-Metadata": metadata(filename="x" * 256)} | LENGTH, 400),
        ({"Upload-Metadata": "filename /w=="} | LENGTH, 400),
        ({"Authorization": ""} | LENGTH, 401),
        ({"Authorization": "Bearer septet_test_x"} | LENGTH, 401),
    ],
)
def test_what_cannot_be_begun_is_refused_and_nothing_is_stored(
    site: Site, headers: Mapping[str, str], status: int
) -> None:
    before = site.stored(), site.graphql("{ files { totalCount } }")

    answer = site.ask("POST", UPLOADS, headers=headers)

    assert answer.status == status
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert ("tus-version" in answer.headers) == (status == 412)
    assert (site.stored(), site.graphql("{ files { totalCount } }")) == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": ""}, 412),
        ({"Tus-Resumable": "2.0.0"}, 412),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Upload-Offset": ""}, 400),
        ({"Upload-Offset": "-2"}, 400),
        ({"Upload-Offset": "1"}, 409),
        ({"Upload-Offset": "3"}, 409),
        ({"Upload-Length": "7"}, 400),
        ({"Authorization": ""}, 401),
    ],
)
def test_a_wrong_patch_changes_nothing(site: Site, headers: dict[str, str], status: int) -> None:
    path = site.begin(5)
    site.patch(path, b"he", 0)

    answer = site.ask("PATCH", path, b"llo", BODY | {"Upload-Offset": "2"} | headers)

    assert answer.status == status
    assert site.ask("HEAD", path).offset == 2
    assert site.patch(path, b"llo", 2).offset == 5


def test_more_than_the_upload_takes_is_refused_whether_it_is_told_or_not(site: Site) -> None:
    path = site.begin(5)

    told = site.patch(path, b"hello world", 0)
    headers = BODY | {"Upload-Offset": "0"}
    untold = site.ask("PATCH", path, iter([b"hello ", b"world"]), headers)

    assert (told.status, untold.status) == (413, 413)
    assert site.ask("HEAD", path).offset == 0
    assert site.ask("PATCH", path, iter([b"hel", b"lo"]), headers).offset == 5


def test_uploads_of_others_are_not_there(site: Site, stranger: str, reader: str) -> None:
    path = site.begin(5)
    asked: list[tuple[str, Any, dict[str, str]]] = [
        ("HEAD", None, {}),
        ("PATCH", b"hello", BODY | {"Upload-Offset": "0"}),
        ("DELETE", None, {}),
    ]

    for method, body, headers in asked:
        assert site.ask(method, path, body, headers, key=stranger).status == 404
        assert site.ask(method, path, body, headers, key=reader).status == 403
    assert site.ask("POST", UPLOADS, headers=LENGTH, key=reader).status == 403
    assert site.ask("HEAD", path).offset == 0
    assert site.ask("HEAD", f"{UPLOADS}00000000-0000-7000-8000-000000000000").status == 404
    assert site.ask("GET", path).status == 405
    assert site.ask("GET", UPLOADS).status == 405


def test_what_a_scanner_finds_is_infected(site: Site) -> None:
    sign = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    body = os.urandom(400_000) + sign + b"end"
    path = site.begin(len(body), upload_metadata=metadata(filename="eicar.bin"))

    site.patch(path, body, 0)

    file = site.scanned("eicar.bin")
    assert (file["state"], file["finding"]) == ("INFECTED", "EICAR test signature")
