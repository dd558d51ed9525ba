"""What integrity costs: sealing beside COPY, one event with it and without, proofs, and the delay.

On SQLite, and on PostgreSQL where one is running; what is compared is measured in turn. Targets:
sealing at most 0.4 of the time in which the same rows are copied into the table with its indexes;
an event with integrity at least 0.85 of the rate without; a proof at a million leaves within 5 ms
(p95); sealed within 2 s (p99) while four threads write. BENCH_ROWS=50000 has a log of fewer leaves.

    make bench B="audit audit_ingest audit_archive audit_search"    # all targets of audit
"""

# ruff: noqa: SLF001  the parts are measured by themselves
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from statistics import median, quantiles
from typing import Any
from uuid import UUID, uuid4

from apart import ROOT, on_each_database, peak_memory, timed, verdict

ROUNDS = 5
ROWS = 10_000
EVENTS = 300
LEAVES = int(os.environ.get("BENCH_ROWS", "1000000"))
PROOFS = 300
SECONDS = 12
WRITERS = 4


def main() -> None:
    """Measure on each database, in a process of its own."""
    if len(sys.argv) > 1:
        measure()
        return
    on_each_database(SERVICES="audit")


def measure() -> None:
    """Measure on the database of the settings."""
    import django

    django.setup()

    from django.core.management import call_command

    from kernel.tenancy.context import in_tenant

    call_command("migrate", verbosity=0)
    with in_tenant(uuid4()):
        sealing_beside_copy()
    with in_tenant(uuid4()):
        one_event()
    with in_tenant(uuid4()):
        proofs()
    delay(uuid4())


def drafts(count: int) -> list[Any]:
    from apps.audit.services.drafting import drafted

    return [one.log() for one in drafted(entries(count))]


def entries(count: int) -> list[Any]:
    from tests.audit.factories import an_entry

    some = random.random()
    return [
        an_entry(
            action=f"step.{number % 50}",
            metadata={"note": "word " * 30},
            idempotency_key=f"{number}-{some}",
        )
        for number in range(count)
    ]


def sealing_beside_copy() -> None:
    """Copy rows, let them wait, seal them."""
    from apps.audit.domain.merkle import leaf_hash
    from apps.audit.models import AuditLog, Unsealed
    from apps.audit.services.sealing import seal_log

    copied, sealed = [], []
    for _ in range(ROUNDS):
        logs = drafts(ROWS)
        waiting = [
            Unsealed(log_id=log.pk, tenant_id=log.tenant_id, leaf_hash=leaf_hash(log.record))
            for log in logs
        ]
        copied.append(timed(lambda logs=logs: copy(AuditLog, logs)))
        copy(Unsealed, waiting)
        sealed.append(timed(seal_log))
    ratio = min(sealed) / min(copied)
    print(f"  copy of {ROWS} rows {min(copied):.3f} s, sealing {min(sealed):.3f} s", flush=True)
    verdict("sealing beside COPY, time", ratio, at_most=0.4)


def copy(model: Any, rows: list[Any], using: str = "default") -> None:
    """Insert rows as fast as the database takes them, in one transaction."""
    from django.db import connections, transaction

    connection = connections[using]
    fields = [one for one in model._meta.concrete_fields if one.attname != "id" or rows[0].pk]
    values = [
        tuple(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields)
        for row in rows
    ]
    columns = ", ".join(field.column for field in fields)
    table = model._meta.db_table
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)
            return
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as stream:
            for one in values:
                stream.write_row(one)


def one_event() -> None:
    """Record events one by one, with integrity and without, in turn."""
    with_, without = [], []
    for _ in range(ROUNDS):
        with_.append(timed(write_events))
        with no_integrity():
            without.append(timed(write_events))
    rate = EVENTS / min(with_)
    share = min(without) / min(with_)
    print(f"  one event {1e3 / rate:.2f} ms", flush=True)
    verdict("one event with integrity beside without, rate", share, at_least=0.85)


def write_events() -> None:
    from apps.audit.services.recording import record
    from tests.audit.factories import an_entry

    for number in range(EVENTS):
        record(an_entry(idempotency_key=f"{number}-{random.random()}"))


@contextmanager
def no_integrity() -> Iterator[None]:
    """Leave out the record's form, its hash, what waits to be sealed, and the asking for it."""
    from unittest.mock import patch

    from apps.audit.services import drafting, recording, storing

    with (
        patch.object(drafting, "record_of", lambda _draft: b""),
        patch.object(storing, "_let_wait", lambda _drafts: None),
        patch.object(recording, "seal_soon", lambda: None),
    ):
        yield


