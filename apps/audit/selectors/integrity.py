"""Reads of the Merkle log of the current tenant: tiles, checkpoints, proofs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db.models import Q

from apps.audit import conf
from apps.audit.domain.merkle import TileId, Tree, leaf_hash, split
from apps.audit.domain.notes import VerifierKey
from apps.audit.domain.receipts import receipt_of
from apps.audit.models import (
    AuditLog,
    Checkpoint,
    Cosignature,
    Leaf,
    LogHead,
    SigningKey,
    Tile,
    Unsealed,
)
from apps.audit.selectors.archived import logs_by_id, rows_by_id
from kernel.errors import InvalidInputError, NotFoundError
from kernel.tenancy.context import current_tenant_id

Receipt = dict[str, Any]
#: A tree of 2**63 leaves has tiles of levels up to here.
HIGHEST_LEVEL = 7


class LeftToSealError(NotFoundError):
    """A log that has no place yet, for it was recorded a moment ago."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a log is at its place in the tree that a checkpoint signs."""

    log: AuditLog
    position: int
    path: list[bytes]
    checkpoint: Checkpoint

    @property
    def leaf(self) -> bytes:
        """The hash of the record as it is stored."""
        return leaf_hash(raw(self.log.record))


def raw(value: object) -> bytes:
    """Return what a column of bytes holds; in SQLite somebody may have put a text there."""
    return value.encode() if isinstance(value, str) else bytes(cast(bytes, value))


def tiles(wanted: Iterable[TileId]) -> dict[TileId, bytes]:
    """Return those of the tiles that there are, by one query."""
    levels: dict[int, list[int]] = {}
    for one in wanted:
        levels.setdefault(one.level, []).append(one.number)
    which = Q(pk__in=[])
    for level, numbers in levels.items():
        which |= Q(level=level, number__in=numbers)
    found = Tile.objects.filter(which).values_list("level", "number", "hashes")
    return {TileId(level, number): raw(hashes) for level, number, hashes in found}


def tile(wanted: TileId, width: int) -> bytes:
    """Return the first hashes of a tile; raises NotFoundError when there are not as many."""
    hashes = split(tiles([wanted]).get(wanted, b""))[:width]
    if len(hashes) != width:
        raise NotFoundError(f"no tile {wanted.level}/{wanted.number} with {width} hashes")
    return b"".join(hashes)


def checkpoint_at(size: int | None = None) -> Checkpoint:
    """Return the checkpoint of this size, or the last one; raises NotFoundError."""
    made = Checkpoint.objects.order_by("-size")
    found = (made if size is None else made.filter(size=size)).first()
    if found is None:
        raise NotFoundError("nothing is sealed yet" if size is None else f"none at {size} leaves")
    return found


def cosigned(checkpoint: Checkpoint) -> str:
    """Return the note of a checkpoint, with what witnesses have put under it."""
    return checkpoint.note + "".join(one.line for one in cosignatures([checkpoint.size]))


def cosignatures(sizes: Iterable[int]) -> list[Cosignature]:
    """Return what witnesses have put under the checkpoints of these sizes, in the order it came."""
    return list(Cosignature.objects.filter(size__in=list(sizes)).order_by("pk"))


def proof_of(log_id: UUID, size: int | None = None) -> Proof:
    """Return the proof of a log under the checkpoint of this size, or under the last one.

    Raises NotFoundError when there is no such log or checkpoint, or the log is not sealed yet.
    """
    log = AuditLog.visible().filter(pk=log_id).first() or logs_by_id([log_id]).get(log_id)
    if log is None:
        raise NotFoundError(f"no audit log {log_id}")
    leaf = Leaf.objects.filter(pk=log_id).first()
    if leaf is None:
        raise LeftToSealError(f"the audit log {log_id} is not sealed yet: ask in some seconds")
    checkpoint = checkpoint_at(size)
    if leaf.position >= checkpoint.size:
        raise InvalidInputError(f"the log came after the checkpoint at {checkpoint.size} leaves")
    path = Tree(checkpoint.size, tiles).inclusion(leaf.position)
    return Proof(log, leaf.position, path, checkpoint)


def receipt_for(log_id: UUID, size: int | None = None) -> dict[str, Any]:
    """Return the receipt of a log under a checkpoint; raises what `proof_of` raises."""
    proof = proof_of(log_id, size)
    origin = proof.checkpoint.note.partition("\n")[0]
    keys = [key for key, _ in verifier_keys(origin)]
    under = cosignatures([proof.checkpoint.size])
    note = proof.checkpoint.note + "".join(one.line for one in under)
    record = raw(proof.log.record)
    witnesses = [one.witness for one in under]
    return receipt_of(record, proof.position, proof.path, note, keys, witnesses)


