"""The kill switch: a flag is off in an environment at once, whatever its definition says."""

from django.db import transaction

from apps.config.models import FeatureFlag, FlagState
from apps.config.selectors.definitions import as_served, stored
from apps.config.selectors.environments import Reference
from apps.config.services.environments import hold
from apps.config.services.publishing import MOST_REASON
from apps.config.services.snapshots import snapshots
from apps.config.services.withdrawing import settle
from contracts.config import FlagKilled, FlagRestored
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.rows import change, locked


@transaction.atomic
def kill_flag(*, id: str, environment: Reference = None, reason: str = "") -> FeatureFlag:
    """Let programs get their own default until it is restored; no approval is asked for.

    Telling it twice changes nothing. Raises ConflictError where the flag is not live.
    """
    return _turn(id, environment, reason, killed=True)


@transaction.atomic
def restore_flag(*, id: str, environment: Reference = None, reason: str = "") -> FeatureFlag:
    """Let a killed flag do again what its definition says. Telling it twice changes nothing."""
    return _turn(id, environment, reason, killed=False)


def _turn(flag_id: str, environment: Reference, reason: str, *, killed: bool) -> FeatureFlag:
    if len(reason) > MOST_REASON:
        raise InvalidInputError(f"a reason has at most {MOST_REASON} characters")
    held = hold(environment)
    flag = locked(FeatureFlag, flag_id)
    states = FlagState.objects.select_related("version").exclude(version__definition="")
    state = states.filter(flag=flag, environment=held).first()
    if state is None or state.version is None:
        raise ConflictError(f"{flag.key!r} is not live in {held.key!r}")
    if (state.killed_at is not None) == killed:
        return flag
    actor = current_actor()
    change(
        state,
        killed_at=clock.now() if killed else None,
        killed_by=(actor.name or actor.id) if killed else "",
    )
    served = as_served(stored(state.version.definition), killed=killed)
    after = snapshots.current(held).definition.with_changes({flag.key: served}, {})
    settle(held, after, [flag])
    event = FlagKilled if killed else FlagRestored
    publish(
        event(
            flag_id=str(flag.pk),
            key=flag.key,
            environment_id=str(held.pk),
            environment=held.key,
            revision=held.revision,
            reason=reason,
        )
    )
    return flag
