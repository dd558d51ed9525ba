"""What is loaded for all rows of a list at once."""

from dataclasses import dataclass
from typing import Any

import graphene
import pytest

from kernel.errors import ConflictError
from kernel.federation.batches import Batched, Peers, together
from kernel.federation.subgraph import build_subgraph
from tests.kernel.federation.asking import ask, failures

#: The ids and arguments of each load.
loads: list[tuple[list[str], dict[str, Any]]] = []


@dataclass
class Shelf:
    """A row."""

    id: str


def shelves(ids: str) -> list[Shelf]:
    return together([Shelf(one) for one in ids])


def load(ids: list[str], **arguments: Any) -> dict[str, Any]:
    loads.append((ids, arguments))
    if arguments.get("times") == 0:
        raise ConflictError("no times")
    return {one: one * arguments.get("times", 1) for one in ids if one != "x"}


def load_below(ids: list[str]) -> dict[str, Any]:
    loads.append((ids, {}))
    # The rows of all parents are one list to what is below them.
    rows = {one: [Shelf(f"{one}1"), Shelf(f"{one}2")] for one in ids}
    together([row for some in rows.values() for row in some])
    return rows


class ShelfType(graphene.ObjectType):
    class Meta:
        name = "Shelf"

    id = graphene.ID()
    label = Batched(graphene.String, load=load, times=graphene.Int())
    below = Batched(graphene.List(lambda: ShelfType), load=load_below)


class Query(graphene.ObjectType):
    shelves = graphene.List(ShelfType, ids=graphene.String(required=True))
    alone = graphene.Field(ShelfType)

    resolve_shelves = staticmethod(lambda _root, _info, ids: shelves(ids))
    resolve_alone = staticmethod(lambda _root, _info: Shelf("a"))


schema = build_subgraph("any", query=Query, entities=[]).schema


@pytest.fixture(autouse=True)
def _no_loads() -> None:
    loads.clear()


def test_the_rows_of_a_list_are_loaded_together_each_id_once() -> None:
    body = ask(schema, '{ shelves(ids: "abca") { label } }')

    assert [shelf["label"] for shelf in body["data"]["shelves"]] == ["a", "b", "c", "a"]
    assert loads == [(["a", "b", "c"], {})]


def test_a_row_for_which_nothing_was_loaded_has_null() -> None:
    body = ask(schema, '{ shelves(ids: "axb") { label } }')

    assert [shelf["label"] for shelf in body["data"]["shelves"]] == ["a", None, "b"]
    assert len(loads) == 1


def test_each_place_in_the_document_is_loaded_for_itself() -> None:
    body = ask(
        schema,
        'query ($n: Int) { shelves(ids: "ab") { one: label(times: $n) three: label(times: 3) } }',
        n=2,
    )

    assert body["data"]["shelves"] == [
        {"one": "aa", "three": "aaa"},
        {"one": "bb", "three": "bbb"},
    ]
    assert loads == [(["a", "b"], {"times": 2}), (["a", "b"], {"times": 3})]


def test_a_fragment_in_two_places_is_loaded_for_the_rows_of_each() -> None:
    body = ask(
        schema,
        '{ a: shelves(ids: "a") { ...F } b: shelves(ids: "b") { ...F } }'
        " fragment F on Shelf { label }",
    )

    assert body["data"] == {"a": [{"label": "a"}], "b": [{"label": "b"}]}
    assert [ids for ids, _ in loads] == [["a"], ["b"]]


def test_a_row_that_came_alone_is_loaded_alone() -> None:
    assert ask(schema, "{ alone { label } }") == {"data": {"alone": {"label": "a"}}}
    assert loads == [(["a"], {})]


def test_lists_in_lists_take_one_load_a_level() -> None:
    body = ask(schema, '{ shelves(ids: "ab") { below { below { label } } } }')

    labels = [
        deep["label"]
        for shelf in body["data"]["shelves"]
        for below in shelf["below"]
        for deep in below["below"]
    ]
    assert labels == ["a11", "a12", "a21", "a22", "b11", "b12", "b21", "b22"]
    assert [len(ids) for ids, _ in loads] == [2, 4, 8]


def test_a_failure_is_told_for_each_row_and_not_tried_again() -> None:
    body = ask(schema, '{ shelves(ids: "abc") { id label(times: 0) } }')

    assert [shelf["label"] for shelf in body["data"]["shelves"]] == [None] * 3
    assert failures(body) == [(["shelves", n, "label"], "CONFLICT") for n in range(3)]
    assert len(loads) == 1


def test_rows_without_keys_load_nothing() -> None:
    peers = Peers([Shelf("a"), Shelf("b")])

    assert peers.load(1, lambda _row: [], lambda _keys: pytest.fail("nothing to load")) == {}
