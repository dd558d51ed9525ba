"""Schedules that are due when another's run has succeeded, and what that told them."""

from typing import Any

from django.db.models import F

from apps.scheduler.domain.placeholders import PlaceholderError, filled
from apps.scheduler.errors import NothingToldError
from apps.scheduler.models import JobRun, JobSchedule, RunKind, RunState, ScheduleKind
from apps.scheduler.services.making import make_runs, new_run

#: Schedules that follow one.
MOST_FOLLOWING = 50


def fire_following(schedule: JobSchedule, run: JobRun) -> None:
    """Make the runs of what follows a schedule, for the time of the run that succeeded.

    In the caller's transaction: a run that has succeeded is followed, whatever dies.
    """
    following = list(
        JobSchedule.objects.select_for_update()
        .filter(after_id=schedule.pk, kind=ScheduleKind.AFTER, enabled=True)
        .order_by("pk")[:MOST_FOLLOWING]
    )
    wanted = [
        one
        for one in following
        if (one.starts_at is None or one.starts_at <= run.fire_time)
        and (one.ends_at is None or run.fire_time < one.ends_at)
        and not (one.maximum_runs and one.runs_made >= one.maximum_runs)
    ]
    jitters = {one.pk: one.jitter_seconds for one in wanted}
    runs = [new_run(one, run.fire_time) for one in wanted]
    made = make_runs(RunKind.FOLLOWING, runs, jitters)
    ids = [one.schedule_id for one in made]
    JobSchedule.objects.filter(pk__in=ids).update(runs_made=F("runs_made") + 1)


def parameters_of(schedule: JobSchedule, run: JobRun) -> dict[str, Any]:
    """Return with which parameters a run is done.

    Those of one that follows another have what that told in place of placeholders: the run of the
    same time, or, asked for by hand, the last before it. Raises NothingToldError.
    """
    said: dict[str, Any] = run.parameters
    if schedule.kind != ScheduleKind.AFTER:
        return said
    before = JobRun.objects.filter(
        schedule_id=schedule.after_id, state=RunState.SUCCEEDED, fire_time__lte=run.fire_time
    )
    result = before.order_by("-fire_time", "-id").values_list("result", flat=True).first()
    try:
        return filled(said, {} if result is None else {"result": result})
    except PlaceholderError as error:
        raise NothingToldError(str(error)) from None
