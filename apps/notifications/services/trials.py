"""A workflow is tried on somebody: each decision that it would take now, and nothing is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.notifications.domain.deciding import Later, Never
from apps.notifications.domain.expressions import frame_of
from apps.notifications.domain.rendering import Words
from apps.notifications.domain.workflows import (
    Collect,
    FanOut,
    Instruction,
    Jump,
    Send,
    Throttle,
    Wait,
    read_steps,
)
from apps.notifications.errors import WorkflowRefusedError
from apps.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationTemplate,
    Passage,
    Subscriber,
    Workflow,
)
from apps.notifications.services.sending import address_of
from apps.notifications.services.taking import judged
from apps.notifications.services.templates import checked_data, words_of
from contracts.expressions.errors import ExpressionError
from contracts.expressions.values import truth
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.ids import parse_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one step would do, and when."""

    place: str
    what: str
    at: datetime
    code: str = ""
    why: str = ""
    channel: str = ""
    words: Words | None = None


def try_workflow(
    *,
    id: str,
    subscriber: str | None = None,
    data: Mapping[str, Any] | None = None,
    seen: bool = False,
    read: bool = False,
) -> list[Tried]:
    """Return what a workflow would do for somebody from now on; nothing is sent or kept.

    Without a subscriber it is tried on nobody, who wants all and is reached by everything. `seen`
    and `read` say what they would have done with what is in their inbox. Raises NotFoundError,
    InvalidInputError.
    """
    workflow = Workflow.visible().filter(pk=parse_id(id)).first()
    if workflow is None:
        raise NotFoundError(f"no notification workflow {id}")
    person = None
    if subscriber is not None:
        person = Subscriber.objects.filter(key=subscriber).first()
        if person is None:
            raise NotFoundError(f"no subscriber {subscriber!r:.120}")
    return _Trial(workflow, person, checked_data(data or {}), seen=seen, read=read).go()


class _Trial:
    def __init__(
        self,
        workflow: Workflow,
        person: Subscriber | None,
        data: Mapping[str, Any],
        *,
        seen: bool,
        read: bool,
    ) -> None:
        self._workflow, self._data = workflow, data
        self._person = person or Subscriber(key="ada", name="Ada", locale="en")
        self._is_nobody = person is None
        self._marks = {"seen": seen or read, "read": read}
        #: Nobody has read what is not there.
        self._told = False
        self._now = clock.now()
        self._position: int | None = 0
        self._found: list[Tried] = []

    def go(self) -> list[Tried]:
        """Take one step after another until one ends it; each leads onwards."""
        program = read_steps(self._workflow.steps)
        while self._position is not None and self._position < len(program):
            step = program[self._position]
            self._position += 1
            try:
                self._step(step)
            except DomainError as error:
                self._say(step, "fails", code=error.code, why=str(error))
            except ExpressionError as error:
                self._say(step, "fails", code=WorkflowRefusedError.code, why=str(error))
                self._position = None
        return self._found

    def _step(self, step: Instruction) -> None:
        match step:
            case Send():
                self._send(step)
            case Wait():
                what = "gathers" if isinstance(step, Collect) else "waits"
                if isinstance(step, Collect) and step.by:
                    step.by(self._frame())
                until = step.until(self._now, ZoneInfo(self._person.time_zone))
                self._say(step, what, why=f"until {until:%Y-%m-%d %H:%M:%S} UTC")
                self._now = until
            case Throttle():
                passed = Passage.objects.filter(
                    workflow=self._workflow,
                    subscriber=self._person,
                    place=step.place,
                    at__gt=self._now - step.length,
                ).count()
                if passed >= step.most:
                    self._position = None
                self._say(step, "was too much" if passed >= step.most else "passes")
            case Jump(unless=None):
                self._position = step.to
            case Jump(unless=test) if test is not None:
                holds = truth(test(self._frame()))
                self._say(step, "holds" if holds else "does not hold")
                if not holds:
                    self._position = step.to

    def _send(self, step: Send) -> None:
        """Say what somebody would get, and whether: as it is decided when a message is sent."""
        template = NotificationTemplate.objects.filter(name=step.template).first()
        if template is None:
            raise NotFoundError(f"there is no template {step.template!r}")
        words = words_of(template, step.channel, locale=self._person.locale, data=self._seen_by())
        message = Notification(
            recipient=address_of(self._person, step.channel),
            channel=step.channel,
            subject=words.subject,
            category=self._workflow.category,
            critical=self._workflow.critical,
            subscriber=self._person,
            not_before=self._now,
        )
        if isinstance(step, FanOut) or self._is_nobody:
            what = "tells its topics" if isinstance(step, FanOut) else "sends"
            self._say(step, what, words=words)
            self._told = self._told or step.channel == NotificationChannel.IN_APP
            return
        match judged(message, self._now):
            case Never(code=code, why=why):
                self._say(step, "skips", code=code, why=why, words=words)
            case Later(until=until, why=why):
                self._say(step, "sends", why=f"{why}: {until:%Y-%m-%d %H:%M:%S} UTC", words=words)
            case _:
                self._say(step, "sends", words=words)
                self._told = self._told or step.channel == NotificationChannel.IN_APP

    def _seen_by(self) -> dict[str, Any]:
        person = self._person
        return {
            "data": self._data,
            "events": [self._data],
            "count": 1,
            "subscriber": {
                "key": person.key,
                "name": person.name,
                "locale": person.locale,
                "time_zone": person.time_zone,
            },
            **{name: mark and self._told for name, mark in self._marks.items()},
        }

    def _frame(self) -> Any:
        return frame_of(self._seen_by())

    def _say(self, step: Instruction, what: str, **more: Any) -> None:
        channel = step.channel if isinstance(step, Send) else ""
        self._found.append(
            Tried(place=step.place, what=what, at=self._now, channel=channel, **more)
        )
