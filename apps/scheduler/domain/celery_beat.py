"""Schedules of django-celery-beat (2.x), read from its tables as `dumpdata` writes them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.cron.fields import CronError
from apps.scheduler.domain.times import TimesError, check_time_zone

APP = "django_celery_beat"
#: Its tables, by their models.
MODELS = ("crontabschedule", "intervalschedule", "clockedschedule", "solarschedule", "periodictask")
#: Of a task, the columns that say when: one of them is set.
_TIMES = ("crontab", "interval", "clocked", "solar")
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
#: Where a message would go and with what: a matter of Celery's, and of no schedule.
_OF_CELERY = ("queue", "exchange", "routing_key", "priority", "headers")
_NO_HEADERS = ("", "{}", "null")
#: What Celery does for itself.
_ITS_OWN = frozenset({"celery.backend_cleanup"})
LEAST_SECONDS = 5
MOST_CATCH_UP_SECONDS = 31 * 86_400


class BeatError(ValueError):
    """What is no dump of these tables; the message says what was found."""


class _NotCarriedError(ValueError):
    """A task that cannot be brought over; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatEntry:
    """One periodic task: what a schedule would say of it, or why there can be none."""

    name: str
    said: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    #: What of it is lost.
    notes: tuple[str, ...] = ()


def read_dump(text: str) -> list[Mapping[str, Any]]:
    """Return the rows of a `dumpdata` in JSON that are of these tables; raises BeatError."""
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise BeatError(f"it is no JSON: {error}") from None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("fields"), dict) and "model" in row
        for row in rows
    ):
        raise BeatError("it is no dump: a list of rows with model, pk and fields")
    return [row for row in rows if str(row["model"]).startswith(f"{APP}.")]


def read_rows(rows: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[BeatEntry]:
    """Yield the tasks of these tables in the order of their names."""
    tables: dict[str, dict[Any, Mapping[str, Any]]] = {model: {} for model in MODELS}
    for row in rows:
        model = str(row["model"]).rpartition(".")[2]
        if model in tables:
            tables[model][row["pk"]] = row["fields"]
    tasks = tables["periodictask"].values()
    for task in sorted(tasks, key=lambda one: str(one.get("name", ""))):
        yield _entry(task, tables, now)


def _entry(
    task: Mapping[str, Any], tables: Mapping[str, Mapping[Any, Mapping[str, Any]]], now: datetime
) -> BeatEntry:
    name = str(task.get("name", ""))[:200]
    try:
        said = _times(task, tables, now) | _bounds(task, now)
        said["parameters"] = {
            "task": str(task.get("task", "")),
            "args": _json(task.get("args"), []),
            "kwargs": _json(task.get("kwargs"), {}),
            "enabled": bool(task.get("enabled", True)),
        }
    except (_NotCarriedError, CronError, TimesError) as error:
        return BeatEntry(name=name, problem=str(error))
    notes = tuple(
        f"{one} is not carried over"
        for one in _OF_CELERY
        if task.get(one) is not None and str(task[one]) not in _NO_HEADERS
    )
    return BeatEntry(name=name, said=said, notes=notes)


def _times(
    task: Mapping[str, Any], tables: Mapping[str, Mapping[Any, Mapping[str, Any]]], now: datetime
) -> dict[str, Any]:
    if task.get("task") in _ITS_OWN:
        raise _NotCarriedError(f"{task['task']} is Celery's own work")
    kinds = [one for one in _TIMES if task.get(one) is not None]
    if len(kinds) != 1:
        raise _NotCarriedError("it says no time, or several")
    (kind,) = kinds
    if kind == "solar":
        raise _NotCarriedError("it follows the sun, which no schedule here does")
    row = tables[f"{kind}schedule"].get(task[kind])
    if row is None:
        raise _NotCarriedError(f"its {kind} {task[kind]} is not in the dump")
    if kind == "crontab":
        return _crontab(row)
    if kind == "interval":
        return _interval(row, task, now)
    at = _moment(row.get("clocked_time"), "clocked_time")
    if at is None or at <= now:
        raise _NotCarriedError("its moment is past")
    return {"kind": "once", "anchor_at": at}


def _crontab(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a crontab of Celery's, where both day and weekday have to fit."""
    parts = [
        re.sub(r"\s+", "", str(row.get(name, "*")))
        for name in ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    ]
    if parts[2] != "*" and parts[4] != "*":
        parts[4] = f"+{parts[4]}"
    cron, zone = " ".join(parts), str(row.get("timezone") or "UTC")
    read(cron)
    check_time_zone(zone)
    return {"kind": "cron", "cron": cron, "time_zone": zone}


def _interval(row: Mapping[str, Any], task: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    every, period = row.get("every"), str(row.get("period"))
    if period not in _SECONDS or not isinstance(every, int) or every < 1:
        raise _NotCarriedError(f"an interval of {every} {period} is too short")
    seconds = every * _SECONDS[period]
    if seconds < LEAST_SECONDS:
        raise _NotCarriedError(f"an interval has at least {LEAST_SECONDS} seconds, found {seconds}")
    begin = _moment(task.get("last_run_at"), "last_run_at")
    begin = begin or _moment(task.get("start_time"), "start_time") or now
    return {"kind": "interval", "every_seconds": seconds, "anchor_at": begin.replace(microsecond=0)}


def _bounds(task: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    said: dict[str, Any] = {}
    starts = _moment(task.get("start_time"), "start_time")
    ends = _moment(task.get("expires"), "expires")
    if starts is not None:
        said["starts_at"] = starts
    if ends is not None:
        if ends <= now:
            raise _NotCarriedError(f"it has expired, at {ends:%Y-%m-%d %H:%M} UTC")
        said["ends_at"] = ends
    late = task.get("expire_seconds")
    if isinstance(late, int):
        said["catch_up_seconds"] = min(late, MOST_CATCH_UP_SECONDS)
    if task.get("one_off"):
        said["maximum_runs"] = 1
    return said


def _moment(told: Any, name: str) -> datetime | None:
    if told is None or told == "":
        return None
    try:
        found = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    except ValueError:
        raise _NotCarriedError(f"{name} is no moment: {str(told)[:40]!r}") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _json(told: Any, kind: Any) -> Any:
    try:
        found = json.loads(told) if isinstance(told, str) and told else kind
    except ValueError:
        raise _NotCarriedError(f"its arguments are no JSON: {told[:40]!r}") from None
    if not isinstance(found, type(kind)):
        raise _NotCarriedError("its arguments are no list, or its named ones no object")
    return found
