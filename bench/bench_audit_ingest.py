"""What recording costs: batches beside raw COPY and `bulk_create`, writers, partitions.

On SQLite, and on PostgreSQL where one is running; what is compared is measured in turn. Targets:
PostgreSQL: a batch of 1,000 through our code (keys, leaves, what waits to be sealed) at least 0.45
of the rate of a raw COPY of the same rows into the table, and five times that of `bulk_create`;
four writers on one tenant at least 1.5 times one. SQLite: a batch of 1,000 at least 0.8 of the rate
of a raw `executemany` of the rows, one event by itself at least 0.2.

Raw is what a program would do that only stores the rows: JSON by the standard library, no hash.
"""

# ruff: noqa: SLF001  the parts are measured by themselves
import json
import os
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from apart import on_each_database, timed, verdict

ROUNDS = int(os.environ.get("ROUNDS", "7"))
BATCH = 1_000
#: Batches in a round.
TURNS = 4
EVENTS = 300
SECONDS = 4
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
    from django.db import connection

    from kernel.tenancy.context import in_tenant

    call_command("migrate", verbosity=0)
    with in_tenant(uuid4()):
        batches(sqlite=connection.vendor == "sqlite")
    with in_tenant(uuid4()):
        single()
    if connection.vendor == "postgresql":
        with in_tenant(uuid4()):
            partitions()
        writers(uuid4())


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


