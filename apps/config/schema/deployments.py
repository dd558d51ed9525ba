"""Deployments of values through the graph: started, held, undone; and what guards them."""

import json
from typing import Any

import graphene

from apps.config.access import EVALUATE
from apps.config.models import ConfigurationDeployment, DeploymentUnit
from apps.config.schema.publishing import said
from apps.config.schema.rollouts import (
    GUARD,
    RolloutStateEnum,
    RolloutStep,
    RolloutStepInput,
)
from apps.config.schema.saying import PlaceInput
from apps.config.schema.values import place_of, saying_of
from apps.config.selectors.places import Place, default_environment
from apps.config.services.deployments import (
    DeploymentOutcomes,
    pause_deployment,
    report_outcomes,
    resume_deployment,
    roll_back_deployment,
    start_deployment,
)
from apps.config.services.guards import Guard
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, Create, Update
from kernel.federation.scalars import JSON
from kernel.tenancy.context import current_tenant_id, require

DeploymentUnitEnum = graphene.Enum.from_enum(
    DeploymentUnit, name="DeploymentUnit", description="What a share is a share of."
)


@key("id")
class ConfigurationDeploymentType(Entity):
    """Steps in which a value is given to more of those who read a key in a place."""

    class Meta:
        model = ConfigurationDeployment
        name = "ConfigurationDeployment"
        fields = (
            "id",
            "key",
            "environment",
            "service",
            "taken",
            "base",
            "most_errors",
            "least_outcomes",
            "query_url",
            "query",
            "most_value",
            "step_at",
            "next_at",
            "problem",
            "reason",
            "created_at",
        )

    value = JSON(required=True)
    unit = DeploymentUnitEnum(required=True)
    state = RolloutStateEnum(required=True)
    percent = graphene.Float(required=True, description="How many have the value now.")
    steps = graphene.List(graphene.NonNull(RolloutStep), required=True)
    outcomes = graphene.BigInt(required=True, description="Since its step began.")
    errors = graphene.BigInt(required=True)

    @staticmethod
    def resolve_value(plan: ConfigurationDeployment, _info: Any) -> Any:
        return json.loads(plan.value)

    @staticmethod
    def resolve_steps(plan: ConfigurationDeployment, _info: Any) -> list[dict[str, Any]]:
        return [{"percent": percent, "hold_seconds": hold} for percent, hold in plan.steps]


class ConfigurationDeploymentFilter(graphene.InputObjectType):
    """Which deployments; every part that is given has to fit."""

    keys = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")
    states = graphene.List(graphene.NonNull(RolloutStateEnum))


class ConfigurationDeploymentOrder(graphene.Enum):
    """In which order deployments are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class StartConfigurationDeploymentInput(PlaceInput):
    """The value, whom it is given to step by step, and what ends it."""

    key = graphene.String(required=True)
    value = JSON(required=True)
    base_version = graphene.Int(
        description="The version that was seen, 0 for none; CONFLICT when it is another now."
    )
    unit = DeploymentUnitEnum(
        description="INSTANCE if not said; TENANT for what is said for all tenants."
    )
    steps = graphene.List(
        graphene.NonNull(RolloutStepInput), required=True, description="The last is 100 %."
    )
    most_errors = graphene.Float(
        description="A share of the outcomes that are told, 0 to 1: with more it is undone."
    )
    least_outcomes = graphene.Int(description="With fewer, a share says nothing; 100 if not said.")
    query_url = graphene.String(description="Of a Prometheus: `https://…/api/v1/query`.")
    query = graphene.String(description="PromQL; of several values the largest counts.")
    most_value = graphene.Float(description="With a larger value of the query it is undone.")


class PauseConfigurationDeploymentInput(ById):
    """The deployment that is to wait."""


class ResumeConfigurationDeploymentInput(ById):
    """The deployment that is to go on."""


class RollBackConfigurationDeploymentInput(ById):
    """The deployment that is to be undone."""

    reason = graphene.String()


class ConfigurationOutcomesInput(graphene.InputObjectType):
    """How those did who had the value of a key, since it was last told."""

    key = graphene.String(required=True)
    outcomes = graphene.Int(required=True)
    errors = graphene.Int(required=True, description="How many of the outcomes were errors.")


def _narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    if "keys" in wanted:
        rows = rows.filter(key__in=wanted["keys"])
    if "states" in wanted:
        rows = rows.filter(state__in=[getattr(one, "value", one) for one in wanted["states"]])
    return rows


class Deployments:
    """Reads of deployments."""

    configuration_deployment = One(ConfigurationDeploymentType)
    configuration_deployments = Many(
        ConfigurationDeploymentType,
        filter=ConfigurationDeploymentFilter,
        where=_narrowed,
        order=ConfigurationDeploymentOrder,
    )


def _start(**sent: Any) -> ConfigurationDeployment:
    unit = sent.get("unit")
    guard = {name: sent[name] for name in GUARD if sent.get(name) is not None}
    return start_deployment(
        place_of(sent),
        saying_of(sent),
        steps=[(one["percent"], one["hold_seconds"]) for one in sent["steps"]],
        unit=DeploymentUnit(getattr(unit, "value", unit) or DeploymentUnit.INSTANCE),
        guard=Guard(**guard),
        reason=sent.get("reason") or "",
    )


class DeploymentChanges:
    """Changes of deployments."""

    start_configuration_deployment = Create(
        ConfigurationDeploymentType,
        input=StartConfigurationDeploymentInput,
        by=_start,
        description="Give a value to more and more of those who read it.",
    )
    pause_configuration_deployment = Update(
        ConfigurationDeploymentType,
        input=PauseConfigurationDeploymentInput,
        by=pause_deployment,
        description="Go no further until it is resumed.",
    )
    resume_configuration_deployment = Update(
        ConfigurationDeploymentType,
        input=ResumeConfigurationDeploymentInput,
        by=resume_deployment,
        description="Go on with a deployment; its step is held anew.",
    )
    roll_back_configuration_deployment = Update(
        ConfigurationDeploymentType,
        input=RollBackConfigurationDeploymentInput,
        by=lambda **sent: roll_back_deployment(**said(sent)),
        description="Let everybody have again what they had.",
    )
    report_configuration_outcomes = graphene.Int(
        required=True,
        description=(
            "Tell how those did who had a value that is being deployed; it returns how many of the"
            " reports, at most 1,000, were of such. It takes config:evaluate."
        ),
        environment=graphene.String(description="Its key; the first if not said."),
        service=graphene.String(),
        reports=graphene.List(graphene.NonNull(ConfigurationOutcomesInput), required=True),
    )

    @staticmethod
    def resolve_report_configuration_outcomes(
        _root: Any,
        _info: Any,
        reports: list[dict[str, Any]],
        environment: str | None = None,
        service: str | None = None,
    ) -> int:
        require(EVALUATE)
        place = Place(current_tenant_id(), environment or default_environment(), service or "")
        return report_outcomes(place, [DeploymentOutcomes(**one) for one in reports])
