"""When an expression is due: over local times first, then over the changes of clocks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from apps.scheduler.domain.cron.expressions import Cron

#: Further than any day of the Gregorian calendar is from its like: 29 February on one weekday
#: comes again after 40 years at most.
HORIZON_YEARS = 60

_SECOND = timedelta(seconds=1)


class DstPolicy(StrEnum):
    """What becomes of a time that a change of clocks leaves out."""

    #: It is due right after the change, once (Debian cron).
    VIXIE = "vixie"
    #: It is left out (OCPS 1.4).
    SKIP = "skip"


def next_local(cron: Cron, after: datetime) -> datetime | None:
    """Return the first local time after one that fits; None if there is none in 60 years."""
    year, month, day = after.year, after.month, after.day
    days = 0
    if cron.months >> month & 1 and (not cron.years or _in_year(cron, year)):
        days = cron.days(year, month)
    if days >> day & 1:
        found = _later_that_day(cron, after.hour, after.minute, after.second)
        if found is not None:
            return datetime(year, month, day, *found)  # noqa: DTZ001  local times have no zone
    days = days >> day + 1 << day + 1
    last_year = year + HORIZON_YEARS
    while not days:
        later = cron.months >> month + 1
        if later:
            month += (later & -later).bit_length()
        else:
            year, month = year + 1, cron.first_month
            if year > last_year:
                return None
        if not cron.years or _in_year(cron, year):
            days = cron.days(year, month)
    first_day = (days & -days).bit_length() - 1
    return datetime(year, month, first_day, *cron.first)  # noqa: DTZ001  as above


def _in_year(cron: Cron, year: int) -> bool:
    return year >= 1970 and bool(cron.years >> year - 1970 & 1)


def _later_that_day(cron: Cron, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
    if cron.hours >> hour & 1:
        if cron.minutes >> minute & 1:
            later = cron.seconds >> second + 1
            if later:
                return hour, minute, second + (later & -later).bit_length()
        later = cron.minutes >> minute + 1
        if later:
            return hour, minute + (later & -later).bit_length(), cron.first[2]
    later = cron.hours >> hour + 1
    if later:
        return hour + (later & -later).bit_length(), cron.first[1], cron.first[2]
    return None


def next_after(
    cron: Cron, zone: tzinfo, moment: datetime, policy: DstPolicy = DstPolicy.VIXIE
) -> datetime | None:
    """Return the first moment after one at which it is due, in UTC; None if none is in 60 years."""
    here = moment.astimezone(zone)
    local = here.replace(tzinfo=None, fold=0)
    if not cron.fixed and not here.fold:
        again = _in_second_pass(cron, zone, here)
        if again is not None:
            return again
    return first_instant(
        lambda after: next_local(cron, after),
        zone,
        local,
        moment,
        policy if cron.fixed else None,
    )


def first_instant(
    following: Callable[[datetime], datetime | None],
    zone: tzinfo,
    local: datetime,
    moment: datetime,
    policy: DstPolicy | None,
) -> datetime | None:
    """Return the first moment after one that local times after a local time stand for.

    A time that comes twice is taken at its first coming. Without a policy local times follow real
    time: one that comes twice is due twice, one that is left out never.
    """
    while (found := following(local)) is not None:
        early = found.replace(tzinfo=zone)
        before = early.utcoffset() or timedelta()
        after = early.replace(fold=1).utcoffset() or timedelta()
        instant = (found - before).replace(tzinfo=UTC)
        if before >= after:
            if instant > moment:
                return instant
            again = (found - after).replace(tzinfo=UTC)
            if policy is None and again > moment:
                return again
            # It came in the first pass, and this is the second.
            local = found
            continue
        changed = _change_between(zone, (found - after).replace(tzinfo=UTC), instant)
        if policy == DstPolicy.VIXIE:
            return changed
        local = (changed + after).replace(tzinfo=None) - _SECOND
    return None


def _in_second_pass(cron: Cron, zone: tzinfo, here: datetime) -> datetime | None:
    """Return when it is due next if that is in the second pass of an hour that comes twice.

    `here` is in the first pass, or not within such an hour at all.
    """
    before, after = here.utcoffset(), here.replace(fold=1).utcoffset()
    if before is None or after is None or before <= after:
        return None
    local = here.replace(tzinfo=None)
    changed = _change_between(
        zone, (local - before).replace(tzinfo=UTC), (local - after).replace(tzinfo=UTC)
    )
    ends = (changed + before).replace(tzinfo=None)
    found = next_local(cron, local)
    if found is not None and found < ends:
        return None
    # Clocks go back to here, and all is read again from there.
    found = next_local(cron, (changed + after).replace(tzinfo=None) - _SECOND)
    return (found - after).replace(tzinfo=UTC) if found is not None and found < ends else None


def _change_between(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """Return the first moment of the offset that holds at `after`, and not yet at `before`."""
    wanted = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == wanted:
            after = middle
        else:
            before = middle
    return after
