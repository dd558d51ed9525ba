"""Fields that load for many rows at once: the rows of one list are peers.

The first peer that is asked loads for all of them, so a list costs one query for each such field,
however long it is. (A DataLoader does the same between turns of an event loop, which synchronous
resolvers do not have; a future for each item was measured to cost more than the query.)
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import graphene
from graphql import GraphQLResolveInfo

T = TypeVar("T")
#: From the keys of rows, each once, to what belongs to each of them.
Load = Callable[[list[Any]], dict[Any, Any]]


class Peers:
    """Rows that came together, and what was loaded for them."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows
        self._loaded: dict[int, dict[Any, Any]] = {}
        self._failed: dict[int, Exception] = {}

    def load(self, place: int, key: Callable[[Any], Iterable[Any]], load: Load) -> dict[Any, Any]:
        """Return what `load` gave for the keys of all the rows; called once for each place.

        What it raised is raised for each of the rows, without another try.
        """
        if place in self._failed:
            raise self._failed[place]
        found = self._loaded.get(place)
        if found is None:
            keys = dict.fromkeys(one for row in self._rows for one in key(row))
            try:
                found = self._loaded[place] = load(list(keys)) if keys else {}
            except Exception as error:
                self._failed[place] = error
                raise
        return found


def together(rows: list[T]) -> list[T]:
    """Make these rows peers, and return them."""
    peers = Peers(rows)
    for row in rows:
        row._peers = peers  # type: ignore[attr-defined]  # a row of Django's, or a reference
    return rows


def peers(load: Callable[[list[str]], dict[str, Any]]) -> Callable[[list[str]], dict[str, Any]]:
    """Return what loads rows that load what belongs to them together."""

    def loaded(ids: list[str]) -> dict[str, Any]:
        found = load(ids)
        together(list(found.values()))
        return found

    return loaded


def load_for(
    row: Any,
    info: GraphQLResolveInfo,
    key: Callable[[Any], Iterable[Any]],
    load: Load,
    *,
    shared: object = None,
) -> dict[Any, Any]:
    """Load for a row and its peers; once for each place where the field stands in the document.

    With `shared`, once for all fields that share it, which have no arguments.
    """
    if getattr(row, "_peers", None) is None:
        together([row])
    peers: Peers = row._peers
    # The arguments are the same at one place, and a node of the document outlives the request.
    return peers.load(id(shared or info.field_nodes[0]), key, load)


class Batched(graphene.Field):
    """A field that is loaded for all rows of a list at once.

    `load(keys, **arguments)` gets the ids of the rows and returns what belongs to each of them;
    for an id it leaves out the field is null.
    """

    def __init__(self, type_: Any, *, load: Callable[..., dict[Any, Any]], **options: Any) -> None:
        super().__init__(type_, **options)
        self.load = load

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        return self.resolve

    def resolve(self, row: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        """Answer for one row, out of what was loaded for all."""
        found = load_for(
            row, info, lambda one: (str(one.id),), lambda ids: self.load(ids, **arguments)
        )
        return found.get(str(row.id))
