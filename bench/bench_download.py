"""Downloads: how fast bytes go out, whole and in parts, and how soon the first are there.

Target: at least 0.8x a loop beside it that sends the same file by `sendfile` over a socket.
"""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from threading import Thread

from apart import ROOT, print_machine
from bench_upload import MIB, ROUNDS, SIZE, Server, answer, header, serving

from kernel.testing.processes import running

READ = 1024 * 1024


def main() -> None:
    """Measure, and print the target beside its figure."""
    print_machine()
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as name:
        folder = Path(name)
        source = folder / "source"
        source.write_bytes(os.urandom(SIZE))
        with serving(folder / "data") as server, closing(listening()) as loop:
            path = put(server, source)
            scan(server, path, folder / "data")
            Thread(target=sendfile, args=(loop, source), daemon=True).start()
            speed(server, path, loop.getsockname()[1])
            first(server, path)


def put(server: Server, source: Path) -> str:
    """Upload a file, and return its path."""
    with server.asked("PUT /files/api/files/a.bin", f"Content-Length: {SIZE}") as connection:
        with source.open("rb") as file:
            connection.sendfile(file, count=SIZE)
        return header(answer(connection, 201), "location")


def scan(server: Server, path: str, data: Path) -> None:
    """Let a worker find it clean, and end it: what it does must not be measured."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data), "SERVICES": "files"}
    command = [sys.executable, "manage.py", "worker"]
    with running(command, cwd=ROOT, env=environment | {"LOG_LEVEL": "ERROR"}):
        while not clean(server, path):
            time.sleep(1)


def clean(server: Server, path: str) -> bool:
    """Say whether a file is given out."""
    with server.asked(f"HEAD {path}") as connection, connection.makefile("rb") as file:
        return file.readline().startswith(b"HTTP/1.1 200")


def listening() -> socket.socket:
    """Return a socket that connections come to."""
    return socket.create_server(("127.0.0.1", 0))


def sendfile(loop: socket.socket, source: Path) -> None:
    """Send the file to whoever connects, as the simplest program would."""
    while True:
        try:
            connection, _ = loop.accept()
        except OSError:
            return
        with connection, source.open("rb") as file:
            connection.recv(1)
            connection.sendfile(file)


def speed(server: Server, path: str, port: int) -> None:
    """Fetch the same bytes on each way in turn."""
    ways: dict[str, Callable[[], None]] = {
        "sendfile": lambda: by_loop(port),
        "download": lambda: by_server(server, path, 200),
        "range": lambda: by_server(server, path, 206, "Range: bytes=0-"),
    }
    for way in ways.values():
        way()
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            found[name].append(SIZE / MIB / (time.perf_counter() - begun))
    for name, rates in found.items():
        print(f"{name:10} {max(rates):6.0f} MiB/s best, {median(rates):6.0f} median")
    loops = found["sendfile"]
    for name in ("download", "range"):
        ratios = [ours / theirs for ours, theirs in zip(found[name], loops, strict=True)]
        print(f"{name} / sendfile: {max(found[name]) / max(loops):.2f} of the bests,", end=" ")
        print(f"{median(ratios):.2f} median of rounds (target 0.8)")


def by_loop(port: int) -> None:
    """Take it from the loop."""
    with closing(socket.create_connection(("127.0.0.1", port), 300)) as connection:
        connection.sendall(b"x")
        take(connection, SIZE)


def by_server(server: Server, path: str, status: int, *headers: str) -> None:
    """Take it from the server."""
    with server.asked(f"GET {path}", "Connection: close", *headers) as connection:
        head = bytearray()
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        told, _, rest = bytes(head).partition(b"\r\n\r\n")
        if not told.startswith(f"HTTP/1.1 {status}".encode()):
            raise SystemExit(f"expected {status}, found {told.decode()}")
        take(connection, SIZE - len(rest))


def take(connection: socket.socket, size: int) -> None:
    """Read so many bytes, and throw them away."""
    buffer = bytearray(READ)
    while size:
        came = connection.recv_into(buffer)
        if not came:
            raise SystemExit(f"{size} bytes are missing")
        size -= came


def first(server: Server, path: str) -> None:
    """Ask for one byte, many times."""
    times = []
    for _ in range(100):
        begun = time.perf_counter()
        with server.asked(f"GET {path}", "Range: bytes=5-5") as connection:
            answer(connection, 206)
        times.append(time.perf_counter() - begun)
    print(f"one byte: {median(times) * 1e3:.1f} ms median")


if __name__ == "__main__":
    main()