def proofs() -> None:
    """Make proofs, and whole receipts, in a log of a million leaves."""
    from apps.audit.domain.merkle import Tree
    from apps.audit.domain.receipts import check_receipt
    from apps.audit.models import Leaf
    from apps.audit.selectors.integrity import keys_of_log, receipt_for, tiles

    before = peak_memory()
    places = make_large_log()
    print(f"  making the log adds {peak_memory() - before:.0f} MB", flush=True)
    before = peak_memory()
    keys = [key for key, _ in keys_of_log()]
    figures: dict[str, list[float]] = {"proof": [], "CPU of it": [], "receipt": []}
    for at, log_id in places.items():
        cpu = time.process_time()
        figures["proof"].append(timed(lambda at=at: Tree(LEAVES, tiles).inclusion(at)))
        figures["CPU of it"].append(time.process_time() - cpu)
        figures["receipt"].append(timed(lambda log_id=log_id: receipt_for(log_id)))
        check_receipt(receipt_for(log_id), keys)
        assert Leaf.objects.get(pk=log_id).position == at
    for name, taken in figures.items():
        p95 = quantiles(taken, n=20)[-1]
        print(f"  {name} at {LEAVES} leaves {median(taken) * 1e3:.2f} ms, p95 {p95 * 1e3:.2f}")
    p95 = quantiles(figures["proof"], n=20)[-1]
    verdict(f"proof at {LEAVES} leaves, p95 ms", p95 * 1e3, at_most=5)
    verdict("memory that proofs add, MB", peak_memory() - before, at_most=50)


def make_large_log() -> dict[int, UUID]:
    from django.db import transaction

    from apps.audit.domain.merkle import Tree, edge, grown, leaf_hash
    from apps.audit.models import AuditLog, Leaf, LogHead, Tile
    from apps.audit.selectors.integrity import tiles
    from apps.audit.services import sealing
    from kernel.tenancy.context import current_tenant_id

    logs = drafts(PROOFS)
    places = dict(zip(random.sample(range(LEAVES), PROOFS), logs, strict=True))
    copy(AuditLog, logs)
    tenant_id = current_tenant_id()
    copy(
        Leaf, [Leaf(log_id=log.pk, tenant_id=tenant_id, position=at) for at, log in places.items()]
    )
    size = 0
    held: dict[Any, bytes] = {}
    for start in range(0, LEAVES, 50_000):
        hashes = [os.urandom(32) for _ in range(min(50_000, LEAVES - start))]
        for at, log in places.items():
            if start <= at < start + len(hashes):
                hashes[at - start] = leaf_hash(log.record)
        held |= grown(size, {one: held[one] for one in edge(size) if one in held}, hashes)
        size += len(hashes)
    Tile.objects.bulk_create(
        [Tile(level=one.level, number=one.number, hashes=held[one]) for one in held],
        batch_size=200,
    )
    head = LogHead(origin=f"bench/{tenant_id}", size=size, checkpoints=1)
    LogHead.objects.bulk_create([head])
    with transaction.atomic():
        sealing._sign(head, Tree(size, tiles).root())
    return {at: log.pk for at, log in places.items()}


def delay(tenant_id: UUID) -> None:
    """Write with some threads while a worker runs, and see when each record was sealed."""
    from apps.audit.models import AuditLog, Checkpoint, Leaf, Unsealed
    from kernel.tenancy.context import in_tenant

    command = [sys.executable, str(ROOT / "manage.py"), "worker"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        assert "working" in worker.stdout.readline()
        until = time.monotonic() + SECONDS
        with ThreadPoolExecutor(WRITERS) as pool:
            count = sum(pool.map(lambda _: write_until(tenant_id, until), range(WRITERS)))
        with in_tenant(tenant_id):
            while Unsealed.objects.exists():
                time.sleep(0.2)
        worker.terminate()
        worker.communicate()
    with in_tenant(tenant_id):
        recorded = dict(AuditLog.objects.values_list("pk", "recorded_at"))
        leaves = iter(Leaf.objects.order_by("position").values_list("log_id", flat=True))
        # What is imported and connected at the beginning is not what is measured.
        warm = min(recorded.values()) + timedelta(seconds=3)
        done, delays = 0, []
        for size, made_at in Checkpoint.objects.order_by("size").values_list("size", "made_at"):
            sealed = islice(leaves, size - done)
            delays += [
                (made_at - recorded[log_id]).total_seconds()
                for log_id in sealed
                if recorded[log_id] > warm
            ]
            done = size
    p99 = quantiles(delays, n=100)[-1]
    print(f"  {count / SECONDS:.0f} events/s, sealed after {median(delays):.2f} s", flush=True)
    print(f"  {done} of {count} sealed", flush=True)
    verdict("sealed after, p99 s", p99, at_most=2)


def write_until(tenant_id: UUID, until: float) -> int:
    from django.db import connections

    from apps.audit.services.recording import record
    from kernel.tenancy.context import in_tenant
    from tests.audit.factories import an_entry

    count = 0
    with in_tenant(tenant_id):
        while time.monotonic() < until:
            record(an_entry())
            count += 1
    connections.close_all()
    return count


if __name__ == "__main__":
    main()
