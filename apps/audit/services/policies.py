"""Retention policies: how long logs of some actions are kept, and who said so."""

from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.audit.domain.entries import Actor, Change, Entry, Target
from apps.audit.domain.retention import ActionsError, check_actions
from apps.audit.models import RetentionPolicy
from apps.audit.services.recording import record_event
from contracts.audit import (
    AuditPolicyChanged,
    AuditPolicyCreated,
    AuditPolicyDeleted,
)
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.rows import change, check, delete, locked

#: Each of them is looked at for each month.
MOST_POLICIES = 100


class PolicyChange(TypedDict, total=False):
    """What of a policy can be changed: not for which actions it is."""

    live_days: int
    archived: bool
    archived_days: int | None


@transaction.atomic
def create_policy(
    *, actions: str, live_days: int, archived: bool = True, archived_days: int | None = None
) -> RetentionPolicy:
    """Say how long logs of these actions are kept; raises ConflictError where it was said."""
    try:
        check_actions(actions)
    except ActionsError as error:
        raise InvalidInputError(str(error)) from None
    policy = RetentionPolicy(
        actions=actions, live_days=live_days, archived=archived, archived_days=archived_days
    )
    _check(policy)
    if RetentionPolicy.objects.count() >= MOST_POLICIES:
        raise LimitExceededError(f"at most {MOST_POLICIES} policies")
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError:
        raise ConflictError(f"there is a policy for {actions} already") from None
    _record(policy, "created", [Change(field=name, after=now) for name, now in _of(policy).items()])
    publish(AuditPolicyCreated(policy_id=str(policy.pk), **_of(policy)))
    return policy


@transaction.atomic
def update_policy(*, id: str, **changes: Unpack[PolicyChange]) -> RetentionPolicy:
    """Change what is given and leave the rest as it is. What is archived already stays so."""
    policy = locked(RetentionPolicy, id)
    before = _of(policy)
    change(policy, **changes)
    _check(policy)
    told = [
        Change(field=name, before=before[name], after=now)
        for name, now in _of(policy).items()
        if before[name] != now
    ]
    if told:
        _record(policy, "changed", told)
        publish(AuditPolicyChanged(policy_id=str(policy.pk), **_of(policy)))
    return policy


@transaction.atomic
def delete_policy(*, id: str) -> RetentionPolicy:
    """Remove a policy and return it as it was; its actions go by the next that fits."""
    policy = locked(RetentionPolicy, id)
    delete([policy])
    _record(
        policy, "deleted", [Change(field=name, before=was) for name, was in _of(policy).items()]
    )
    publish(AuditPolicyDeleted(policy_id=str(policy.pk), actions=policy.actions))
    return policy


def _check(policy: RetentionPolicy) -> None:
    check(policy)
    if policy.archived_days is not None and policy.archived_days < policy.live_days:
        # Both are counted from the end of the month.
        raise InvalidInputError("archivedDays are fewer than liveDays: nothing would be archived")


def _of(policy: RetentionPolicy) -> dict[str, Any]:
    return {
        "actions": policy.actions,
        "live_days": policy.live_days,
        "archived": policy.archived,
        "archived_days": policy.archived_days,
    }


def _record(policy: RetentionPolicy, verb: str, changes: list[Change]) -> None:
    actor = current_actor()
    record_event(
        Entry(
            action=f"audit.policy.{verb}",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="AuditRetentionPolicy", id=str(policy.pk), name=policy.actions),),
            changes=tuple(changes),
        )
    )
