"""Uploads: how fast bytes come in, what memory they take, and what a cut one keeps.

Targets: a streamed upload with SHA-256 at least 0.8x a loop beside it that writes the same bytes,
sums them and calls fsync; at least 2x a form; at least 0.5x tusd, which sums nothing, where `TUSD`
names its program (`go install github.com/tus/tusd/v2/cmd/tusd@latest`); at most 32 MB more memory
for 2 GB, and for 50 at a time of 50 MB; a cut PATCH keeps at least 95 % of what had arrived.
"""

import hashlib
import os
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread
from urllib.parse import urlsplit

from apart import ROOT, print_machine

from kernel.testing.embedded import embedded
from kernel.testing.processes import running, wait_for_line

MIB = 1024 * 1024
#: The program of tusd, the servers' server of this protocol; empty where there is none.
TUSD = os.environ.get("TUSD", "")
SIZE = 128 * MIB
ROUNDS = int(os.environ.get("ROUNDS", "5"))
LARGE = int(os.environ.get("LARGE_MB", "2000")) * 1_000_000
BODY = "Content-Type: application/offset+octet-stream"


def main() -> None:
    """Measure all of it, and print each target beside its figure."""
    print_machine()
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as name:
        folder = Path(name)
        source = folder / "source"
        source.write_bytes(os.urandom(SIZE))
        with serving(folder / "data") as server, tusd(folder / "tusd") as other:
            speed(server, source, folder, other)
            memory(server, folder)
            cut(server)


