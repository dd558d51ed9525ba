"""What the notifications app does by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.notifications.services import upkeep
from apps.notifications.services.delivering import deliver as deliver_all
from apps.notifications.services.fanning_out import fan_out as fan_out_some
from apps.notifications.services.inbox import wake as wake_one
from apps.notifications.services.notifications import take_up as take_up_all
from apps.notifications.services.posting import post as post_one
from apps.notifications.services.running import advance as advance_run
from apps.notifications.services.topics import tell_topics as tell_some
from kernel.jobs.registry import job, periodic, together

#: What is read, judged and written down together.
MOST_TOGETHER = 50


@job("notifications.deliver", timeout=timedelta(minutes=5))
def deliver(target: str) -> None:
    """Deliver a notification to one who may be slow."""
    for error in deliver_all([_round_of(target)]).values():
        raise error


@together("notifications.send", most=MOST_TOGETHER, timeout=timedelta(minutes=10))
def send(targets: Sequence[str]) -> Mapping[str, Exception]:
    """Deliver notifications that go together."""
    rounds = {_round_of(target): target for target in targets}
    return {rounds[one]: error for one, error in deliver_all(rounds.keys()).items()}


# Receivers may be slow: those of one tenant hold up only their own.
@job("notifications.post", timeout=timedelta(minutes=1), at_once_per_tenant=2)
def post(target: str) -> None:
    """Post an event to an endpoint."""
    delivery_id, round_ = target.split(":")
    post_one(UUID(delivery_id), int(round_))


@job("notifications.take_up")
def take_up(_target: str) -> None:
    """Let notifications be delivered that were made many at once."""
    take_up_all()


@job("notifications.wake")
def wake(target: str) -> None:
    """Let a message that was put off come into its inbox anew."""
    notification_id, until = target.split(":", 1)
    wake_one(UUID(notification_id), datetime.fromisoformat(until))


@job("notifications.fan_out")
def fan_out(target: str) -> None:
    """Begin the runs of the next people of a trigger."""
    trigger_id, after = target.split(":")
    fan_out_some(UUID(trigger_id), after)


@job("notifications.tell_topics")
def tell_topics(target: str) -> None:
    """Tell the next people in the topics of a step."""
    tell_some(UUID(target))


@job("notifications.advance")
def advance(target: str) -> None:
    """Take a run on that has waited."""
    run_id, round_ = target.split(":")
    advance_run(UUID(run_id), int(round_))


@periodic("notifications.sweep", every=timedelta(minutes=10))
def sweep(_target: str) -> None:
    """End what was given up, and forget what was kept for long enough."""
    upkeep.end_abandoned()
    upkeep.end_abandoned_posts()
    upkeep.forget_old()
    upkeep.forget_old_posts()


def _round_of(target: str) -> tuple[UUID, int]:
    notification_id, round_ = target.split(":")
    return UUID(notification_id), int(round_)
