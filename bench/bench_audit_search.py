"""What searching the audit log costs at a million records of 50 tenants.

Through the graph, with a key, as the role of the application under its policies on PostgreSQL, and
on SQLite. Targets (p95): a page anywhere 5 ms, a word 10 ms, a part of a word 25 ms, facets of 30
days 10 ms, each for the tenant; and the list of the back office in milliseconds.

    bench_audit_search.py [--rows 100000]
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from apart import own_environment, print_machine, run_here, timed
from bench_audit import copy

TENANTS = 50
DAYS = 365
ROUNDS = 100
BATCH = 10_000
ACTIONS = [f"{kind}.{verb}" for kind in ("invoice", "file", "user", "role", "flag", "job")
           for verb in ("created", "changed", "read", "deleted", "approved")]  # fmt: skip
WORDS = [f"w{number:05}" for number in range(20_000)]
#: What is asked through the graph: its target in ms (p95), and its filter.
QUESTIONS: dict[str, tuple[int, Callable[[], dict[str, Any]]]] = {
    "actor and time": (
        5,
        lambda: {"actorId": f"u{random.randrange(200)}", "occurredFrom": ago(90)},
    ),
    "rare word": (10, lambda: {"text": random.choice(WORDS[len(WORDS) // 2 :])}),
    "frequent word": (10, lambda: {"text": random.choice(WORDS[:20])}),
    "word of a third": (10, lambda: {"text": random.choice(["gold", "silver", "tin"])}),
    "word of every log": (10, lambda: {"text": "user"}),
    "metadata": (10, lambda: {"metadata": {"plan": "gold"}}),
    "address": (10, lambda: {"ipAddress": f"10.{random.randrange(4)}.0.1"}),
    "part of a word": (25, lambda: {"containing": random.choice(WORDS)[1:]}),
}
PAGE = """
query ($filter: AuditLogFilter, $after: String, $last: Int) {
  auditLogs(filter: $filter, after: $after, last: $last) { nodes { id occurredAt action }
    pageInfo { endCursor } }
}
"""
FACETS = """
query ($filter: AuditLogFilter) {
  auditLogs(filter: $filter) { facets(by: [ACTION, ACTOR, TARGET_TYPE]) { values { value count } } }
}
"""
HISTOGRAM = """
query ($filter: AuditLogFilter) { auditLogs(filter: $filter) { histogram { spans { count } } } }
"""


def main() -> None:
    """Measure on each database, in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("here", nargs="?")
    parser.add_argument("--rows", type=int, default=int(os.environ.get("BENCH_ROWS", "1000000")))
    options = parser.parse_args()
    if options.here:
        measure(int(os.environ["BENCH_ROWS"]))
        return
    print_machine()
    with own_environment(
        SERVICES="audit",
        ALLOWED_HOSTS="testserver",
        RATE_LIMIT_CREDENTIAL="0",
        RATE_LIMIT_TENANT="0",
        # Of staff on PostgreSQL one is demanded, which nobody here has.
        STAFF_SECOND_FACTOR="0",
        BENCH_ROWS=str(options.rows),
    ) as environment:
        print(f"SQLite, {options.rows} records", flush=True)
        run_here(environment)
        print(f"PostgreSQL, {options.rows} records", flush=True)
        run_here(environment, "postgres")


def measure(rows: int) -> None:
    """Fill the database of the settings and ask it."""
    import django

    with two_roles():
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        make_past_partitions()
        started = time.perf_counter()
        fill(rows)
        print(f"  filled in {time.perf_counter() - started:.0f} s", flush=True)
        call_command("audit_parts", "on", verbosity=0)
        ask_all()


def make_past_partitions() -> None:
    """Make partitions of the months that the logs are of, as time would have made them."""
    from apps.audit.selectors.months import Month
    from apps.audit.selectors.partitions import partitioned, system_connection
    from apps.audit.services.partitions import attach

    if not partitioned(system_connection()):
        return
    this_month = Month.of(datetime.now(tz=UTC))
    with system_connection().cursor() as cursor:
        for number in range(-12, 0):
            month = this_month.later(number)
            attach(cursor, str(month), month.bounds)


def ago(days: int) -> str:
    return (datetime.now(tz=UTC) - timedelta(days=days)).isoformat()


