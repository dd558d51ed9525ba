"""Where flags stand in their lives, through the graph."""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from apps.config.domain.staleness import Reason
from apps.config.models import FlagLife, LifeStage
from apps.config.schema.publishing import said
from apps.config.services.staleness import describe_flag_life, note_references, snooze_flag
from kernel.errors import InvalidInputError
from kernel.federation.access import scope
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, Update
from kernel.ids import parse_id

FeatureFlagStage = graphene.Enum.from_enum(
    LifeStage, name="FeatureFlagStage", description="Where a flag stands in its life."
)
FeatureFlagStaleReason = graphene.Enum.from_enum(
    Reason, name="FeatureFlagStaleReason", description="Why a flag is suspected."
)


@key("id")
class FlagLifeType(Entity):
    """What is expected of a flag's life, and how it was judged last."""

    class Meta:
        model = FlagLife
        name = "FeatureFlagLife"
        fields = (
            "id",
            "key",
            "since",
            "permanent",
            "expected_days",
            "snoozed_until",
            "snooze_reason",
            "uses",
            "scanned_at",
        )

    flag_id = graphene.ID(required=True)
    stage = FeatureFlagStage(required=True)
    reasons = graphene.List(
        graphene.NonNull(FeatureFlagStaleReason),
        required=True,
        description="All there are, also while something keeps the flag.",
    )
    needed_by = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Keys of flags that depend on it, and keep it from being stale; at most 20.",
    )
    places = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="The first 20 of where code uses it, by the last scan.",
    )


class FeatureFlagLifeFilter(graphene.InputObjectType):
    """Which lives; every part that is given has to fit."""

    flag_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")
    stages = graphene.List(graphene.NonNull(FeatureFlagStage))
    used = graphene.Boolean(description="Whether code uses it, by the last scan.")


class FeatureFlagLifeOrder(graphene.Enum):
    """In which order lives are listed."""

    LONGEST_FIRST = ("since", "id")
    NEWEST_FIRST = ("-since", "-id")


class SnoozeFeatureFlagInput(ById):
    """The flag that is to be taken for fresh for some time."""

    until = graphene.DateTime(description="Within a year; null to judge it again.")
    reason = graphene.String(description="Why it is to stay; at most 1,000 characters.")


class DescribeFeatureFlagLifeInput(ById):
    """How long a flag is to be there: one of the two."""

    permanent = graphene.Boolean()
    expected_days = graphene.Int(description="From its creation on; 1 to 3,650.")


class CodeReferencesInput(graphene.InputObjectType):
    """Where code uses a flag."""

    flag = graphene.String(required=True, description="Its key.")
    places = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Such as `shop/cart.py:17`."
    )


def _narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    if "flag_ids" in wanted:
        rows = rows.filter(flag_id__in=[parse_id(one) for one in wanted["flag_ids"]])
    if "stages" in wanted:
        rows = rows.filter(stage__in=[getattr(one, "value", one) for one in wanted["stages"]])
    if "used" in wanted:
        used = wanted["used"]
        rows = rows.filter(uses__gt=0) if used else rows.filter(uses=0)
    return rows


class Lives:
    """Reads of lives."""

    feature_flag_life = One(FlagLifeType)
    feature_flag_lives = Many(
        FlagLifeType, filter=FeatureFlagLifeFilter, where=_narrowed, order=FeatureFlagLifeOrder
    )


class LifeChanges:
    """Changes of lives."""

    snooze_feature_flag = Update(
        FlagLifeType,
        input=SnoozeFeatureFlagInput,
        by=lambda **sent: snooze_flag(**{"until": None, **said(sent)}),
        description="Take a flag for fresh for some time, and say why.",
    )
    describe_feature_flag_life = Update(
        FlagLifeType,
        input=DescribeFeatureFlagLifeInput,
        by=lambda **sent: describe_flag_life(**said(sent)),
        description="Say that a flag is to stay, or how long it is to be there.",
    )
    report_code_references = graphene.Int(
        required=True,
        description=(
            "Tell where code uses flags by a scan of all of it; flags that are not named are used"
            " nowhere. It returns how many those are."
        ),
        references=graphene.List(graphene.NonNull(CodeReferencesInput), required=True),
    )

    @staticmethod
    @scope("config:write")
    def resolve_report_code_references(
        _root: Any, _info: GraphQLResolveInfo, references: list[dict[str, Any]]
    ) -> int:
        found = {one["flag"]: one["places"] for one in references}
        if len(found) != len(references):
            raise InvalidInputError("each flag is named once, with all of its places")
        return note_references(found)