def receipts_for(log_ids: Iterable[UUID]) -> dict[UUID, Receipt]:
    """Return the receipts, under the last checkpoint, of those of these logs that are sealed.

    It takes the same few queries however many they are.
    """
    places = dict(Leaf.objects.filter(pk__in=set(log_ids)).values_list("pk", "position"))
    if not places:
        return {}
    checkpoint, held = checkpoint_at(), dict[TileId, bytes]()

    def read(wanted: Iterable[TileId]) -> Mapping[TileId, bytes]:
        held.update(tiles(one for one in wanted if one not in held))
        return held

    tree = Tree(checkpoint.size, read)
    under = cosignatures([checkpoint.size])
    note = checkpoint.note + "".join(one.line for one in under)
    keys = [key for key, _ in verifier_keys(checkpoint.note.partition("\n")[0])]
    witnesses = [one.witness for one in under]
    return {
        pk: receipt_of(record, places[pk], tree.inclusion(places[pk]), note, keys, witnesses)
        for pk, record in records_by_id(places).items()
    }


def consistency_between(older: int, newer: int) -> list[bytes]:
    """Return the proof that the log at one size continues the log at another.

    Raises InvalidInputError when they are not in order, NotFoundError beyond what is sealed.
    """
    if not 0 <= older <= newer:
        raise InvalidInputError(f"older and newer sizes were expected, found {older} and {newer}")
    sealed = LogHead.objects.values_list("size", flat=True).first() or 0
    if newer > sealed:
        raise NotFoundError(f"the log has {sealed} leaves, not {newer}")
    return Tree(newer, tiles).consistency(older)


def name_of_log() -> str:
    """Return how the log is named in checkpoints, or will be once something is sealed."""
    name = LogHead.objects.values_list("origin", flat=True).first()
    return name or f"{conf.origin()}/{current_tenant_id()}"


def keys_of_log() -> list[tuple[VerifierKey, SigningKey]]:
    """Return every key that has signed or signs the log; none when nothing is sealed yet."""
    origin = LogHead.objects.values_list("origin", flat=True).first()
    return verifier_keys(origin) if origin else []


def verifier_keys(origin: str) -> list[tuple[VerifierKey, SigningKey]]:
    """Return every key that has signed or signs the log, the newest first."""
    keys = SigningKey.objects.order_by("-serial").defer("secret")
    return [(VerifierKey(origin, raw(key.public)), key) for key in keys]


def entries(start: int, count: int, most_bytes: int) -> Iterator[bytes]:
    """Yield records as they were sealed, in their order; at least one, if there is one there."""
    span = Leaf.objects.filter(position__gte=start, position__lt=start + count)
    ids = list(span.order_by("position").values_list("log_id", flat=True))
    total = 0
    for some in _chunks(ids, 16):
        records = records_by_id(some)
        for log_id in some:
            record = records.get(log_id)
            total += len(record or b"")
            if record is None or (total > most_bytes and total > len(record)):
                return
            yield record


def records_by_id(ids: Iterable[UUID]) -> Mapping[UUID, bytes]:
    """Return the stored bytes of these logs, be they archived."""
    wanted = list(ids)
    rows = AuditLog.objects.filter(pk__in=wanted).values_list("pk", "record")
    found = {pk: raw(record) for pk, record in rows}
    archived = rows_by_id(one for one in wanted if one not in found)
    return found | {pk: row.record for pk, row in archived.items() if row.record}


def tenants_to_seal() -> Iterator[UUID]:
    """Yield every tenant that has logs to seal, a look into the index for each."""
    waiting = Unsealed.across_tenants.order_by("tenant_id")
    tenant_id = waiting.values_list("tenant_id", flat=True).first()
    while tenant_id is not None:
        yield tenant_id
        later = waiting.filter(tenant_id__gt=tenant_id)
        tenant_id = later.values_list("tenant_id", flat=True).first()


def tenants_with_logs() -> list[UUID]:
    """Return every tenant that has a log, in order."""
    heads = LogHead.across_tenants.values_list("tenant_id", flat=True)
    waiting = list(tenants_to_seal())
    return sorted({*heads, *waiting})


def _chunks(ids: list[UUID], size: int) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
