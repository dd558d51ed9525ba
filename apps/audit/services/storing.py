"""Rows of logs, and of what goes with each, put into the database in the quickest way it has.

Without the ORM: every write pays it. PostgreSQL is given many logs by one COPY into a table of the
session, out of which it makes all rows itself: into a table with policies it copies nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from json import dumps
from typing import Any, Protocol, TypeAlias
from zlib import crc32

import orjson
from django.db import connection

from apps.audit.domain.merkle import leaf_hash
from apps.audit.models import KnownKey
from apps.audit.services.drafting import COLUMNS, Draft
from kernel.faults import fault_point

#: From so many on rows are copied.
COPIED_FROM = 20

#: As the driver takes it without looking further.
Value: TypeAlias = str | bytes | None
Row: TypeAlias = tuple[Value, ...]

#: What PostgreSQL is told with a moment.
_UTC = "+00:00"

_LOGS = "audit_auditlog", COLUMNS
_KEYS = "audit_knownkey", ("tenant_id", "key", "log_id", "content_sha256")
_TARGETS = "audit_auditlogtarget", ("log_id", "tenant_id", "type", "target_id")
_WAITING = "audit_unsealed", ("log_id", "tenant_id", "leaf_hash")

_STAGED = (*COLUMNS, "content_sha256", "leaf_hash")
_NAMES = {
    # A session may be older than the table's columns are.
    "stage": f"staged_{crc32(str(_STAGED).encode()):08x}",
    "staged": ", ".join(_STAGED),
    "columns": ", ".join(COLUMNS),
}
# Emptied by the commit; of this transaction there may be rows.
_MAKE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS {stage} (
        LIKE audit_auditlog, content_sha256 bytea, leaf_hash bytea
    ) ON COMMIT DELETE ROWS;
    DELETE FROM {stage}
"""
_COPY = "COPY {stage} ({staged}) FROM STDIN"
# In one order, so that no two writers wait in a circle: that of Python's texts, by code points.
_COPY_KEYS = """
    INSERT INTO audit_knownkey (tenant_id, key, log_id, content_sha256)
    SELECT tenant_id, idempotency_key, id, content_sha256 FROM {stage}
    WHERE idempotency_key IS NOT NULL ORDER BY idempotency_key COLLATE "C"
    ON CONFLICT DO NOTHING
"""
_LEAVE_OUT = "DELETE FROM {stage} WHERE NOT id = ANY(%s)"
_COPY_LOGS = "INSERT INTO audit_auditlog ({columns}) SELECT {columns} FROM {stage}"
_COPY_TARGETS = """
    INSERT INTO audit_auditlogtarget (log_id, tenant_id, type, target_id)
    SELECT DISTINCT id, tenant_id, one ->> 'type', one ->> 'id'
    FROM {stage}, jsonb_array_elements(targets) AS one
"""
_COPY_WAITING = """
    INSERT INTO audit_unsealed (log_id, tenant_id, leaf_hash)
    SELECT id, tenant_id, leaf_hash FROM {stage}
"""


class Way(Protocol):
    """How drafts go into the database; each has an idempotency key of its own, or none."""

    def use_keys(self) -> dict[str, KnownKey]:
        """Use the keys of all drafts; return those that stand for another log already.

        Whoever uses one of them at the moment is waited for.
        """
        ...

    def store(self, fresh: Sequence[Draft]) -> None:
        """Record these of the drafts: logs, their targets, and what waits to be sealed."""
        ...


def way_of(drafts: Sequence[Draft]) -> Way:
    """Return the way that is the quickest for so many drafts."""
    if connection.vendor == "postgresql" and len(drafts) >= COPIED_FROM:
        return _Copied(drafts)
    return _Sent(drafts)


