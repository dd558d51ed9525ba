"""What a list of audit logs tells beside the logs: what they have in common, and when they were."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import graphene
from django.db.models import QuerySet

from apps.audit.domain.histogram import MOST_SPANS, STEPS
from apps.audit.models import AuditLog
from apps.audit.selectors.facets import MOST_COUNTED, Facet, Histogram, facets_of, histogram_of
from kernel.errors import InvalidInputError
from kernel.federation.pages import Page

#: Of each kind, and of a histogram, if nothing else is said.
MOST_VALUES, SPANS = 10, 60


class AuditLogFacetKind(graphene.Enum):
    """By what logs are counted."""

    ACTION = "ACTION"
    ACTOR = "ACTOR"
    ACTOR_TYPE = "ACTOR_TYPE"
    TARGET_TYPE = "TARGET_TYPE"


class AuditLogFacetValue(graphene.ObjectType):
    """A value that so many logs have."""

    value = graphene.String(required=True, description="To filter by.")
    label = graphene.String(required=True, description="What people call it, if it was told.")
    count = graphene.Int(required=True)


class AuditLogFacet(graphene.ObjectType):
    """The most frequent values of one kind, the largest count first."""

    by = AuditLogFacetKind(required=True)
    values = graphene.List(graphene.NonNull(AuditLogFacetValue), required=True)
    complete = graphene.Boolean(
        required=True, description=f"False when the newest {MOST_COUNTED:,} logs are counted."
    )


class AuditLogSpan(graphene.ObjectType):
    """So many logs from this moment on."""

    start = graphene.DateTime(required=True)
    count = graphene.Int(required=True)


class AuditLogHistogram(graphene.ObjectType):
    """How many logs there are in each span of time, the oldest first."""

    step = graphene.Field(
        graphene.Enum("AuditLogStep", {name: name for name in STEPS}), required=True
    )
    spans = graphene.List(graphene.NonNull(AuditLogSpan), required=True)
    complete = graphene.Boolean(
        required=True, description=f"False when the newest {MOST_COUNTED:,} logs are counted."
    )


class Facets(graphene.Field):
    """What the logs of a list have in common, all kinds counted by one query."""

    def __init__(self) -> None:
        super().__init__(
            graphene.List(graphene.NonNull(AuditLogFacet), required=True),
            by=graphene.List(graphene.NonNull(AuditLogFacetKind), required=True),
            first=graphene.Int(
                description=f"Values of each kind, at most 100; {MOST_VALUES} if not said."
            ),
            description="What the logs on all pages have in common, but for archived ones.",
        )

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        def resolve(page: Page, _info: Any, by: list[Any], first: int | None = None) -> list[Facet]:
            first = MOST_VALUES if first is None else first
            _check("first", first, 100)
            return facets_of(_counted(page), [kind.value for kind in by], first=first)

        return resolve


class OverTime(graphene.Field):
    """How the logs of a list are spread over time."""

    def __init__(self) -> None:
        super().__init__(
            AuditLogHistogram,
            required=True,
            zone=graphene.String(
                description="Whose days and hours, such as `Europe/Rome`; UTC if not said."
            ),
            most=graphene.Int(description=f"Spans, 3 to {MOST_SPANS}; {SPANS} if not said."),
            description="How the logs on all pages are spread over time, but for archived ones.",
        )

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        def resolve(
            page: Page, _info: Any, zone: str | None = None, most: int | None = None
        ) -> Histogram:
            zone, most = zone or "UTC", SPANS if most is None else most
            _check("most", most, MOST_SPANS, least=3)
            try:
                return histogram_of(_counted(page), ZoneInfo(zone), most=most)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise InvalidInputError(f"no time zone {zone[:40]!r}") from None

        return resolve


def _counted(page: Page) -> QuerySet[AuditLog]:
    """Return the logs of a list; of many lists at once a statement each would have to be made."""
    if not page.alone:
        raise InvalidInputError("facets and histogram are told of one list, not of many at once")
    return page.rows()


def _check(name: str, value: int, most: int, *, least: int = 1) -> None:
    if not least <= value <= most:
        raise InvalidInputError(f"{name} is {least} to {most}, found {value}")
