"""Where plans read: rows by their ids, and pages of all rows, by statements made once."""

from collections.abc import Hashable, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from kernel.federation.entities import Entity
from kernel.federation.pages import Order, Page, Window, beyond
from kernel.federation.statements import Slot, Slots, Statement, in_any_tenant

#: Statements that a field keeps; a page size more is a statement more.
MOST_STATEMENTS = 64


class Columns:
    """The columns that a plan reads, each once."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def place(self, name: str) -> int:
        """Return where in a row the column is."""
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


class RowsById:
    """Reads columns of an entity's rows by their ids: the same query each time."""

    def __init__(self, entity: type[Entity], columns: Columns) -> None:
        self._entity = entity
        self._columns = columns
        self._statement: Statement | None = None

    def read(self, ids: list[UUID]) -> Sequence[Sequence[Any]]:
        """Return those of the rows that the current principal may see."""
        names = self._columns.names
        if not self._entity.all_of_tenant():
            return list(self._entity.rows().filter(pk__in=ids).values_list(*names))
        if self._statement is None:
            with in_any_tenant(by_id=True):
                wanted = Slots("ids", models.UUIDField())
                rows = self._entity.rows().filter(pk__among=wanted)
                self._statement = Statement(rows.values_list(*names))
        return self._statement.rows(ids=ids)


class StatementPage(Page):
    """A page of all rows of an entity: the same query for each order, direction and size."""

    def __init__(
        self,
        entity: type[Entity],
        window: Window,
        order: Order,
        statements: dict[Hashable, Statement],
    ) -> None:
        self.order = order
        self._entity = entity
        self._window = window
        self._statements = statements

    @property
    def total_count(self) -> int:
        return self._entity.rows().count()

    def _read(self, columns: tuple[str, ...] | None) -> Sequence[Sequence[Any]]:
        names, window = columns or (), self._window
        direction = window.direction(self.order)
        values = window.place(self._entity._meta.model, direction) if window.cursor else ()
        kind = (names, direction, window.size, bool(values))
        statement = self._statements.get(kind)
        if statement is None:
            if len(self._statements) >= MOST_STATEMENTS:
                self._statements.clear()
            statement = self._statements[kind] = self._statement(names, direction, bool(values))
        return statement.rows(**{f"place{number}": one for number, one in enumerate(values)})

    def _statement(self, names: tuple[str, ...], order: Order, beyond_a_place: bool) -> Statement:
        model = self._entity._meta.model
        with in_any_tenant():
            rows = self._entity.rows().order_by(*order)
            if beyond_a_place:
                fields = [model._meta.get_field(name.lstrip("-")) for name in order]
                slots = [Slot(f"place{number}", one) for number, one in enumerate(fields)]
                rows = rows.filter(beyond(order, slots))
            return Statement(rows.values_list(*names)[: self._window.size + 1])