def ask_all() -> None:
    """Ask as one of the larger tenants, and as staff."""
    from django.contrib.auth.models import User
    from django.test import Client

    from kernel.identity.models import Tenant
    from kernel.testing.graphql import GraphQLClient
    from kernel.testing.tenants import make_key

    tenant = Tenant.objects.get(slug="t5")
    graphql = GraphQLClient(make_key(tenant).secret, "/audit/graphql")

    def page(**variables: Any) -> str:
        return str(graphql(PAGE, **variables).data["auditLogs"]["pageInfo"]["endCursor"])

    cursors = [page()]
    while len(cursors) < 20 and (following := page(after=cursors[-1])) != "None":
        cursors.append(following)
    told("first page", 5, page)
    told("page deep inside", 5, lambda: page(after=random.choice(cursors[len(cursors) // 2 :])))
    told("last page", 5, lambda: graphql("{ auditLogs(last: 50) { nodes { id } } }").data)
    for name, (most, wanted) in QUESTIONS.items():
        told(name, most, partial(_asked, page, wanted))
    month = {"occurredFrom": ago(30)}
    told("facets of 30 days", 10, lambda: graphql(FACETS, filter=month).data)
    told("histogram of 30 days", 10, lambda: graphql(HISTOGRAM, filter=month).data)
    staff = Client()
    staff.force_login(User.objects.create_superuser("bench"))
    listed = "/admin/audit/auditlog/"
    assert staff.get(listed).status_code == 200
    told("back office, all", 100, lambda: staff.get(listed).content)
    told("back office, word", 100, lambda: staff.get(listed, {"q": random.choice(WORDS)}).content)
    of_one = {"tenant": str(tenant.pk)}
    deep = of_one | {"p": f"after.{cursors[-1]}"}
    told("back office, tenant", 150, lambda: staff.get(listed, of_one).content)
    told("back office, deep inside", 150, lambda: staff.get(listed, deep).content)
    told(
        "back office, timeline",
        150,
        lambda: (
            staff.get(
                f"{listed}timeline/", of_one | {"actor_id": f"u{random.randrange(200)}"}
            ).content
        ),
    )


def _asked(page: Callable[..., str], wanted: Callable[[], dict[str, Any]]) -> str:
    return page(filter=wanted())


def told(name: str, most: int, work: Callable[[], object]) -> None:
    """Measure and say how long it takes."""
    work()
    taken = [timed(work) * 1e3 for _ in range(ROUNDS)]
    p95 = quantiles(taken, n=20)[-1]
    verdict = "" if p95 <= most else f"  more than {most}"
    print(f"  {name:22} {median(taken):7.2f} ms, p95 {p95:7.2f}{verdict}", flush=True)


@contextmanager
def two_roles() -> Iterator[None]:
    """Have the application's role beside the owner of the tables, where there are roles."""
    owner = os.environ.get("DATABASE_URL")
    if owner:
        os.environ["DATABASE_SYSTEM_URL"] = owner
        os.environ["DATABASE_URL"] = owner.replace("//" + owner.split("//")[1].split("@")[0],
                                                   "//narrow:secret")  # fmt: skip
    yield


def fill(rows: int) -> None:
    """Copy so many logs, spread over the tenants and a year, with their targets."""
    from django.db import connections

    from apps.audit.models import AuditLog, AuditLogTarget
    from kernel.identity.models import Tenant
    from kernel.tenancy.aliases import system_alias

    random.seed(7)
    tenants = [Tenant(slug=f"t{number}", name=f"T {number}") for number in range(TENANTS)]
    Tenant.objects.bulk_create(tenants)
    made = iter(logs([tenant.pk for tenant in tenants], rows))
    while batch := list(islice(made, BATCH)):
        copy(AuditLog, batch, using=system_alias())
        targets = [
            AuditLogTarget(
                log_id=log.pk, tenant_id=log.tenant_id, type=one["type"], target_id=one["id"]
            )
            for log in batch
            for one in log.targets
        ]
        copy(AuditLogTarget, targets, using=system_alias())
    with connections[system_alias()].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if cursor.db.vendor == "postgresql" else "ANALYZE")


def logs(tenants: list[UUID], rows: int) -> Iterator[Any]:
    from apps.audit.models import AuditLog
    from kernel.ids import first_id_at

    now = datetime.now(tz=UTC)
    for number in range(rows):
        at = now - timedelta(days=DAYS) * (1 - number / rows)
        tenant = tenants[min(int(random.expovariate(1 / 12)), TENANTS - 1)]
        yield a_log(AuditLog, tenant, at, UUID(int=first_id_at(at).int + random.getrandbits(62)))


def a_log(model: Any, tenant: UUID, at: datetime, id_: UUID) -> Any:
    action = random.choice(ACTIONS)
    # A few words are frequent and most are rare, as in what people write.
    told = [WORDS[int(len(WORDS) * random.random() ** 3)] for _ in range(8)]
    address = f"10.{random.randrange(4)}.{random.randrange(250)}.{random.randrange(250)}"
    actor, target = random.randrange(200), random.randrange(5000)
    metadata = {"plan": random.choice(["gold", "silver", "tin"]), "note": " ".join(told)}
    words = [tenant.hex, *action.split("."), "user", f"u{actor}", "file", f"f{target}",
             *address.split("."), metadata["plan"], *told]  # fmt: skip
    return model(
        id=id_,
        tenant_id=tenant,
        occurred_at=at,
        recorded_at=at,
        action=action,
        actor_type="user",
        actor_id=f"u{actor}",
        actor_name=f"User {actor}",
        targets=[{"type": "File", "id": f"f{target}", "name": f"report {target}.pdf"}],
        context={"ip_address": address, "user_agent": "curl/8", "location": "", "request_id": ""},
        changes=[{"field": "state", "before": "open", "after": "done"}],
        metadata=metadata,
        words=" ".join(dict.fromkeys(words)),
        record=b"{}",
    )


if __name__ == "__main__":
    main()
