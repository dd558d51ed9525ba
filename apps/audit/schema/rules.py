"""Rules of what is personal, through the graph."""

import graphene

from apps.audit.models import PersonalFieldRule
from apps.audit.services.personal_rules import add_rule, end_rule
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update

_PLACE = (
    "as a JSON pointer such as `/metadata/email`, where a target is named by its type and a change"
    " by its field, or `*` for all: `/targets/user/name`, `/changes/email/after`."
)


@key("id")
class AuditPersonalRuleType(Entity):
    """Fields of some actions that are personal: sealed, whoever tells them."""

    class Meta:
        model = PersonalFieldRule
        name = "AuditPersonalRule"
        fields = ("id", "actions", "subject", "added_at", "ended_at")

    fields = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="JSON pointers of what is sealed.",
    )


class AuditPersonalRuleFilter(graphene.InputObjectType):
    """Which rules; every part that is given has to fit."""

    actions = graphene.String()
    in_force = graphene.Boolean(description="Those that have not ended.")


class AuditPersonalRuleOrder(graphene.Enum):
    """In which order rules are listed."""

    NEWEST_FIRST = ("-added_at", "-id")
    ACTIONS = ("actions", "id")


class AddAuditPersonalRuleInput(ChangeInput):
    """What is personal from now on; logs that are there stay as they are."""

    actions = graphene.String(
        required=True, description="`invoice.approved`, or `invoice.*`, or `*`."
    )
    subject = graphene.String(required=True, description=f"Of whom the fields tell, {_PLACE}")
    fields = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description=f"What is sealed, at most 50 fields, each {_PLACE}",
    )


class EndAuditPersonalRuleInput(ById):
    """The rule that makes nothing personal any more."""


class Rules:
    """Reads of rules."""

    audit_personal_rule = One(AuditPersonalRuleType)
    audit_personal_rules = Many(
        AuditPersonalRuleType,
        filter=AuditPersonalRuleFilter,
        lookups={"actions": "actions"},
        where=lambda rules, wanted: rules.filter(ended_at__isnull=wanted["in_force"]),
        order=AuditPersonalRuleOrder,
    )


class RuleChanges:
    """Changes of rules."""

    add_audit_personal_rule = Create(
        AuditPersonalRuleType,
        input=AddAuditPersonalRuleInput,
        by=add_rule,
        description="Let fields of some actions be personal, whoever tells them.",
    )
    end_audit_personal_rule = Update(
        AuditPersonalRuleType,
        input=EndAuditPersonalRuleInput,
        by=end_rule,
        description="Let a rule make nothing personal any more; what it sealed stays sealed.",
    )
