"""Scanning: how many small files a second, beside a loop that asks clamd for nothing else.

Target: scans of 1 KB at least at 0.5x the rate of raw clamd. Four ways in turn, so that a neighbour
on the machine slows all of them: raw (one connection for each scan, one write, one read), raw in
one session (IDSESSION), our scanner (a temporary file, the basic check, the look for archives,
clamd), and the whole job (the row taken up, the bytes read and summed, the verdict noted and told).
"""

import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from statistics import median

from apart import own_environment, print_machine, run_here, verdict

ROUNDS = int(os.environ.get("ROUNDS", "7"))
SCANS = int(os.environ.get("SCANS", "500"))
SIZE = 1000


def main() -> None:
    """Measure with a clamd beside it."""
    print_machine()
    with own_environment(SERVICES="files", CELERY_BROKER_URL="") as environment:
        run_here(environment, "clamd")


def here() -> None:
    """Measure in this process."""
    address = os.environ["CLAMD_HOST"], int(os.environ["CLAMD_PORT"])
    os.environ["CLAMD_ADDRESS"] = f"{address[0]}:{address[1]}"
    import django

    django.setup()
    from django.core.management import call_command

    from apps.files.adapters.scanners import scanner

    call_command("migrate", verbosity=0)
    body = os.urandom(SIZE)
    asked = scanner()

    def scan() -> None:
        for _ in range(SCANS):
            if asked.scan(iter((body,)), size_bytes=SIZE).outcome != "clean":
                raise SystemExit("it should be clean")

    compare(
        {
            "raw": lambda: raw(address, body),
            "session": lambda: session(address, body),
            "scanner": scan,
            "jobs": jobs(),
        }
    )


def compare(ways: dict[str, Callable[[], None]]) -> None:
    """Run each in turn, and tell how the rates of each round compare."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            found[name].append(SCANS / (time.perf_counter() - begun))
    for name, rates in found.items():
        print(f"{name:8} {max(rates):6.0f} scans/s best, {median(rates):6.0f} median", flush=True)
    for name in ("scanner", "jobs"):
        ratios = [ours / theirs for ours, theirs in zip(found[name], found["raw"], strict=True)]
        print(f"{name} / raw: {max(found[name]) / max(found['raw']):.2f} of the bests")
        if name == "scanner":
            verdict("scans of 1 KB against raw clamd", median(ratios), at_least=0.5)


def raw(address: tuple[str, int], body: bytes) -> None:
    """Ask as the simplest program would: a connection, one write, one read."""
    message = b"zINSTREAM\0" + struct.pack("!I", len(body)) + body + bytes(4)
    for _ in range(SCANS):
        with socket.create_connection(address, 10) as connection:
            connection.sendall(message)
            connection.recv(100)


def session(address: tuple[str, int], body: bytes) -> None:
    """Ask over one connection."""
    message = b"zINSTREAM\0" + struct.pack("!I", len(body)) + body + bytes(4)
    with socket.create_connection(address, 10) as connection:
        connection.sendall(b"zIDSESSION\0")
        for _ in range(SCANS):
            connection.sendall(message)
            connection.recv(100)


def jobs() -> Callable[[], None]:
    """Return what scans as many blobs as a worker would, by the service that its job calls."""
    import io
    from uuid import UUID

    from apps.files.adapters.stores import file_store
    from apps.files.models import Blob
    from apps.files.services.scanning import scan_blob
    from kernel.storage.port import new_key
    from kernel.tenancy.context import in_tenant

    tenant = UUID(int=1)

    def scan() -> None:
        with in_tenant(tenant):
            for blob in blobs:
                scan_blob(blob)
            Blob.objects.update(state="quarantined")

    with in_tenant(tenant):
        blobs = []
        for _ in range(SCANS):
            key = new_key("files")
            file_store().save(key, io.BytesIO(os.urandom(SIZE)))
            blobs.append(Blob.objects.create(storage_key=key, size_bytes=SIZE).pk)
    return scan


if __name__ == "__main__":
    here() if sys.argv[1:] == ["here"] else main()
