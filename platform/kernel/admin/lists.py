"""Lists that are counted as far as it costs nothing."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from unfold.views import ChangeList as ThemedChangeList

#: A list says "more than" instead of counting further.
MOST_COUNTED = 10_000


class BoundedPaginator(Paginator[Any]):
    """Pages over a list of any length without counting all of it."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_COUNTED + 1].count())


class ChangeList(ThemedChangeList):
    """A list that tells how many it has found only where something narrows it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.has_active_filters or self.query):
            self.full_result_count = self.result_count
