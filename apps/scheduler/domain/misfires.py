"""What of the times that have come is run, when many have: no storm, and nothing without end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.scheduler.domain.timetables import Timetable

#: What is no later than this is on time.
ON_TIME = timedelta(seconds=60)
#: Times that are counted, of those that are left out.
MOST_COUNTED = 1_000


class Policy(StrEnum):
    """What is made up for: nothing, the last time, or the last so many."""

    SKIP = "skip"
    FIRE_ONCE = "fire_once"
    FIRE_ALL = "fire_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which times are run now, how many are left out, and which time is the next."""

    fires: tuple[datetime, ...]
    #: No more than `MOST_COUNTED` are counted.
    left_out: int
    next: datetime | None


def plan(
    timetable: Timetable,
    due: datetime,
    now: datetime,
    *,
    policy: Policy,
    window: timedelta,
    cap: int,
) -> Plan:
    """Say what is run of the times from one that is due to now.

    Times on time are run. Of earlier ones within the window: none, the last if none is on time, or
    the last so many. What is older than the window is left out, and never looked at one by one.
    """
    fresh_since = now - ON_TIME
    if due >= fresh_since and timetable.next_after(due - _MICROSECOND) == due:
        following = timetable.next_after(due)
        if following is None or following > now:
            # Nearly always: it is looked at as soon as it is due.
            return Plan(fires=(due,), left_out=0, next=following)
    reachable = max(due, now - max(window, ON_TIME))
    fresh = list(timetable.between(max(due, fresh_since), now + _MICROSECOND, _MOST_FRESH))
    missed: list[datetime] = []
    wanted = {Policy.SKIP: 0, Policy.FIRE_ONCE: 0 if fresh else 1, Policy.FIRE_ALL: cap}[policy]
    before = max(fresh_since, reachable)
    while len(missed) < wanted:
        found = timetable.previous_before(before)
        if found is None or found < reachable:
            break
        missed.append(found)
        before = found
    fires = (*reversed(missed), *fresh)
    return Plan(
        fires=fires,
        left_out=_left_out(timetable, due, now, len(fires)),
        next=timetable.next_after(now),
    )


_MICROSECOND = timedelta(microseconds=1)
#: An expression has one time a second at most.
_MOST_FRESH = int(ON_TIME.total_seconds()) + 1


def _left_out(timetable: Timetable, due: datetime, now: datetime, taken: int) -> int:
    counted = sum(1 for _ in timetable.between(due, now + _MICROSECOND, MOST_COUNTED + taken))
    return max(0, counted - taken)
