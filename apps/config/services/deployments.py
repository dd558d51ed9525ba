"""Deployments: a value reaches a step more after each hold, and nobody any more when it goes badly.

While one goes the value of the place stays what it is: to roll it back is to stop. Each step raises
the revision, so whoever watches reads anew.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.config.domain.rollouts import RolloutError, check_steps
from apps.config.models import ConfigurationDeployment, DeploymentUnit, RolloutState, ValueOrigin
from apps.config.models.rollouts import LIVE
from apps.config.selectors.deployments import MOST_LIVE, live_at, live_in
from apps.config.selectors.places import Place, is_operator
from apps.config.services.guards import Guard, struck
from apps.config.services.rollouts import MOST_AT_ONCE, Steps
from apps.config.services.values import Saying, advance, judge, refuse_unapproved, say
from contracts.configurations import ConfigurationDeploymentMoved
from kernel import clock
from kernel.errors import (
    ConflictError,
    DomainError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.events.publishing import publish
from kernel.ids import parse_id
from kernel.jobs.services import enqueue
from kernel.rows import change, check
from kernel.tenancy.context import PLATFORM, in_tenant

MOST_REPORTED = 1_000
#: More outcomes than this nobody has counted.
MOST_OUTCOMES = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentOutcomes:
    """So many outcomes of who had the value of a key, of which so many were errors."""

    key: str
    outcomes: int
    errors: int


@transaction.atomic
def start_deployment(
    place: Place,
    saying: Saying,
    *,
    steps: Steps,
    unit: DeploymentUnit = DeploymentUnit.INSTANCE,
    guard: Guard | None = None,
    reason: str = "",
) -> ConfigurationDeployment:
    """Give a value to the first share of those who read it, and go on by itself.

    Raises as `say` does, and ConflictError where another one of the key is deployed there.
    """
    guard = guard or Guard()
    guard.check()
    _check_steps(steps)
    if saying.value is None:
        raise InvalidInputError("to say nothing any more is not deployed step by step")
    with in_tenant(place.tenant_id):
        advance(place)
        refuse_unapproved(place)
        [judged] = judge(place, [saying])
        if judged.configuration.secret:
            raise InvalidInputError("a secret is not deployed step by step")
        if judged.changes_nothing:
            raise ConflictError(f"{saying.key!r} is that already")
        if live_in(place.tenant_id, [place.environment]).count() >= MOST_LIVE:
            raise LimitExceededError(f"at most {MOST_LIVE} deployments in an environment at a time")
        now = clock.now()
        plan = ConfigurationDeployment(
            key=saying.key,
            environment=place.environment,
            service=place.service,
            value=saying.value,
            unit=unit,
            steps=[list(step) for step in steps],
            base=judged.number,
            **asdict(guard),
            step_at=now,
            next_at=now,
            reason=reason,
        )
        check(plan, only=("least_outcomes", "query_url", "query", "reason"))
        try:
            with transaction.atomic():
                plan.save()
        except IntegrityError:
            raise ConflictError(f"another value of {saying.key!r} is being deployed") from None
        _step(plan)
    return plan


@transaction.atomic
def pause_deployment(*, id: str) -> ConfigurationDeployment:
    """Go no further until it is resumed."""
    plan = _locked(id, {RolloutState.RUNNING}, "paused")
    return _move(plan, RolloutState.PAUSED)


@transaction.atomic
def resume_deployment(*, id: str) -> ConfigurationDeployment:
    """Go on, after the hold of its step."""
    plan = _locked(id, {RolloutState.PAUSED}, "resumed")
    _hold_step(plan)
    return _move(plan, RolloutState.RUNNING)


@transaction.atomic
def roll_back_deployment(*, id: str, reason: str = "asked for") -> ConfigurationDeployment:
    """Let everybody have again what they had; no approval is asked for."""
    plan = _locked(id, set(LIVE), "rolled back")
    _move(plan, RolloutState.ROLLED_BACK, reason)
    advance(place_of(plan))
    return plan


def report_outcomes(place: Place, reports: Sequence[DeploymentOutcomes]) -> int:
    """Count these; return how many were of keys that are being deployed in the place."""
    if len(reports) > MOST_REPORTED:
        raise LimitExceededError(f"at most {MOST_REPORTED} reports, found {len(reports)}")
    for one in reports:
        if not 0 <= one.errors <= one.outcomes <= MOST_OUTCOMES:
            raise InvalidInputError(f"{one.errors} errors of {one.outcomes} outcomes")
    there = {row.key: row.pk for row in live_at(place, {one.key for one in reports})}
    known = [one for one in reports if one.key in there]
    for one in known:
        ConfigurationDeployment.objects.filter(pk=there[one.key]).update(
            outcomes=F("outcomes") + one.outcomes, errors=F("errors") + one.errors
        )
    return len(known)


def look_at_deployments() -> None:
    """Ask for a look at each deployment that goes."""
    running = ConfigurationDeployment.across_tenants.filter(state=RolloutState.RUNNING)
    rows = running.order_by("created_at").values_list("pk", "tenant_id")
    for pk, tenant_id in rows[:MOST_AT_ONCE]:
        with in_tenant(tenant_id), transaction.atomic():
            enqueue(
                "config.advance_deployment", str(pk), live_key=f"config.advance_deployment {pk}"
            )


def advance_deployment(plan_id: str) -> None:
    """Go back if a guard strikes, a step further if it is time, and else do nothing.

    Raises what asking Prometheus does: without its answer a deployment goes no further.
    """
    running = ConfigurationDeployment.objects.filter(state=RolloutState.RUNNING)
    plan = running.filter(pk=plan_id).first()
    if plan is None:
        return
    problem = struck(plan, partial(errors_of, plan))
    with transaction.atomic():
        plan = running.select_for_update().filter(pk=plan_id).first()
        if plan is None:
            return
        if problem:
            roll_back_deployment(id=plan_id, reason=problem)
        elif clock.now() >= plan.next_at:
            if plan.taken < len(plan.steps):
                _step(plan)
            else:
                _finish(plan)


def errors_of(plan: ConfigurationDeployment) -> tuple[int, float]:
    """Return the outcomes of a plan's step, and the share of errors among them."""
    return plan.outcomes, plan.errors / plan.outcomes if plan.outcomes else 0.0


