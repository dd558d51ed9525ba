"""Rows that a list goes on with and that are in no table, such as archived ones."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db.models import Model

from kernel.federation.windows import Order


class Elsewhere(Protocol):
    """Rows of a list that are in no table, in the order of the rows that are."""

    @property
    def model(self) -> type[Model]:
        """What they are rows of."""
        ...

    def rows(self, order: Order, place: Sequence[Any], most: int, last: Any) -> list[Any]:
        """Return the first rows behind a place in this order, none beyond the row `last`.

        An empty place is the beginning. A row that is in the table too may be among them.
        """
        ...

    def count(self) -> int:
        """Return how many rows there are that are in no table."""
        ...


class ElsewhereError(Exception):
    """Tuples of columns were asked for, and some of the rows are in no table."""
