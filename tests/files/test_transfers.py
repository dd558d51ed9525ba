"""Uploads that are cut, taken over and killed: what somebody was told is kept, is kept."""

import hashlib
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import RemoteDisconnected
from pathlib import Path

import pytest

from tests.files.site import Site, running_site, wait_for
from tests.files.test_tus import metadata

pytestmark = pytest.mark.processes

MIB = 1024 * 1024
#: In which an upload has to be usable again, whatever became of the connection before.
AGAIN_SECONDS = 2.0


@contextmanager
def half_sent(site: Site, path: str, body: bytes, *, offset: int = 0) -> Iterator[socket.socket]:
    """Send a PATCH that announces one byte more than ever comes."""
    host, _, port = site.host.partition(":")
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: {site.host}\r\nAuthorization: Bearer {site.key}\r\n"
        f"Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Upload-Offset: {offset}\r\nContent-Length: {len(body) + 1}\r\n\r\n"
    )
    with closing(socket.create_connection((host, int(port)), timeout=30)) as connection:
        connection.sendall(head.encode() + body)
        yield connection


def reset(connection: socket.socket) -> None:
    """Leave without a goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def arrived(site: Site, path: str, size: int) -> float:
    """Wait until so many bytes count, and return how long that took."""
    begun = time.monotonic()
    wait_for(lambda: True if site.ask("HEAD", path).offset == size else None)
    return time.monotonic() - begun


def test_a_cut_upload_keeps_what_came_and_goes_on(site: Site) -> None:
    body = os.urandom(8 * MIB)
    path = site.begin(len(body), upload_metadata=metadata(filename="cut.bin"))

    with half_sent(site, path, body[: 5 * MIB]) as connection:
        # Not before the server has read them: a reset throws away what waits in between.
        arrived(site, path, 5 * MIB)
        reset(connection)
    begun = time.monotonic()
    assert site.ask("HEAD", path).offset == 5 * MIB
    assert site.patch(path, body[5 * MIB :], 5 * MIB).status == 204
    assert time.monotonic() - begun < AGAIN_SECONDS

    assert site.scanned("cut.bin")["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_new_writer_takes_over_from_one_that_hangs(site: Site) -> None:
    body = os.urandom(3 * MIB)
    path = site.begin(len(body), upload_metadata=metadata(filename="over.bin"))

    with half_sent(site, path, body[:MIB]) as connection:
        arrived(site, path, MIB)
        begun = time.monotonic()
        assert site.patch(path, body[MIB:], MIB).status == 204
        assert time.monotonic() - begun < AGAIN_SECONDS
        assert connection.recv(12) == b"HTTP/1.1 503"

    assert site.scanned("over.bin")["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_wrong_offset_does_not_disturb_who_writes(site: Site) -> None:
    body = os.urandom(MIB)
    path = site.begin(len(body), upload_metadata=metadata(filename="undisturbed.bin"))

    with half_sent(site, path, body[:-1]) as connection:
        arrived(site, path, len(body) - 1)
        assert site.patch(path, b"x", 5).status == 409
        assert site.ask("HEAD", path).status == 200
        connection.sendall(body[-1:])
        assert connection.recv(12) == b"HTTP/1.1 204"

    assert site.scanned("undisturbed.bin")["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_cut_body_with_a_checksum_is_dropped(site: Site) -> None:
    path = site.begin(8)

    host, _, port = site.host.partition(":")
    with closing(socket.create_connection((host, int(port)))) as connection:
        connection.sendall(
            f"PATCH {path} HTTP/1.1\r\nHost: {site.host}\r\nAuthorization: Bearer {site.key}\r\n"
            "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
            "Upload-Checksum: sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n"
            "Upload-Offset: 0\r\nContent-Length: 8\r\n\r\nhell".encode()
        )
        reset(connection)

    assert site.ask("HEAD", path).offset == 0
    assert site.patch(path, b"hello wo", 0).status == 204


@pytest.mark.live
def test_what_was_told_is_kept_outlives_kill_9(tmp_path: Path) -> None:
    body = os.urandom(4 * MIB)
    with running_site(tmp_path) as site:
        path = site.begin(len(body), upload_metadata=metadata(filename="killed.bin"))
        with half_sent(site, path, body[: 2 * MIB]) as connection:
            arrived(site, path, 2 * MIB)
            connection.sendall(body[2 * MIB : 3 * MIB])
    # The block has ended by kill -9, in the middle of the body.

    with running_site(tmp_path, key=site.key) as site:
        begun = time.monotonic()
        kept = site.ask("HEAD", path).offset
        assert kept >= 2 * MIB
        assert site.patch(path, body[kept:], kept).status == 204
        assert time.monotonic() - begun < AGAIN_SECONDS
        assert site.scanned("killed.bin")["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("point", ["files-upload-noted", "files-upload-published", "files-scanned"])
def test_a_file_that_is_all_there_is_finished_whatever_kills_the_process(
    tmp_path: Path, point: str
) -> None:
    body = os.urandom(100_000)
    with running_site(tmp_path, FAULT=point) as site:
        path = site.begin(len(body), upload_metadata=metadata(filename="finished.bin"))
        try:
            site.patch(path, body, 0)
            wait_for(lambda: True if refuses(site) else None)
        except OSError:
            pass

    with running_site(tmp_path, key=site.key) as site:
        assert site.scanned("finished.bin")["sha256"] == hashlib.sha256(body).hexdigest()
        assert site.ask("HEAD", path).offset == len(body)
        assert [size for name, size in site.stored().items()] == [len(body)]


@pytest.mark.live
@pytest.mark.parametrize("point", ["files-parts-noted", "files-parts-joined"])
def test_parts_can_be_joined_again_after_a_kill(tmp_path: Path, point: str) -> None:
    with running_site(tmp_path, FAULT=point) as site:
        part = site.begin(5, upload_concat="partial")
        site.patch(part, b"hello", 0)
        headers = {"Upload-Concat": f"final;{part} {part}"}
        headers["Upload-Metadata"] = metadata(filename="again.txt")
        with pytest.raises((RemoteDisconnected, ConnectionError)):
            site.ask("POST", "/files/api/uploads/", headers=headers)

    with running_site(tmp_path, key=site.key) as site:
        assert site.ask("POST", "/files/api/uploads/", headers=headers).status == 201
        states = wait_for(
            lambda: (
                found
                if "CLEAN" in (found := sorted(one["state"] for one in site.files("again.txt")))
                else None
            )
        )
        # The one that was never made is not shown as more than that, and expires.
        assert states == ["CLEAN", "RECEIVING"]


def refuses(site: Site) -> bool:
    try:
        site.ask("HEAD", "/health/live")
    except OSError:
        return True
    return False
