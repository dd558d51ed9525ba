"""Lists of any length by keyset: each page costs what the first one costs, and none is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList as ThemedChangeList

from kernel.admin.bases import ModelAdmin
from kernel.errors import InvalidInputError
from kernel.federation.pages import Page
from kernel.federation.windows import Window

_AFTER, _BEFORE = "after.", "before."


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a page, and the places behind which the pages beside it begin, if there are."""

    rows: list[Any]
    previous: str | None
    next: str | None

    @classmethod
    def of(cls, page: Page) -> "Listed":
        """Read a page."""
        found = page.slice()
        info = page.info(found)
        return cls(
            found.rows,
            info.start_cursor if info.has_previous_page else None,
            info.end_cursor if info.has_next_page else None,
        )


@dataclass(frozen=True, slots=True)
class Pager:
    """Links to the pages beside this one; it stands where Django has a paginator."""

    #: Addresses; None where there is no such page.
    first: str | None
    previous: str | None
    next: str | None

    template_name: ClassVar[str] = "kernel/admin/pager.html"


def window_of(request: HttpRequest, size: int) -> Window:
    """Return which page an address asks for; what is no place, whoever reads the page says."""
    place = request.GET.get(PAGE_VAR, "")
    if place.startswith(_BEFORE):
        return Window(size=size, forward=False, cursor=place.removeprefix(_BEFORE))
    return Window(size=size, forward=True, cursor=place.removeprefix(_AFTER) or None)


def pager_of(
    request: HttpRequest, listed: Listed, address: Callable[[dict[str, str | None]], str]
) -> Pager:
    """Return the links beside a page; `address` makes one of the place behind which it begins."""

    def link(side: str, cursor: str | None) -> str | None:
        return address({PAGE_VAR: side + cursor}) if cursor else None

    return Pager(
        first=address({PAGE_VAR: None}) if PAGE_VAR in request.GET else None,
        previous=link(_BEFORE, listed.previous),
        next=link(_AFTER, listed.next),
    )


class KeysetChangeList(ThemedChangeList):
    """A page of a list between two places. Filters that change begin at the first page again."""

    def get_ordering(self, request: HttpRequest, _queryset: Any) -> list[str]:
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        window = window_of(request, self.list_per_page)
        try:
            found = self.model_admin.read(request, self.queryset, window)
        except InvalidInputError as error:
            messages.error(request, f"{error}.")
            raise IncorrectLookupParameters(str(error)) from None
        self.result_list = found.rows
        # Not told as some of more: how many there are, nobody counts.
        self.result_count = self.full_result_count = len(found.rows)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = pager_of(request, found, self.get_query_string)


class KeysetAdmin(ModelAdmin):
    """An admin whose list is read by keyset.

    Its order is that of `ordering`, whose columns are never null and whose last one is unique;
    nobody sorts by another, for which a long list would be read whole. A place is told in the
    address, so filters and the words that are looked for stay from page to page.
    """

    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **_kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def read(self, request: HttpRequest, rows: QuerySet[Any], window: Window) -> Listed:
        """Return the rows of a page; raises InvalidInputError for a place that is none."""
        return Listed.of(Page(lambda: rows, window, tuple(self.get_ordering(request))))
