"""The compiled path: from rows of selected columns straight to JSON, without models.

A plan gives perfect answers only. Whatever is not perfect (an error, a null where none may be)
ends it with an exception, and the executor answers in its place; reading twice changes nothing.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLSchema, get_argument_values

from kernel.federation.elsewhere import ElsewhereError
from kernel.federation.entities import Fetchable, grouped
from kernel.federation.fields import Many, ManyOf, One
from kernel.federation.pages import Page, Slice
from kernel.federation.references import Reference, consulted
from kernel.federation.sources import Columns, RowsById, StatementPage
from kernel.federation.statements import Statement
from kernel.federation.windows import Order
from kernel.ids import canonical_id
from kernel.tenancy.context import require

Row = Sequence[Any]
#: What a field shows of a row.
Reader = Callable[[Any], Any]
JSONObject = dict[str, Any]


class ImperfectError(Exception):
    """The answer holds an error or a null that only the executor can put in its place."""


class Link(Protocol):
    """A field whose values come from elsewhere, for all rows at once."""

    def values(self, rows: Sequence[Row], variables: dict[str, Any]) -> list[Any]:
        """Return the value of each row."""
        ...


@dataclass(slots=True)
class RowPlan:
    """How rows of one type become JSON objects."""

    columns: Columns
    readers: list[tuple[str, Reader]] = field(default_factory=list)
    links: list[tuple[str, Link]] = field(default_factory=list)
    #: Where a row tells that it is for the executor.
    kept_apart: int | None = None

    def objects(self, rows: Sequence[Row], variables: dict[str, Any]) -> list[JSONObject]:
        """Return the object of each row; the keys are in the order of the selection."""
        apart = self.kept_apart
        if apart is not None and any(row[apart] is not None for row in rows):
            raise ImperfectError("a row that its resolvers show otherwise")
        readers = self.readers
        made = [{key: read(row) for key, read in readers} for row in rows]
        for key, link in self.links:
            for one, value in zip(made, link.values(rows, variables), strict=True):
                one[key] = value
        return made


@dataclass(slots=True)
class Arguments:
    """The arguments of a field, as the executor would read them."""

    definition: GraphQLField
    node: FieldNode

    def read(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Return them under the names that resolvers know them by; raises GraphQLError."""
        return get_argument_values(self.definition, self.node, variables)


class PagePart(Protocol):
    """A field of a connection."""

    def values(
        self, pages: list[Page], slices: list[Slice], variables: dict[str, Any]
    ) -> list[Any]:
        """Return its value for each page."""
        ...


@dataclass(slots=True)
class ConnectionPlan:
    """How pages become JSON objects; the rows of all of them go through their plans together."""

    columns: Columns
    parts: list[tuple[str, PagePart]] = field(default_factory=list)
    reads_rows: bool = False

    def objects(self, pages: list[Page], variables: dict[str, Any]) -> list[JSONObject]:
        """Return the object of each page."""
        slices = []
        if self.reads_rows and pages:
            columns = self._columns(pages[0].order)
            slices = [page.slice(columns) for page in pages]
        made: list[JSONObject] = [{} for _ in pages]
        for key, part in self.parts:
            for one, value in zip(made, part.values(pages, slices, variables), strict=True):
                one[key] = value
        return made

    def _columns(self, order: Order) -> tuple[str, ...]:
        names = (name.lstrip("-") for name in order)
        return (*self.columns.names, *(name for name in names if name not in self.columns.names))


@dataclass(slots=True)
class Nodes:
    """The rows of a page."""

    rows: RowPlan

    def values(
        self, _pages: list[Page], slices: list[Slice], variables: dict[str, Any]
    ) -> list[Any]:
        made = iter(self.rows.objects([row for one in slices for row in one.rows], variables))
        return [[next(made) for _ in one.rows] for one in slices]


@dataclass(slots=True)
class Edges:
    """The rows of a page with their cursors: each part is a plan of the node, or shows a cursor."""

    parts: list[tuple[str, Nodes | Callable[[str], str]]]

    def values(
        self, pages: list[Page], slices: list[Slice], variables: dict[str, Any]
    ) -> list[Any]:
        made: list[list[JSONObject]] = [[{} for _ in one.rows] for one in slices]
        for key, part in self.parts:
            if isinstance(part, Nodes):
                columns = part.values(pages, slices, variables)
            else:
                columns = [[part(one.cursor(row)) for row in one.rows] for one in slices]
            for edges, values in zip(made, columns, strict=True):
                for edge, value in zip(edges, values, strict=True):
                    edge[key] = value
        return made


@dataclass(slots=True)
class Info:
    """Where a page stands: for each key what is read of its PageInfo."""

    parts: list[tuple[str, Callable[[Any], Any]]]

    def values(
        self, pages: list[Page], slices: list[Slice], _variables: dict[str, Any]
    ) -> list[Any]:
        told = [page.info(one) for page, one in zip(pages, slices, strict=True)]
        return [{key: read(one) for key, read in self.parts} for one in told]


@dataclass(slots=True)
class EachPage:
    """What is known of a page without its rows."""

    read: Callable[[Page], Any]

    def values(
        self, pages: list[Page], _slices: list[Slice], _variables: dict[str, Any]
    ) -> list[Any]:
        return [self.read(page) for page in pages]


