"""The Merkle tree of RFC 6962, kept as tiles of 256 hashes (C2SP tlog-tiles).

A tile of level L holds hashes of subtrees with 256**L leaves. What lies between two levels is
hashed when it is asked for, so a proof reads two tiles a level, however large the tree is.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple, TypeAlias

HASH_BYTES = 32
HEIGHT = 8
WIDTH = 2**HEIGHT
#: Of a tree without leaves (section 2.1).
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not show what it should, or what is asked for cannot be shown."""


class TileId(NamedTuple):
    """Where a tile is: its level and how many are left of it."""

    level: int
    number: int


class Node(NamedTuple):
    """A full subtree: of 2**height leaves, and how many of that size are left of it."""

    height: int
    number: int


class Span(NamedTuple):
    """Leaves from `start` to before `end`."""

    start: int
    end: int


#: Gives those of the tiles that there are: at least as much of each as the tree needs.
ReadTiles: TypeAlias = Callable[[Iterable[TileId]], Mapping[TileId, bytes]]


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf with this content."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of what has these two below it."""
    return hashlib.sha256(b"\1" + left + right).digest()


def full_root(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a full subtree by those of its 2**n equal parts."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)]
    return hashes[0]


def joined(roots: Sequence[bytes]) -> bytes:
    """Return the hash over full subtrees that lie side by side, the largest first."""
    return reduce(lambda right, left: node_hash(left, right), reversed(roots))


def subtree_roots(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the hashes of the full subtrees that make up a tree of these leaves."""
    return [
        full_root(hashes[node.number << node.height : (node.number + 1) << node.height])
        for node in full_subtrees(Span(0, len(hashes)))
    ]


def tile_count(size: int) -> int:
    """Return how many tiles a tree has."""
    count = 0
    while size:
        count += -(-size // WIDTH)
        size //= WIDTH
    return count


def split(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def edge(size: int) -> list[TileId]:
    """Return the tiles that the next leaf may change, from the leaves up."""
    found, level = [], 0
    while True:
        found.append(TileId(level, size >> (HEIGHT * (level + 1))))
        if size >> (HEIGHT * level) < WIDTH:
            return found
        level += 1


def grown(size: int, tiles: Mapping[TileId, bytes], leaves: Sequence[bytes]) -> dict[TileId, bytes]:
    """Return the tiles that are other when these leaf hashes follow a tree of this size.

    `tiles` are those of `edge(size)`, as far as there are any.
    """
    changed: dict[TileId, bytes] = {}
    level, hashes = 0, list(leaves)
    while hashes:
        count = size >> (HEIGHT * level)
        number, held = divmod(count, WIDTH)
        waiting = split(_cut(tiles, TileId(level, number), held)) + hashes
        hashes = []
        for start in range(0, len(waiting), WIDTH):
            tile = waiting[start : start + WIDTH]
            changed[TileId(level, number + start // WIDTH)] = b"".join(tile)
            if len(tile) == WIDTH:
                hashes.append(full_root(tile))
        level += 1
    return changed


class Tree:
    """A tree of some size over tiles that may have grown since."""

    def __init__(self, size: int, read: ReadTiles) -> None:
        self.size = size
        self._read = read

    def root(self) -> bytes:
        """Return the hash of the whole tree."""
        return joined(self.subtrees()) if self.size else EMPTY_ROOT

    def node(self, node: Node) -> bytes:
        """Return the hash of a full subtree."""
        return _hash_in(self._read([_tile_of(node)]), node)

    def subtrees(self) -> list[bytes]:
        """Return the hashes of the full subtrees that make up the tree, the largest first."""
        nodes = full_subtrees(Span(0, self.size))
        tiles = self._read({_tile_of(node): None for node in nodes})
        return [_hash_in(tiles, node) for node in nodes]

    def inclusion(self, position: int) -> list[bytes]:
        """Return the audit path of a leaf (section 2.1.1), from its sibling up."""
        if not 0 <= position < self.size:
            raise ProofError(f"position {position} is not in a tree of {self.size}")
        return self._hashes(_path(position, Span(0, self.size)))

    def consistency(self, older: int) -> list[bytes]:
        """Return the proof that this tree continues an older one (section 2.1.2)."""
        if not 0 <= older <= self.size:
            raise ProofError(f"a tree of {self.size} continues none of {older}")
        if older in {0, self.size}:
            return []
        return self._hashes(_continuation(older, Span(0, self.size), whole=True))

    def _hashes(self, spans: Sequence[Span]) -> list[bytes]:
        parts = [full_subtrees(span) for span in spans]
        wanted = {_tile_of(node): None for nodes in parts for node in nodes}
        tiles = self._read(wanted)
        return [joined([_hash_in(tiles, node) for node in nodes]) for nodes in parts]


def full_subtrees(span: Span) -> list[Node]:
    """Return the largest full subtrees side by side that make up a span, from left to right."""
    found, start = [], span.start
    while start < span.end:
        most = (span.end - start).bit_length() - 1
        # What starts at an odd multiple of 2**n is part of no full subtree larger than that.
        height = min(most, (start & -start).bit_length() - 1) if start else most
        found.append(Node(height, start >> height))
        start += 1 << height
    return found


def verify_inclusion(
    leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Raise ProofError unless the path leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= position < size:
        raise ProofError(f"position {position} is not in a tree of {size}")
    at, last, found = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("the path is too long")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            at, last = _to_a_right_child(at, last)
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the path is too short")
    if found != root:
        raise ProofError("the path leads to another root")


def verify_consistency(
    sizes: Span, proof: Sequence[bytes], older_root: bytes, newer_root: bytes
) -> None:
    """Raise ProofError unless the newer tree continues the older one (RFC 9162, 2.1.4.2)."""
    older, newer = sizes
    if not 0 <= older <= newer:
        raise ProofError(f"a tree of {newer} continues none of {older}")
    if older in {0, newer}:
        if proof or (older == newer and older_root != newer_root):
            raise ProofError("trees of one size have two roots, or a proof that none needs")
        return
    hashes = [older_root, *proof] if older & (older - 1) == 0 else list(proof)
    if not hashes:
        raise ProofError("the proof is too short")
    at, last = older - 1, newer - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if at & 1 or at == last:
            was, now = node_hash(one, was), node_hash(one, now)
            at, last = _to_a_right_child(at, last)
        else:
            now = node_hash(now, one)
        at, last = at >> 1, last >> 1
    if last or was != older_root or now != newer_root:
        raise ProofError("the newer tree does not continue the older one")


def _to_a_right_child(at: int, last: int) -> tuple[int, int]:
    # At the edge of the tree some levels have no sibling.
    while not at & 1 and at:
        at, last = at >> 1, last >> 1
    return at, last


def _path(position: int, span: Span) -> list[Span]:
    if span.end - span.start == 1:
        return []
    middle = _middle(span)
    if position < middle:
        return [*_path(position, Span(span.start, middle)), Span(middle, span.end)]
    return [*_path(position, Span(middle, span.end)), Span(span.start, middle)]


def _continuation(older: int, span: Span, *, whole: bool) -> list[Span]:
    if older == span.end:
        return [] if whole else [span]
    middle = _middle(span)
    if older <= middle:
        inside = _continuation(older, Span(span.start, middle), whole=whole)
        return [*inside, Span(middle, span.end)]
    inside = _continuation(older, Span(middle, span.end), whole=False)
    return [*inside, Span(span.start, middle)]


def _middle(span: Span) -> int:
    # The largest power of two that is smaller than the number of leaves.
    return int(span.start + (1 << (span.end - span.start - 1).bit_length() - 1))


def _tile_of(node: Node) -> TileId:
    level, rest = divmod(node.height, HEIGHT)
    return TileId(level, (node.number << rest) // WIDTH)


def _hash_in(tiles: Mapping[TileId, bytes], node: Node) -> bytes:
    rest = node.height % HEIGHT
    start = (node.number << rest) % WIDTH
    end = start + (1 << rest)
    return full_root(split(_cut(tiles, _tile_of(node), end)[start * HASH_BYTES :]))


def _cut(tiles: Mapping[TileId, bytes], wanted: TileId, width: int) -> bytes:
    tile = tiles.get(wanted, b"")[: width * HASH_BYTES]
    if len(tile) != width * HASH_BYTES:
        found = len(tile) // HASH_BYTES
        raise ProofError(
            f"tile {wanted.level}/{wanted.number} has {found} hashes, {width} are needed"
        )
    return tile
