"""What an expression says, and when it is due."""

from dataclasses import dataclass, field
from datetime import datetime

from apps.scheduler.domain.cron.describing import describe
from apps.scheduler.domain.cron.evaluating import DstPolicy
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.cron.fields import CronError
from apps.scheduler.domain.cron.linting import Finding, lint
from apps.scheduler.domain.times import TimesError, check_time_zone
from apps.scheduler.domain.timetables import CronTimes, Timetable
from apps.scheduler.selectors.timetables import zone_of
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError

MOST_NEXT = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something is no expression."""

    message: str
    position: int
    hint: str

    def __str__(self) -> str:
        return str(CronError(self.message, self.position, self.hint))


@dataclass(frozen=True, slots=True)
class Preview:
    """An expression as people see it; or why it is none."""

    description: str = ""
    next_runs: list[datetime] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problem: Problem | None = None


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
    try:
        check_time_zone(time_zone)
        policy = DstPolicy(dst_policy)
    except (TimesError, ValueError) as error:
        raise InvalidInputError(str(error)) from None
    try:
        expression = read(cron)
    except CronError as error:
        return Preview(problem=Problem(error.message, error.position, error.hint))
    now = since or clock.now()
    zone = zone_of(time_zone)
    times = Timetable(CronTimes(expression, zone, policy), zone)
    found = list(times.first_after(now, first))
    return Preview(describe(expression, language), found, lint(expression, zone, now, policy))
