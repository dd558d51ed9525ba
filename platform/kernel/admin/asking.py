"""Before something is done: a form that says what, and a question that says what comes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from kernel.admin.lists import MOST_COUNTED
from kernel.admin.showing import SelectInput
from kernel.errors import DomainError
from kernel.identity.models import Tenant
from kernel.staff import MOST_NAMED as MOST_NAMED_IN_EVENT
from kernel.staff import tell_action
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_as, in_tenant

#: Tenants that can be chosen from a list.
MOST_TENANTS = 1_000
#: A question about many rows names the first of them.
MOST_NAMED = 10

Act = Callable[[Any, HttpRequest, QuerySet[Any]], None]


def confirmed(act: Act) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """Let an action ask first, naming the rows; only a yes to just as many rows does it.

    The docstring of the action is part of the question: what it causes, for who is asked.
    """

    @wraps(act)
    def ask_first(page: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        count = rows.order_by()[: MOST_COUNTED + 1].count()
        if request.POST.get("confirmed") == str(count):
            # Taken before the action: afterwards they may be gone, or chosen no more.
            first = list(rows[: MOST_NAMED_IN_EVENT + 1])
            act(page, request, rows)
            tell_action(page.model, first, act.__name__, count=count)
            return None
        context = page.admin_site.each_context(request) | {
            "title": "Are you sure?",
            "opts": page.opts,
            "media": page.media,
            "action": act.__name__,
            "description": getattr(ask_first, "short_description", act.__name__),
            "causes": act.__doc__,
            "count": count,
            "most": MOST_COUNTED,
            "named": rows[:MOST_NAMED],
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "kernel/admin/confirm.html", context)

    return ask_first


def ask(
    page: Any,
    request: HttpRequest,
    *,
    asks: str,
    causes: Sequence[str],
    hidden: Mapping[str, str] | None = None,
    yes: str = "Yes, do it",
) -> HttpResponse:
    """Answer with a question: what would be done, and what comes of it.

    A yes comes as a POST with `confirmed` and what is hidden, to this address.
    """
    context = _context(page, request, "Are you sure?")
    return _question(request, context, asks, causes, hidden or {}, yes)


def ask_on_screen(
    site: Any,
    request: HttpRequest,
    *,
    asks: str,
    causes: Sequence[str],
    hidden: Mapping[str, str],
    yes: str,
) -> HttpResponse:
    """Answer with such a question on a screen that is of no model."""
    context = site.each_context(request) | {"title": "Are you sure?"}
    return _question(request, context, asks, causes, hidden, yes)


def _question(
    request: HttpRequest,
    context: dict[str, Any],
    asks: str,
    causes: Sequence[str],
    hidden: Mapping[str, str],
    yes: str,
) -> HttpResponse:
    told = {"asks": asks, "causes": causes, "hidden": {**hidden, "confirmed": "yes"}, "yes": yes}
    return TemplateResponse(request, "kernel/admin/question.html", context | told)


def page_of(
    page: Any, request: HttpRequest, form: Any, *, title: str, introduction: str, button: str
) -> HttpResponse:
    """Answer with a form of its own."""
    context = _context(page, request, title) | {
        "form": form,
        "parts": list(_parts_of(form)),
        "introduction": introduction,
        "button": button,
    }
    return TemplateResponse(request, "kernel/admin/form.html", context)


@dataclass(frozen=True, slots=True)
class Part:
    """Fields of a form that stand together; without a title those that everybody sees first."""

    title: str
    fields: list[forms.BoundField]
    #: Something in it is wrong, or other than usual.
    open: bool = False


def _parts_of(form: Any) -> Iterator[Part]:
    """Yield what a form asks first, then its `sections`, if it has some: (title, names) each."""
    sections: Sequence[tuple[str, Sequence[str]]] = getattr(form, "sections", ())
    later = {name for _, names in sections for name in names}
    yield Part("", [one for one in form if one.name not in later])
    for title, names in sections:
        fields = [form[name] for name in names]
        yield Part(title, fields, any(one.errors or _is_unusual(one) for one in fields))


def _is_unusual(field: forms.BoundField) -> bool:
    return _as_filled_in(field.value()) != _as_filled_in(field.field.initial)


def _as_filled_in(value: Any) -> str:
    # Of a form that comes back, nought is a text, and true.
    text = str(value or "")
    return "" if text == "0" else text


def _context(page: Any, request: HttpRequest, title: str) -> dict[str, Any]:
    context: dict[str, Any] = page.admin_site.each_context(request)
    return context | {"title": title, "opts": page.opts, "media": page.media}


class TenantField(forms.TypedChoiceField):
    """Which tenant; what it holds is the tenant's id."""

    def __init__(self) -> None:
        super().__init__(label="Tenant", choices=_tenants, coerce=UUID, widget=SelectInput())


