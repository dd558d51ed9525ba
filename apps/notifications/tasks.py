"""What the notifications app does by itself."""

from datetime import timedelta
from uuid import UUID

from apps.notifications.services import upkeep
from apps.notifications.services.delivering import deliver as deliver_one
from apps.notifications.services.fanning_out import fan_out as fan_out_some
from apps.notifications.services.notifications import take_up as take_up_all
from apps.notifications.services.running import advance as advance_run
from kernel.jobs.registry import job, periodic


@job("notifications.deliver", timeout=timedelta(minutes=5))
def deliver(target: str) -> None:
    """Deliver a notification."""
    notification_id, round_ = target.split(":")
    deliver_one(UUID(notification_id), int(round_))


@job("notifications.take_up")
def take_up(_target: str) -> None:
    """Let notifications be delivered that were made many at once."""
    take_up_all()


@job("notifications.fan_out")
def fan_out(target: str) -> None:
    """Begin the runs of the next people of a trigger."""
    trigger_id, after = target.split(":")
    fan_out_some(UUID(trigger_id), after)


@job("notifications.advance")
def advance(target: str) -> None:
    """Take a run on that has waited."""
    run_id, round_ = target.split(":")
    advance_run(UUID(run_id), int(round_))


@periodic("notifications.sweep", every=timedelta(minutes=10))
def sweep(_target: str) -> None:
    """End what was given up, and forget what was kept for long enough."""
    upkeep.end_abandoned()
    upkeep.forget_old()
