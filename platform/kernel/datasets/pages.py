"""Rows of a table as a dataset: pages by keyset, and those of given keys."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from contracts.datasets import Page, Row, Wanted
from kernel.datasets.registry import Key
from kernel.federation.windows import Window, beyond, cursor_of

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Generic[M]):
    """A model's rows as a dataset reads them, by one statement for each page."""

    #: Those that whoever acts may see.
    of: Callable[[], QuerySet[M]]
    #: What is told of some, with as many statements for all of them as for one.
    tell: Callable[[Sequence[M]], list[Row]]
    #: Columns of the order in which they are read, the last of them unique; they never change.
    order: tuple[str, ...]
    #: The column that is the dataset's key.
    key: str
    #: The lookups of filters that are called otherwise.
    lookups: Mapping[str, str] = field(default_factory=dict)
    #: The column by which they grow, where there is one.
    grows: str = ""

    def read(self, wanted: Wanted) -> Page:
        """Return a page; raises InvalidInputError for a place that is none of this order."""
        rows = self.of().order_by(*self.order)
        for name, value in (*wanted.filters.items(), *self._span(wanted)):
            rows = rows.filter(**{self.lookups.get(name, name): value})
        if wanted.after:
            window = Window(size=wanted.limit, forward=True, cursor=wanted.after)
            rows = rows.filter(beyond(self.order, window.place(rows.model, self.order)))
        found = list(rows[: wanted.limit + 1])
        page = found[: wanted.limit]
        place = ""
        if len(found) > len(page):
            place = cursor_of(self.order, [getattr(page[-1], name) for name in self.order])
        return Page(rows=self.tell(page), next=place)

    def find(self, keys: Sequence[Key]) -> list[Row]:
        """Return the rows of these keys, locked until the transaction ends."""
        wanted = {f"{self.key}__in": [value for (value,) in keys]}
        # In the order of the primary key, so that no two calls wait in a circle.
        rows = self.of().filter(**wanted).select_for_update(of=("self",)).order_by("pk")
        return self.tell(list(rows))

    def _span(self, wanted: Wanted) -> list[tuple[str, Any]]:
        span = (("gte", wanted.since), ("lt", wanted.until))
        return [(f"{self.grows}__{step}", moment) for step, moment in span if moment]
