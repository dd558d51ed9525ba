"""Change requests through the graph: drafted, submitted, reviewed, scheduled, applied."""

from typing import Any

import graphene

from apps.config.access import APPROVE, SECRET
from apps.config.domain.configuration.differences import MOST
from apps.config.models import ChangeRequest, ProposedValue, RequestState, Verdict
from apps.config.schema.publishing import said
from apps.config.schema.values import ConfigurationDifference, saying_of, told_differences
from apps.config.selectors.configurations import parsed
from apps.config.selectors.requests import changes_of, reviews_of, values_of
from apps.config.services.proposing import ValueProposal
from apps.config.services.requests import (
    Proposal,
    apply_request,
    create_request,
    review_request,
    schedule_request,
    submit_request,
    update_request,
    withdraw_request,
)
from kernel.federation.batches import Batched
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update
from kernel.federation.scalars import JSON
from kernel.ids import parse_id

ChangeRequestState = graphene.Enum.from_enum(
    RequestState, name="ChangeRequestState", description="Where a request stands."
)
ReviewVerdict = graphene.Enum.from_enum(
    Verdict, name="ChangeRequestVerdict", description="What a reviewer says."
)


class ProposedChangeType(graphene.ObjectType):
    """What is to become of one flag or segment."""

    class Meta:
        name = "ProposedChange"

    kind = graphene.String(required=True, description="flag or segment.")
    target_id = graphene.ID(required=True)
    key = graphene.String(required=True)
    base = graphene.Int(required=True, description="The version it was made from; 0 for none.")
    definition = graphene.String(required=True, description="Empty takes it out.")


class ProposedValueType(graphene.ObjectType):
    """What is to be said of one key."""

    class Meta:
        name = "ProposedValue"

    key = graphene.String(required=True)
    service = graphene.String(required=True, description="Empty for all services.")
    base = graphene.Int(required=True, description="The version it was made from; 0 for none.")
    value = JSON(description="Null where nothing is to be said, and of an encrypted secret.")
    removed = graphene.Boolean(required=True)
    encrypted = graphene.Boolean(required=True)
    differences = graphene.List(
        graphene.NonNull(ConfigurationDifference),
        required=True,
        description=f"Against the version it was made from; at most {MOST}. None of a secret.",
    )


class ReviewType(graphene.ObjectType):
    """What one reviewer says."""

    class Meta:
        name = "ChangeRequestReview"

    verdict = ReviewVerdict(required=True)
    comment = graphene.String(required=True)
    reviewer_name = graphene.String(required=True)
    created_at = graphene.DateTime(required=True)


