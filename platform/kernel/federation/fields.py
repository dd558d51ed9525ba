"""Fields that are said rather than written: a row by id, pages of rows, objects of columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import graphene
from django.db.models import QuerySet

from kernel.errors import NotFoundError
from kernel.federation.batches import Batched
from kernel.federation.directives import list_size
from kernel.federation.elsewhere import Elsewhere
from kernel.federation.entities import Entity
from kernel.federation.pages import Page, Pages, connection, page_arguments
from kernel.federation.windows import DEFAULT_PAGE, Order, Window
from kernel.ids import parse_id
from kernel.rows import check_count
from kernel.tenancy.context import require

NEWEST_FIRST: Order = ("-id",)


class One(graphene.Field):
    """The row with the given id; NOT_FOUND when the current principal sees none."""

    def __init__(self, entity: type[Entity], **options: Any) -> None:
        super().__init__(entity, id=graphene.ID(required=True), **options)
        self.entity = entity

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        return lambda _root, _info, **arguments: self._resolve(**arguments)

    def key(self, id: str) -> UUID:  # noqa: A002  the argument's name is part of the API
        """Return which row is wanted; raises ForbiddenError or InvalidInputError."""
        require(self.entity.scope)
        return parse_id(id)

    def _resolve(self, id: str) -> Any:  # noqa: A002  as above
        key = self.key(id)
        row = self.entity.rows().filter(pk=key).first()
        if row is None and self.entity.keeps_elsewhere:
            row = self.entity.elsewhere([key]).get(key)
        if row is None:
            raise NotFoundError(f"no {self.entity._meta.model._meta.verbose_name} {id}")
        return row


class Connection(graphene.Field):
    """A page of rows in an order.

    The values of the enum `order` are orders, the first of them the one that is taken if none is
    said.
    """

    def __init__(
        self,
        entity: type[Entity],
        *,
        order: type[graphene.Enum] | None = None,
        required: bool = True,
        **options: Any,
    ) -> None:
        self._usual = NEWEST_FIRST
        if order is not None:
            usual = next(iter(order._meta.enum))
            self._usual = usual.value
            options["order"] = order(default_value=usual)
        super().__init__(connection(entity), required=required, **page_arguments(), **options)
        self.entity = entity
        list_size(
            assumed_size=DEFAULT_PAGE,
            slicing_arguments=["first", "last"],
            sized_fields=["nodes", "edges"],
            require_one_slicing_argument=False,
        )(self)

    def order_of(self, member: Any) -> Order:
        """Return the order that a member of the enum stands for; null stands for the usual one."""
        order: Order = self._usual if member is None else member.value
        return order


class Many(Connection):
    """A root field: a page of the rows that pass a filter.

    `lookups` says by which lookup of Django's each part of the filter narrows; what it does not
    name is given to `where`, which narrows in its own way. A part that is null lets all pass.
    `elsewhere` returns, for the parts of a filter, the rows that pass it and are in no table.
    """

    def __init__(
        self,
        entity: type[Entity],
        *,
        filter: type[graphene.InputObjectType] | None = None,  # noqa: A002  as above
        lookups: Mapping[str, str] | None = None,
        where: Callable[[QuerySet[Any], dict[str, Any]], QuerySet[Any]] | None = None,
        elsewhere: Callable[[dict[str, Any]], Elsewhere] | None = None,
        **options: Any,
    ) -> None:
        if filter is not None:
            options["filter"] = filter()
        super().__init__(entity, **options)
        self._lookups = lookups or {}
        #: Parts of the filter that are ids, which no query would take as other texts.
        self._ids = {
            name
            for name, field in (filter._meta.fields if filter else {}).items()
            if name in self._lookups and field.type is graphene.ID
        }
        self._where = where
        self._elsewhere = elsewhere

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        return lambda _root, _info, **arguments: self.wanted(**arguments).page()

    def wanted(
        self,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002  as above
        order: Any = None,
        **window: Any,
    ) -> "Wanted":
        """Read the arguments; raises Forbidden-, InvalidInput- or LimitExceededError."""
        require(self.entity.scope)
        given = {name: value for name, value in (filter or {}).items() if value is not None}
        for name, value in given.items():
            if isinstance(value, list):
                check_count(f"the filter by {name}", value)
            elif name in self._ids:
                parse_id(value)
        elsewhere = self._elsewhere(dict(given)) if self._elsewhere else None
        lookups = {self._lookups[name]: given.pop(name) for name in self._lookups if name in given}
        ordered = self.order_of(order)
        self.entity.access().require_columns((*lookups, *ordered))
        return Wanted(
            entity=self.entity,
            lookups=lookups,
            rest=given,
            where=self._where,
            elsewhere=elsewhere,
            window=Window.of(**window),
            order=ordered,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of an entity are wanted, and which part of them."""

    entity: type[Entity]
    lookups: dict[str, Any]
    #: What of the filter is no lookup.
    rest: dict[str, Any]
    where: Callable[[QuerySet[Any], dict[str, Any]], QuerySet[Any]] | None
    elsewhere: Elsewhere | None
    window: Window
    order: Order

    def rows(self) -> QuerySet[Any]:
        """Return all rows that pass the filter."""
        rows = self.entity.rows().filter(**self.lookups)
        return self.where(rows, self.rest) if self.where and self.rest else rows

    def page(self) -> Page:
        """Return the page that is wanted; raises InvalidInputError for a filter without sense."""
        rows = self.rows()
        return Page(lambda: rows, self.window, self.order, self.elsewhere)


class ManyOf(Connection, Batched):
    """A field of an entity: a page for each of its rows, all of them read together.

    `rows(ids)` returns the rows of all these parents, annotated with the `parent` of each.
    """

    def __init__(
        self, entity: type[Entity], *, rows: Callable[[list[str]], QuerySet[Any]], **options: Any
    ) -> None:
        super().__init__(entity, load=self.pages, **options)
        self._rows = rows

    def pages(self, ids: list[str], *, order: Any = None, **window: Any) -> dict[str, Page]:
        """Return the page of each of these parents; raises a DomainError."""
        require(self.entity.scope)
        ordered = self.order_of(order)
        self.entity.access().require_columns(ordered)
        rows = self.entity.narrowed(self._rows(ids))
        return Pages(rows, ids, Window.of(**window), ordered).by_parent()


def columns_of(name: str, field: Any) -> tuple[str, ...]:
    """Return the columns that a field of this name shows of its row."""
    if isinstance(field, Embedded):
        return tuple(field.columns.values())
    return (getattr(field, "column", name),)


class Embedded(graphene.Field):
    """An object made of columns of its row, given as field=column."""

    def __init__(self, type_: type[graphene.ObjectType], **columns: str) -> None:
        super().__init__(type_, required=True)
        self.columns = columns

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        return lambda row, _info: {
            name: getattr(row, column) for name, column in self.columns.items()
        }
