"""The tree against the definition of RFC 6962, its published hashes, and forged proofs."""

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.audit.domain import merkle
from apps.audit.domain.merkle import (
    EMPTY_ROOT,
    ProofError,
    Span,
    TileId,
    Tree,
    edge,
    grown,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

# The leaves and roots by which implementations of Certificate Transparency are tested.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Shelf:
    """Tiles in memory, and which of them were read."""

    def __init__(self) -> None:
        self.tiles: dict[TileId, bytes] = {}
        self.size = 0
        self.read: list[TileId] = []

    def append(self, hashes: list[bytes]) -> None:
        held = {one: self.tiles[one] for one in edge(self.size) if one in self.tiles}
        self.tiles |= grown(self.size, held, hashes)
        self.size += len(hashes)

    def give(self, wanted: Iterable[TileId]) -> Mapping[TileId, bytes]:
        asked = list(wanted)
        self.read += asked
        return {one: self.tiles[one] for one in asked if one in self.tiles}

    def tree(self, size: int | None = None) -> Tree:
        return Tree(self.size if size is None else size, self.give)


def hashes(count: int, start: int = 0) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(start, start + count)]


def shelf_of(count: int, batch: int = 1_000) -> Shelf:
    shelf = Shelf()
    for start in range(0, count, batch):
        shelf.append(hashes(min(batch, count - start), start))
    return shelf


def defined_root(leaves: list[bytes]) -> bytes:
    """Section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(defined_root(leaves[:middle]), defined_root(leaves[middle:]))


def defined_path(position: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = leaves[:middle], leaves[middle:]
    if position < middle:
        return [*defined_path(position, left), defined_root(right)]
    return [*defined_path(position - middle, right), defined_root(left)]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_the_published_ones(size: int) -> None:
    shelf = Shelf()
    shelf.append([leaf_hash(data) for data in LEAVES])

    assert shelf.tree(size).root().hex() == ROOTS[size]


def test_the_published_proofs() -> None:
    shelf = Shelf()
    shelf.append([leaf_hash(data) for data in LEAVES])

    assert [one.hex()[:16] for one in shelf.tree(8).inclusion(0)] == [
        "96a296d224f285c6",
        "5f083f0a1a33ca07",
        "6b47aaf29ee3c2af",
    ]
    assert [one.hex()[:16] for one in shelf.tree(8).consistency(6)] == [
        "0ebc5d3437fbe2db",
        "ca854ea128ed050b",
        "d37ee418976dd957",
    ]


@settings(deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6))
def test_tiles_grow_batch_by_batch_to_what_one_batch_makes(batches: list[int]) -> None:
    shelf = Shelf()
    for count in batches:
        shelf.append(hashes(count, shelf.size))
    at_once = shelf_of(sum(batches), batch=10_000)

    assert shelf.tiles == at_once.tiles
    assert shelf.tree().root() == defined_root(hashes(sum(batches)))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_every_proof_is_the_defined_one_and_verifies(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 1_500))
    size = data.draw(st.integers(1, count))
    position = data.draw(st.integers(0, size - 1))
    older = data.draw(st.integers(0, size))
    shelf = shelf_of(count)
    tree = shelf.tree(size)

    path = tree.inclusion(position)

    assert path == defined_path(position, hashes(size))
    verify_inclusion(hashes(1, position)[0], position, size, path, tree.root())
    verify_consistency(
        Span(older, size), tree.consistency(older), shelf.tree(older).root(), tree.root()
    )


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_proof_with_a_byte_changed_a_hash_too_many_or_too_few_is_refused(
    data: st.DataObject,
) -> None:
    size = data.draw(st.integers(2, 600))
    position = data.draw(st.integers(0, size - 1))
    older = data.draw(st.integers(1, size - 1))
    shelf = shelf_of(size)
    tree, root = shelf.tree(), shelf.tree().root()
    leaf, was = hashes(1, position)[0], shelf.tree(older).root()

    for path in _forged(data, tree.inclusion(position)):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, position, size, path, root)
    for proof in _forged(data, tree.consistency(older)):
        with pytest.raises(ProofError):
            verify_consistency(Span(older, size), proof, was, root)
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(b"other"), position, size, tree.inclusion(position), root)
    with pytest.raises(ProofError):
        verify_consistency(Span(older, size), tree.consistency(older), leaf_hash(b"other"), root)


def _forged(data: st.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    at = data.draw(st.integers(0, len(proof) - 1))
    byte = data.draw(st.integers(0, 31))
    changed = bytearray(proof[at])
    changed[byte] ^= 1
    return [
        [*proof[:at], bytes(changed), *proof[at + 1 :]],
        [*proof, proof[-1]],
        proof[:-1],
    ]


def test_a_proof_of_a_large_tree_reads_few_tiles() -> None:
    shelf = shelf_of(70_000, batch=20_000)
    tree = shelf.tree()

    tree.inclusion(12_345)

    # C2SP tlog-tiles tells of a tree of this size which tiles it has.
    assert len(shelf.tiles) == 273 + 1 + 1 + 1 + 1
    assert len(shelf.tiles[TileId(0, 273)]) == 112 * 32
    assert len(shelf.tiles[TileId(1, 1)]) == 17 * 32
    assert len(shelf.tiles[TileId(2, 0)]) == 1 * 32
    assert sorted(shelf.read) == [(0, 48), (0, 273), (1, 0), (1, 1)]


@pytest.mark.parametrize("position", [-1, 3])
def test_what_is_not_in_the_tree_has_no_proof(position: int) -> None:
    shelf = shelf_of(5)

    with pytest.raises(ProofError, match="not in a tree of 3"):
        shelf.tree(3).inclusion(position)
    with pytest.raises(ProofError, match="not in a tree of 3"):
        verify_inclusion(b"", position, 3, [], b"")
    with pytest.raises(ProofError, match="continues none of 4"):
        shelf.tree(3).consistency(4)
    with pytest.raises(ProofError, match="continues none of 4"):
        verify_consistency(Span(4, 3), [], b"", b"")


def test_a_tile_that_is_missing_is_named() -> None:
    shelf = shelf_of(600)
    del shelf.tiles[TileId(0, 1)]

    with pytest.raises(ProofError, match=r"tile 0/1 has 0 hashes, 46 are needed"):
        shelf.tree().inclusion(300)


def test_an_older_root_needs_no_proof_but_its_own_equality() -> None:
    verify_consistency(Span(0, 9), [], EMPTY_ROOT, b"any")
    with pytest.raises(ProofError, match="two roots"):
        verify_consistency(Span(9, 9), [], b"one", b"other")
    with pytest.raises(ProofError, match="too short"):
        verify_consistency(Span(3, 9), [], b"one", b"other")


def test_the_empty_tree_has_the_root_of_the_rfc() -> None:
    assert Shelf().tree().root() == merkle.EMPTY_ROOT
