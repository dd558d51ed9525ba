"""Partitions of audit logs: made ahead of time, and dropped when an archive has what is in them.

All of this is done by the tables' owner. The role of the application reaches partitions through
their parent alone, whose policy shows it one tenant: on a partition itself it has no right.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.utils import IntegrityError

from apps.audit.metrics import PARTITIONS_AHEAD, ROWS_OUTSIDE
from apps.audit.models import Unsealed
from apps.audit.selectors.months import Bounds, Month
from apps.audit.selectors.partitions import (
    LOGS,
    TARGETS,
    months_missing,
    partitioned,
    partitions,
    system_connection,
)
from kernel import clock
from kernel.errors import ConflictError, NotFoundError
from kernel.faults import fault_point
from kernel.ids import first_id_at, made_at

logger = logging.getLogger(__name__)

#: How many months beyond this one have a partition.
AHEAD = 3
#: Both tables, by what each is partitioned.
KEYS = {LOGS: "id", TARGETS: "log_id"}
DEFAULT = "default"
#: How long after its month nobody is still writing to a partition.
SETTLED = timedelta(days=1)
#: Rows whose keys one transaction forgets.
FORGOTTEN_AT_ONCE = 5_000

# Whoever reads or writes waits behind this for so long at most; the next run tries again.
_PATIENCE = "SET LOCAL lock_timeout = '3s'"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('audit partitions'))"

# Attached, it is given the indexes and the row triggers of its parent; a trigger of statements is
# each table's own, and so is what one may do who asks for it by name.
_MAKE = """
    CREATE TABLE {table}_{suffix} (LIKE {table} INCLUDING DEFAULTS);
    ALTER TABLE {table}_{suffix} ENABLE ROW LEVEL SECURITY;
    CREATE TRIGGER keep_all BEFORE TRUNCATE ON {table}_{suffix}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""
_ATTACH = "ALTER TABLE {table} ATTACH PARTITION {table}_{suffix} {bounds}"
_RENAME = """
    ALTER TABLE {table} DETACH PARTITION {table}_default;
    ALTER TABLE {table}_default RENAME TO {table}_{suffix};
"""
_NEXT = "SELECT id FROM {name} WHERE id >= %s ORDER BY id LIMIT 1 OFFSET %s"
# A key that was used again since is of another log.
_FORGET_KEYS = """
    DELETE FROM audit_knownkey USING {name} AS gone
    WHERE gone.id >= %s AND gone.id < %s AND audit_knownkey.tenant_id = gone.tenant_id
        AND audit_knownkey.key = gone.idempotency_key AND audit_knownkey.log_id = gone.id
"""


def make_ahead() -> None:
    """Make the partitions of this month and of the next three, where they are missing.

    Says what the default one has taken meanwhile. Raises what the database raises.
    """
    connection = system_connection()
    if not partitioned(connection):
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(_PATIENCE)
            cursor.execute(_ONE_AT_A_TIME)
            for month in months_missing(AHEAD):
                _make(cursor, month)
    finally:
        report()


def make_for(month: Month) -> None:
    """Make the partition of a month that has passed, unless there is one that takes it.

    What the default one has of that month already stays there, and so does what comes to it.
    """
    connection = system_connection()
    if not partitioned(connection):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
        cursor.execute(_ONE_AT_A_TIME)
        if any(one.bounds and one.bounds.hold(month.bounds) for one in partitions()):
            return
        try:
            with transaction.atomic(using=connection.alias):
                attach(cursor, str(month), month.bounds)
        except IntegrityError:
            logger.warning("logs of %s are in the default partition, and stay there", month)


def drop_emptied(name: str, needed: Callable[[], bool]) -> bool:
    """Drop a partition in which nothing is left, unless it is needed; return whether it was done.

    Whoever needs it says so before asking `make_for`, so that none goes from under them.
    """
    connection = system_connection()
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
        cursor.execute(_ONE_AT_A_TIME)
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name})")  # noqa: S608  a name of ours # nosec B608
        if cursor.fetchone()[0] or needed():
            return False
        drop_partition(name)
    return True


