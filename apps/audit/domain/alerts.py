"""When a search raises an alert: so many logs within so long, and then silence for a while."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MOST_LOGS = 1_000
LEAST_SPAN = timedelta(minutes=1)
MOST_SPAN = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`threshold` logs recorded within `window`; after an alert none for `cool_down`."""

    threshold: int
    window: timedelta
    cool_down: timedelta


@dataclass(frozen=True, slots=True)
class Watch:
    """What has to be remembered of what was seen: at most `threshold` moments."""

    recent: tuple[datetime, ...] = ()
    raised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """So many logs were recorded from the first of these moments to the last."""

    count: int
    first_at: datetime
    last_at: datetime


def watch(before: Watch, rule: Rule, moments: Iterable[datetime]) -> tuple[Watch, list[Alert]]:
    """Go on with the moments at which logs were recorded, in the order of the log.

    What comes of them does not depend on how many of them are given at a time.
    """
    now, raised = before, list[Alert]()
    for moment in moments:
        recent = (*now.recent, moment)[-rule.threshold :]
        now = replace(now, recent=recent)
        quiet = now.raised_at is not None and moment < now.raised_at + rule.cool_down
        if quiet or len(recent) < rule.threshold or moment - recent[0] > rule.window:
            continue
        now = replace(now, raised_at=moment)
        raised.append(Alert(len(recent), recent[0], moment))
    return now, raised
