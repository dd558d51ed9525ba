"""What waits for staff: counted on the index of the back office, for whoever may act on it.

Each app says in `admin/concerns.py` what it has. A count is bounded, in time too: the index is
opened often, and a table may be long.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from kernel import clock
from kernel.federation.deadline import Deadline
from kernel.ids import first_id_at

#: More than this are "many".
MOST_COUNTED = 100
SECONDS = 0.2
_LATELY = timedelta(hours=24)


class Duty(StrEnum):
    """Who looks after it, as organisations tend to share work."""

    OPERATIONS = "Operations"
    SUPPORT = "Support"
    COMPLIANCE = "Compliance"
    PRODUCT = "Product"


@dataclass(frozen=True, slots=True)
class Concern:
    """Rows that should not be, or that wait for a decision."""

    #: What they are, in the plural: "files with something harmful in them".
    name: str
    duty: Duty
    rows: Callable[[], QuerySet[Any]]
    #: How their list is narrowed to them, as in its address.
    narrowed: str


class Waiting(NamedTuple):
    """A concern as the index tells it."""

    name: str
    url: str
    #: None: it takes too long to count.
    rows: int | None

    @property
    def told(self) -> str:
        """Return how many there are, in words."""
        if self.rows is None:
            return "?"
        return f"{MOST_COUNTED}+" if self.rows > MOST_COUNTED else str(self.rows)


class Desk(NamedTuple):
    """What one duty has to look at."""

    duty: Duty
    waiting: list[Waiting]


_CONCERNS: list[Concern] = []


def register(*concerns: Concern) -> None:
    """Make the index count them."""
    _CONCERNS.extend(concerns)


def lately(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those that were made in the last day, which their ids tell."""
    return rows.filter(pk__gte=first_id_at(clock.now() - _LATELY))


def waiting_for(request: HttpRequest, app_label: str = "") -> list[tuple[Duty, Waiting]]:
    """Return how much there is of each concern, of one app where it is named.

    Only of what this member of staff may see; with those of which nothing is there.
    """
    return [
        (one.duty, _counted(one))
        for one in _CONCERNS
        if app_label in ("", _model(one).app_label) and _seen(request, one)
    ]


def desks_of(counted: Sequence[tuple[Duty, Waiting]]) -> list[Desk]:
    """Return what waits, by duty; a duty of which nothing is counted has no desk."""
    desks = []
    for duty in Duty:
        of_duty = [waiting for whose, waiting in counted if whose is duty]
        if of_duty:
            desks.append(Desk(duty, [one for one in of_duty if one.rows != 0]))
    return desks


def _model(concern: Concern) -> Any:
    return concern.rows().model._meta


def _seen(request: HttpRequest, concern: Concern) -> bool:
    model = _model(concern)
    return bool(request.user.has_perm(f"{model.app_label}.view_{model.model_name}"))


def _counted(concern: Concern) -> Waiting:
    rows = concern.rows()
    model = rows.model._meta
    url = reverse(f"admin:{model.app_label}_{model.model_name}_changelist")
    try:
        with Deadline(SECONDS):
            count = rows.order_by()[: MOST_COUNTED + 1].count()
    except DatabaseError:
        count = None
    return Waiting(concern.name, f"{url}?{concern.narrowed}", count)