def report() -> None:
    """Tell metrics and the log how it stands."""
    missing = months_missing(AHEAD)
    outside = sum(one.rows for one in partitions() if one.bounds is None)
    PARTITIONS_AHEAD.set(AHEAD - len(missing))
    ROWS_OUTSIDE.set(outside)
    if missing:
        logger.error("no partition for audit logs of %s", ", ".join(map(str, missing)))
    if outside:
        logger.error("about %d audit logs are in no partition of a month", outside)


def make_first(cursor: Any, month: Month) -> None:
    """Make the partitions from a month on, and the one for what no other takes."""
    for number in range(AHEAD + 1):
        attach(cursor, str(month.later(number)), month.later(number).bounds)
    attach(cursor, DEFAULT, None)


def attach(cursor: Any, suffix: str, bounds: Bounds | None) -> None:
    """Make one partition of each table; writers do not wait for it."""
    for table in KEYS:
        cursor.execute(_MAKE.format(table=table, suffix=suffix))
        _attach(cursor, table, suffix, bounds)


def drop_partition(name: str) -> None:
    """Drop a partition of logs, with their targets and keys. Leaves, tiles, checkpoints stay.

    For an archive alone, and only when it has read again what it wrote of every log in it. Broken
    off at any moment it is called again. Raises NotFoundError, or ConflictError while logs may
    still come into it or wait in it to be sealed.
    """
    connection = system_connection()
    bounds = {one.name: one.bounds for one in partitions()}.get(name)
    if bounds is None:
        raise NotFoundError(f"no partition {name}")
    if bounds.end > first_id_at(clock.now() - SETTLED):
        raise ConflictError(f"{name} may still be written to")
    _refuse_unsealed(name, bounds)
    # Before the logs, so that no key is without its log.
    _forget_keys(name, bounds)
    fault_point("audit-keys-forgotten")
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
        cursor.execute(f"DROP TABLE {name.replace(LOGS, TARGETS)}, {name}")


def _make(cursor: Any, month: Month) -> None:
    try:
        with transaction.atomic(using=system_connection().alias):
            attach(cursor, str(month), month.bounds)
    except IntegrityError:
        # The default one has logs of this month. They are its own then.
        _keep_default(cursor)


def _attach(cursor: Any, table: str, suffix: str, bounds: Bounds | None) -> None:
    told = f"FOR VALUES FROM ('{bounds.start}') TO ('{bounds.end}')" if bounds else "DEFAULT"
    cursor.execute(_ATTACH.format(table=table, suffix=suffix, bounds=told))


def _keep_default(cursor: Any) -> None:
    """Let the default partition be that of all months up to its last, and make another."""
    cursor.execute(f"SELECT id FROM {LOGS}_{DEFAULT} ORDER BY id DESC LIMIT 1")  # noqa: S608  names of ours # nosec B608
    last = Month.of(max(made_at(cursor.fetchone()[0]), clock.now()))
    start = max(one.bounds.end for one in partitions() if one.bounds)
    suffix = f"{Month.of(made_at(start))}_to_{last}"
    for table in KEYS:
        cursor.execute(_RENAME.format(table=table, suffix=suffix))
        _attach(cursor, table, suffix, Bounds(start, last.bounds.end))
    attach(cursor, DEFAULT, None)


def _refuse_unsealed(name: str, bounds: Bounds) -> None:
    waiting = Unsealed.across_tenants.filter(log_id__gte=bounds.start, log_id__lt=bounds.end)
    if waiting.exists():
        raise ConflictError(f"logs of {name} wait to be sealed")


def _forget_keys(name: str, bounds: Bounds) -> None:
    """Forget the keys of the logs of a partition, in transactions of some each."""
    with system_connection().cursor() as cursor:
        start, more = bounds.start, True
        while more:
            cursor.execute(_NEXT.format(name=name), [start, FORGOTTEN_AT_ONCE])
            row = cursor.fetchone()
            end, more = (row[0], True) if row else (bounds.end, False)
            cursor.execute(_FORGET_KEYS.format(name=name), [start, end])
            start = end
