"""Verifying a whole log: every record, leaf, tile and checkpoint, in bounded memory.

The tree is made anew from the records, from left to right, and held to what is stored of it and to
what was signed. What is sealed while it walks is left to the next walk.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery

from apps.audit.adapters.destinations import Destination, destinations
from apps.audit.domain import notes
from apps.audit.domain.merkle import (
    HASH_BYTES,
    HEIGHT,
    WIDTH,
    Node,
    ProofError,
    Span,
    TileId,
    Tree,
    edge,
    full_root,
    full_subtrees,
    joined,
    leaf_hash,
    node_hash,
    split,
    subtree_roots,
    tile_count,
)
from apps.audit.models import (
    Archive,
    ArchiveState,
    AuditLog,
    Checkpoint,
    Leaf,
    LogHead,
    Tile,
    Unsealed,
)
from apps.audit.selectors.integrity import raw, tiles, verifier_keys
from apps.audit.services.archive_checking import check_archive
from apps.audit.services.comparing import UNREADABLE, AlteredError, compared
from apps.audit.services.held_to_published import held_to_ours, refuse_altered_cosignatures
from kernel.ids import first_id_at
from kernel.tenancy.context import current_tenant_id

#: Leaves that are in memory together: 16 tiles.
AT_ONCE = 16 * WIDTH

#: Other rows that are.
PAGE = 500
M = TypeVar("M", bound=Model)

#: Is told how many leaves are done, and how many there are.
Told = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of a log; without a problem it is as it was signed."""

    log: str = ""
    size: int = 0
    checkpoints: int = 0
    unsealed: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signature is good, and where it was found."""

    place: str
    size: int
    root: bytes


def verify_log(
    *, since: datetime | None = None, told: Told = lambda _done, _total: None
) -> Verified:
    """Verify the log of the current tenant and name the first problem.

    With `since` only what was sealed from then on is looked at; for what came before its tiles are
    taken, which the checkpoints after it sign too.
    """
    head = LogHead.objects.first()
    try:
        # First: the walk reads in them what is nowhere else.
        for archive in _paged(Archive.objects.exclude(state=ArchiveState.WRITING), "pk"):
            check_archive(archive)
        if head is not None:
            _Walk(head, since, told).run()
        elif Leaf.objects.exists() or Checkpoint.objects.exists():
            raise AlteredError("the head of the log is missing")
        refuse_altered_cosignatures()
        _refuse_what_waits_otherwise()
        _refuse_beside_the_log(since)
        problem = ""
    except (AlteredError, ProofError) as error:
        problem = str(error)
    except UNREADABLE as error:
        problem = f"the log cannot be read: {error}"
    unsealed = Unsealed.objects.count()
    if head is None:
        return Verified(unsealed=unsealed, problem=problem)
    return Verified(head.origin, head.size, head.checkpoints, unsealed, problem)


class _Walk:
    """One walk over a log from left to right."""

    def __init__(self, head: LogHead, since: datetime | None, told: Told) -> None:
        self._head = head
        self._told = told
        self._keys = [key for key, _ in verifier_keys(head.origin)]
        before = (
            Checkpoint.objects.filter(made_at__lt=since) if since else Checkpoint.objects.none()
        )
        size = before.order_by("-number").values_list("size", flat=True).first() or 0
        self._start = size // WIDTH * WIDTH
        #: The full subtrees of what was walked over, the largest first.
        self._trunk = self._trunk_of_tiles()
        #: Of each level above the leaves the tile that was read last.
        self._upper: dict[int, tuple[TileId, list[bytes]]] = {}

    def run(self) -> None:
        """Raise AlteredError or ProofError at the first thing that is not as it was sealed."""
        published = map(self._published, destinations())
        signed = merge(self._stored(), *published, key=lambda one: one.size)
        due = next(signed, None)
        for start in range(self._start, self._head.size, AT_ONCE):
            span = Span(start, min(start + AT_ONCE, self._head.size))
            for at, hashes in compared(span):
                while due and due.size <= at + len(hashes):
                    self._hold(due, at, hashes)
                    due = next(signed, None)
                if len(hashes) == WIDTH:
                    self._grow(Node(HEIGHT, at // WIDTH), full_root(hashes))
            self._told(span.end, self._head.size)
        while due:
            self._refuse_longer(due)
            due = next(signed, None)
        self._refuse_more()

    def _trunk_of_tiles(self) -> list[tuple[Node, bytes]]:
        tree = Tree(self._start, tiles)
        nodes = full_subtrees(Span(0, self._start))
        return list(zip(nodes, tree.subtrees(), strict=True))

    def _hold(self, signed: Signed, at: int, hashes: list[bytes]) -> None:
        """Hold a checkpoint to the tree up to it, which ends within these leaves."""
        roots = [*(hash_ for _, hash_ in self._trunk), *subtree_roots(hashes[: signed.size - at])]
        if joined(roots) != signed.root:
            raise AlteredError(f"{signed.place} signs another tree than its {signed.size} leaves")

    def _grow(self, node: Node, hash_: bytes) -> None:
        """Add a full subtree, and hold every hash that a tile has to it."""
        self._hold_tile(node, hash_)
        while self._trunk and self._trunk[-1][0].height == node.height:
            _, left = self._trunk.pop()
            node, hash_ = Node(node.height + 1, node.number >> 1), node_hash(left, hash_)
            if node.height % HEIGHT == 0:
                self._hold_tile(node, hash_)
        self._trunk.append((node, hash_))

    def _hold_tile(self, node: Node, hash_: bytes) -> None:
        number, at = divmod(node.number, WIDTH)
        wanted = TileId(node.height // HEIGHT, number)
        if self._upper.get(wanted.level, (None,))[0] != wanted:
            self._upper[wanted.level] = wanted, split(tiles([wanted]).get(wanted, b""))
        found = self._upper[wanted.level][1]
        whole = at < WIDTH - 1 or len(found) == WIDTH
        if len(found) <= at or found[at] != hash_ or not whole:
            raise AlteredError(
                f"tile {wanted.level}/{number} has another hash at {at} than what is below it"
            )

    def _stored(self) -> Iterator[Signed]:
        """Yield the checkpoints of the database; each of them has to be there."""
        rows = Checkpoint.objects.filter(number__lte=self._head.checkpoints)
        expected, size = 1, 0
        for one in _paged(rows, "number"):
            place = f"checkpoint {one.number}"
            if one.number != expected:
                raise AlteredError(f"checkpoint {expected} is missing")
            expected += 1
            if one.size > self._start:
                signed = self._opened(place, one.note, alone=True)
                if (one.size, raw(one.root)) != (signed.size, signed.root):
                    raise AlteredError(f"{place} has another size or root than was signed")
                yield signed
            size = one.size
        if (expected - 1, size) != (self._head.checkpoints, self._head.size):
            raise AlteredError(
                f"the log has {self._head.size} leaves in {self._head.checkpoints} checkpoints,"
                f" the last one there is number {expected - 1} of {size}"
            )

    def _published(self, place: Destination) -> Iterator[Signed]:
        for one in held_to_ours(place.published(str(current_tenant_id()))):
            signed = self._opened(f"the published checkpoint {one.name}", one.note)
            if signed.size > self._start:
                yield signed

    def _opened(self, place: str, note: str, *, alone: bool = False) -> Signed:
        try:
            found = notes.Checkpoint.parse(notes.opened(note, self._keys, alone=alone))
        except notes.NoteError as error:
            raise AlteredError(f"{place}: {error}") from None
        if found.origin != self._head.origin:
            raise AlteredError(f"{place} is of the log {found.origin}, not {self._head.origin}")
        return Signed(place, found.size, found.root)

    def _refuse_longer(self, signed: Signed) -> None:
        # Sealed since the walk began, or cut off since it was signed.
        size = LogHead.objects.values_list("size", flat=True).first() or 0
        if signed.size > size:
            raise AlteredError(f"{signed.place} signs {signed.size} leaves, the log has {size}")

    def _refuse_more(self) -> None:
        """Refuse leaves and tiles beyond the end of the tree, which nobody has signed."""
        size = LogHead.objects.filter(tenant_id=OuterRef("tenant_id")).values("size")
        beyond = Leaf.objects.filter(position__gte=Subquery(size)).order_by("position").first()
        if beyond:
            raise AlteredError(f"leaf {beyond.position} is beyond the end of the log")
        if LogHead.objects.values_list("size", flat=True).first() != self._head.size:
            return
        last = tiles(edge(self._head.size))
        count = Tile.objects.count()
        if LogHead.objects.values_list("size", flat=True).first() != self._head.size:
            return
        for one, hashes in last.items():
            width = (self._head.size >> (HEIGHT * one.level)) % WIDTH
            if len(hashes) != width * HASH_BYTES:
                raise AlteredError(f"tile {one.level}/{one.number} has more than {width} hashes")
        if count != tile_count(self._head.size):
            raise AlteredError(
                f"there are {count} tiles, a log of this size has {tile_count(self._head.size)}"
            )


def _paged(rows: QuerySet[M], key: str) -> Iterator[M]:
    """Yield rows in the order of a unique column; a walk is too long for one transaction."""
    page = list(rows.order_by(key)[:PAGE])
    while page:
        yield from page
        after = {f"{key}__gt": getattr(page[-1], key)}
        page = list(rows.filter(**after).order_by(key)[:PAGE])


def _sealed_before(since: datetime) -> int:
    before = Checkpoint.objects.filter(made_at__lt=since).order_by("-number")
    return before.values_list("size", flat=True).first() or 0


def _refuse_what_waits_otherwise() -> None:
    """Refuse what waits to be sealed with another hash than that of its record, or without one."""
    log = AuditLog.objects.filter(pk=OuterRef("pk"))
    waiting = Unsealed.objects.annotate(record=Subquery(log.values("record")[:1]))
    for one in _paged(waiting, "log_id"):
        record = getattr(one, "record", None)
        if record is None:
            raise AlteredError(f"audit log {one.pk} waits to be sealed and is missing")
        if leaf_hash(raw(record)) != raw(one.leaf_hash):
            raise AlteredError(f"audit log {one.pk} waits with another hash than its record has")


def _refuse_beside_the_log(since: datetime | None) -> None:
    """Refuse a record that has no place in the log, and waits for none."""
    logs = AuditLog.objects.filter(pk__gte=first_id_at(since)) if since else AuditLog.objects.all()
    beside = logs.exclude(
        Exists(Leaf.objects.filter(pk=OuterRef("pk")))
        | Exists(Unsealed.objects.filter(pk=OuterRef("pk")))
    )
    found = beside.order_by("pk").values_list("pk", flat=True).first()
    if found is not None:
        raise AlteredError(f"audit log {found} is in no place of the log: it was put beside it")
