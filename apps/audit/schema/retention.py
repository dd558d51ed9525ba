"""How long logs are kept, through the graph: policies, archives, legal holds, and the plan."""

from typing import Any

import graphene

from apps.audit.models import Archive, ArchiveState, LegalHold, RetentionPolicy
from apps.audit.schema.inputs import AuditLogFilter, given, query
from apps.audit.schema.searches import filter_of
from apps.audit.selectors import retention
from apps.audit.services.holds import place_hold, release_hold
from apps.audit.services.policies import create_policy, delete_policy, update_policy
from apps.audit.services.restoring import RESTORED_DAYS, restore_archive
from kernel.federation.access import scope
from kernel.federation.directives import key, list_size
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON

#: Months and policies that a plan has usually.
USUAL_STEPS = 24

AuditArchiveState = graphene.Enum.from_enum(
    ArchiveState, name="AuditArchiveState", description="How far an archive has come."
)


@key("id")
class AuditRetentionPolicyType(Entity):
    """How long logs of some actions are kept. Of those that fit, the longest counts."""

    class Meta:
        model = RetentionPolicy
        name = "AuditRetentionPolicy"
        fields = ("id", "actions", "live_days", "archived", "archived_days", "created_at")


@key("id")
class AuditLegalHoldType(Entity):
    """Nothing of what its filter finds is deleted, dropped or erased until it is released."""

    class Meta:
        model = LegalHold
        name = "AuditLegalHold"
        fields = (
            "id",
            "name",
            "reason",
            "placed_by",
            "placed_at",
            "released_by",
            "released_at",
            "release_reason",
        )

    filter = JSON(required=True, description="What it is on; everything when it is empty.")

    @staticmethod
    def resolve_filter(hold: LegalHold, _info: Any) -> dict[str, Any]:
        return filter_of(hold.query)


@key("id")
class AuditArchiveType(Entity):
    """Logs of a month in a file that proves itself."""

    class Meta:
        model = Archive
        name = "AuditArchive"
        fields = (
            "id",
            "month",
            "actions",
            "has_records",
            "logs",
            "size_bytes",
            "occurred_from",
            "occurred_to",
            "made_at",
            "removed_at",
            "restored_until",
            "expires_at",
            "manifest",
        )

    state = graphene.Field(AuditArchiveState, required=True)
    size_bytes = graphene.BigInt(required=True)
    logs = graphene.Int(required=True)


class AuditRetentionStep(graphene.ObjectType):
    """What becomes of some logs of a month."""

    month = graphene.Date(required=True)
    actions = graphene.String(required=True, description="Of the policy that counts for them.")
    logs = graphene.Int(required=True, description="Counted to 100,000 at most.")
    held = graphene.Int(required=True, description="How many of them a legal hold is on.")
    due = graphene.DateTime(description="From when on they go; null: never.")
    archived = graphene.Boolean(required=True, description="Whether an archive has them then.")


class AuditRetentionPolicyOrder(graphene.Enum):
    """In which order policies are listed."""

    ACTIONS = ("actions", "id")


class AuditLegalHoldFilter(graphene.InputObjectType):
    """Which holds."""

    active = graphene.Boolean()


class AuditLegalHoldOrder(graphene.Enum):
    """In which order holds are listed."""

    NEWEST_FIRST = ("-placed_at", "-id")
    OLDEST_FIRST = ("placed_at", "id")


class AuditArchiveFilter(graphene.InputObjectType):
    """Which archives; every part that is given has to fit."""

    states = graphene.List(graphene.NonNull(AuditArchiveState))
    month_from = graphene.Date()
    month_to = graphene.Date()


class AuditArchiveOrder(graphene.Enum):
    """In which order archives are listed."""

    NEWEST_FIRST = ("-month", "-id")
    OLDEST_FIRST = ("month", "id")


