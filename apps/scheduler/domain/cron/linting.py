"""What is right in an expression, and yet seldom meant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apps.scheduler.domain.cron.evaluating import DstPolicy, next_after, next_local
from apps.scheduler.domain.cron.expressions import Cron
from apps.scheduler.domain.cron.fields import HOUR, MINUTE, MONTH, SECOND, Field, bits

#: A first time that is further away than this is worth a word.
FAR = timedelta(days=366)
#: How far ahead changes of clocks are looked for.
AHEAD = timedelta(days=400)
_STEPPED: tuple[tuple[str, Field], ...] = (
    ("second", SECOND),
    ("minute", MINUTE),
    ("hour", HOUR),
    ("month", MONTH),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    #: Stable, such as `never`.
    code: str
    message: str


def lint(
    cron: Cron, zone: tzinfo, now: datetime, policy: DstPolicy = DstPolicy.VIXIE
) -> list[Finding]:
    """Return what to look at, what matters most first."""
    first = next_after(cron, zone, now, policy)
    if first is None:
        return [Finding("never", "it never fires")]
    found = []
    if first - now > FAR:
        found.append(
            Finding("far", f"it fires in {first.astimezone(zone).year} for the first time")
        )
    for check in (_either_day, _steps, _often):
        found += check(cron)
    return [*found, *_clock_changes(cron, zone, now, policy)]


def _either_day(cron: Cron) -> list[Finding]:
    if cron.day.star or cron.weekday.star or cron.weekday.both:
        return []
    return [
        Finding(
            "either",
            "it fires on days that fit the day of the month or the day of the week;"
            " a + before the latter asks for both",
        )
    ]


def _steps(cron: Cron) -> list[Finding]:
    """Say of steps that do not go into the whole that the last is a short one."""
    found = []
    # Of the text: a mask does not tell a step from a list.
    fields = cron.text.upper().split()
    fields = fields if len(fields) > 5 else ["0", *fields]
    names = [*_STEPPED[:3], ("day", None), _STEPPED[3]]
    for text, (name, field) in zip(fields, names, strict=False):
        if field is None or not text.startswith("*/"):
            continue
        step, count = int(text[2:].partition(",")[0]), field.most - field.least + 1
        if step >= count:
            found.append(Finding("step", f"a step of {step} {name}s is the first {name} alone"))
        elif count % step:
            short = count % step
            found.append(
                Finding(
                    "step",
                    f"{count} {name}s are no multiple of {step}: the last step is {short}",
                )
            )
    return found


def _often(cron: Cron) -> list[Finding]:
    if cron.seconds == bits(0, 59) and cron.minutes == bits(0, 59):
        return [Finding("often", "it fires every second")]
    return []


def _clock_changes(cron: Cron, zone: tzinfo, now: datetime, policy: DstPolicy) -> list[Finding]:
    """Say what becomes of it at the next changes of clocks, where something does."""
    found: dict[str, Finding] = {}
    if not cron.fixed and cron.hours == bits(0, 23):
        # It follows real time, as whoever wrote it expects.
        return []
    for changed in changes(zone, now, now + AHEAD):
        before = (changed - timedelta(seconds=1)).astimezone(zone)
        after = changed.astimezone(zone)
        by = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        start = before.replace(tzinfo=None) + timedelta(seconds=1)
        first, last = sorted((start, start + by))
        due = next_local(cron, first - timedelta(seconds=1))
        if due is None or due >= last:
            continue
        code, said = _said(cron, forward=by > timedelta(), policy=policy)
        message = f"{changed.astimezone(zone):%d %B %Y}: {due:%H:%M} {said}"
        found.setdefault(code, Finding(code, message))
    return list(found.values())


def _said(cron: Cron, *, forward: bool, policy: DstPolicy) -> tuple[str, str]:
    if forward and cron.fixed and policy == DstPolicy.VIXIE:
        return "gap", "does not exist, so it fires right after the change of clocks"
    if forward:
        return "gap", "does not exist, and it does not fire for it"
    if cron.fixed:
        return "overlap", "comes twice, and it fires at the first"
    return "overlap", "comes twice, and it fires both times"


def changes(zone: tzinfo, since: datetime, until: datetime) -> list[datetime]:
    """Return the moments in UTC at which the offset of a zone is another."""
    found = []
    step = timedelta(days=7)
    moment = since.astimezone(UTC).replace(microsecond=0)
    while moment < until:
        if _offset(zone, moment) != _offset(zone, moment + step):
            found.append(_first(moment, moment + step, _differs(zone, moment)))
        moment += step
    return found


def _offset(zone: tzinfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _differs(zone: tzinfo, moment: datetime) -> Callable[[datetime], bool]:
    was = _offset(zone, moment)
    return lambda other: _offset(zone, other) != was


def _first(early: datetime, late: datetime, holds: Callable[[datetime], bool]) -> datetime:
    second = timedelta(seconds=1)
    while late - early > second:
        middle = early + (late - early) // second // 2 * second
        if holds(middle):
            late = middle
        else:
            early = middle
    return late
