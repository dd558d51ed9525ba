"""How many runs there were on each day, and how many are to come."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from apps.scheduler.domain.windows import Day
from apps.scheduler.models import JobRun, JobSchedule
from apps.scheduler.selectors.timelines import check_window, times_to_come

#: Runs of all days that are read at once; of more, each day is counted by itself.
MOST_AT_ONCE = 5_000
#: Runs of one day that are counted.
MOST_OF_DAY = 1_000
#: Schedules whose times to come are worked out, those that are due first.
MOST_SCHEDULES = 200
#: Times to come, of all of them.
MOST_COMING = 3_000


@dataclass(slots=True)
class DayCount:
    """A day, how many of its runs are in which state, and how many times are to come."""

    day: Day
    states: Counter[str] = field(default_factory=Counter)
    #: Whether there were more runs than are counted.
    more: bool = False
    coming: int = 0
    #: Whether more may come than are told.
    more_coming: bool = False

    @property
    def total(self) -> int:
        """Return how many runs are counted."""
        return sum(self.states.values())


def count_days(days: Sequence[Day]) -> list[DayCount]:
    """Count the runs and the times to come of days that follow one another, at most 42.

    Raises LimitExceededError, InvalidInputError.
    """
    since, until = days[0].since, days[-1].until
    check_window(since, until)
    found = [DayCount(day) for day in days]
    runs = JobRun.visible().filter(fire_time__gte=since, fire_time__lt=until)
    some = list(runs.order_by("fire_time").values_list("fire_time", "state")[: MOST_AT_ONCE + 1])
    if len(some) > MOST_AT_ONCE:
        for one in found:
            _count_by_itself(one)
    else:
        for at, state in some:
            _of(found, at).states[state] += 1
    _add_coming(found, since, until)
    return found


def _count_by_itself(one: DayCount) -> None:
    runs = JobRun.visible().filter(fire_time__gte=one.day.since, fire_time__lt=one.day.until)
    states = list(runs.order_by("fire_time").values_list("state", flat=True)[: MOST_OF_DAY + 1])
    one.states = Counter(states[:MOST_OF_DAY])
    one.more = len(states) > MOST_OF_DAY


def _add_coming(found: Sequence[DayCount], since: datetime, until: datetime) -> None:
    due = JobSchedule.visible().filter(enabled=True, next_run_at__lt=until)
    some = list(due.order_by("next_run_at", "id")[: MOST_SCHEDULES + 1])
    # Of those that are left out none is due before the first of them.
    told_until = some[MOST_SCHEDULES].next_run_at if len(some) > MOST_SCHEDULES else None
    end = min(until, told_until) if told_until else until
    times = [times_to_come(one, since, end) for one in some[:MOST_SCHEDULES]]
    for at, more in _in_shares(times):
        day = _of(found, at)
        if more:
            told_until = min(told_until or at, at)
        else:
            day.coming += 1
    if told_until is not None:
        for one in found:
            one.more_coming = one.day.until > told_until


def _in_shares(times: Sequence[Iterator[datetime]]) -> Iterator[tuple[datetime, bool]]:
    """Yield so many of these times as are told at most, and of what has more the first of those.

    One that is due each second leaves the others their share, and gets what they leave.
    """
    left, open_ = MOST_COMING, list(times)
    while open_ and left >= len(open_):
        share, going_on = left // len(open_), []
        for one in open_:
            some = list(islice(one, share))
            left -= len(some)
            yield from ((at, False) for at in some)
            if len(some) == share:
                going_on.append(one)
        open_ = going_on
    for one in open_:
        for at in islice(one, 1):
            yield at, True


def _of(found: Sequence[DayCount], at: datetime) -> DayCount:
    return next(one for one in found if at < one.day.until)
