"""Find: one box over all that the back office lists, by id, by name, by person.

Each kind of row is looked for as in the list of its own, with the rights and the rows that its
admin gives, for a bounded time. Whoever may not open a list finds nothing of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from kernel.errors import InvalidInputError
from kernel.federation.deadline import Deadline
from kernel.ids import parse_id
from kernel.saved_filters.selectors import usable_filters
from project.admin import elsewhere

#: Rows that are shown of a kind; its own list shows all.
MOST_OF_A_KIND = 5
MOST_PAGES = 8
#: What is looked for is cut here.
MOST_CHARACTERS = 200
#: An id of a request or of a trace; those of rows look like the former.
_OF_REQUEST = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SECONDS, SECONDS_OF_A_KIND = 1.5, 0.3


class Found(NamedTuple):
    """A row or a page that what was asked for may mean."""

    title: str
    url: str
    #: What of it is like the text, if its title does not say so.
    like: str = ""


class Kind(NamedTuple):
    """What was found of one kind."""

    name: str
    service: str
    #: Its list, narrowed to what was asked for.
    url: str
    rows: list[Found]
    #: There are more of it than are shown.
    more: bool = False
    #: It is only looked through by itself, or would take too long here.
    unread: bool = False


class Finding(NamedTuple):
    """What a text may mean."""

    text: str
    pages: list[Found]
    kinds: list[Kind]
    #: Why services of other processes were not looked through, a sentence each.
    problems: Sequence[str] = ()

    @property
    def shown(self) -> int:
        """Return how much is shown."""
        return len(self.pages) + sum(len(kind.rows) for kind in self.kinds)

    @property
    def unread(self) -> list[Kind]:
        """Return the kinds that have to be asked for by themselves."""
        return [one for one in self.kinds if one.unread]

    @property
    def read(self) -> list[Kind]:
        """Return the kinds of which rows were found."""
        return [one for one in self.kinds if one.rows]


def find(site: Any, request: HttpRequest, text: str) -> Finding:
    """Return the pages and the rows that a text names, of all that this member of staff may see."""
    text = text.replace("\0", "").strip()[:MOST_CHARACTERS]
    if not text:
        return Finding("", [], [])
    others = elsewhere.begin(request, "found", text=text)
    kinds, problems = found_here(site, request, text), list[str]()
    for other in others():
        kinds += [_kind_of(told) for told in other.rows]
        problems += [other.problem] if other.problem else []
    return Finding(text, _pages(site, request, text), kinds, problems)


def found_here(site: Any, request: HttpRequest, text: str, app_label: str = "") -> list[Kind]:
    """Return what this process has of a text, of one app where it is named."""
    seen = [
        one
        for one in site._registry.values()
        if app_label in ("", one.opts.app_label) and one.has_view_permission(request)
    ]
    try:
        return list(_of_id(seen, request, parse_id(text)))
    except InvalidInputError:
        return [*_saved(seen, request, text), *_named(seen, request, text)]


def _kind_of(told: Mapping[str, Any]) -> Kind:
    rows = [elsewhere.read(Found, row) for row in told["rows"]]
    return elsewhere.read(Kind, {**told, "rows": rows})


def _pages(site: Any, request: HttpRequest, text: str) -> list[Found]:
    if _OF_REQUEST.fullmatch(text):
        may = request.user.has_perm("traced.view_tracedline")
        url = f"{reverse('admin:inspector')}?{urlencode({'id': text})}"
        return [Found("What the request or the trace of this id did", url)] if may else []
    wanted = text.casefold()
    named = (
        Found(f"{model['name']}, {app['name']}", model["admin_url"])
        for app in site.get_app_list(request)
        for model in app["models"]
        if wanted in str(model["name"]).casefold() and model["admin_url"]
    )
    return list(islice(named, MOST_PAGES))


def _of_id(seen: Sequence[Any], request: HttpRequest, id_: UUID) -> Iterator[Kind]:
    for model_admin in seen:
        if model_admin.opts.pk.get_internal_type() == "UUIDField":
            rows = list(model_admin.get_queryset(request).filter(pk=id_)[:1])
            if rows:
                yield _kind(model_admin, "", rows)
        if not model_admin.found_by_name:
            yield _kind(model_admin, str(id_), [], unread=True)


def _named(seen: Sequence[Any], request: HttpRequest, text: str) -> Iterator[Kind]:
    end = monotonic() + SECONDS
    for model_admin in seen:
        if model_admin.get_search_fields(request):
            left = end - monotonic() if model_admin.found_by_name else 0.0
            found = _rows(model_admin, request, text, left) if left > 0 else None
            yield _kind(model_admin, text, found or [], unread=found is None)


def _saved(seen: Sequence[Any], request: HttpRequest, text: str) -> Iterator[Kind]:
    """Yield the saved filters that are called so, as links to their lists."""
    lists = {one.opts.label_lower: one.opts for one in seen}
    user: Any = request.user
    named = usable_filters(user, lists).filter(name__icontains=text)[:MOST_OF_A_KIND]
    rows = [
        Found(
            f"{one.name}, {lists[one.model].verbose_name_plural}",
            f"{_address(lists[one.model], 'changelist')}?{one.query}",
        )
        for one in named
    ]
    if rows:
        yield Kind("Saved filters", "Saved filters", "", rows)


def _address(opts: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)


def _rows(model_admin: Any, request: HttpRequest, text: str, seconds: float) -> list[Any] | None:
    """Return rows of a kind, one more than are shown; None if it takes too long."""
    try:
        with Deadline(min(seconds, SECONDS_OF_A_KIND)):
            rows = model_admin.get_queryset(request)
            found, _ = model_admin.get_search_results(request, rows, text)
            return list(found[: MOST_OF_A_KIND + 1])
    except DatabaseError:
        return None


def _kind(model_admin: Any, text: str, rows: list[Any], *, unread: bool = False) -> Kind:
    asked = f"?{urlencode({'q': text})}" if text else ""
    return Kind(
        str(capfirst(model_admin.opts.verbose_name_plural)),
        str(model_admin.opts.app_config.verbose_name),
        _address(model_admin.opts, "changelist") + asked,
        [
            Found(
                str(one),
                _address(model_admin.opts, "change", one.pk),
                like=_like(model_admin, one, text),
            )
            for one in rows[:MOST_OF_A_KIND]
        ],
        more=len(rows) > MOST_OF_A_KIND,
        unread=unread,
    )


def _like(model_admin: Any, row: Any, text: str) -> str:
    values = (str(getattr(row, name, "")) for name in model_admin.search_fields)
    wanted = text.casefold()
    if not wanted or wanted in str(row).casefold():
        return ""
    return next((value for value in values if wanted in value.casefold()), "")


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the page."""

    def view(request: HttpRequest) -> HttpResponse:
        if not site.has_permission(request):
            raise PermissionDenied
        found = find(site, request, request.GET.get("text", ""))
        context = site.each_context(request) | {"title": "Find", "found": found}
        return TemplateResponse(request, "kernel/admin/find.html", context)

    return [path("find/", site.admin_view(view), name="find")]


def suggestions(site: Any, request: HttpRequest) -> HttpResponse:
    """Answer the theme's command palette with what was found, and a link to all of it."""
    began = monotonic()
    found = find(site, request, request.GET.get("s", ""))
    if not found.text:
        return HttpResponse()
    items = [
        *(_item(one, "Page", "web") for one in found.pages),
        *(_item(one, kind.name, "data_object") for kind in found.read for one in kind.rows),
        _item(
            Found(f"“{found.text}”", f"{reverse('admin:find')}?{urlencode({'text': found.text})}"),
            "all that was found, on a page",
            "search",
        ),
    ]
    pages = Paginator(items, len(items))
    context = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": monotonic() - began,
    }
    return TemplateResponse(
        request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"}
    )


def _item(found: Found, description: str, icon: str) -> dict[str, str]:
    title = f"{found.title} ({found.like})" if found.like else found.title
    return {"title": title, "link": found.url, "description": description, "icon": icon}