def place_of(plan: ConfigurationDeployment) -> Place:
    """Return where a value is deployed."""
    return Place(plan.tenant_id, plan.environment, plan.service)


def _check_steps(steps: Steps) -> None:
    try:
        check_steps(steps)
    except RolloutError as error:
        raise InvalidInputError(str(error)) from None
    if steps[-1][0] != 100:
        raise InvalidInputError(f"the last step is 100 %, found {steps[-1][0]:g}")


def _step(plan: ConfigurationDeployment) -> None:
    change(plan, taken=plan.taken + 1, outcomes=0, errors=0)
    _hold_step(plan)
    advance(place_of(plan))
    _tell(plan)


def _hold_step(plan: ConfigurationDeployment) -> None:
    now = clock.now()
    seconds = plan.steps[plan.taken - 1][1]
    change(plan, step_at=now, next_at=now + timedelta(seconds=seconds))


def _finish(plan: ConfigurationDeployment) -> None:
    """Say the value in its place; if that cannot be any more, go back."""
    change(plan, state=RolloutState.DONE)
    try:
        with transaction.atomic():
            say(
                place_of(plan),
                [Saying(key=plan.key, value=plan.value, base=plan.base)],
                reason=plan.reason or "deployed",
                origin=ValueOrigin.DEPLOY,
                approved=True,
            )
    except DomainError as error:
        _move(plan, RolloutState.ROLLED_BACK, str(error))
        advance(place_of(plan))
    else:
        _tell(plan)


def _move(
    plan: ConfigurationDeployment, state: RolloutState, problem: str = ""
) -> ConfigurationDeployment:
    change(plan, state=state, problem=problem[:1_000])
    _tell(plan)
    return plan


def _locked(row_id: str, states: set[RolloutState], verb: str) -> ConfigurationDeployment:
    """Return a deployment of the tenant, or for an operator one of the installation."""
    key = parse_id(row_id)
    found = ConfigurationDeployment.visible().select_for_update().filter(pk=key).first()
    if found is None and is_operator():
        with in_tenant(PLATFORM):
            rows = ConfigurationDeployment.objects.select_for_update()
            found = rows.filter(pk=key).first()
    if found is None:
        raise NotFoundError(f"no configuration deployment {row_id}")
    if found.state not in states:
        raise ConflictError(f"the deployment is {found.state}: it cannot be {verb}")
    return found


def _tell(plan: ConfigurationDeployment) -> None:
    publish(
        ConfigurationDeploymentMoved(
            deployment_id=str(plan.pk),
            key=plan.key,
            environment=plan.environment,
            service=plan.service,
            percent=plan.percent,
            state=str(plan.state),
            problem=plan.problem,
        )
    )