def batches(*, sqlite: bool) -> None:
    """Record batches, beside storing the same rows and no more."""
    from apps.audit.services.recording import record_all

    ways: dict[str, Callable[[int], Any]] = {
        "raw": lambda count: raw(logs_of(count)),
        "bulk_create": lambda count: bulk_create(logs_of(count)),
        "all by bulk_create": lambda count: prepared(by_orm, entries(count)),
        "recorded": lambda count: prepared(record_all, entries(count)),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            best[name] = min(best[name], sum(way(BATCH) for _ in range(TURNS)))
    rate = {name: TURNS * BATCH / seconds for name, seconds in best.items()}
    told = ", ".join(f"{name} {one:,.0f}/s" for name, one in rate.items())
    print(f"  batches of {BATCH}: {told}", flush=True)
    share = rate["recorded"] / rate["raw"]
    print(f"  {share:.2f} of raw (at least {0.8 if sqlite else 0.45})", end="")
    for name in ("bulk_create", "all by bulk_create"):
        times = rate["recorded"] / rate[name]
        print(f", {times:.1f} times {name}{'' if sqlite else ' (at least 5)'}", end="")
    print(flush=True)


def prepared(work: Callable[[Any], object], argument: Any) -> float:
    """Return the seconds that it takes, without what its argument took."""
    seconds: float = timed(lambda: work(argument))
    return seconds


def logs_of(count: int) -> list[Any]:
    from apps.audit.services.drafting import Draft, drafted

    return [one.log() for one in drafted(entries(count)) if isinstance(one, Draft)]


def raw(logs: Sequence[Any]) -> float:
    """Store rows of logs and nothing beside them; return the seconds from values to commit."""
    from django.db import connection, transaction

    from apps.audit.models import AuditLog

    fields = AuditLog._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields)
    structured = {field.attname for field in fields if field.get_internal_type() == "JSONField"}
    rows = [[getattr(log, field.attname) for field in fields] for log in logs]
    if connection.vendor == "sqlite":
        rows = [[_of_sqlite(value) for value in row] for row in rows]
    places = [at for at, field in enumerate(fields) if field.attname in structured]

    def store() -> None:
        for row in rows:
            for at in places:
                row[at] = json.dumps(row[at]) if row[at] is not None else None
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                marks = ", ".join(["%s"] * len(fields))
                cursor.executemany(f"INSERT INTO audit_auditlog ({columns}) VALUES ({marks})", rows)
                return
            with cursor.copy(f"COPY audit_auditlog ({columns}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)

    seconds: float = timed(store)
    return seconds


def _of_sqlite(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return str(value)[:26] if hasattr(value, "astimezone") else value


def bulk_create(logs: Sequence[Any]) -> float:
    """Store logs and their targets by the ORM."""
    from django.db import transaction

    from apps.audit.models import AuditLog, AuditLogTarget

    @transaction.atomic
    def store() -> None:
        AuditLog.objects.bulk_create(logs)
        AuditLogTarget.objects.bulk_create(
            AuditLogTarget(
                log=log, tenant_id=log.tenant_id, type=target["type"], target_id=target["id"]
            )
            for log in logs
            for target in log.targets
        )

    seconds: float = timed(store)
    return seconds


def by_orm(told: Sequence[Any]) -> None:
    """Record entries as a program would do that has the ORM alone: all rows that ours are."""
    from django.db import transaction

    from apps.audit.domain.merkle import leaf_hash
    from apps.audit.models import KnownKey, Unsealed
    from apps.audit.services.drafting import Draft, drafted

    drafts = [one for one in drafted(told) if isinstance(one, Draft)]
    with transaction.atomic():
        keys = [
            KnownKey(
                tenant_id=one.tenant_id,
                key=one.idempotency_key,
                log_id=one.id,
                content_sha256=one.sha256,
            )
            for one in drafts
        ]
        KnownKey.objects.bulk_create(keys, ignore_conflicts=True)
        bulk_create([one.log() for one in drafts])
        waiting = [
            Unsealed(log_id=one.id, tenant_id=one.tenant_id, leaf_hash=leaf_hash(one.record))
            for one in drafts
        ]
        Unsealed.objects.bulk_create(waiting)


def single() -> None:
    """Record events one by one, beside storing one row at a time."""
    from apps.audit.services.recording import record

    recorded, stored = [], []
    for _ in range(ROUNDS):
        told = entries(EVENTS)
        recorded.append(timed(lambda told=told: [record(entry) for entry in told]))
        stored.append(sum(raw([log]) for log in logs_of(EVENTS)))
    share = min(stored) / min(recorded)
    print(f"  one event {min(recorded) / EVENTS * 1e3:.2f} ms", end="")
    print(
        f", {share:.2f} of the rate of a raw insert of its row (SQLite: at least 0.2)", flush=True
    )


def partitions() -> None:
    """Copy rows into the partitions, and into a table that is alike and in one piece."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE in_one (LIKE audit_auditlog INCLUDING ALL)")
        parted, whole = [], []
        for _ in range(ROUNDS):
            parted.append(sum(raw(logs_of(BATCH)) for _ in range(TURNS)))
            logs = [logs_of(BATCH) for _ in range(TURNS)]
            cursor.execute("ALTER TABLE audit_auditlog RENAME TO in_parts")
            cursor.execute("ALTER TABLE in_one RENAME TO audit_auditlog")
            whole.append(sum(map(raw, logs)))
            cursor.execute("ALTER TABLE audit_auditlog RENAME TO in_one")
            cursor.execute("ALTER TABLE in_parts RENAME TO audit_auditlog")
        cursor.execute("DROP TABLE in_one")
    print(f"  COPY into partitions takes {min(parted) / min(whole):.2f} of the time into one table")


def writers(tenant_id: UUID) -> None:
    """Record one by one in one tenant, by one process and by four threads, in turn."""
    alone, together = [], []
    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in range(ROUNDS // 2):
            until = monotonic() + SECONDS / 2
            alone.append(pool.submit(write_until, tenant_id, until).result())
            until = monotonic() + SECONDS / 2
            together.append(sum(pool.map(lambda _, u=until: write_until(tenant_id, u), range(4))))
    times = max(together) / max(alone)
    verdict("four writers on one tenant beside one, rate", times, at_least=1.5)


def write_until(tenant_id: UUID, until: float) -> int:
    from django.db import connections

    from apps.audit.services.recording import record
    from kernel.tenancy.context import in_tenant
    from tests.audit.factories import an_entry

    count = 0
    with in_tenant(tenant_id):
        while monotonic() < until:
            record(an_entry())
            count += 1
    connections.close_all()
    return count


if __name__ == "__main__":
    main()
