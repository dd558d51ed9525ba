"""Rollouts: a step further after each hold, and back at once when the guard strikes."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.config.domain.rollouts import RolloutError, at_step, check_steps
from apps.config.models import FeatureFlag, FlagVersion, Origin, RolloutPlan, RolloutState
from apps.config.selectors.definitions import stored
from apps.config.selectors.environments import Reference, target_of
from apps.config.selectors.versions import version_of
from apps.config.services.changes import Change, Standing, standing_of
from apps.config.services.environments import hold
from apps.config.services.guards import Guard, struck
from apps.config.services.outcomes import share_of_errors
from apps.config.services.publishing import publish
from contracts.config import RolloutMoved
from kernel import clock
from kernel.chores.following import live_job
from kernel.errors import ConflictError, InvalidInputError
from kernel.events.publishing import publish as tell
from kernel.jobs.services import enqueue
from kernel.rows import change, check, locked
from kernel.tenancy.context import in_tenant

Steps = Sequence[tuple[float, int]]
#: Plans that are looked at together.
MOST_AT_ONCE = 1_000


@transaction.atomic
def start_rollout(
    *,
    flag_id: str,
    variant: str,
    steps: Steps,
    environment: Reference = None,
    guard: Guard | None = None,
) -> RolloutPlan:
    """Give a variant to the first share of those who get the default, and go on by itself.

    With each step nobody leaves who was in. Raises InvalidInputError, ConflictError where another
    rollout goes, ApprovalRequiredError.
    """
    guard = guard or Guard()
    guard.check()
    held = hold(environment)
    flag = target_of(FeatureFlag, flag_id)
    standing = standing_of(held, [flag])[flag.pk]
    if not standing.definition:
        raise ConflictError(f"{flag.key!r} is not live in {held.key!r}")
    now = clock.now()
    plan = RolloutPlan(
        flag=flag,
        environment=held,
        variant=variant,
        steps=[list(step) for step in steps],
        base=standing.number,
        number=standing.number,
        **asdict(guard),
        step_at=now,
        next_at=now,
    )
    check(plan, only=("variant", "least_outcomes", "query_url", "query"))
    try:
        check_steps(steps)
        at_step(stored(standing.definition), variant, steps[0][0])
    except RolloutError as error:
        raise InvalidInputError(str(error)) from None
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError:
        raise ConflictError(f"another rollout of {flag.key!r} goes in {held.key!r}") from None
    _step(plan, approved=False)
    _tell(plan)
    return plan


@transaction.atomic
def pause_rollout(*, id: str) -> RolloutPlan:
    """Go no further until it is resumed."""
    plan = locked(RolloutPlan, id)
    _require(plan, {RolloutState.RUNNING}, "paused")
    return _move(plan, RolloutState.PAUSED)


@transaction.atomic
def resume_rollout(*, id: str) -> RolloutPlan:
    """Go on, after the hold of its step; raises ConflictError when the flag was edited since."""
    held = hold(target_of(RolloutPlan, id).environment_id)
    plan = locked(RolloutPlan, id)
    _require(plan, {RolloutState.PAUSED}, "resumed")
    standing = standing_of(held, [plan.flag])[plan.flag_id]
    if problem := _moved_on(plan, standing):
        raise ConflictError(problem)
    now = clock.now()
    hold_seconds = plan.steps[plan.taken - 1][1]
    change(plan, step_at=now, next_at=now + timedelta(seconds=hold_seconds))
    return _move(plan, RolloutState.RUNNING)


@transaction.atomic
def cancel_rollout(*, id: str) -> RolloutPlan:
    """Leave the flag as it stands, for ever."""
    plan = locked(RolloutPlan, id)
    _require(plan, {RolloutState.RUNNING, RolloutState.PAUSED}, "cancelled")
    return _move(plan, RolloutState.CANCELLED)


@transaction.atomic
def roll_back_rollout(*, id: str, reason: str = "asked for") -> RolloutPlan:
    """Let the flag do again what it did before the first step."""
    held = hold(target_of(RolloutPlan, id).environment_id)
    plan = locked(RolloutPlan, id)
    _require(plan, {RolloutState.RUNNING, RolloutState.PAUSED}, "rolled back")
    older = version_of(plan.flag, held.pk, plan.base)
    back = Change(target=plan.flag, definition=older.definition, of_version=plan.base)
    # Whoever let it start let it be undone.
    publish(held.pk, [back], reason=reason, origin=Origin.ROLLBACK, approved=True)
    return _move(plan, RolloutState.ROLLED_BACK, reason)


def look_at_rollouts() -> None:
    """Ask for a look at each rollout that goes."""
    running = RolloutPlan.across_tenants.filter(state=RolloutState.RUNNING).order_by("created_at")
    for pk, tenant_id in running.values_list("pk", "tenant_id")[:MOST_AT_ONCE]:
        with in_tenant(tenant_id), transaction.atomic():
            enqueue("config.advance_rollout", str(pk), live_key=f"config.advance_rollout {pk}")


@transaction.atomic
def look_at_rollout(*, id: str) -> tuple[str, UUID | None]:
    """Ask for a look at one rollout now, and return its state and the job; raises NotFoundError.

    At one that does not go nobody looks.
    """
    plan = locked(RolloutPlan, id)
    if plan.state != RolloutState.RUNNING:
        return str(plan.state), None
    key = f"config.advance_rollout {plan.pk}"
    job_id = enqueue("config.advance_rollout", str(plan.pk), live_key=key) or live_job(key)
    return str(plan.state), job_id


def advance_rollout(plan_id: str) -> None:
    """Go back if a guard strikes, a step further if it is time, and else do nothing.

    Raises what asking Prometheus does: without its answer a plan goes no further.
    """
    plan = RolloutPlan.objects.filter(pk=plan_id, state=RolloutState.RUNNING).first()
    if plan is None:
        return
    problem = struck(plan, partial(errors_of, plan))
    with transaction.atomic():
        held = hold(plan.environment_id)
        plan = locked(RolloutPlan, plan_id)
        if plan.state != RolloutState.RUNNING:
            return
        standing = standing_of(held, [plan.flag])[plan.flag_id]
        if moved_on := _moved_on(plan, standing):
            _move(plan, RolloutState.PAUSED, moved_on)
        elif problem:
            roll_back_rollout(id=plan_id, reason=problem)
        elif clock.now() >= plan.next_at:
            if plan.taken == len(plan.steps):
                _move(plan, RolloutState.DONE)
            else:
                _step(plan, approved=True)
                _tell(plan)


def errors_of(plan: RolloutPlan) -> tuple[int, float]:
    """Return the outcomes of a plan's step, and the share of errors among them."""
    return share_of_errors(plan.flag_id, plan.environment_id, plan.variant, plan.step_at)


