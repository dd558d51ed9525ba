"""What schedules may say: checked as a whole, before anything is saved."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apps.scheduler.domain.calendars import Calendar, CalendarError
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.cron.fields import CronError
from apps.scheduler.domain.placeholders import (
    PlaceholderError,
    check_placeholders,
    has_placeholder,
)
from apps.scheduler.domain.rules import RuleError, check_rule
from apps.scheduler.domain.times import LEAST_SECONDS, TimesError, check_moment, check_time_zone
from apps.scheduler.errors import TargetRefusedError, TimesRefusedError
from apps.scheduler.models import JobSchedule, ScheduleKind, TargetKind
from apps.scheduler.selectors.timetables import timetable_of
from contracts.chores import MOST_PARAMETER_BYTES
from contracts.webhooks import is_secret
from kernel import clock
from kernel.errors import InvalidInputError, NotFoundError
from kernel.mesh.changes import NoChangeError, check_change
from kernel.outbound.errors import OutboundRefusedError
from kernel.outbound.reach import check_url

#: Columns that say when it is due.
TIMES = frozenset(
    {
        *("kind", "cron", "rule", "every_seconds", "anchor_at", "after_id", "time_zone"),
        *("dst_policy", "calendar", "starts_at", "ends_at"),
    }
)
#: Columns that say what is done.
TARGET = frozenset({"target_kind", "target", "document", "parameters", "scopes", "webhook_secret"})
MOST_TAGS = 20
#: The most that each may be.
MOST = {
    "every_seconds": 366 * 86_400,
    "jitter_seconds": 86_400,
    "misfire_cap": 100,
    "catch_up_seconds": 31 * 86_400,
    "timeout_seconds": 86_400,
    "maximum_attempts": 20,
    "retry_seconds": 86_400,
    "concurrency_limit": 1_000,
    "grace_seconds": 31 * 86_400,
    "disable_after": 1_000,
    "keep_runs_days": 3_650,
    "maximum_runs": 1_000_000_000,
}
#: Those of them that are at least 1.
SOME = ("timeout_seconds", "maximum_attempts", "concurrency_limit", "keep_runs_days")
#: The column without which a target of this kind is none, where that is not the target itself.
_WANTED: dict[str, str] = {TargetKind.GRAPHQL: "document", TargetKind.PING: "grace_seconds"}
_COLUMNS = {"service": "target", "document": "document", "variables": "parameters"}
_EVENT_NAME = re.compile(r"[A-Za-z0-9._-]{0,200}")


def check_definition(schedule: JobSchedule) -> None:
    """Raise InvalidInputError unless a schedule can be as it is."""
    _check_numbers(schedule)
    check_times(schedule)
    check_target(schedule)
    if (
        not isinstance(schedule.tags, list)
        or len(schedule.tags) > MOST_TAGS
        or not all(isinstance(tag, str) and 0 < len(tag) <= 50 for tag in schedule.tags)
    ):
        raise InvalidInputError(f"tags are at most {MOST_TAGS} texts of 1 to 50 characters")


def check_times(schedule: JobSchedule) -> None:
    """Raise TimesRefusedError unless it can be due; says where an expression goes wrong."""
    try:
        check_time_zone(schedule.time_zone)
        Calendar.of(schedule.calendar)
        check_moment(schedule.anchor_at)
        _check_kind(schedule)
    except (CronError, RuleError, CalendarError, TimesError) as error:
        raise TimesRefusedError(str(error)) from None
    if schedule.starts_at and schedule.ends_at and schedule.starts_at >= schedule.ends_at:
        raise TimesRefusedError("it ends before it starts")
    timetable = timetable_of(schedule)
    dated = schedule.kind in (ScheduleKind.CRON, ScheduleKind.RULE)
    if timetable and dated and timetable.times.next_after(clock.now()) is None:
        raise TimesRefusedError("it never fires: no such day comes in 60 years")


def _check_kind(schedule: JobSchedule) -> None:
    match schedule.kind:
        case ScheduleKind.CRON:
            read(schedule.cron)
        case ScheduleKind.RULE:
            check_rule(schedule.rule)
        case ScheduleKind.ONCE:
            if schedule.anchor_at is None:
                raise TimesError("what is due once says when, by anchorAt")
        case ScheduleKind.INTERVAL:
            if schedule.every_seconds < LEAST_SECONDS:
                raise TimesError(f"an interval has at least {LEAST_SECONDS} seconds")
        case ScheduleKind.AFTER:
            _check_followed(schedule)


def _check_followed(schedule: JobSchedule) -> None:
    """Refuse to follow what is not there, or comes back to where it began."""
    seen = {schedule.pk}
    followed = schedule.after_id
    if followed is None:
        raise TimesError("what follows a schedule names it, by afterId")
    while followed is not None:
        if followed in seen:
            raise TimesError("schedules follow each other in a circle")
        seen.add(followed)
        row = JobSchedule.visible().filter(pk=followed).values_list("kind", "after_id").first()
        if row is None:
            raise NotFoundError(f"no job schedule {followed}")
        followed = row[1] if row[0] == ScheduleKind.AFTER else None


def check_target(schedule: JobSchedule) -> None:
    """Raise TargetRefusedError unless something can be done.

    Whether there is such a chore is for the caller to ask.
    """
    if not isinstance(schedule.parameters, dict):
        raise TargetRefusedError("parameters are an object", "parameters")
    if len(json.dumps(schedule.parameters)) > MOST_PARAMETER_BYTES:
        told = f"parameters have at most {MOST_PARAMETER_BYTES:,} bytes"
        raise TargetRefusedError(told, "parameters")
    try:
        is_open = schedule.kind == ScheduleKind.AFTER and check_placeholders(schedule.parameters)
    except PlaceholderError as error:
        raise TargetRefusedError(str(error), "parameters") from None
    fits, message = _target_rule(schedule)
    if not fits:
        raise TargetRefusedError(message, _WANTED.get(schedule.target_kind, "target"))
    if schedule.target_kind == TargetKind.WEBHOOK:
        try:
            check_url(schedule.target)
        except OutboundRefusedError as error:
            raise TargetRefusedError(str(error)) from None
    if schedule.target_kind == TargetKind.GRAPHQL:
        try:
            # What placeholders come to is checked by the service, when it is sent.
            check_change(
                schedule.target, schedule.document, None if is_open else schedule.parameters
            )
        except NoChangeError as error:
            raise TargetRefusedError(str(error), _COLUMNS[error.part]) from None
    elif schedule.document:
        raise TargetRefusedError("a document is for what is done by a mutation: targetKind GRAPHQL")


def _target_rule(schedule: JobSchedule) -> tuple[bool, str]:
    """Return whether a target is one of its kind, and what it would have to be."""
    match schedule.target_kind:
        case TargetKind.WEBHOOK:
            fits = schedule.target.startswith(("https://", "http://"))
            return fits, "the target of a webhook is an address: https://…"
        case TargetKind.GRAPHQL:
            return bool(schedule.document), "a mutation is written down, by document"
        case TargetKind.CHORE:
            return "." in schedule.target, "the target is the name of a chore: see `chores`"
        case TargetKind.PING:
            fits = schedule.grace_seconds > 0
            return fits, "what waits for a ping says how long, by graceSeconds"
    fits = _EVENT_NAME.fullmatch(schedule.target) is not None
    return fits, "the target of an event is a name, or nothing"


def left_open(schedule: JobSchedule) -> Callable[[Any], bool]:
    """Return what says of a value that it is known only when the schedule runs."""
    return has_placeholder if schedule.kind == ScheduleKind.AFTER else lambda _: False


def check_secret(text: str) -> None:
    """Raise TargetRefusedError unless it is a secret as Standard Webhooks has them."""
    if not is_secret(text):
        raise TargetRefusedError("a secret is whsec_ and 24 to 64 bytes in base64")


def _check_numbers(schedule: JobSchedule) -> None:
    for name, most in MOST.items():
        number: Any = getattr(schedule, name)
        least = 1 if name in SOME else 0
        if not isinstance(number, int) or not least <= number <= most:
            raise InvalidInputError(f"{name} is {least} to {most:,}, found {str(number)[:20]}")


def window_of(schedule: JobSchedule) -> timedelta:
    """Return how late a run may begin."""
    return timedelta(seconds=schedule.catch_up_seconds)
