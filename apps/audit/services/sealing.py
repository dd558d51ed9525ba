"""Sealing: logs that wait get their place in the Merkle log of their tenant, and it is signed."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connection, transaction

from apps.audit.domain import notes
from apps.audit.domain.merkle import ProofError, TileId, Tree, edge, grown
from apps.audit.errors import LogAlteredError
from apps.audit.models import Checkpoint, LogHead, Tile, Unsealed
from apps.audit.selectors.integrity import (
    checkpoint_at,
    name_of_log,
    raw,
    tenants_to_seal,
    tiles,
    verifier_keys,
)
from apps.audit.services.signing import signers
from contracts.audit import AuditCheckpointPublished
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.tenancy.context import acting_as, in_tenant

logger = logging.getLogger(__name__)

#: Leaves that one transaction seals: about 40 ms on SQLite.
BATCH = 5_000
#: Writers ask for one sealing in each such time. Two of them, and a worker's look every second, are
#: the two seconds within which a log is sealed.
WINDOW = timedelta(milliseconds=500)
#: Ahead of jobs that may wait.
SEAL_PRIORITY = 10
#: Checkpoints of one log go to the destination this often, the last one of each time.
PUBLISHED_EVERY = timedelta(minutes=1)

# By the leaves that the first has put there the others know what it took: rows that are committed
# meanwhile wait for the next batch, wherever they sort.
_PUT = """
    INSERT INTO audit_leaf (log_id, tenant_id, position)
    SELECT log_id, tenant_id, %s + row_number() OVER (ORDER BY log_id) - 1
    FROM (SELECT log_id, tenant_id FROM audit_unsealed WHERE tenant_id = %s
          ORDER BY log_id LIMIT %s) AS taken
"""
_HASHES = """
    SELECT leaf_hash FROM audit_leaf JOIN audit_unsealed USING (log_id)
    WHERE audit_leaf.tenant_id = %s AND position >= %s ORDER BY position
"""
_TAKE_AWAY = """
    DELETE FROM audit_unsealed WHERE log_id IN (
        SELECT log_id FROM audit_leaf WHERE tenant_id = %s AND position >= %s
    )
"""


class _Asked:
    """The last window for which this process has asked for a sealing."""

    window = 0


def seal_soon() -> None:
    """Ask for a sealing at the end of this window, unless that was asked for here already.

    Called after the commit. When it is lost, the sealing of every ten seconds finds the rows.
    """
    window = int(clock.now().timestamp() / WINDOW.total_seconds())
    if window == _Asked.window:
        return
    _Asked.window = window
    # Of all tenants: in none of them.
    with acting_as(None):
        enqueue(
            "audit.seal",
            key=f"audit.seal@{window}",
            run_at=_end(window, WINDOW),
            priority=SEAL_PRIORITY,
        )


def seal_all() -> int:
    """Seal everything that waits, log by log; return how many leaves. An altered log is left."""
    sealed = 0
    for tenant_id in tenants_to_seal():
        with in_tenant(tenant_id):
            try:
                sealed += seal_log()
            except (DomainError, DatabaseError):
                # Other tenants' logs do not wait for this one; staff see it by what waits.
                logger.exception("the log of tenant %s is not sealed", tenant_id)
    return sealed


def seal_log() -> int:
    """Seal what waits in the current tenant; return how many leaves.

    Nothing when another process seals this log at the moment. Raises LogAlteredError.
    """
    sealed = batch = seal_some()
    while batch == BATCH:
        batch = seal_some()
        sealed += batch
    # Whoever came meanwhile found the log locked and went: what they came for is sealed here.
    return sealed + seal_some()


@transaction.atomic
def seal_some(most: int = BATCH) -> int:
    """Seal some of what waits in the current tenant; return how many leaves.

    All of it is one transaction: a process that dies leaves nothing half done, and its lock ends.
    """
    head = _claimed() if Unsealed.objects.exists() else None
    if head is None:
        return 0
    held = tiles(edge(head.size))
    _refuse_altered(head, held)
    hashes = _taken(head, most)
    if not hashes:
        return 0
    fault_point("audit-taken")
    changed = grown(head.size, held, hashes)
    _store(changed)
    fault_point("audit-tiles")
    head.size += len(hashes)
    head.checkpoints += 1
    head.save(update_fields=["size", "checkpoints"])
    _sign(head, Tree(head.size, lambda _: {**held, **changed}).root())
    fault_point("audit-signed")
    return len(hashes)


def _claimed() -> LogHead | None:
    """Return the head of the log, locked; None when somebody else seals it."""
    skips = connection.features.has_select_for_update_skip_locked
    unlocked = LogHead.objects.select_for_update(skip_locked=skips)
    head = unlocked.first()
    if head is None and not LogHead.objects.exists():
        new = LogHead(origin=name_of_log())
        LogHead.objects.bulk_create([new], ignore_conflicts=True)
        head = unlocked.first()
    return head


def _taken(head: LogHead, most: int) -> list[bytes]:
    """Give the logs that waited longest the next places; return their hashes in that order."""
    # Both databases read it so: SQLite keeps a UUID as this text.
    tenant_id = head.tenant_id.hex
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [head.size, tenant_id, most])
        cursor.execute(_HASHES, [tenant_id, head.size])
        hashes = [raw(leaf_hash) for (leaf_hash,) in cursor.fetchall()]
        cursor.execute(_TAKE_AWAY, [tenant_id, head.size])
    return hashes


def _refuse_altered(head: LogHead, held: Mapping[TileId, bytes]) -> None:
    """Raise LogAlteredError unless what is there to be continued is what was signed last."""
    if not head.size:
        return
    keys = [key for key, _ in verifier_keys(head.origin)]
    try:
        last = checkpoint_at()
        signed = notes.Checkpoint.parse(notes.opened(last.note, keys))
        root = Tree(head.size, lambda _: held).root()
    except (notes.NoteError, ProofError, NotFoundError) as error:
        raise LogAlteredError(f"{head.origin}: {error}") from None
    told = (last.number, last.size, signed)
    if told != (head.checkpoints, head.size, notes.Checkpoint(head.origin, head.size, root)):
        raise LogAlteredError(f"{head.origin} is not as it was signed at {signed.size} leaves")


def _store(changed: Mapping[TileId, bytes]) -> None:
    Tile.objects.bulk_create(
        [Tile(level=one.level, number=one.number, hashes=changed[one]) for one in changed],
        update_conflicts=True,
        update_fields=["hashes"],
        unique_fields=["tenant_id", "level", "number"],
    )


def _sign(head: LogHead, root: bytes) -> None:
    """Make the checkpoint and tell of it: who keeps the event can show a later rewriting."""
    text = str(notes.Checkpoint(head.origin, head.size, root))
    note = notes.sign(text, head.origin, signers())
    now = clock.now()
    Checkpoint.objects.create(
        number=head.checkpoints, size=head.size, root=root, note=note, made_at=now
    )
    publish(
        AuditCheckpointPublished(
            origin=head.origin, number=head.checkpoints, size=head.size, note=note
        )
    )
    turn = int(now.timestamp() / PUBLISHED_EVERY.total_seconds())
    enqueue(
        "audit.publish_checkpoint",
        key=f"audit.publish_checkpoint@{turn} {head.tenant_id}",
        run_at=_end(turn, PUBLISHED_EVERY),
    )


def _end(turn: int, length: timedelta) -> datetime:
    return datetime.fromtimestamp((turn + 1) * length.total_seconds(), tz=UTC)