def _step(plan: RolloutPlan, *, approved: bool) -> None:
    """Take the next step of a plan whose flag stands where it left it."""
    percent, hold_seconds = plan.steps[plan.taken]
    original = stored(version_of(plan.flag, plan.environment_id, plan.base).definition)
    text = json.dumps(at_step(original, plan.variant, percent), ensure_ascii=False)
    step = Change(target=plan.flag, definition=text, base=plan.number)
    done = publish(
        plan.environment_id,
        [step],
        reason=f"rollout of {plan.variant!r}: {percent:g} %",
        origin=Origin.ROLLOUT,
        approved=approved,
    )
    [version] = done.versions
    now = clock.now()
    change(
        plan,
        taken=plan.taken + 1,
        number=version.number if isinstance(version, FlagVersion) else plan.number,
        step_at=now,
        next_at=now + timedelta(seconds=hold_seconds),
    )


def _moved_on(plan: RolloutPlan, standing: Standing) -> str:
    """Return why a plan does not go on: the flag is not as it left it."""
    if standing.number != plan.number:
        return f"the flag is at version {standing.number}, the rollout left it at {plan.number}"
    return "the flag is killed" if standing.killed else ""


def _move(plan: RolloutPlan, state: RolloutState, problem: str = "") -> RolloutPlan:
    change(plan, state=state, problem=problem[:1000])
    _tell(plan)
    return plan


def _require(plan: RolloutPlan, states: set[RolloutState], verb: str) -> None:
    if plan.state not in states:
        raise ConflictError(f"the rollout is {plan.state}: it cannot be {verb}")


def _tell(plan: RolloutPlan) -> None:
    percent = plan.steps[plan.taken - 1][0]
    tell(
        RolloutMoved(
            rollout_id=str(plan.pk),
            flag_id=str(plan.flag_id),
            environment_id=str(plan.environment_id),
            variant=plan.variant,
            percent=float(percent),
            state=str(plan.state),
            problem=plan.problem,
        )
    )
