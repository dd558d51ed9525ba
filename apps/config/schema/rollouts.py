"""Rollouts through the graph: started, held, undone; and the outcomes that guard them."""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from apps.config.access import EVALUATE
from apps.config.models import RolloutPlan, RolloutState
from apps.config.schema.publishing import said
from apps.config.services import outcomes
from apps.config.services.guards import Guard
from apps.config.services.rollouts import (
    cancel_rollout,
    pause_rollout,
    resume_rollout,
    roll_back_rollout,
    start_rollout,
)
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update
from kernel.ids import parse_id
from kernel.tenancy.context import require

RolloutStateEnum = graphene.Enum.from_enum(
    RolloutState, name="RolloutState", description="Where a rollout stands."
)


class RolloutStep(graphene.ObjectType):
    """A share, and how long it is held."""

    percent = graphene.Float(required=True)
    hold_seconds = graphene.Int(required=True)


@key("id")
class RolloutPlanType(Entity):
    """Steps in which a variant is given to more of those who got the default of a flag."""

    class Meta:
        model = RolloutPlan
        name = "RolloutPlan"
        fields = (
            "id",
            "variant",
            "taken",
            "most_errors",
            "least_outcomes",
            "query_url",
            "query",
            "most_value",
            "step_at",
            "next_at",
            "problem",
            "created_at",
        )

    flag_id = graphene.ID(required=True)
    environment_id = graphene.ID(required=True)
    state = RolloutStateEnum(required=True)
    steps = graphene.List(graphene.NonNull(RolloutStep), required=True)

    @staticmethod
    def resolve_steps(plan: RolloutPlan, _info: Any) -> list[dict[str, Any]]:
        return [{"percent": percent, "hold_seconds": hold} for percent, hold in plan.steps]


class RolloutPlanFilter(graphene.InputObjectType):
    """Which rollouts; every part that is given has to fit."""

    flag_ids = graphene.List(graphene.NonNull(graphene.ID), description="At most 100.")
    states = graphene.List(graphene.NonNull(RolloutStateEnum))


class RolloutPlanOrder(graphene.Enum):
    """In which order rollouts are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class RolloutStepInput(graphene.InputObjectType):
    """A share of those who get the default, and how long it is held."""

    percent = graphene.Float(required=True, description="More than the one before, up to 100.")
    hold_seconds = graphene.Int(required=True)


class StartRolloutInput(ChangeInput):
    """Whom a variant is given to, step by step, and what ends it."""

    flag_id = graphene.ID(required=True)
    environment = graphene.String(description="The key of an environment; the first if not said.")
    variant = graphene.String(required=True)
    steps = graphene.List(graphene.NonNull(RolloutStepInput), required=True)
    most_errors = graphene.Float(
        description="A share of the variant's outcomes, 0 to 1: with more errors it is undone."
    )
    least_outcomes = graphene.Int(description="With fewer, a share says nothing; 100 if not said.")
    query_url = graphene.String(description="Of a Prometheus: `https://…/api/v1/query`.")
    query = graphene.String(description="PromQL; of several values the largest counts.")
    most_value = graphene.Float(description="With a larger value of the query it is undone.")


class PauseRolloutInput(ById):
    """The rollout that is to wait."""


class ResumeRolloutInput(ById):
    """The rollout that is to go on."""


class CancelRolloutInput(ById):
    """The rollout that is to end where it stands."""


class RollBackRolloutInput(ById):
    """The rollout that is to be undone."""

    reason = graphene.String()


class OutcomesInput(graphene.InputObjectType):
    """How those did who got a variant, since it was last told."""

    flag = graphene.String(required=True, description="Its key.")
    variant = graphene.String(required=True)
    outcomes = graphene.Int(required=True)
    errors = graphene.Int(required=True, description="How many of the outcomes were errors.")


def _narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    if "flag_ids" in wanted:
        rows = rows.filter(flag_id__in=[parse_id(one) for one in wanted["flag_ids"]])
    if "states" in wanted:
        rows = rows.filter(state__in=[getattr(one, "value", one) for one in wanted["states"]])
    return rows


class Rollouts:
    """Reads of rollouts."""

    rollout_plan = One(RolloutPlanType)
    rollout_plans = Many(
        RolloutPlanType, filter=RolloutPlanFilter, where=_narrowed, order=RolloutPlanOrder
    )


#: What of an input is a guard.
GUARD = ("most_errors", "least_outcomes", "query_url", "query", "most_value")


def _start(**sent: Any) -> RolloutPlan:
    told = said(sent)
    told["steps"] = [(one["percent"], one["hold_seconds"]) for one in told["steps"]]
    guard = {name: told.pop(name) for name in GUARD if name in told}
    return start_rollout(**told, guard=Guard(**guard))


class RolloutChanges:
    """Changes of rollouts."""

    start_rollout = Create(
        RolloutPlanType,
        input=StartRolloutInput,
        by=_start,
        description="Give a variant to more and more of those who get the default.",
    )
    pause_rollout = Update(
        RolloutPlanType,
        input=PauseRolloutInput,
        by=pause_rollout,
        description="Go no further until it is resumed.",
    )
    resume_rollout = Update(
        RolloutPlanType,
        input=ResumeRolloutInput,
        by=resume_rollout,
        description="Go on with a rollout; its step is held anew.",
    )
    cancel_rollout = Update(
        RolloutPlanType,
        input=CancelRolloutInput,
        by=cancel_rollout,
        description="End a rollout and leave the flag as it stands.",
    )
    roll_back_rollout = Update(
        RolloutPlanType,
        input=RollBackRolloutInput,
        by=lambda **sent: roll_back_rollout(**said(sent)),
        description="End a rollout and let the flag do again what it did before.",
    )
    report_outcomes = graphene.Int(
        required=True,
        description=(
            "Tell how those did who got a variant; it returns how many of the reports, at most"
            " 1,000, were of flags that there are. It takes config:evaluate."
        ),
        environment=graphene.String(description="Its key; the first if not said."),
        reports=graphene.List(graphene.NonNull(OutcomesInput), required=True),
    )

    @staticmethod
    def resolve_report_outcomes(
        _root: Any,
        _info: GraphQLResolveInfo,
        reports: list[dict[str, Any]],
        environment: str | None = None,
    ) -> int:
        require(EVALUATE)
        return outcomes.report([outcomes.Outcomes(**one) for one in reports], environment)