def _tenants() -> list[tuple[str, str]]:
    named = Tenant.objects.order_by("slug").values_list("pk", "slug")[:MOST_TENANTS]
    return [("", "Choose one"), *((str(pk), slug) for pk, slug in named)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something that staff do: what is asked before, what comes of it, and how it is done.

    Its functions are given what the form holds, if there is one.
    """

    asks: Callable[[dict[str, Any]], str]
    causes: Callable[[dict[str, Any]], Sequence[str]]
    #: Does it, and returns what to say then.
    act: Callable[[dict[str, Any]], Any]
    #: Where it leads afterwards.
    back: str
    #: Of its form.
    title: str = ""
    introduction: str = ""
    yes: str = "Yes, do it"

    def run(self, page: Any, request: HttpRequest, form: Any = None) -> HttpResponse:
        """Answer with the form; with what would come of it; and after a yes, do it.

        What a DomainError says stands in the form, with what was filled in.
        """
        if form is None or form.is_valid():
            given = form.cleaned_data if form else {}
            try:
                if request.POST.get("confirmed") == "yes":
                    messages.success(request, self.act(given))
                    return redirect(self.back)
                asks, causes = self.asks(given), self.causes(given)
            except DomainError as error:
                if form is None:
                    messages.error(request, f"Nothing was changed: {error}.")
                    return redirect(self.back)
                form.add_error(None, f"Nothing was changed: {error}.")
            else:
                hidden = sent(request) if form else None
                return ask(page, request, asks=asks, causes=causes, hidden=hidden, yes=self.yes)
        return page_of(
            page,
            request,
            form,
            title=self.title,
            introduction=self.introduction,
            button="See what comes of it",
        )


def row_of(page: Any, request: HttpRequest, object_id: str) -> Any:
    """Return the row that something is done to; raises Http404."""
    row = page.get_object(request, unquote(object_id))
    if row is None:
        raise Http404(f"no {page.opts.verbose_name} {object_id}")
    return row


def ask_then(
    page: Any,
    request: HttpRequest,
    row: Any,
    verb: str,
    causes: str,
    by: Callable[..., Any],
) -> HttpResponse:
    """Ask, then do something to a row by its service, and lead back to it."""

    def act(_given: dict[str, Any]) -> str:
        with in_tenant(row.tenant_id):
            by(id=str(row.pk))
        return f"{verb}: {row}."

    return Errand(
        asks=lambda _: f"{verb} {row}?",
        causes=lambda _: [causes],
        act=act,
        back=reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=[row.pk]),
        yes=f"Yes, {verb.lower()}",
    ).run(page, request)


@contextmanager
def acting_staff(request: HttpRequest, tenant_id: UUID) -> Iterator[None]:
    """Act as whoever of the staff is signed in, on the rows of one tenant.

    Whether they may is for the caller to ask, by the permissions of the back office.
    """
    with acting_as(staff_of(request, tenant_id, ALL_SCOPES)):
        yield


def staff_of(request: HttpRequest, tenant_id: UUID, *scopes: str) -> Principal:
    """Return whoever of the staff is signed in, as who acts in a tenant."""
    user: Any = request.user
    return Principal(
        kind="staff",
        id=str(user.pk),
        name=user.get_username(),
        tenant_id=tenant_id,
        scopes=frozenset(scopes),
    )


def sent(request: HttpRequest) -> dict[str, str]:
    """Return what was filled in, for the yes to be to the same."""
    told = request.POST if request.method == "POST" else request.GET
    return {name: str(value) for name, value in told.items() if name[:4] != "csrf"}
