"""The screen of caches: how often values were there, and forgetting them by hand."""

from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from contracts.staff import StaffActed
from kernel.admin import ask_on_screen
from kernel.cache.hub import hub
from kernel.cache.namespaces import REGISTRY, Namespace, forget_everything, forget_of
from kernel.cache.stock import stock
from kernel.events.publishing import publish
from kernel.identity.models import Tenant

#: What a form says instead of a namespace or a tenant to mean all of them.
ALL = ""
#: Values that are shown because they are asked for most.
MOST_ASKED = 10


class Row(NamedTuple):
    """A namespace as the screen shows it."""

    namespace: Namespace[Any]
    hits: int
    asked: int

    @property
    def rate(self) -> str:
        return f"{100 * self.hits / self.asked:.1f} %" if self.asked else "-"


class Asked(NamedTuple):
    """A value that is asked for often."""

    namespace: str
    key: str
    tenant_id: UUID | None
    hits: int
    size_bytes: int


def urls_of(site: Any) -> list[URLPattern]:
    """Return the address of the screen."""

    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return _forgotten(site, request) if request.method == "POST" else _shown(site, request)

    return [path("caches/", site.admin_view(view), name="caches")]


def _shown(site: Any, request: HttpRequest) -> HttpResponse:
    context = site.each_context(request) | {
        "title": "Caches",
        "rows": [_row(one) for _, one in sorted(REGISTRY.items())],
        "most_asked": _most_asked(),
        "told_by": _told_by(),
        "stock": stock(settings.REDIS_URL) if settings.REDIS_URL else None,
    }
    return TemplateResponse(request, "kernel/admin/caches.html", context)


def _row(one: Namespace[Any]) -> Row:
    counted = one.counted
    hits = counted.hits_in_memory + counted.hits_in_redis + counted.given_stale
    return Row(one, hits, hits + counted.misses)


def _most_asked() -> list[Asked]:
    found = [
        Asked(name, key, tenant_id, entry.hits, entry.size_bytes)
        for name, one in REGISTRY.items()
        for place, entry in one.memory.most_asked(MOST_ASKED)
        for tenant_id, key in [place if one.of_tenant else (None, place)]
        if entry.hits
    ]
    return sorted(found, key=lambda asked: asked.hits, reverse=True)[:MOST_ASKED]


def _told_by() -> str:
    if hub.live:
        return "This process hears of every change, milliseconds after its commit."
    if connection.vendor == "sqlite" and not settings.REDIS_URL:
        return "On SQLite processes do not tell each other of changes: values last for a second."
    return "This process does not hear of changes now: values are believed for a second."


def _forgotten(site: Any, request: HttpRequest) -> HttpResponse:
    """Ask first; a yes forgets it in all processes, and is on record."""
    name, slug = request.POST.get("namespace", ALL), request.POST.get("tenant", "").strip()
    tenant = Tenant.objects.filter(slug=slug).first() if slug and "\0" not in slug else None
    if (name and name not in REGISTRY) or (slug and tenant is None):
        messages.error(request, f"There is no {'tenant ' + slug if slug else 'namespace ' + name}.")
        return redirect("admin:caches")
    if request.POST.get("confirmed") != "yes":
        return _asked(site, request, name, slug)
    tenant_id = tenant.pk if tenant else None
    with transaction.atomic():
        _forget(name, tenant_id)
        acted = StaffActed(
            app="kernel", model="Cache", action="forget", count=1, object_ids=(name or "all",)
        )
        publish(acted, tenant_id=tenant_id)
    messages.success(request, f"Forgotten in all processes: {_what(name, slug)}.")
    return redirect("admin:caches")


def _asked(site: Any, request: HttpRequest, name: str, slug: str) -> HttpResponse:
    return ask_on_screen(
        site,
        request,
        asks=f"Forget {_what(name, slug)}?",
        causes=[
            "all processes forget them at once, and load them again when they are asked for",
            "nothing is lost; the database has more to do for a moment",
            *_of_all_tenants(name, slug),
        ],
        hidden={"namespace": name, "tenant": slug},
        yes="Yes, forget them",
    )


def _of_all_tenants(name: str, slug: str) -> list[str]:
    told = [one.name for one in _meant(name) if slug and not one.of_tenant]
    return [f"of all tenants, as they are not told apart there: {', '.join(told)}"] if told else []


def _meant(name: str) -> list[Namespace[Any]]:
    return [REGISTRY[name]] if name else [one for _, one in sorted(REGISTRY.items())]


def _forget(name: str, tenant_id: UUID | None) -> None:
    if not name and tenant_id is None:
        forget_everything()
        return
    for one in _meant(name):
        forget_of(one, tenant_id)


def _what(name: str, slug: str) -> str:
    return f"{f'the values of {name}' if name else 'all values'}{f' of {slug}' if slug else ''}"
