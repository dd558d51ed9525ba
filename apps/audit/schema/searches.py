"""Searches that are kept, and alerts on them."""

from datetime import timedelta
from typing import Any

import graphene
from graphene.utils.str_converters import to_camel_case

from apps.audit.models import AuditSearch
from apps.audit.schema.inputs import AuditLogFilter
from apps.audit.services.searches import create_search, delete_search, update_search
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON

_THRESHOLD = "An alert is raised when so many logs are recorded within the window; 1 to 1,000."
_WINDOW = "In seconds, from a minute to 31 days."
_COOL_DOWN = "For so long no other alert is raised; as long as the window if not said."


@key("id")
class AuditSearchType(Entity):
    """A search by name: one's own, or everybody's. With a threshold it raises alerts."""

    class Meta:
        model = AuditSearch
        name = "AuditSearch"
        fields = ("id", "name", "shared", "owner_name", "created_at", "threshold", "raised_at")

    filter = JSON(required=True, description="To be sent as an `AuditLogFilter`.")
    window_seconds = graphene.Int()
    cool_down_seconds = graphene.Int()

    @staticmethod
    def resolve_filter(search: AuditSearch, _info: Any) -> dict[str, Any]:
        return filter_of(search.query)

    @staticmethod
    def resolve_window_seconds(search: AuditSearch, _info: Any) -> int | None:
        return _seconds(search.window)

    @staticmethod
    def resolve_cool_down_seconds(search: AuditSearch, _info: Any) -> int | None:
        return _seconds(search.cool_down)


class AuditSearchFilter(graphene.InputObjectType):
    """Which searches; every part that is given has to fit."""

    name = graphene.String()
    shared = graphene.Boolean()


class AuditSearchOrder(graphene.Enum):
    """In which order searches are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    NAME = ("name", "id")


class CreateAuditSearchInput(ChangeInput):
    """A search to keep."""

    name = graphene.String(required=True)
    filter = AuditLogFilter(required=True)
    shared = graphene.Boolean(description="Whether it is everybody's to use; false if not said.")
    threshold = graphene.Int(description=_THRESHOLD)
    window_seconds = graphene.Int(description=_WINDOW)
    cool_down_seconds = graphene.Int(description=_COOL_DOWN)


class UpdateAuditSearchInput(ById):
    """What becomes of a search; what is not sent stays."""

    name = graphene.String()
    filter = AuditLogFilter()
    shared = graphene.Boolean()
    threshold = graphene.Int(description=f"{_THRESHOLD} Null: it is no alert any more.")
    window_seconds = graphene.Int(description=_WINDOW)
    cool_down_seconds = graphene.Int(description=_COOL_DOWN)


class DeleteAuditSearchInput(ById):
    """The search to keep no more."""


class Searches:
    """Reads of the searches that are kept."""

    audit_search = One(AuditSearchType)
    audit_searches = Many(
        AuditSearchType,
        filter=AuditSearchFilter,
        lookups={"name": "name", "shared": "shared"},
        order=AuditSearchOrder,
    )


class SearchChanges:
    """Changes of the searches that are kept."""

    create_audit_search = Create(
        AuditSearchType,
        input=CreateAuditSearchInput,
        by=lambda **told: create_search(**_told(told)),
        description="Keep a search; with a threshold and a window it raises alerts.",
    )
    update_audit_search = Update(
        AuditSearchType,
        input=UpdateAuditSearchInput,
        by=lambda **told: update_search(**_told(told)),
        description="Change a search of one's own; its alert begins anew.",
    )
    delete_audit_search = Delete(
        AuditSearchType,
        input=DeleteAuditSearchInput,
        by=delete_search,
        description="Keep a search of one's own no more.",
    )


def filter_of(query: dict[str, Any]) -> dict[str, Any]:
    """Return a question as it is sent as an `AuditLogFilter`."""
    return {to_camel_case(name): value for name, value in query.items()}


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _told(sent: dict[str, Any]) -> Any:
    rest = {name: value for name, value in sent.items() if name != "filter"}
    return rest | {"query": sent["filter"]} if "filter" in sent else rest
