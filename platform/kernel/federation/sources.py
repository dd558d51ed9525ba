"""Where plans read: rows by their ids, and pages of all rows, by statements made once."""

from collections.abc import Hashable, Sequence
from typing import Any

from django.db import models

from kernel.federation.entities import Entity
from kernel.federation.fields import Wanted
from kernel.federation.pages import Page
from kernel.federation.statements import IdSlots, Slot, Slots, Statement, in_any_tenant
from kernel.federation.windows import Order, beyond

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

    def read(self, ids: list[str]) -> Sequence[Sequence[Any]]:
        """Return those of the rows, by canonical ids, that the current principal may see."""
        names = self._columns.names
        if not self._entity.all_of_tenant():
            return list(self._entity.rows().filter(pk__in=ids).values_list(*names))
        if self._statement is None:
            with in_any_tenant(by_id=True):
                wanted = IdSlots("ids", models.UUIDField())
                rows = self._entity.rows().filter(pk__among=wanted)
                self._statement = Statement(rows.values_list(*names))
        return self._statement.rows(ids=ids)


class StatementPage(Page):
    """A page by a statement: the same one for each order, direction, size and kind of filter."""

    def __init__(self, wanted: Wanted, statements: dict[Hashable, Statement]) -> None:
        super().__init__(wanted.rows, wanted.window, wanted.order, wanted.elsewhere)
        self._wanted = wanted
        self._statements = statements

    def _read(self, columns: tuple[str, ...] | None) -> list[Any]:
        window, model = self._window, self._wanted.entity._meta.model
        direction = window.direction(self.order)
        place = window.place(model, direction) if window.cursor else ()
        given = self._wanted.lookups.items()
        if any(name.endswith("__in") and not value for name, value in given):
            # None of no values: nothing has to be asked.
            return []
        lookups = [_in_slots(name, value) for name, value in given]
        kind = (columns, direction, window.size, bool(place), tuple(name for name, _ in lookups))
        statement = self._statements.get(kind)
        if statement is None:
            if len(self._statements) >= MOST_STATEMENTS:
                self._statements.clear()
            names = [name for name, _ in lookups]
            statement = self._statement(columns or (), direction, names, beyond_a_place=bool(place))
            self._statements[kind] = statement
        values = {f"place{number}": one for number, one in enumerate(place)}
        return statement.rows(**values, **dict(lookups))

    def _statement(
        self,
        columns: tuple[str, ...],
        order: Order,
        lookups: list[str],
        *,
        beyond_a_place: bool,
    ) -> Statement:
        model = self._wanted.entity._meta.model
        with in_any_tenant():
            rows = self._wanted.entity.rows().order_by(*order)
            for name in lookups:
                slot = Slots if name.endswith("__among") else Slot
                field = model._meta.get_field(name.partition("__")[0])
                rows = rows.filter(**{name: slot(name, field)})
            if beyond_a_place:
                fields = [model._meta.get_field(name.lstrip("-")) for name in order]
                slots = [Slot(f"place{number}", one) for number, one in enumerate(fields)]
                rows = rows.filter(beyond(order, slots))
            return Statement(rows.values_list(*columns)[: self._window.size + 1])


def _in_slots(lookup: str, value: Any) -> tuple[str, Any]:
    """Return the lookup that a statement uses, with its value: a list is one parameter."""
    name, _, kind = lookup.rpartition("__")
    if kind != "in":
        return lookup, value
    # Of one value the database can follow the order of an index.
    return (f"{name}__exact", value[0]) if len(value) == 1 else (f"{name}__among", value)
