"""Encrypted files: how fast they come and go beside plain ones, and beside AES-GCM alone.

Targets: uploads and downloads at least 0.6x plain ones; a range of 64 KiB of a 1 GB file reads at
most three chunks and takes at most 2x a plain one; memory grows by at most 32 MB.
"""

import json
import os
import random
import re
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TypeVar

from apart import ROOT, print_machine, timed
from bench_download import by_server, scan
from bench_upload import MIB, SIZE, Server, answer, header, serving
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.files.domain.sealing import CHUNK_BYTES, new_data_key, sealed, unsealed

T = TypeVar("T")

ROUNDS = 5
LARGE = 1_000_000_000
RANGES = 300
RANGE = 64 * 1024
KEY, NAME = new_data_key(), "files/00/bench"


def main() -> None:
    """Measure, and print each target beside its figure."""
    print_machine()
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as name:
        folder = Path(name)
        alone()
        ranges(folder)
        with serving(folder / "data") as server:
            served(server, folder)


def alone() -> None:
    """The format beside the cipher that it is made of, in memory."""
    body, cipher = os.urandom(64 * MIB), AESGCM(KEY)
    pieces = [body[at : at + 256 * 1024] for at in range(0, len(body), 256 * 1024)]
    stored = b"".join(sealed(pieces, KEY, NAME))

    def loop() -> None:
        for at in range(0, len(body), CHUNK_BYTES):
            cipher.encrypt(os.urandom(12), body[at : at + CHUNK_BYTES], b"")

    def encrypt() -> None:
        for _ in sealed(pieces, KEY, NAME):
            pass

    def decrypt() -> None:
        for _ in unsealed(reader(stored), KEY, NAME, size=len(body)):
            pass

    raw = rate(loop, len(body))
    for what, work in (("encrypt", encrypt), ("decrypt", decrypt)):
        found = rate(work, len(body))
        print(f"{what}: {found:,.0f} MiB/s, {found / raw:.2f}x AES-GCM alone ({raw:,.0f} MiB/s)")


def reader(stored: bytes) -> Callable[[int, int | None], Iterator[bytes]]:
    """Read from memory as a store reads."""

    def read(offset: int, length: int | None) -> Iterator[bytes]:
        end = len(stored) if length is None else offset + length
        for at in range(offset, end, 256 * 1024):
            yield stored[at : min(at + 256 * 1024, end)]

    return read


def ranges(folder: Path) -> None:
    """Parts of a large file anywhere in it."""
    plain, path = folder / "plain", folder / "sealed"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = os.urandom(MIB)
    with plain.open("wb") as first, path.open("wb") as second:
        for _ in range(LARGE // MIB):
            first.write(piece)
        for data in sealed((piece for _ in range(LARGE // MIB)), KEY, NAME):
            second.write(data)
    size = plain.stat().st_size
    starts = [random.randrange(size - RANGE) for _ in range(RANGES)]  # nosec B311
    read_bytes = 0

    def read(offset: int, length: int | None) -> Iterator[bytes]:
        nonlocal read_bytes
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(length if length is not None else -1)
            read_bytes += len(data)
            yield data

    def opened(start: int) -> int:
        return sum(map(len, unsealed(read, KEY, NAME, size=size, start=start, length=RANGE)))

    def straight(start: int) -> int:
        with plain.open("rb") as file:
            file.seek(start)
            return len(file.read(RANGE))

    found = {
        name: median(taken(work, start) for start in starts)
        for name, work in (("plain", straight), ("encrypted", opened))
    }
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"64 KiB of 1 GB: {found['encrypted'] * 1e6:,.0f} us encrypted,"
        f" {found['plain'] * 1e6:,.0f} us plain; {read_bytes / RANGES / CHUNK_BYTES:.2f} chunks"
        f" read each (at most 3); memory grew by {(after - grown) / 1024:.0f} MB"
    )


def served(server: Server, folder: Path) -> None:
    """Through the whole platform, encrypted and plain in turns."""
    source = folder / "source"
    source.write_bytes(os.urandom(SIZE))
    ways = {"plain": "", "encrypted": f"?folder={vault(server)}"}
    paths: dict[str, str] = {}

    def sent(way: str) -> None:
        line = f"PUT /files/api/files/{way}.bin{ways[way]}"
        with server.asked(line, f"Content-Length: {SIZE}") as connection:
            with source.open("rb") as file:
                connection.sendfile(file, count=SIZE)
            paths[way] = header(answer(connection, 201), "location")

    before = server.resident()
    in_turns("upload", ways, sent)
    for path in paths.values():
        scan(server, path, folder / "data")
    in_turns("download", ways, lambda way: by_server(server, paths[way], 200))
    print(f"the server's memory grew by {server.resident() - before:.0f} MB (target 32)")


def vault(server: Server) -> str:
    """Make an encrypted folder, and return its id."""
    query = 'mutation { createFolder(input: {name: "v", encrypted: true}) { folder { id } } }'
    body = json.dumps({"query": query}).encode()
    told = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close")
    with server.asked("POST /files/graphql", *told) as connection:
        connection.sendall(body)
        with connection.makefile("rb") as file:
            found = file.read()
    match = re.search(rb'"id": ?"([0-9a-f-]+)"', found)
    if match is None:
        raise SystemExit(f"no folder: {found!r}")
    return match[1].decode()


def in_turns(what: str, ways: dict[str, str], work: Callable[[str], None]) -> None:
    """Do it each way in turn, and print how encrypted compares with plain."""
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, times in found.items():
            times.append(SIZE / MIB / taken(work, way))
    ratio = median(e / p for e, p in zip(found["encrypted"], found["plain"], strict=True))
    rates = ", ".join(f"{median(one):.0f} MiB/s {way}" for way, one in found.items())
    print(f"{what}: {rates}; {ratio:.2f} median of rounds (target 0.6)")


def rate(work: Callable[[], None], size: int) -> float:
    """Return MiB a second, the median of some rounds."""
    return median(size / MIB / timed(work) for _ in range(ROUNDS))


def taken(work: Callable[[T], object], given: T) -> float:
    """Return the seconds that it takes with this."""
    return timed(lambda: work(given))


if __name__ == "__main__":
    main()
