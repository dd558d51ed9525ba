"""Rules of RFC 5545 (RRULE), in local time of a zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from apps.scheduler.domain.cron.evaluating import HORIZON_YEARS, DstPolicy, first_instant
from apps.scheduler.domain.timetables import Times

MOST_CHARACTERS = 300
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
#: Times that a day of a rule has at most: a rule is walked through from its start.
MOST_TIMES_A_DAY = 24

_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)", re.ASCII)
_KNOWN = frozenset(
    {
        *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY"),
        *("BYWEEKNO", "BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE"),
    }
)
_SHOWN = "FREQ=WEEKLY, BYDAY=MO,WE or BYHOUR=9"
#: 29 February is 8 years from the next at most.
_YEARS_OF_DAYS = 9
_REBASED = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


class RuleError(ValueError):
    """What is no rule: what was found and where, and what to write instead.

    `position` counts characters of the rule from 0; None where it is the whole that is wrong.
    """

    def __init__(self, message: str, position: int | None = None, hint: str = "") -> None:
        where = "" if position is None else f", at character {position + 1}"
        super().__init__(f"{message}{where}" + (f"; {hint}" if hint else ""))
        self.message, self.position, self.hint = message, position, hint


@dataclass(frozen=True, slots=True)
class RuleTimes(Times):
    """The moments of a rule that begins at an anchor."""

    rule: str
    anchor: datetime
    zone: tzinfo
    policy: DstPolicy = DstPolicy.VIXIE

    def next_after(self, moment: datetime) -> datetime | None:
        # The anchor itself may be one of its moments.
        moment = max(moment, self.anchor - timedelta(microseconds=1))
        local = moment.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return first_instant(self._next_local, self.zone, local, moment, self.policy)

    def _next_local(self, after: datetime) -> datetime | None:
        start = self.anchor.astimezone(self.zone).replace(tzinfo=None, fold=0)
        found: datetime | None = _walked(self.rule, _rebased(self.rule, start, after), after).after(
            after
        )
        return found


def check_rule(text: str) -> dict[str, str]:
    """Return the parts of a rule; raises RuleError."""
    if len(text) > MOST_CHARACTERS:
        raise RuleError(f"a rule has at most {MOST_CHARACTERS} characters")
    parts: dict[str, str] = {}
    told_all = text.removeprefix("RRULE:")
    at = len(text) - len(told_all)
    where: dict[str, int] = {}
    for told in told_all.split(";"):
        found = _PART.fullmatch(told)
        if found is None or found[1] not in _KNOWN:
            raise RuleError(
                f"{told[:40]!r} is no part of a rule", at, f"a part is such as {_SHOWN}"
            )
        if found[1] in parts:
            raise RuleError(f"{found[1]} stands there twice", at)
        parts[found[1]], where[found[1]] = found[2], at
        at += len(told) + 1
    if parts.get("FREQ") not in FREQUENCIES:
        raise RuleError(
            f"FREQ is one of {', '.join(FREQUENCIES)}",
            where.get("FREQ", 0),
            "what is due more often is an interval",
        )
    times = (len(parts.get(name, "0").split(",")) for name in ("BYHOUR", "BYMINUTE"))
    hours, minutes = times
    if hours * minutes > MOST_TIMES_A_DAY:
        raise RuleError(f"a rule has at most {MOST_TIMES_A_DAY} times a day")
    if "COUNT" in parts and not 1 <= int(parts["COUNT"]) <= 10_000:
        raise RuleError("COUNT is 1 to 10000", where["COUNT"])
    start = datetime(2000, 1, 1)  # noqa: DTZ001  local times have no zone
    try:
        _walked(text, start, start)
    except (ValueError, TypeError, OverflowError) as error:
        named = next((place for name, place in where.items() if name in str(error)), None)
        raise RuleError(f"it is no rule: {str(error)[:120]}", named) from None
    return parts


def _rebased(text: str, start: datetime, after: datetime) -> datetime:
    """Return a later start from which the rule reads the same, so that it is a short walk."""
    parts = dict(part.split("=", 1) for part in text.removeprefix("RRULE:").split(";"))
    unit = _REBASED.get(parts["FREQ"])
    if unit is None or "COUNT" in parts or after <= start:
        return start
    step = unit * int(parts.get("INTERVAL", "1"))
    return start + max(0, (after - start) // step - 1) * step


def _walked(text: str, start: datetime, after: datetime) -> Any:
    from dateutil.rrule import rrulestr  # noqa: PLC0415  loads when somebody has a rule

    told = text.removeprefix("RRULE:")
    # Local times are compared with local times.
    told = re.sub(r"(UNTIL=\d{8}T\d{6})Z", r"\1", told)
    rule = rrulestr(told, dtstart=start)
    if "UNTIL=" not in told and "COUNT=" not in told:
        # A rule that never comes true is not walked to the end of time, and one of days takes
        # 0.1 ms for each of them.
        years = _YEARS_OF_DAYS if "DAILY" in told or "WEEKLY" in told else HORIZON_YEARS
        furthest = max(start, after).year + years
        rule = rule.replace(until=datetime(furthest, 12, 31))  # noqa: DTZ001  as above
    return rule


def anchor_of(told: datetime | None, made_at: datetime) -> datetime:
    """Return where intervals and rules begin: where it is said, else the second they were made."""
    return told or made_at.astimezone(UTC).replace(microsecond=0)