def _values_of(ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found = values_of(ids)
    return {one: [_value(*row) for row in rows] for one, rows in found.items()}


def _value(row: ProposedValue, before: str) -> dict[str, Any]:
    encrypted = row.sealed is not None
    value = parsed(row.value) if row.value else None
    was = parsed(before) if before else None
    return {
        "key": row.key,
        "service": row.service,
        "base": row.base,
        "value": value,
        "removed": not row.value and not encrypted,
        "encrypted": encrypted,
        "differences": [] if encrypted else told_differences(was, value),
    }


@key("id")
class ChangeRequestType(Entity):
    """Changes of an environment that are published together once others have approved of them."""

    class Meta:
        model = ChangeRequest
        name = "ChangeRequest"
        fields = (
            "id",
            "title",
            "description",
            "author_name",
            "apply_at",
            "applied_at",
            "problem",
            "created_at",
        )

    environment_id = graphene.ID(required=True)
    state = ChangeRequestState(required=True)
    revision = graphene.BigInt(description="Of the environment that it became.")
    changes = Batched(graphene.List(graphene.NonNull(ProposedChangeType)), load=changes_of)
    values = Batched(graphene.List(graphene.NonNull(ProposedValueType)), load=_values_of)
    reviews = Batched(graphene.List(graphene.NonNull(ReviewType)), load=reviews_of)


class ChangeRequestFilter(graphene.InputObjectType):
    """Which requests; every part that is given has to fit."""

    states = graphene.List(graphene.NonNull(ChangeRequestState))
    environment_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")


class ChangeRequestOrder(graphene.Enum):
    """In which order requests are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class ProposedChangeInput(graphene.InputObjectType):
    """What is to become of one flag or segment; it names one of the two."""

    flag_id = graphene.ID()
    segment_id = graphene.ID()
    definition = graphene.String(description="JSON; null takes it out of the environment.")
    base = graphene.Int(description="The version it was made from; the current one if not said.")


class ProposedValueInput(graphene.InputObjectType):
    """What is to be said of one key in the environment, or in a service there."""

    key = graphene.String(required=True)
    service = graphene.String()
    value = JSON(description="Null to say nothing there any more.")
    base_version = graphene.Int(
        description="The version it was made from; the current one if not said."
    )


class CreateChangeRequestInput(ChangeInput):
    """A draft; it changes at least one thing."""

    title = graphene.String(required=True)
    description = graphene.String()
    environment = graphene.String(description="The key of an environment; the first if not said.")
    changes = graphene.List(graphene.NonNull(ProposedChangeInput))
    values = graphene.List(
        graphene.NonNull(ProposedValueInput), description=f"Of a secret it takes {SECRET}."
    )


class UpdateChangeRequestInput(ById):
    """What becomes of a draft; what is not sent stays."""

    title = graphene.String()
    description = graphene.String()
    changes = graphene.List(graphene.NonNull(ProposedChangeInput))
    values = graphene.List(graphene.NonNull(ProposedValueInput))


class SubmitChangeRequestInput(ById):
    """The draft that others are to look at."""

    apply_at = graphene.DateTime(description="When it is published once it is approved.")


class ReviewChangeRequestInput(ById):
    """What one says to it."""

    verdict = ReviewVerdict(required=True)
    comment = graphene.String()


class ScheduleChangeRequestInput(ById):
    """When it is published once it is approved."""

    apply_at = graphene.DateTime(description="Null: when somebody says so.")


class WithdrawChangeRequestInput(ById):
    """The request to take back."""


class ApplyChangeRequestInput(ById):
    """The approved request to publish."""


def _narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    if "states" in wanted:
        states = [getattr(one, "value", one) for one in wanted["states"]]
        rows = rows.filter(state__in=states)
    if "environment_ids" in wanted:
        rows = rows.filter(environment_id__in=[parse_id(one) for one in wanted["environment_ids"]])
    return rows


class Requests:
    """Reads of change requests."""

    change_request = One(ChangeRequestType)
    change_requests = Many(
        ChangeRequestType, filter=ChangeRequestFilter, where=_narrowed, order=ChangeRequestOrder
    )


def _told(sent: dict[str, Any]) -> dict[str, Any]:
    told = said(sent)
    if "changes" in told:
        told["changes"] = [
            Proposal(
                flag_id=one.get("flag_id"),
                segment_id=one.get("segment_id"),
                definition=one.get("definition"),
                base=one.get("base"),
            )
            for one in told["changes"]
        ]
    if "values" in told:
        told["values"] = [_proposed(one) for one in told["values"]]
    return told


def _proposed(sent: dict[str, Any]) -> ValueProposal:
    saying = saying_of(sent)
    return ValueProposal(
        key=saying.key, value=saying.value, base=saying.base, service=sent.get("service") or ""
    )


def _review(*, id: str, verdict: Any, comment: str | None = None) -> ChangeRequest:
    approve = getattr(verdict, "value", verdict) == Verdict.APPROVE
    return review_request(id=id, approve=approve, comment=comment or "")


class RequestChanges:
    """Changes of change requests."""

    create_change_request = Create(
        ChangeRequestType,
        input=CreateChangeRequestInput,
        by=lambda **sent: create_request(**_told(sent)),
        description="Draft changes of an environment that are to be published together.",
    )
    update_change_request = Update(
        ChangeRequestType,
        input=UpdateChangeRequestInput,
        by=lambda **sent: update_request(**_told(sent)),
        description="Change a draft, or one in conflict, which is a draft again.",
    )
    submit_change_request = Update(
        ChangeRequestType,
        input=SubmitChangeRequestInput,
        by=submit_request,
        description="Ask others to review it, once it could be published as it is.",
    )
    review_change_request = Update(
        ChangeRequestType,
        input=ReviewChangeRequestInput,
        by=_review,
        scope=APPROVE,
        description="Say yes or no to what another has submitted.",
    )
    schedule_change_request = Update(
        ChangeRequestType,
        input=ScheduleChangeRequestInput,
        by=lambda id, apply_at=None: schedule_request(id=id, apply_at=apply_at),  # noqa: A006  the argument's name is part of the API
        description="Let it be published at a time, or when somebody says so.",
    )
    withdraw_change_request = Update(
        ChangeRequestType,
        input=WithdrawChangeRequestInput,
        by=withdraw_request,
        description="Take an open request back.",
    )
    apply_change_request = Update(
        ChangeRequestType,
        input=ApplyChangeRequestInput,
        by=apply_request,
        description="Publish an approved request, joined with what was published since.",
    )
