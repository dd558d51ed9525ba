"""Saved filters over a list of the back office: the same for each of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from kernel.admin.asking import ask
from kernel.errors import DomainError
from kernel.saved_filters.models import SavedFilter
from kernel.saved_filters.selectors import (
    MOST_OF_ONE,
    MOST_SHARED,
    own_filters,
    query_of,
    usable_filters,
)
from kernel.saved_filters.services import (
    change_filter,
    changeable_filter,
    delete_filter,
    save_filter,
)

_MOST = MOST_OF_ONE + MOST_SHARED


class SavingAdmin:
    """A list whose filters can be kept under names, mixed into an admin of Django's."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        """Return its addresses, with that of its saved filters."""
        view = self.admin_site.admin_view(self.saved_filters_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_saved_filters"
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # of Django's admin
        return [path("saved-filters/", view, name=name), *urls]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Answer with the list under its saved filters, which are read when they are shown."""
        context = {"saved_filters": SavedFilters(self, request), **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[misc]  # as above

    def saved_filters_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with those that somebody may change, or do with one what is asked."""
        return SavedFilters(self, request).answer()


@dataclass(frozen=True)
class SavedFilters:
    """The saved filters of one list, for whoever asks."""

    page: Any
    request: HttpRequest

    name_length = SavedFilter.NAME_LENGTH

    @cached_property
    def usable(self) -> list[SavedFilter]:
        """Return what stands over the list."""
        return list(usable_filters(self._user, [self._model])[:_MOST])

    @property
    def changeable(self) -> bool:
        """Say whether some of them are for this person to change."""
        user = self._user
        return any(one.owner_id == user.pk or user.is_superuser for one in self.usable)

    @cached_property
    def query(self) -> str:
        """Return what narrows the list now; empty if nothing does."""
        return query_of(self.request.GET)

    @property
    def unsaved(self) -> bool:
        """Say whether what narrows the list now has no name yet."""
        return bool(self.query) and all(one.query != self.query for one in self.usable)

    @property
    def url(self) -> str:
        """Return where they are saved and changed."""
        return self._address("saved_filters")

    @property
    def list_url(self) -> str:
        """Return where their list is."""
        return self._address("changelist")

    def answer(self) -> HttpResponse:
        """Answer with a page, or do what is posted; raises PermissionDenied without the list."""
        if not self.page.has_view_permission(self.request):
            raise PermissionDenied
        if self.request.method == "POST":
            query = query_of(QueryDict(self.request.POST.get("query", "")))
            try:
                question = self._act(query)
            except DomainError as error:
                messages.error(self.request, f"Nothing was changed: {error}.")
                question = None
            return question or redirect(f"{self.list_url}?{query}" if query else self.url)
        context = self.page.admin_site.each_context(self.request) | {
            "title": f"Saved filters of {self.page.opts.verbose_name_plural}",
            "opts": self.page.opts,
            "filters": own_filters(self._user, self._model)[:_MOST],
            "saved": self,
        }
        return TemplateResponse(self.request, "kernel/admin/saved_filters_page.html", context)

    def _act(self, query: str) -> HttpResponse | None:
        """Save, change or delete one; return the question that comes before, if one does."""
        given, user, model = self.request.POST, self._user, self._model
        filter_id, name, shared = given.get("id", ""), given.get("name", ""), "shared" in given
        match given.get("verb"):
            case "change":
                changed = change_filter(
                    by=user, model=model, filter_id=filter_id, name=name, shared=shared
                )
                told = f"Changed: {changed}."
            case "delete" if given.get("confirmed") != "yes":
                return self._ask(changeable_filter(user, model, filter_id))
            case "delete":
                told = f"Deleted: {delete_filter(by=user, model=model, filter_id=filter_id)}."
            case _:
                kept = save_filter(owner=user, model=model, name=name, query=query, shared=shared)
                told = f"Saved: {kept}."
        messages.success(self.request, told)
        return None

    def _ask(self, kept: SavedFilter) -> HttpResponse:
        whose = "everybody who uses it" if kept.shared else "you"
        return ask(
            self.page,
            self.request,
            asks=f"Delete the filter {kept}?",
            causes=[f"it is gone from the list for {whose}; no row is changed."],
            hidden={"verb": "delete", "id": str(kept.pk)},
            yes="Yes, delete",
        )

    @property
    def _user(self) -> Any:
        return self.request.user

    @property
    def _model(self) -> str:
        label: str = self.page.opts.label_lower
        return label

    def _address(self, name: str) -> str:
        opts = self.page.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}")
