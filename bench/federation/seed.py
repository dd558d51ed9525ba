"""Migrates an empty database, fills it, and prints the tenant and its key as JSON."""

import json

import django
from django.core.management import call_command

django.setup()

# All of these need the settings above.
from django.db import connection  # noqa: E402
from federation.operations import ROWS  # noqa: E402

from kernel.identity.models import Tenant  # noqa: E402
from kernel.identity.services import create_tenant, issue_key  # noqa: E402

#: Rows that nobody may see, between those that are asked for.
FOREIGN_ROWS = 1_000

# One row a second, twenty actions, five hundred actors; the id says the row's number.
LOGS = """
INSERT INTO audit_auditlog (
    id, tenant_id, occurred_at, recorded_at, action, actor_type, actor_id, actor_name,
    targets, context, changes, metadata, record, words
)
SELECT
    (%(ids)s || lpad(to_hex(n), 12, '0'))::uuid,
    %(tenant)s,
    timestamptz '2026-01-01 00:00:00Z' + n * interval '1 second',
    timestamptz '2026-01-01 00:00:01Z' + n * interval '1 second',
    'invoice.verb' || n %% 20,
    'user',
    'user-' || n %% 500,
    'User number ' || n %% 500,
    jsonb_build_array(
        jsonb_build_object('type', 'invoice', 'id', 'invoice-' || n, 'name', 'Invoice ' || n)),
    jsonb_build_object(
        'ip_address', '192.0.2.' || n %% 256, 'user_agent', 'bench', 'location', '',
        'request_id', 'request-' || n),
    jsonb_build_array(jsonb_build_object('field', 'state', 'before', 'draft', 'after', 'sent')),
    jsonb_build_object('total', n),
    n::text::bytea,
    replace(%(tenant)s::text, '-', '') || ' invoice verb' || n %% 20 || ' user ' || n %% 500
FROM generate_series(1, %(rows)s) AS n
"""
TARGETS = """
INSERT INTO audit_auditlogtarget (log_id, tenant_id, type, target_id)
SELECT log.id, log.tenant_id, target ->> 'type', target ->> 'id'
FROM audit_auditlog AS log, jsonb_array_elements(log.targets) AS target
"""
OWN_IDS, FOREIGN_IDS = "019a0000-0000-7000-8000-", "019a0000-0000-7000-9000-"


def seed() -> dict[str, str]:
    """Return the tenant that has the rows, and a key that opens them."""
    call_command("migrate", verbosity=0)
    tenant, foreign = (create_tenant(slug=slug, name=slug) for slug in ("bench", "foreign"))
    fill(tenant, OWN_IDS, ROWS)
    fill(foreign, FOREIGN_IDS, FOREIGN_ROWS)
    with connection.cursor() as cursor:
        cursor.execute(TARGETS)
        cursor.execute("VACUUM ANALYZE")
    _, key = issue_key(tenant=tenant, name="bench", scopes=["audit:read", "audit:write"])
    return {"tenant": str(tenant.pk), "key": key}


def fill(tenant: Tenant, ids: str, rows: int) -> None:
    """Insert so many rows of a tenant."""
    with connection.cursor() as cursor:
        cursor.execute(LOGS, {"ids": ids, "tenant": str(tenant.pk), "rows": rows})


if __name__ == "__main__":
    print(json.dumps(seed()))