class _Sent:
    """Rows are made here and sent, table by table."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self._drafts = drafts

    def use_keys(self) -> dict[str, KnownKey]:
        # In one order, so that no two writers wait in a circle.
        keyed = sorted((one.idempotency_key, one) for one in self._drafts if one.idempotency_key)
        rows = [(one.tenant_id.hex, key, one.id.hex, one.sha256) for key, one in keyed]
        return {} if _insert(*_KEYS, rows, or_nothing=True) == len(rows) else _used(self._drafts)

    def store(self, fresh: Sequence[Draft]) -> None:
        zone = "" if connection.vendor == "sqlite" else _UTC
        _insert(*_LOGS, [_log_row(one, zone) for one in fresh])
        fault_point("audit-stored")
        _insert(*_TARGETS, [row for one in fresh for row in _target_rows(one)])
        _let_wait(fresh)


class _Copied:
    """Logs are copied once, and the rows of all tables made of them there."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self._drafts = drafts
        with connection.cursor() as cursor:
            cursor.execute(_MAKE.format(**_NAMES))
            with cursor.copy(_COPY.format(**_NAMES)) as stream:
                for one in drafts:
                    row = _log_row(one, _UTC)
                    stream.write_row((*row, one.sha256, leaf_hash(one.record)))

    def use_keys(self) -> dict[str, KnownKey]:
        keyed = sum(one.idempotency_key is not None for one in self._drafts)
        return {} if _done(_COPY_KEYS) == keyed else _used(self._drafts)

    def store(self, fresh: Sequence[Draft]) -> None:
        if len(fresh) < len(self._drafts):
            _done(_LEAVE_OUT, [one.id for one in fresh])
        _done(_COPY_LOGS)
        fault_point("audit-stored")
        _done(_COPY_TARGETS)
        _done(_COPY_WAITING)


def _used(drafts: Sequence[Draft]) -> dict[str, KnownKey]:
    """Return the keys of drafts that stand for other logs."""
    own = {one.idempotency_key: one.id for one in drafts}
    found = KnownKey.objects.filter(key__in=[key for key in own if key is not None])
    return {one.key: one for one in found if one.log_id != own[one.key]}


def _done(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**_NAMES), values or None)
        count: int = cursor.rowcount
    return count


def _insert(
    table: str, columns: Sequence[str], rows: Sequence[Row], *, or_nothing: bool = False
) -> int:
    """Insert rows and return how many; with `or_nothing`, one that is there already is left out."""
    if not rows:
        return 0
    into = f"INSERT INTO {table} ({', '.join(columns)})"
    marks = f"({', '.join(['%s'] * len(columns))})"
    end = " ON CONFLICT DO NOTHING" if or_nothing else ""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(f"{into} VALUES {marks}{end}", rows)
        else:
            values = [value for row in rows for value in row]
            cursor.execute(f"{into} VALUES {', '.join([marks] * len(rows))}{end}", values)
        count: int = cursor.rowcount
    return count


def _log_row(one: Draft, zone: str) -> Row:
    """Return a log in the order of COLUMNS; an id is a text that both databases read."""
    return (
        one.id.hex,
        one.tenant_id.hex,
        _moment(one.occurred_at) + zone,
        _moment(one.recorded_at) + zone,
        one.action,
        one.actor_type,
        one.actor_id,
        one.actor_name,
        _json(one.targets),
        _json(one.context),
        _json(one.changes),
        _json(one.metadata),
        _json(one.sealed) if one.sealed is not None else None,
        one.idempotency_key,
        one.words,
        one.record,
    )


def _let_wait(drafts: Sequence[Draft]) -> None:
    """Let logs wait to be sealed."""
    rows = [(one.id.hex, one.tenant_id.hex, leaf_hash(one.record)) for one in drafts]
    _insert(*_WAITING, rows)


def _target_rows(one: Draft) -> list[Row]:
    named = dict.fromkeys((target["type"], target["id"]) for target in one.targets)
    return [(one.id.hex, one.tenant_id.hex, *target) for target in named]


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # A whole number that is a double, and longer than 64 bits.
        return dumps(value)


def _moment(value: datetime) -> str:
    """Return a moment as Django keeps it in SQLite."""
    return str(value.astimezone(UTC).replace(tzinfo=None))