class Server:
    """A web process without a worker: what is scanned meanwhile would be measured, too."""

    def __init__(self, port: int, pid: int, key: str, path: str = "/files/api/uploads/") -> None:
        self.port, self._pid, self._path = port, pid, path
        self._common = (
            f"Host: localhost:{port}\r\nAuthorization: Bearer {key}\r\nTus-Resumable: 1.0.0\r\n"
        )

    @contextmanager
    def asked(self, line: str, *headers: str) -> Iterator[socket.socket]:
        """Send the head of a request."""
        told = "".join(f"{one}\r\n" for one in headers)
        head = f"{line} HTTP/1.1\r\n{self._common}{told}\r\n"
        with closing(socket.create_connection(("127.0.0.1", self.port), 300)) as connection:
            connection.sendall(head.encode())
            yield connection

    def begin(self, size: int) -> str:
        """Begin an upload, and return its path."""
        length = (f"Upload-Length: {size}", "Content-Length: 0")
        with self.asked(f"POST {self._path}", *length) as connection:
            # tusd tells the whole address.
            return urlsplit(header(answer(connection, 201), "location")).path

    def send(self, source: Path, size: int) -> None:
        """Upload a file by one PATCH; the kernel copies it, so that this side costs little."""
        path = self.begin(size)
        headers = (BODY, "Upload-Offset: 0", f"Content-Length: {size}")
        with self.asked(f"PATCH {path}", *headers) as connection, source.open("rb") as file:
            connection.sendfile(file, count=size)
            answer(connection, 204)

    def send_form(self, source: Path, size: int) -> None:
        """Upload a file by a form."""
        begin = b'--mark\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
        end = b"\r\n--mark--\r\n"
        headers = (
            "Content-Type: multipart/form-data; boundary=mark",
            f"Content-Length: {len(begin) + size + len(end)}",
        )
        with self.asked("POST /files/api/files/", *headers) as connection:
            connection.sendall(begin)
            with source.open("rb") as file:
                connection.sendfile(file, count=size)
            connection.sendall(end)
            answer(connection, 201)

    def offset(self, path: str) -> int:
        """Return how far an upload is."""
        with self.asked(f"HEAD {path}") as connection:
            return int(header(answer(connection, 200), "upload-offset"))

    def resident(self) -> float:
        """Return the memory of the process, in MB."""
        pages = int(Path(f"/proc/{self._pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6


@contextmanager
def serving(data: Path) -> Iterator[Server]:
    """Serve files alone, on SQLite and a folder."""
    settings = {"SERVICES": "files"}
    with embedded(data, settings) as made:
        key = made.key
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data), "PORT": "0"} | settings
    environment |= {"PYTHONUNBUFFERED": "1", "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "manage.py", "serve"]
    with running(command, cwd=ROOT, env=environment) as process:
        line = wait_for_line(process, r" at http")[-1]
        yield Server(int(line.rsplit(":", 1)[1]), process.pid, key)


@contextmanager
def tusd(data: Path) -> Iterator[Server | None]:
    """Serve the same protocol by tusd, in a folder, where it is there."""
    if not TUSD:
        yield None
        return
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [TUSD, "-host", "127.0.0.1", "-port", str(port), "-upload-dir", str(data)]
    with running(command, cwd=ROOT, env={}) as process:
        wait_for_line(process, "can now upload")
        yield Server(port, process.pid, "", "/files/")


def speed(server: Server, source: Path, folder: Path, other: Server | None) -> None:
    """Send the same bytes on each way in turn."""
    server.send(source, MIB)
    ways: dict[str, Callable[[], None]] = {
        "loop": lambda: loop(source, folder / "copy"),
        "streamed": lambda: server.send(source, SIZE),
        "form": lambda: server.send_form(source, SIZE),
    }
    if other:
        other.send(source, MIB)
        ways["tusd"] = lambda: other.send(source, SIZE)
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            found[name].append(SIZE / MIB / (time.perf_counter() - begun))
    for name, rates in found.items():
        print(f"{name:10} {max(rates):6.0f} MiB/s best, {median(rates):6.0f} median")
    loops, streamed, form = (found[name] for name in ("loop", "streamed", "form"))
    ratios = [ours / theirs for ours, theirs in zip(streamed, loops, strict=True)]
    print(f"streamed / loop: {max(streamed) / max(loops):.2f} of the bests,", end=" ")
    print(f"{median(ratios):.2f} median of rounds (target 0.8)")
    print(f"streamed / form: {max(streamed) / max(form):.2f} of the bests (target 2)")
    if other:
        ratio = max(streamed) / max(found["tusd"])
        print(f"streamed / tusd: {ratio:.2f} of the bests (target 0.5)")


def loop(source: Path, copy: Path) -> None:
    """Read, sum and write, as the simplest program would."""
    sum_ = hashlib.sha256()
    with source.open("rb") as file, copy.open("wb", buffering=0) as out:
        while chunk := file.read(MIB):
            sum_.update(chunk)
            out.write(chunk)
        os.fsync(out.fileno())
    copy.unlink()


def memory(server: Server, folder: Path) -> None:
    """Watch the process while much comes in."""
    large = folder / "large"
    with large.open("wb") as file:
        file.truncate(LARGE)
    with watched(server) as grown:
        server.send(large, LARGE)
    print(f"memory for {LARGE / 1e9:g} GB: {grown[0]:+.1f} MB (target 32)")
    with ThreadPoolExecutor(50) as threads:
        # Its threads and their connections to the database are there whatever is uploaded.
        list(threads.map(lambda _: server.send(large, 1), range(50)))
    with watched(server) as grown, ThreadPoolExecutor(50) as threads:
        list(threads.map(lambda _: server.send(large, 50_000_000), range(50)))
    print(f"memory for 50 at a time of 50 MB: {grown[0]:+.1f} MB (target 32)")


@contextmanager
def watched(server: Server) -> Iterator[list[float]]:
    """Give by how much the process has grown at most, once the block has ended."""
    before, most, over = server.resident(), [0.0], Event()

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], server.resident() - before)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def cut(server: Server) -> None:
    """Cut an upload off, and see what is left of it, and when."""
    path, sent = server.begin(8 * MIB), 6 * MIB
    headers = (BODY, "Upload-Offset: 0", f"Content-Length: {8 * MIB}")
    with server.asked(f"PATCH {path}", *headers) as connection:
        connection.sendall(os.urandom(sent))
        time.sleep(0.5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    begun = time.perf_counter()
    kept = server.offset(path)
    seconds = time.perf_counter() - begun
    print(f"cut: {kept / sent:.0%} kept (target 95 %), told after {seconds:.2f} s (target 2)")


def answer(connection: socket.socket, status: int) -> str:
    """Return the head of the answer."""
    with connection.makefile("rb") as file:
        head = b"".join(iter(file.readline, b"\r\n")).decode()
    if not head.startswith(f"HTTP/1.1 {status}"):
        raise SystemExit(f"expected {status}, found {head}")
    return head


def header(head: str, name: str) -> str:
    """Return a header of an answer."""
    lines = (line.partition(":") for line in head.splitlines())
    return next(value.strip() for key, _, value in lines if key.lower() == name)


if __name__ == "__main__":
    main()
