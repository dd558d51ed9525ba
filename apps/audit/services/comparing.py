"""Records, leaves and leaf tiles side by side, and which of them was altered where they differ."""

from collections.abc import Iterator
from uuid import UUID

from django.db import OperationalError

from apps.audit.adapters.columns import Row
from apps.audit.domain.canonical import CanonicalError
from apps.audit.domain.merkle import (
    HEIGHT,
    WIDTH,
    Node,
    ProofError,
    Span,
    TileId,
    Tree,
    full_root,
    leaf_hash,
    split,
)
from apps.audit.models import AuditLog, AuditLogTarget, Leaf
from apps.audit.selectors.archived import rows_by_id
from apps.audit.selectors.integrity import checkpoint_at, raw, tiles
from kernel.errors import NotFoundError

#: What a row raises that holds something else than its columns take, as SQLite lets it.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OperationalError)


class AlteredError(Exception):
    """The first thing that is not as it was sealed; the message names it."""


def compared(span: Span) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the hashes of the records of a span, tile by tile, each with its first position.

    Raises AlteredError where record, columns, leaf and tile do not tell the same.
    """
    ids = _ids(span)
    logs = _logs(ids, span.start)
    targets = _targets(ids)
    stored = tiles(
        TileId(0, number) for number in range(span.start // WIDTH, -(-span.end // WIDTH))
    )
    archived = rows_by_id(log_id for log_id in ids if log_id not in logs)
    for at in range(span.start, span.end, WIDTH):
        tile = split(stored.get(TileId(0, at // WIDTH), b""))
        hashes = []
        for place in range(at, min(at + WIDTH, span.end)):
            log_id = ids[place - span.start]
            log = logs.get(log_id)
            sealed = tile[place - at] if len(tile) > place - at else b""
            hashes.append(
                leaf_hash(raw(log.record))
                if log
                else _archived_hash(log_id, place, archived.get(log_id), sealed)
            )
        if len(hashes) < WIDTH:
            # It may have grown since.
            tile = tile[: len(hashes)]
        if tile != hashes:
            raise AlteredError(_difference(at, ids[at - span.start :], hashes, tile))
        for place in range(at, at + len(hashes)):
            log_id = ids[place - span.start]
            if log_id in logs:
                _refuse_other_columns(place, logs[log_id], targets.get(log_id, set()))
        yield at, hashes


def _archived_hash(log_id: UUID, place: int, row: Row | None, sealed: bytes) -> bytes:
    """Return the hash of a log that is not in the database; of one that was let go, as sealed."""
    where = f"audit log {log_id} at position {place}"
    if row is None:
        raise AlteredError(f"{where} is missing")
    if row.position != place:
        raise AlteredError(f"{where} is in an archive at position {row.position}")
    return leaf_hash(row.record) if row.record else sealed


def _ids(span: Span) -> list[UUID]:
    leaves = Leaf.objects.filter(position__gte=span.start, position__lt=span.end)
    try:
        found = list(leaves.order_by("position").values_list("position", "log_id"))
    except UNREADABLE:
        raise AlteredError(f"a leaf between {span.start} and {span.end} cannot be read") from None
    for expected, (position, _) in enumerate(found, start=span.start):
        if position != expected:
            raise AlteredError(f"leaf {expected} is missing")
    if len(found) != span.end - span.start:
        raise AlteredError(f"leaf {span.start + len(found)} is missing")
    return [log_id for _, log_id in found]


def _logs(ids: list[UUID], start: int) -> dict[UUID, AuditLog]:
    rows = AuditLog.objects.defer("words")
    try:
        return {log.pk: log for log in rows.filter(pk__in=ids)}
    except UNREADABLE:
        for position, log_id in enumerate(ids, start=start):
            _refuse_unreadable(position, log_id)
        raise


def _refuse_unreadable(position: int, log_id: UUID) -> None:
    try:
        AuditLog.objects.defer("words").filter(pk=log_id).first()
    except UNREADABLE:
        raise AlteredError(
            f"audit log {log_id} at position {position} has a column that cannot be read"
        ) from None


def _targets(ids: list[UUID]) -> dict[UUID, set[tuple[str, str]]]:
    found: dict[UUID, set[tuple[str, str]]] = {}
    rows = AuditLogTarget.objects.filter(log__in=ids)
    for log_id, kind, target_id in rows.values_list("log_id", "type", "target_id"):
        found.setdefault(log_id, set()).add((kind, target_id))
    return found


def _refuse_other_columns(position: int, log: AuditLog, targets: set[tuple[str, str]]) -> None:
    """Refuse a log whose columns, by which people see it, tell something else than its record."""
    where = f"audit log {log.pk} at position {position}"
    try:
        same = log.told() == raw(log.record)
        indexed = targets == {(one["type"], one["id"]) for one in log.targets}
    except (CanonicalError, *UNREADABLE):
        same = indexed = False
    if not same:
        raise AlteredError(f"{where} shows other things than were sealed: its columns were altered")
    if not indexed:
        raise AlteredError(f"{where} is indexed by other targets than it has")


def _difference(at: int, ids: list[UUID], hashes: list[bytes], tile: list[bytes]) -> str:
    """Say what is wrong where records and a leaf tile differ: order, record or tile."""
    number = at // WIDTH
    if len(tile) != len(hashes):
        return f"tile 0/{number} has {len(tile)} hashes, {len(hashes)} are needed"
    first = next(place for place, one in enumerate(hashes) if tile[place] != one)
    where = f"audit log {ids[first]} at position {at + first}"
    if hashes[first] in tile:
        return f"{where} is not in its order: it was sealed at {at + tile.index(hashes[first])}"
    if _as_signed(number, tile):
        return f"{where} is not the one that was sealed: its record was altered"
    return f"tile 0/{number} has another hash at {first} than {where}: the tile was altered"


def _as_signed(number: int, tile: list[bytes]) -> bool:
    """Say whether a leaf tile is the one that was signed, as far as those above it tell."""
    try:
        last = checkpoint_at()
        tree = Tree(last.size, tiles)
        if tree.root() != raw(last.root):
            return False
        return len(tile) < WIDTH or full_root(tile) == tree.node(Node(HEIGHT, number))
    except (ProofError, NotFoundError):
        return False
