"""How flags are used, through the graph: counts over time, and who has got what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from apps.config.access import EVALUATE
from apps.config.domain.assignments import Verdict
from apps.config.domain.evaluations import UNKNOWN
from apps.config.models import Way
from apps.config.schema.publishing import said
from apps.config.schema.types import FeatureFlagType
from apps.config.selectors.usage import Assignment, Counted, assignment_of, counts_of, state_of
from apps.config.services.exposing import set_exposure_rate
from apps.config.services.reporting import Told, report_usage
from kernel.federation.access import scope
from kernel.federation.mutations import ById, Update
from kernel.ids import parse_id
from kernel.tenancy.context import require

_ENVIRONMENT = "The key of an environment; the first if not said."

FeatureFlagUsageWay = graphene.Enum.from_enum(
    Way, name="FeatureFlagUsageWay", description="How programs came to an answer."
)
FeatureFlagSplitVerdict = graphene.Enum.from_enum(
    Verdict, name="FeatureFlagSplitVerdict", description="What the test of the sample ratio says."
)


class FeatureFlagUsageStep(graphene.Enum):
    """What counts are of."""

    HOUR = "hour"
    DAY = "day"


class FeatureFlagCount(graphene.ObjectType):
    """So many answers of one kind in a span of time."""

    starts_at = graphene.DateTime(required=True)
    way = FeatureFlagUsageWay(required=True)
    variant = graphene.String(required=True, description="Empty for the program's own default.")
    reason = graphene.String(
        required=True, description="As OpenFeature has it; UNKNOWN where clients have decided."
    )
    error_code = graphene.String(required=True, description="Empty without an error.")
    evaluations = graphene.BigInt(required=True)


class FeatureFlagUsage(graphene.ObjectType):
    """How a flag is used in an environment."""

    evaluated_at = graphene.DateTime(description="To the minute; null if nobody ever asked.")
    only_variant = graphene.String(
        description="What everybody has got lately, empty for their own default; null if others."
    )
    only_variant_since = graphene.DateTime()
    exposure_rate = graphene.Float(required=True)
    counts = graphene.List(
        graphene.NonNull(FeatureFlagCount),
        required=True,
        description="The oldest first; hours for 14 days, and days for 400. At most 10,000.",
        step=FeatureFlagUsageStep(default_value=FeatureFlagUsageStep.HOUR),
        start=graphene.DateTime(required=True),
        end=graphene.DateTime(required=True),
    )

    @staticmethod
    def resolve_counts(
        state: Any, _info: GraphQLResolveInfo, start: datetime, end: datetime, step: Any = None
    ) -> list[Counted]:
        by_day = getattr(step, "value", step) == "day"
        return counts_of(state.pk, start, end, by_day=by_day)


class FeatureFlagShare(graphene.ObjectType):
    """How many have got a variant, and how many of the sample were to have it."""

    variant = graphene.String(required=True)
    seen = graphene.Int(required=True)
    expected = graphene.Float(description="Null if no weight says so.")


class FeatureFlagAssignment(graphene.ObjectType):
    """Who has got which variant since the current version is there, each counted once."""

    version = graphene.Int(required=True)
    since = graphene.DateTime(description="When the first was seen; null if nobody was.")
    share = graphene.Float(
        required=True, description="Of all that are asked for, those in the sample: 1 is all."
    )
    shares = graphene.List(graphene.NonNull(FeatureFlagShare), required=True)
    crossed = graphene.Int(required=True, description="How many have got more than one variant.")
    verdict = FeatureFlagSplitVerdict(required=True)
    words = graphene.String(required=True, description="The verdict as one would say it.")
    chi_square = graphene.Float()
    p_value = graphene.Float(description="Below 0.001 the split is not as its weights say.")


class SetFeatureFlagExposureInput(ById):
    """Of how many of those who get a flag it is told that they do."""

    environment = graphene.String(description=_ENVIRONMENT)
    rate = graphene.Float(required=True, description="A share, 0 (nobody) to 1.")


class FeatureFlagAnswersInput(graphene.InputObjectType):
    """How often a program has got an answer that it found itself."""

    flag = graphene.String(required=True, description="Its key.")
    evaluations = graphene.BigInt(required=True, description="1 to 1,000,000,000.")
    variant = graphene.String(description="Null where it got its own default.")
    reason = graphene.String(
        default_value=UNKNOWN, description="As OpenFeature has it; UNKNOWN if not said."
    )
    error_code = graphene.String()


class Usage:
    """Reads of usage."""

    feature_flag_usage = graphene.Field(
        FeatureFlagUsage,
        description="How a flag is used in an environment.",
        id=graphene.ID(required=True),
        environment=graphene.String(description=_ENVIRONMENT),
    )
    feature_flag_assignment = graphene.Field(
        FeatureFlagAssignment,
        description="Who has got which variant of a flag, and whether that is as its weights say.",
        id=graphene.ID(required=True),
        environment=graphene.String(description=_ENVIRONMENT),
    )

    @staticmethod
    @scope("config:read")
    def resolve_feature_flag_usage(
        _root: Any,
        _info: Any,
        id: str,
        environment: str | None = None,
    ) -> Any:
        return state_of(id, environment)

    @staticmethod
    @scope("config:read")
    def resolve_feature_flag_assignment(
        _root: Any,
        _info: Any,
        id: str,
        environment: str | None = None,
    ) -> Mapping[str, Any]:
        state = state_of(id, environment)
        return _told(assignment_of(state))


def _told(found: Assignment) -> dict[str, Any]:
    expected = found.check.expected or {}
    return {
        "version": found.version,
        "since": found.since,
        "share": found.share,
        "crossed": found.crossed,
        "shares": [
            {
                "variant": variant,
                "seen": found.seen.get(variant, 0),
                "expected": expected.get(variant),
            }
            for variant in sorted({*found.seen, *expected})
        ],
        "verdict": found.check.verdict,
        "words": found.check.words,
        "chi_square": found.check.chi_square,
        "p_value": found.check.p_value,
    }


class UsageChanges:
    """Changes of what is told of usage."""

    set_feature_flag_exposure = Update(
        FeatureFlagType,
        input=SetFeatureFlagExposureInput,
        by=lambda **sent: set_exposure_rate(**said(sent)),
        description="Tell of a share of those who get a flag that they do, under pseudonyms.",
    )
    report_feature_flag_usage = graphene.Boolean(
        required=True,
        description=(
            "Tell how often programs got which answers that they found themselves, at most 500 at"
            " a time. What is told again as the same batch counts once. It takes config:evaluate."
        ),
        writer=graphene.ID(required=True, description="A UUID that who tells has made once."),
        batch=graphene.BigInt(required=True, description="Numbered upwards, from 1."),
        answers=graphene.List(graphene.NonNull(FeatureFlagAnswersInput), required=True),
        environment=graphene.String(description=_ENVIRONMENT),
    )

    @staticmethod
    def resolve_report_feature_flag_usage(
        _root: Any,
        _info: GraphQLResolveInfo,
        writer: str,
        batch: int,
        answers: list[dict[str, Any]],
        environment: str | None = None,
    ) -> bool:
        require(EVALUATE)
        told = [Told(**said(one)) for one in answers]
        report_usage(told, writer=parse_id(writer), number=batch, environment=environment)
        return True