@dataclass(slots=True)
class PagesLink:
    """A connection below a row: the pages of all rows are read together."""

    spec: ManyOf
    place: int
    arguments: Arguments
    connection: ConnectionPlan

    def values(self, rows: Sequence[Row], variables: dict[str, Any]) -> list[Any]:
        if not rows:
            return []
        ids = [str(row[self.place]) for row in rows]
        pages = self.spec.pages(list(dict.fromkeys(ids)), **self.arguments.read(variables))
        made = self.connection.objects(list(pages.values()), variables)
        by_parent = dict(zip(pages, made, strict=True))
        return [by_parent[one] for one in ids]


@dataclass(slots=True)
class ReferenceLink:
    """Entities of other services: fetched from their owner together, if it is needed at all."""

    spec: Reference
    place: int
    schema: GraphQLSchema
    type: GraphQLObjectType
    names: list[str]
    plan: RowPlan
    rows: RowsById | None

    def values(self, rows: Sequence[Row], variables: dict[str, Any]) -> list[Any]:
        named = [row[self.place] for row in rows]
        ids = list(dict.fromkeys(one for value in named for one in self.spec.ids(value)))
        found = self._fetch(ids, variables) if ids else {}
        return [self.spec.pick(value, found) for value in named]

    def _fetch(self, ids: list[str], variables: dict[str, Any]) -> dict[str, JSONObject]:
        owner, strict = consulted(self.schema, self.type, self.names)
        columns = self.plan.columns
        place = columns.place("id")
        known: dict[str, Row] = {}
        if owner and self.rows:
            found = self.rows.read(ids)
            known = {str(row[place]): row for row in found}
        if not strict:
            # One that its owner does not know, or was not asked for, has its key.
            for one in ids:
                known.setdefault(one, [one if name == "id" else None for name in columns.names])
        made = self.plan.objects(list(known.values()), variables)
        return dict(zip(known, made, strict=True))


class Root(Protocol):
    """A field of the query type."""

    def answer(self, variables: dict[str, Any]) -> Any:
        """Return its value; raises when that is not perfect."""
        ...


@dataclass(slots=True)
class Constant:
    """`__typename`."""

    value: str

    def answer(self, _variables: dict[str, Any]) -> Any:
        return self.value


@dataclass(slots=True)
class OneRoot:
    """A row by its id."""

    spec: One
    arguments: Arguments
    plan: RowPlan
    rows: RowsById

    def answer(self, variables: dict[str, Any]) -> Any:
        found = self.rows.read([str(self.spec.key(**self.arguments.read(variables)))])
        if not found:
            raise ImperfectError("no such row")
        return self.plan.objects(found, variables)[0]


@dataclass(slots=True)
class ManyRoot:
    """A page."""

    spec: Many
    arguments: Arguments
    connection: ConnectionPlan
    statements: dict[Hashable, Statement] = field(default_factory=dict)

    def answer(self, variables: dict[str, Any]) -> Any:
        wanted = self.spec.wanted(**self.arguments.read(variables))
        by_statement = not wanted.rest and wanted.entity.all_of_tenant()
        page = StatementPage(wanted, self.statements) if by_statement else wanted.page()
        try:
            return self.connection.objects([page], variables)[0]
        except ElsewhereError:
            raise ImperfectError("rows that are in no table") from None


@dataclass(slots=True)
class EntitiesRoot:
    """`_entities`: one query for each type."""

    fetchable: dict[str, Fetchable]
    arguments: Arguments
    plans: dict[str, tuple[RowPlan, RowsById | None]]

    def answer(self, variables: dict[str, Any]) -> Any:
        wanted = self.arguments.read(variables)["representations"]
        answers: list[Any] = [None] * len(wanted)
        groups = grouped(self.fetchable, wanted, answers)
        if any(answers):
            raise ImperfectError("a representation that means nothing")
        for entity, indexes in groups:
            ids = [canonical_id(wanted[index]["id"]) for index in indexes]
            found = self._fetch(entity, ids, variables)
            for index, one in zip(indexes, ids, strict=True):
                answers[index] = found.get(one)
        return answers

    def _fetch(self, entity: Any, ids: list[str], variables: dict[str, Any]) -> dict[str, Any]:
        plan, source = self.plans[entity._meta.name]
        if source is None:
            unique = list(dict.fromkeys(ids))
            made = plan.objects([(one,) for one in unique], variables)
            return dict(zip(unique, made, strict=True))
        require(entity.scope)
        rows = source.read(ids)
        if entity.keeps_elsewhere and len(rows) < len(set(ids)):
            raise ImperfectError("rows that are not in the table")
        place = plan.columns.place("id")
        made = plan.objects(rows, variables)
        return {str(row[place]): one for row, one in zip(rows, made, strict=True)}


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation, compiled."""

    roots: tuple[tuple[str, Root], ...]
    #: What the fields take beyond the scopes of their rows.
    scopes: tuple[str, ...] = ()

    def answer(self, variables: dict[str, Any]) -> JSONObject:
        """Return the data of the answer, with values that orjson writes as the executor would.

        Raises ImperfectError, DomainError or GraphQLError where the executor has to answer.
        """
        for scope in self.scopes:
            require(scope)
        return {key: root.answer(variables) for key, root in self.roots}
