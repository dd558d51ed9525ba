"""The test signature is never readable, whatever becomes of the scanner: a real clamd, behind a
proxy that a test lets fail, and somebody who tries to download all the while."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Literal

import pytest

from tests.devservices.fixtures import Servers
from tests.files.archives import EICAR, gzipped_zeros, overlapping_zip, zipped
from tests.files.site import Site, running_site, wait_for

pytestmark = pytest.mark.live

MARKER = b"DEVSERVICES-TEST-MALWARE-MARKER"
#: By name, so that everybody sees which of them would get out.
BAD = {
    "plain": EICAR,
    "in-text": b"x" * 70_000 + MARKER,
    "twice-zipped": zipped({"a.zip": zipped({"b.com": EICAR})}),
    "too-many": zipped({f"{number}": b"" for number in range(10_001)} | {"z.com": EICAR}),
    "bomb": zipped({"zeros": gzipped_zeros(200_000_000), "z.com": EICAR}),
    "overlapping": overlapping_zip(2000) + EICAR,
    "traversal": zipped({"../z.com": EICAR}),
}


class Proxy:
    """Before clamd, and as it is told: passes all, takes nothing more, or is not there."""

    def __init__(self, host: str, port: int) -> None:
        self._behind = (host, port)
        self.mode: Literal["up", "down", "slow"] = "up"
        self.asked = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._open: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for opened in (self._server, *self._open):
            # A server that is killed, or begins anew, may answer without data.
            with suppress(OSError, KeyError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                front, _ = self._server.accept()
                self.asked += 1
                self._open.append(front)
                if self.mode == "down":
                    front.close()
                elif self.mode == "up":
                    back = socket.create_connection(self._behind)
                    self._open.append(back)
                    for one, other in ((front, back), (back, front)):
                        Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@dataclass
class Poller:
    """Asks for each of these files again and again, from the moment when there are any."""

    site: Site
    stopping: Event = field(default_factory=Event)
    tries: int = 0
    got: list[str] = field(default_factory=list)

    def run(self) -> None:
        query = "{ files(first: 100) { nodes { id name } } }"
        while not self.stopping.is_set():
            with suppress(OSError):
                for file in self.site.graphql(query)["files"]["nodes"]:
                    path = f"/files/api/files/{file['id']}"
                    for headers in ({}, {"Range": "bytes=0-10"}):
                        self.tries += 1
                        answer = self.site.ask("GET", path, headers=headers)
                        if answer.status < 300 and file["name"] in (*BAD, "too-long"):
                            self.got.append(file["name"])


@contextmanager
def polled(site: Site) -> Iterator[Poller]:
    """Let somebody try while the block runs; nothing bad may have been had at its end."""
    poller = Poller(site)
    thread = Thread(target=poller.run)
    thread.start()
    try:
        yield poller
    finally:
        poller.stopping.set()
        thread.join()
    assert poller.got == []
    assert poller.tries > 10


@pytest.fixture
def proxy(servers: Servers) -> Iterator[Proxy]:
    """A proxy before a real clamd."""
    told = servers.up("clamd")
    made = Proxy(told["CLAMD_HOST"], int(told["CLAMD_PORT"]))
    yield made
    made.close()


@contextmanager
def site_behind(proxy: Proxy, data: Path, *, key: str = "") -> Iterator[Site]:
    settings = {
        "CLAMD_ADDRESS": proxy.address,
        "CLAMD_TIMEOUT": "4s",
        # More than clamd takes: it says so in the middle of a stream.
        "CLAMD_MAX_BYTES": "1000000000",
        "FILES_MAX_BYTES": "1000000000",
        "SCANNER": "required",
    }
    with running_site(data, key=key, **settings) as site:
        yield site


def send(site: Site, name: str, body: bytes) -> None:
    answer = site.ask("PUT", f"/files/api/files/{name}", body)
    assert answer.status == 201, answer


def states(site: Site) -> dict[str, str]:
    nodes = site.graphql("{ files(first: 100) { nodes { name state } } }")["files"]["nodes"]
    return {file["name"]: file["state"] for file in nodes if file["name"] in (*BAD, "good")}


def test_nothing_bad_is_ever_given_out(proxy: Proxy, tmp_path: Path) -> None:
    with site_behind(proxy, tmp_path) as site, polled(site):
        proxy.mode = "slow"
        send(site, "good", b"hello")
        for name, body in BAD.items():
            send(site, name, body)
        wait_for(lambda: True if proxy.asked > 2 else None)
        assert set(states(site).values()) <= {"QUARANTINED", "SCANNING", "INFECTED", "UNSCANNABLE"}
        proxy.mode = "down"
        asked = proxy.asked
        wait_for(lambda: True if proxy.asked > asked + 2 else None)
        assert states(site)["good"] in {"QUARANTINED", "SCANNING"}
        assert "files wait in quarantine" in site.ask("GET", "/health/ready").body.decode()
        assert site.ask("GET", "/health/ready").status == 200

        proxy.mode = "up"
        good = site.scanned("good")
        assert (good["state"], good["scanner"]) == ("CLEAN", "ClamAV")
        found = {name: site.scanned(name) for name in BAD}
        assert {name: file["state"] for name, file in found.items()} == {
            "plain": "INFECTED",
            "in-text": "INFECTED",
            "twice-zipped": "INFECTED",
            "too-many": "UNSCANNABLE",
            "bomb": "INFECTED",
            "overlapping": "INFECTED",
            "traversal": "INFECTED",
        }, found
        assert found["in-text"]["finding"] == "Dev.Marker.UNOFFICIAL"
        path = f"/files/api/files/{good['id']}"
        assert site.ask("GET", path).body == b"hello"


def test_what_is_too_long_for_clamd_is_not_given_out(proxy: Proxy, tmp_path: Path) -> None:
    with site_behind(proxy, tmp_path) as site, polled(site):
        send(site, "too-long", bytes(210_000_000) + EICAR)
        send(site, "bare-too-long", bytes(210_000_000))
        assert site.scanned("too-long")["state"] == "INFECTED"
        file = site.scanned("bare-too-long")

    assert (file["state"], file["finding"]) == (
        "UNSCANNABLE",
        "clamd says 'INSTREAM size limit exceeded. ERROR'",
    )


def test_a_scan_that_is_killed_lets_nothing_out_and_is_done_again(
    proxy: Proxy, tmp_path: Path
) -> None:
    proxy.mode = "slow"
    with site_behind(proxy, tmp_path) as site, polled(site):
        for name in ("plain", "good"):
            send(site, name, b"hello" if name == "good" else BAD["in-text"])
        wait_for(lambda: True if "SCANNING" in states(site).values() else None)
        time.sleep(1)
    # The block has ended by kill -9, in the middle of a scan.

    proxy.mode = "up"
    with site_behind(proxy, tmp_path, key=site.key) as site, polled(site):
        assert site.scanned("good")["state"] == "CLEAN"
        assert site.scanned("plain")["state"] == "INFECTED"
