"""How schedules and runs are drawn."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.scheduler.domain.cron.describing import describe
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.times import describe_interval
from apps.scheduler.models import (
    FINISHED,
    JobRun,
    JobSchedule,
    JobScheduleVersion,
    RunState,
    ScheduleKind,
)
from kernel.admin import badge, table

RUN_KINDS = {
    RunState.SUCCEEDED: "success",
    RunState.FAILED: "danger",
    RunState.TERMINATED: "danger",
    RunState.SKIPPED: "warning",
    RunState.CANCELLED: "warning",
}
#: Colours that hold on light and dark ground, 3 to 1 and more.
_COLOURS = {
    RunState.SUCCEEDED: "#16a34a",
    RunState.FAILED: "#dc2626",
    RunState.TERMINATED: "#dc2626",
    RunState.SKIPPED: "#d97706",
    RunState.CANCELLED: "#d97706",
}
_BAR, _HEIGHT, _LOW = 6, 20, 8
#: How runs are drawn in timelines, each by a colour and a pattern, and what that says.
SHOWN_AS = {
    "succeeded": "succeeded",
    "failed": "failed",
    "terminated": "given up",
    "skipped": "skipped",
    "cancelled": "cancelled",
    "running": "running",
    "queued": "waiting",
}


def standing_of(schedule: JobSchedule) -> SafeString:
    """Return whether a schedule is on, and if not, what became of it."""
    if not schedule.enabled:
        return badge("off", "warning")
    if schedule.failures_in_a_row:
        return badge(f"failed {schedule.failures_in_a_row}x", "danger")
    if schedule.next_run_at is None and schedule.kind != ScheduleKind.AFTER:
        return badge("ended", "info")
    return badge("on", "success")


def moment_told(at: datetime | None) -> SafeString | str:
    """Draw a moment of a list, which breaks between the day and the time alone."""
    if at is None:
        return "-"
    return format_html(
        '<span class="sched-moment"><span>{}</span> <span>{}</span></span>',
        f"{at:%Y-%m-%d}",
        f"{at:%H:%M:%S}",
    )


def as_one(state: str) -> str:
    """Return as what a run in a state is drawn."""
    return "queued" if state == RunState.WAITING else state


def took(run: JobRun) -> str:
    """Return how long a run took, from its first attempt to its end."""
    if run.started_at is None or run.finished_at is None:
        return "-"
    return f"{(run.finished_at - run.started_at).total_seconds():,.1f} s"


def progress_of(run: JobRun) -> SafeString | str:
    """Draw how far the work is that a run began, and say it."""
    done, total = run.progress_done, run.progress_total
    count = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
    words = ", ".join(filter(None, (count, run.progress)))
    if not run.work or run.state in FINISHED:
        return words or "-"
    # One without a value says that it goes on, and not how far.
    value = format_html(' max="{}" value="{}"', total, min(done, total)) if total else ""
    return format_html(
        '<span id="sched-progress"><progress aria-label="How far it is"{}></progress>'
        " <span>{}</span></span>",
        value,
        words or "it goes on",
    )


def told_times(schedule: JobSchedule) -> str:
    """Return when a schedule is due, in words."""
    if schedule.kind == ScheduleKind.CRON:
        try:
            return f"{describe(read(schedule.cron))}, {schedule.time_zone}"
        except ValueError:
            return schedule.cron
    if schedule.kind == ScheduleKind.INTERVAL:
        return describe_interval(schedule.every_seconds)
    if schedule.kind == ScheduleKind.ONCE:
        return f"Once, {schedule.anchor_at:%Y-%m-%d %H:%M} UTC"
    if schedule.kind == ScheduleKind.RULE:
        return f"{schedule.rule}, {schedule.time_zone}"
    return "After another"


def calendar_told(calendar: Mapping[str, Any]) -> str:
    """Return on which days nothing is due, in words."""
    place = "-".join(filter(None, (calendar.get("country"), calendar.get("subdivision"))))
    closed = [
        *(["weekends"] if calendar.get("business_days") else []),
        *(["public holidays"] if calendar.get("holidays") else []),
        *calendar.get("except", ()),
    ]
    if not closed:
        return "-"
    roll = calendar.get("roll", "skip")
    where = "left out" if roll == "skip" else f"moved to the {roll} open day"
    return f"{', '.join(closed)}{f' ({place})' if place else ''}: {where}"


def versions_table(versions: Sequence[JobScheduleVersion]) -> SafeString:
    """Draw what was changed, when and by whom, the last first.

    The oldest is what the one before it is held against, unless it is the first of all.
    """
    told = [
        (
            new.number,
            moment_told(new.created_at),
            new.changed_by or "the platform",
            _changed(old.definition, new.definition) if old else "made",
        )
        for new, old in zip_longest(versions, versions[1:])
        if old or new.number == 1
    ]
    return table(("version", "at, UTC", "by", "what"), told, "none")


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{name}: {_short(old.get(name))} → {_short(value)}"
        for name, value in sorted(new.items())
        if old.get(name) != value
    )


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return "-" if value in (None, "") else text if len(text) <= 40 else f"{text[:39]}…"


def sparkline(states: Sequence[str]) -> SafeString | str:
    """Draw how the last runs ended, the last on the right; what failed stands out by its height."""
    if not states:
        return "-"
    ended = [state for state in states if state in _COLOURS]
    well = sum(state == RunState.SUCCEEDED for state in ended)
    label = f"{well} of the last {len(ended)} runs succeeded"
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="4" height="{}" rx="1" fill="{}"/>',
        (
            (
                number * _BAR,
                _LOW if state == RunState.SUCCEEDED else 0,
                _HEIGHT - _LOW if state == RunState.SUCCEEDED else _HEIGHT,
                _COLOURS.get(RunState(state), "#64748b"),
            )
            for number, state in enumerate(states)
        ),
    )
    return format_html(
        '<svg width="{}" height="{}" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        len(states) * _BAR,
        _HEIGHT,
        label,
        label,
        bars,
    )