class Retention:
    """Root fields about how long logs are kept."""

    audit_retention_policy = One(AuditRetentionPolicyType)
    audit_retention_policies = Many(AuditRetentionPolicyType, order=AuditRetentionPolicyOrder)
    audit_legal_hold = One(AuditLegalHoldType)
    audit_legal_holds = Many(
        AuditLegalHoldType,
        filter=AuditLegalHoldFilter,
        where=lambda holds, wanted: holds.filter(released_at__isnull=wanted["active"]),
        order=AuditLegalHoldOrder,
    )
    audit_archive = One(AuditArchiveType)
    audit_archives = Many(
        AuditArchiveType,
        filter=AuditArchiveFilter,
        lookups={"month_from": "month__gte", "month_to": "month__lte"},
        where=lambda archives, wanted: archives.filter(
            state__in=[getattr(one, "value", one) for one in wanted["states"]]
        ),
        order=AuditArchiveOrder,
    )
    audit_retention_plan = list_size(assumed_size=USUAL_STEPS)(
        graphene.List(
            graphene.NonNull(AuditRetentionStep),
            required=True,
            description="What goes and when, by the policies as they are now.",
        )
    )

    @staticmethod
    @scope("audit:retain")
    def resolve_audit_retention_plan(_root: Any, _info: Any) -> list[dict[str, Any]]:
        return [
            {
                "month": step.month,
                "actions": step.rule.actions,
                "logs": step.logs,
                "held": step.held,
                "due": step.due,
                "archived": step.rule.archived,
            }
            for step in retention.plan()
        ]


class CreateAuditRetentionPolicyInput(ChangeInput):
    """How long logs of some actions are kept."""

    actions = graphene.String(
        required=True, description="`invoice.approved`, or `invoice.*`, or `*`."
    )
    live_days = graphene.Int(
        required=True, description="Days in the database, from the end of the month."
    )
    archived = graphene.Boolean(
        description="False deletes them then: their places in the log are kept. True if not said."
    )
    archived_days = graphene.Int(
        description="Days until they are let go, from the end of the month; for ever if not said."
    )


class UpdateAuditRetentionPolicyInput(ById):
    """What becomes of a policy; what is not sent stays."""

    live_days = graphene.Int()
    archived = graphene.Boolean()
    archived_days = graphene.Int()


class DeleteAuditRetentionPolicyInput(ById):
    """The policy to remove."""


class PlaceAuditLegalHoldInput(ChangeInput):
    """What is to stay, and why."""

    name = graphene.String(required=True)
    reason = graphene.String(required=True)
    filter = AuditLogFilter(description="Every log of the tenant if nothing is said.")


class ReleaseAuditLegalHoldInput(ById):
    """The hold to release, and why."""

    reason = graphene.String(required=True)


class RestoreAuditArchiveInput(ById):
    """The archive whose logs come back into the database."""

    days = graphene.Int(description=f"For how long; {RESTORED_DAYS} if not said.")


class RetentionMutation:
    """Changes of how long logs are kept."""

    create_audit_retention_policy = Create(
        AuditRetentionPolicyType,
        input=CreateAuditRetentionPolicyInput,
        by=create_policy,
        description="Say how long logs of some actions are kept.",
    )
    update_audit_retention_policy = Update(
        AuditRetentionPolicyType,
        input=UpdateAuditRetentionPolicyInput,
        by=update_policy,
        description="Change how long; what is archived already stays as it is.",
    )
    delete_audit_retention_policy = Delete(
        AuditRetentionPolicyType,
        input=DeleteAuditRetentionPolicyInput,
        by=delete_policy,
        description="Remove a policy: the next that fits counts.",
    )
    place_audit_legal_hold = Create(
        AuditLegalHoldType,
        input=PlaceAuditLegalHoldInput,
        by=lambda **told: place_hold(**_placed(told)),
        description="Let nothing of what a filter finds be deleted or erased.",
    )
    release_audit_legal_hold = Update(
        AuditLegalHoldType,
        input=ReleaseAuditLegalHoldInput,
        by=release_hold,
        description="Let go what a hold held.",
    )
    restore_audit_archive = Update(
        AuditArchiveType,
        input=RestoreAuditArchiveInput,
        by=restore_archive,
        description="Let the logs of an archive come back into the database for some days.",
    )


def _placed(sent: dict[str, Any]) -> dict[str, Any]:
    rest = given(sent)
    return rest | {"query": query(rest.pop("filter", None)).told()}
