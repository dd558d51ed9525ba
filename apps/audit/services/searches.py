"""What may be done to searches that are kept."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypedDict, Unpack

from django.db import transaction

from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.models import AuditSearch, LogHead
from contracts.audit import AuditSearchChanged, AuditSearchCreated, AuditSearchDeleted
from kernel.errors import ForbiddenError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.rows import change, check, delete, locked
from kernel.tenancy.context import ALL_SCOPES, acting_principal

#: Each alert reads all that is recorded.
MOST_SEARCHES = 500
MOST_ALERTS = 50


class SearchChange(TypedDict, total=False):
    """What of a search can be changed."""

    name: str
    query: Mapping[str, Any]
    shared: bool
    threshold: int | None
    window_seconds: int | None
    cool_down_seconds: int | None


@transaction.atomic
def create_search(**told: Unpack[SearchChange]) -> AuditSearch:
    """Keep a search of whoever is acting. An alert on it begins with what is recorded from now on.

    Raises InvalidInputError, or LimitExceededError.
    """
    who = acting_principal()
    search = AuditSearch(
        owner_id=who.id if who else "", owner_name=who.name if who else "", **_columns(told)
    )
    _check(search)
    if AuditSearch.objects.count() >= MOST_SEARCHES:
        raise LimitExceededError(f"at most {MOST_SEARCHES} searches are kept")
    _begin(search)
    search.save()
    publish(AuditSearchCreated(search_id=str(search.pk), name=search.name, shared=search.shared))
    return search


@transaction.atomic
def update_search(*, id: str, **told: Unpack[SearchChange]) -> AuditSearch:
    """Change what is given. With another question or rule its alert begins anew."""
    search = _own(id)
    change(search, **_columns(told))
    _check(search)
    if told.keys() - {"name", "shared"}:
        _begin(search)
        search.save()
    if told:
        publish(
            AuditSearchChanged(
                search_id=str(search.pk),
                name=search.name,
                shared=search.shared,
                fields=tuple(told),
            )
        )
    return search


@transaction.atomic
def delete_search(*, id: str) -> AuditSearch:
    """Keep a search no more, and raise no alert on it."""
    search = _own(id)
    delete([search])
    publish(AuditSearchDeleted(search_id=str(search.pk), name=search.name))
    return search


def _own(search_id: str) -> AuditSearch:
    search = locked(AuditSearch, search_id)
    who = acting_principal()
    if who and search.owner_id not in {"", who.id} and not who.may(ALL_SCOPES):
        raise ForbiddenError(f"the search {search.name!r} is {search.owner_name or 'another'}'s")
    return search


def _columns(told: SearchChange) -> dict[str, Any]:
    columns: dict[str, Any] = dict(told)
    for name in ("window", "cool_down"):
        if f"{name}_seconds" in columns:
            seconds = columns.pop(f"{name}_seconds")
            columns[name] = None if seconds is None else timedelta(seconds=seconds)
    if "query" in columns:
        try:
            columns["query"] = LogQuery.of(columns["query"] or {}).told()
        except QueryError as error:
            raise InvalidInputError(str(error)) from None
    return columns


def _check(search: AuditSearch) -> None:
    check(search)
    parts = (search.threshold, search.window, search.cool_down)
    if search.threshold is not None and search.window is not None and search.cool_down is None:
        search.cool_down = search.window
    elif search.rule is None and parts != (None, None, None):
        raise InvalidInputError("an alert has a threshold and a window")


def _begin(search: AuditSearch) -> None:
    """Let the alert begin with what is recorded from now on."""
    if search.rule is None:
        return
    others = AuditSearch.objects.filter(threshold__isnull=False).exclude(pk=search.pk)
    if others.count() >= MOST_ALERTS:
        raise LimitExceededError(f"at most {MOST_ALERTS} searches have an alert")
    head = LogHead.objects.values_list("size", flat=True).first()
    search.seen, search.recent, search.raised_at = head or 0, [], None
