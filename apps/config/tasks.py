"""What the config app does by itself."""

from datetime import timedelta

from apps.config.services import exposing, upkeep
from apps.config.services.deployments import advance_deployment, look_at_deployments
from apps.config.services.outcomes import forget_old
from apps.config.services.requests import apply_due
from apps.config.services.rollouts import advance_rollout, look_at_rollouts
from apps.config.services.staleness import judge_flags, look_at_tenants
from kernel.jobs.registry import job, periodic


@job("config.apply_request")
def apply(request_id: str) -> None:
    """Publish a scheduled change request."""
    apply_due(request_id)


@periodic("config.look_at_rollouts", every=timedelta(seconds=10))
def look(_target: str) -> None:
    """Look at every rollout that goes: at its guard, and whether a step is due."""
    look_at_rollouts()


# A Prometheus that hangs keeps no more than some places.
@job("config.advance_rollout", at_once_per_tenant=4, timeout=timedelta(minutes=2))
def advance(plan_id: str) -> None:
    """Go a step further with a rollout, or back."""
    advance_rollout(plan_id)


@periodic("config.look_at_deployments", every=timedelta(seconds=10))
def look_at_values(_target: str) -> None:
    """Look at every deployment of a value: at its guard, and whether a step is due."""
    look_at_deployments()


@job("config.advance_deployment", at_once_per_tenant=4, timeout=timedelta(minutes=2))
def advance_value(plan_id: str) -> None:
    """Go a step further with the deployment of a value, or back."""
    advance_deployment(plan_id)


@periodic("config.forget_outcomes", every=timedelta(days=1))
def forget_outcomes(_target: str) -> None:
    """Forget reports of outcomes that no guard looks at any more."""
    forget_old()


@periodic("config.look_at_tenants", every=timedelta(hours=6))
def look_for_stale(_target: str) -> None:
    """Look in each tenant for flags that have had their day."""
    look_at_tenants()


@job("config.judge_flags", at_once=2)
def judge(_tenant_id: str) -> None:
    """Judge the flags of a tenant."""
    judge_flags()


@periodic("config.fold_usage", every=timedelta(days=1))
def fold_usage(_target: str) -> None:
    """Make days of hours that are long ago, and forget what is longer ago."""
    upkeep.fold_old()
    upkeep.forget_old()
    exposing.forget_old()
