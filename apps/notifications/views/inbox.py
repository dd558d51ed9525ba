"""Somebody's inbox for their browser, by a token that opens it and nothing else.

No cookie counts here, so any page may ask; who has the token is its reader for twelve hours. Forms
are what a page elsewhere sends without being asked first.
"""

from collections.abc import Callable
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.notifications.selectors.inbox import (
    MOST_SHOWN,
    TABS,
    counts_of,
    page_of,
    sent_since,
    shown,
)
from apps.notifications.selectors.links import Opened, opened_inbox
from apps.notifications.selectors.wishes import has_inbox
from apps.notifications.services.inbox import mark
from apps.notifications.services.telling import event_of, moment_of, topic_of
from kernel.errors import DomainError, MethodNotAllowedError, NotFoundError
from kernel.http import error_response
from kernel.ids import parse_id
from kernel.ratelimits.visit import charge_stranger
from kernel.streams import broadcaster, stream
from kernel.tenancy.context import acting_as, in_tenant

Answer = Callable[[HttpRequest, Opened], HttpResponse]


def by_token(methods: tuple[str, ...]) -> Callable[[Answer], Callable[..., HttpResponse]]:
    """Answer whoever has a token; errors by their codes."""

    def wrap(answer: Answer) -> Callable[..., HttpResponse]:
        @csrf_exempt
        def view(request: HttpRequest, token: str) -> HttpResponse:
            try:
                charge_stranger(request)
                if request.method not in methods:
                    raise MethodNotAllowedError(f"{request.method} is not allowed here")
                opened = opened_inbox(token)
                with acting_as(None), in_tenant(opened.tenant_id):
                    response = answer(request, opened)
            except DomainError as error:
                response = error_response(error)
            response["Access-Control-Allow-Origin"] = "*"
            response.setdefault("Cache-Control", "no-store")
            return response

        return view

    return wrap


@by_token(("GET",))
def messages(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Answer with a page of messages of a tab, the newest first, and the counts."""
    require_inbox(opened)
    tab = request.GET.get("tab", "all")
    if tab not in TABS:
        raise NotFoundError(f"no tab {tab!r:.40}")
    before = request.GET.get("before")
    found = page_of(opened.row_id, tab, parse_id(before) if before else None)
    told = {"messages": [shown(one) for one in found], "more": len(found) == MOST_SHOWN}
    return as_json({**told, **_counts(opened.row_id)})


@by_token(("POST",))
def marks(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Do what `verb` says to the messages of `ids`, with commas between them, or to `all`.

    `snooze` takes `until`: `later`, `tomorrow`, `monday`, or a time with its offset.
    """
    require_inbox(opened)
    told = request.POST.get("ids", "")
    ids = None if told == "all" else [parse_id(one) for one in told.split(",") if one]
    told_until = request.POST.get("until", "")
    mark(opened.row_id, request.POST.get("verb", ""), ids, until=told_until)
    return as_json(_counts(opened.row_id))


@by_token(("GET",))
def events(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Tell each message as it comes; who comes again is told what came meanwhile.

    What came within ten seconds before may be told again: by its id it is the same.
    """
    position = broadcaster.position()
    require_inbox(opened)
    heard = request.headers.get("Last-Event-ID", "")
    missed = sent_since(opened.row_id, moment_of(heard)) if heard else []
    return stream(
        topic_of(opened.tenant_id, opened.row_id),
        tenant_id=opened.tenant_id,
        position=position,
        beginning=tuple(event_of(one) for one in missed if event_of(one).id != heard),
        seen=heard,
    )


def require_inbox(opened: Opened) -> None:
    """Raise NotFoundError where whose inbox it was is not there any more."""
    if not has_inbox(opened.row_id):
        raise NotFoundError("whose inbox it was is gone")


def _counts(subscriber_id: UUID) -> dict[str, int]:
    counts = counts_of(subscriber_id)
    return {"unseen": counts.unseen, "unread": counts.unread}


def as_json(told: object) -> HttpResponse:
    """Return an answer in JSON."""
    return HttpResponse(orjson.dumps(told), content_type="application/json")
