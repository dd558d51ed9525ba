"""A run goes on: one instruction after another, in one transaction, until it waits or ends."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.notifications.domain.expressions import frame_of
from apps.notifications.domain.workflows import (
    Collect,
    FanOut,
    Instruction,
    Jump,
    Program,
    Send,
    Throttle,
    Wait,
    read_steps,
)
from apps.notifications.models import (
    Notification,
    NotificationChannel,
    Passage,
    Run,
    RunState,
    Subscriber,
    TriggerState,
)
from apps.notifications.services import digesting
from apps.notifications.services.digesting import ADVANCE
from apps.notifications.services.sending import make_message
from apps.notifications.services.topics import begin_fan_out
from contracts.expressions.errors import ExpressionError
from contracts.expressions.signatures import Evaluated
from contracts.expressions.values import plain, truth
from kernel import clock
from kernel.jobs.services import enqueue

#: Each instruction leads onwards, so a run that takes more than all of them is a fault of ours.
_MOST_TURNS = 1_000
_MOST_KEY = 200


@transaction.atomic
def advance(run_id: UUID, round_: int) -> None:
    """Take a run as far as it goes. A job of a former round changes nothing."""
    run = (
        Run.objects.select_for_update(of=("self",))
        .select_related("trigger", "version__workflow", "subscriber")
        .filter(pk=run_id)
        .first()
    )
    if run is None or run.state != RunState.ACTIVE or run.round != round_:
        return
    now = clock.now()
    expires_at = run.trigger.expires_at
    if run.trigger.state == TriggerState.CANCELLED:
        end(run, RunState.CANCELLED)
    elif expires_at is not None and expires_at <= now:
        end(run, RunState.EXPIRED)
    else:
        _Walk(run, now).go()
    run.save()


def end(run: Run, state: RunState) -> None:
    """End a run on its way; what others have put into its digest is brought by another."""
    run.state, run.waits_until = state, None
    if run.digest_id is not None:
        digesting.hand_over(run)


def seen_by(run: Run) -> dict[str, Any]:
    """Return what expressions of a run see."""
    subscriber = run.subscriber
    inbox = Notification.objects.filter(run=run, channel=NotificationChannel.IN_APP)
    moments = list(inbox.values_list("seen_at", "read_at"))
    return {
        "data": run.trigger.data,
        "events": run.events or [run.trigger.data],
        "count": run.count,
        "subscriber": {
            "key": subscriber.key,
            "name": subscriber.name,
            "locale": subscriber.locale,
            "time_zone": subscriber.time_zone,
        },
        "seen": any(seen for seen, _ in moments),
        "read": any(read for _, read in moments),
    }


class _Walk:
    """One run on its way through its program."""

    def __init__(self, run: Run, now: datetime) -> None:
        self.run = run
        self.now = now
        self.program: Program = read_steps(run.version.steps)

    def go(self) -> None:
        """Take steps until it waits or ends; a step that fails ends it, with the reason."""
        for _ in range(_MOST_TURNS):
            if self.run.position >= len(self.program):
                self._end(RunState.DONE)
                return
            instruction = self.program[self.run.position]
            try:
                goes_on = self._step(instruction)
            except ExpressionError as error:
                self.run.reason_code = "NOTIFICATIONS_WORKFLOW_REFUSED"
                self.run.reason = f"{instruction.place}: {error.message}"[:500]
                self._trace(instruction, "failed")
                self._end(RunState.FAILED)
                return
            if not goes_on:
                return
        raise RuntimeError(f"run {self.run.pk} does not come to an end")

    def _step(self, instruction: Instruction) -> bool:
        """Do one instruction; say whether the run goes on at once."""
        match instruction:
            case FanOut():
                begin_fan_out(self.run, instruction, seen_by(self.run))
                self._trace(instruction, "tells its topics")
                self.run.position += 1
                return True
            case Send():
                self._trace(instruction, make_message(self.run, instruction, seen_by(self.run)))
                self.run.position += 1
                return True
            case Collect():
                return self._collected(instruction)
            case Wait():
                return self._waited(instruction)
            case Throttle():
                return self._passed(instruction)
            case Jump():
                return self._jumped(instruction)
        raise TypeError(f"no instruction {instruction}")

    def _jumped(self, jump: Jump) -> bool:
        if jump.unless is not None and truth(self._value(jump.unless)):
            self._trace(jump, "holds")
            self.run.position += 1
        else:
            if jump.unless is not None:
                self._trace(jump, "does not hold")
            self.run.position = jump.to
        return True

    def _waited(self, wait: Wait) -> bool:
        if self.run.waits_until is None:
            self._trace(wait, "waits")
            self._wait(self._until(wait))
            return False
        if self.now < self.run.waits_until:
            self._wait(self.run.waits_until)
            return False
        self.run.waits_until = None
        self.run.position += 1
        return True

    def _collected(self, collect: Collect) -> bool:
        if self.run.digest_id is None:
            key = plain(self._value(collect.by))[:_MOST_KEY] if collect.by else ""
            closes_at = digesting.join(self.run, collect.place, key, self._until(collect))
            if closes_at is None:
                self._trace(collect, "is part of a digest")
                self._end(RunState.DIGESTED)
                return False
        if not self._waited(collect):
            return False
        digesting.close(self.run)
        self._trace(collect, f"brings {self.run.count}")
        return True

    def _passed(self, throttle: Throttle) -> bool:
        # Locked, so that of two at once the second counts the first.
        Subscriber.objects.select_for_update().get(pk=self.run.subscriber_id)
        mine = {
            "workflow_id": self.run.version.workflow_id,
            "subscriber_id": self.run.subscriber_id,
            "place": throttle.place,
        }
        since = self.now - throttle.length
        Passage.objects.filter(**mine, at__lte=since).delete()
        if Passage.objects.filter(**mine).count() >= throttle.most:
            self._trace(throttle, "was too much")
            self._end(RunState.DONE)
            return False
        Passage.objects.create(**mine, at=self.now)
        self._trace(throttle, "passes")
        self.run.position += 1
        return True

    def _until(self, wait: Wait) -> datetime:
        return wait.until(self.now, ZoneInfo(self.run.subscriber.time_zone))

    def _value(self, of: Evaluated) -> Any:
        return of(frame_of(seen_by(self.run)))

    def _wait(self, until: datetime) -> None:
        self.run.waits_until = until
        self.run.round += 1
        enqueue(
            ADVANCE,
            f"{self.run.pk}:{self.run.round}",
            run_at=until,
            priority=self.run.trigger.priority,
        )

    def _end(self, state: RunState) -> None:
        self.run.state = state
        self.run.waits_until = None

    def _trace(self, instruction: Instruction, what: str) -> None:
        self.run.trace = [
            *self.run.trace,
            {"place": instruction.place, "what": what, "at": self.now.isoformat()},
        ]
