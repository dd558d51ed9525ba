"""What a schedule says, and when it is due, before there is one."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.scheduler.domain.cron.describing import describe
from apps.scheduler.domain.cron.evaluating import DstPolicy
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.cron.fields import CronError
from apps.scheduler.domain.cron.linting import Finding, lint
from apps.scheduler.domain.rules import RuleError, check_rule
from apps.scheduler.domain.times import (
    LEAST_SECONDS,
    TimesError,
    check_time_zone,
    describe_interval,
)
from apps.scheduler.domain.timetables import CronTimes, Timetable
from apps.scheduler.models import JobSchedule, ScheduleKind
from apps.scheduler.selectors.timetables import timetable_of, zone_of
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError

MOST_NEXT = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something cannot be due: an expression, unless another column is named."""

    message: str
    #: In characters, from 0; None where it is the whole that is wrong.
    position: int | None = None
    hint: str = ""
    column: str = "cron"

    def __str__(self) -> str:
        if self.column == "cron":
            return str(CronError(self.message, self.position or 0, self.hint))
        return str(RuleError(self.message, self.position, self.hint))


@dataclass(frozen=True, slots=True)
class Preview:
    """An expression as people see it; or why it is none."""

    description: str = ""
    next_runs: list[datetime] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problem: Problem | None = None


def preview_of(schedule: JobSchedule, first: int = 10) -> Preview:
    """Return what a schedule says that is not stored; raises as `preview` does."""
    if schedule.kind == ScheduleKind.AFTER:
        return Preview(described(schedule))
    if schedule.kind == ScheduleKind.CRON:
        read_as = preview(schedule.cron, schedule.time_zone, schedule.dst_policy, first=0)
        if read_as.problem is not None or not first:
            return read_as
        # By its calendar as well, from its beginning to its end.
        due = timetable_of(schedule)
        return replace(read_as, next_runs=list(due.first_after(clock.now(), first)) if due else [])
    _check_zone(schedule.time_zone, schedule.dst_policy)
    problem = _problem(schedule)
    if problem is not None:
        return Preview(problem=problem)
    timetable, now = timetable_of(schedule), clock.now()
    over = timetable is None or timetable.next_after(now) is None
    if over and schedule.kind == ScheduleKind.RULE:
        return Preview(problem=Problem("it never fires again", column="rule"))
    past = [Finding("past", "it is past, so it is never due")] if over else []
    found = list(timetable.first_after(now, first)) if timetable else []
    return Preview(described(schedule), found, past)


def _problem(schedule: JobSchedule) -> Problem | None:
    """Return why it cannot be due, where that is seen without asking when it is."""
    match schedule.kind:
        case ScheduleKind.ONCE if schedule.anchor_at is None:
            return Problem("say when it is due", column="anchor_at")
        case ScheduleKind.INTERVAL if schedule.every_seconds < LEAST_SECONDS:
            told = f"an interval has at least {LEAST_SECONDS} seconds"
            return Problem(told, column="every_seconds")
        case ScheduleKind.RULE:
            try:
                check_rule(schedule.rule)
            except RuleError as error:
                return Problem(error.message, error.position, error.hint, column="rule")
    return None


def described(schedule: JobSchedule, language: str = "en") -> str:
    """Return when a schedule is due, in words; of what is no expression, in English."""
    match schedule.kind:
        case ScheduleKind.CRON:
            return describe(read(schedule.cron), language)
        case ScheduleKind.ONCE:
            return "Once"
        case ScheduleKind.INTERVAL:
            return describe_interval(schedule.every_seconds)
        case ScheduleKind.RULE:
            return f"By the rule {schedule.rule}"
    return "After another has succeeded"


def _check_zone(time_zone: str, dst_policy: str) -> DstPolicy:
    try:
        check_time_zone(time_zone)
        return DstPolicy(dst_policy)
    except (TimesError, ValueError) as error:
        raise InvalidInputError(str(error)) from None


def preview(
    cron: str,
    time_zone: str = "UTC",
    dst_policy: str = "vixie",
    language: str = "en",
    first: int = 10,
    since: datetime | None = None,
) -> Preview:
    """Return what an expression says; raises InvalidInputError for no time zone or policy."""
    if not 0 <= first <= MOST_NEXT:
        raise LimitExceededError(f"at most {MOST_NEXT} times are told, found {first}")
    policy = _check_zone(time_zone, dst_policy)
    try:
        expression = read(cron)
    except CronError as error:
        return Preview(problem=Problem(error.message, error.position, error.hint))
    now = since or clock.now()
    zone = zone_of(time_zone)
    times = Timetable(CronTimes(expression, zone, policy), zone)
    found = list(times.first_after(now, first))
    return Preview(describe(expression, language), found, lint(expression, zone, now, policy))
