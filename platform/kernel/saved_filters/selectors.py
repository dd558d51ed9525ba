"""Which saved filters somebody may use, and which they may change."""

from collections.abc import Collection
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import QueryDict

from kernel.saved_filters.models import SavedFilter

#: Of one person for one list; and of all people together those that are shared.
MOST_OF_ONE, MOST_SHARED = 20, 50
#: What an address of a list has that narrows nothing: a page, an error, how it is shown.
_ASIDE = frozenset({"p", "all", "e", "_facets", "_popup", "_to_field"})


def query_of(address: QueryDict) -> str:
    """Return what narrows and sorts a list, always in the same order; empty if nothing does."""
    parts = [
        (name, value)
        for name, values in sorted(address.lists())
        for value in values
        if value and name not in _ASIDE
    ]
    return urlencode(parts)


def usable_filters(user: User, models: Collection[str]) -> QuerySet[SavedFilter]:
    """Return somebody's own and those that are shared, of these lists, by name."""
    return (
        SavedFilter.objects.filter(Q(owner=user) | Q(shared=True), model__in=models)
        .select_related("owner")
        .only("model", "name", "query", "shared", "owner__username")
        .order_by("name", "pk")
    )


def own_filters(user: User, model: str) -> QuerySet[SavedFilter]:
    """Return those that somebody may change: their own, of superusers all that are shared, too."""
    usable = usable_filters(user, [model])
    return usable if user.is_superuser else usable.filter(owner=user)
