"""Filters are saved, changed and deleted: by their owners, and shared ones by superusers."""

from django.contrib.auth.models import User
from django.db import transaction

from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import parse_id
from kernel.saved_filters.models import SavedFilter
from kernel.saved_filters.selectors import MOST_OF_ONE, MOST_SHARED, own_filters
from kernel.staff import tell_changes


@transaction.atomic
def save_filter(*, owner: User, model: str, name: str, query: str, shared: bool) -> SavedFilter:
    """Keep a filter; one of this person's that has the name is replaced.

    Raises InvalidInputError and LimitExceededError. Whether the list may be seen is not asked.
    """
    name = _checked(name)
    if not query:
        raise InvalidInputError("nothing narrows or sorts the list")
    if len(query) > SavedFilter.QUERY_LENGTH:
        most = SavedFilter.QUERY_LENGTH
        raise LimitExceededError(f"the filter has {len(query):,} characters, of at most {most:,}")
    _one_at_a_time(owner)
    own = SavedFilter.objects.filter(owner=owner, model=model)
    kept = own.filter(name=name).first()
    if kept is None and own.count() >= MOST_OF_ONE:
        raise LimitExceededError(f"you have {MOST_OF_ONE} filters of this list, as many as can be")
    if shared and not (kept and kept.shared):
        _check_room(model)
    made = kept or SavedFilter(owner=owner, model=model, name=name)
    made.query, made.shared = query, shared
    made.save()
    tell_changes([made], "changed" if kept else "added")
    return made


@transaction.atomic
def change_filter(*, by: User, model: str, filter_id: str, name: str, shared: bool) -> SavedFilter:
    """Rename a filter, share it or keep it to oneself.

    Raises NotFoundError, InvalidInputError, ConflictError and LimitExceededError.
    """
    name = _checked(name)
    kept = changeable_filter(by, model, filter_id)
    _one_at_a_time(kept.owner)
    others = SavedFilter.objects.filter(owner=kept.owner, model=model).exclude(pk=kept.pk)
    if others.filter(name=name).exists():
        raise ConflictError(f"there is another filter called {name}")
    if shared and not kept.shared:
        _check_room(model)
    kept.name, kept.shared = name, shared
    kept.save(update_fields=["name", "shared"])
    tell_changes([kept], "changed")
    return kept


@transaction.atomic
def delete_filter(*, by: User, model: str, filter_id: str) -> str:
    """Delete a filter and return its name; raises NotFoundError."""
    kept = changeable_filter(by, model, filter_id)
    tell_changes([kept], "deleted")
    kept.delete()
    return kept.name


def changeable_filter(by: User, model: str, filter_id: str) -> SavedFilter:
    """Return a filter that this person may change; raises NotFoundError, InvalidInputError."""
    kept = own_filters(by, model).filter(pk=parse_id(filter_id)).first()
    if kept is None:
        raise NotFoundError("you have no such filter of this list")
    return kept


def _checked(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise InvalidInputError("a filter needs a name")
    if len(name) > SavedFilter.NAME_LENGTH:
        most = SavedFilter.NAME_LENGTH
        raise LimitExceededError(f"the name has {len(name)} characters, of at most {most}")
    return name


def _one_at_a_time(owner: User) -> None:
    # Two windows of one person do not pass a limit together.
    User.objects.select_for_update().get(pk=owner.pk)


def _check_room(model: str) -> None:
    if SavedFilter.objects.filter(model=model, shared=True).count() >= MOST_SHARED:
        raise LimitExceededError(f"{MOST_SHARED} filters of this list are shared, all there can be")
