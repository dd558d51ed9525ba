"""A process of its own for test_migrations: records under the old tables, migrates, and tells."""

import json
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connection, transaction  # noqa: E402

from apps.audit.domain.merkle import leaf_hash  # noqa: E402
from apps.audit.domain.queries import LogQuery  # noqa: E402
from apps.audit.models import AuditLog  # noqa: E402
from apps.audit.selectors.logs import matching  # noqa: E402
from apps.audit.selectors.rules import RulesOfTenant  # noqa: E402
from apps.audit.services import drafting  # noqa: E402
from apps.audit.services.believing import Believed  # noqa: E402
from apps.audit.services.drafting import Draft, drafted  # noqa: E402
from apps.audit.services.recording import record_all  # noqa: E402
from apps.audit.services.sealing import seal_all  # noqa: E402
from apps.audit.services.verification import verify_log  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from tests.audit.factories import an_entry  # noqa: E402

# There is no table of rules yet.
drafting.known_rules = Believed(lambda: RulesOfTenant(()))

TENANT = UUID(int=7)
MOMENT = datetime(2024, 5, 1, 12, tzinfo=UTC)
#: Columns that came later.
YOUNGER = {"sealed"}
TABLES = ("audit_auditlog", "audit_auditlogtarget", "audit_knownkey")


def entry(number: int, key: str | None) -> Any:
    return an_entry(action=f"step.{number}", occurred_at=MOMENT, idempotency_key=key)


def write(told: Any) -> None:
    """Insert as it was done before."""
    (draft,) = drafted([told])
    assert isinstance(draft, Draft)
    log = draft.log()
    row: dict[str, Any] = {
        str(field.column): field.get_db_prep_save(getattr(log, field.attname), connection)
        for field in AuditLog._meta.concrete_fields
        if field.name not in YOUNGER
    } | {"content_sha256": draft.sha256}
    ids = log.pk.hex, TENANT.hex
    insert("audit_auditlog", row)
    insert(
        "audit_auditlogtarget",
        {"log_id": ids[0], "tenant_id": ids[1], "type": "invoice", "target_id": "i-1"},
    )
    insert(
        "audit_unsealed",
        {"log_id": ids[0], "tenant_id": ids[1], "leaf_hash": leaf_hash(bytes(log.record))},
    )


def insert(table: str, row: dict[str, Any]) -> None:
    marks = ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
        )


def refusal(statement: str) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return "append-only" if "append-only" in str(error) else str(error)
    return "done"


def kept_in() -> str:
    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT right(tableoid::regclass::text, 5) FROM audit_auditlog")
        return " ".join(name for (name,) in cursor.fetchall())


def main() -> None:
    call_command("migrate", "audit", "0005_retention", verbosity=0)
    with in_tenant(TENANT):
        for number, key in enumerate(["k", None, "l"]):
            write(entry(number, key))
    call_command("migrate", verbosity=0)
    with in_tenant(TENANT):
        first = kept_in()
        outcomes = record_all([entry(0, "k"), entry(1, "l"), entry(3, "m")])
        seal_all()
        # What is recorded now may be in the same month.
        conflict = outcomes[1].error
        told = {
            "logs": sorted(AuditLog.objects.values_list("action", flat=True)),
            "known": [one.log is not None and not one.new for one in outcomes],
            "conflict": conflict and conflict.code,
            "found by a word": matching(LogQuery.of({"text": "step"})).count(),
            "found by a target": matching(LogQuery.of({"target_id": "i-1"})).count(),
            "problem": verify_log().problem,
            "kept in": first,
            "refused": [
                *(refusal(f"UPDATE {table} SET tenant_id = tenant_id") for table in TABLES),
                *(refusal(f"DELETE FROM {table}") for table in TABLES[:2]),
            ],
        }
    sys.stdout.write(f"{json.dumps(told)}\n")


main()
