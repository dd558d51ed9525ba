"""The operations on schedules and runs as data: what operations.py makes rows of."""

from typing import Literal

Effect = Literal["none", "adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [("JobRun", "jobRun", "jobRuns", "run")]

_SCHEDULE, _RUN = "jobSchedule { id }", "jobRun { id }"

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    ("createJobSchedule", _SCHEDULE, 'name: "hourly", cron: "0 * * * *"', "adds", ""),
    ("updateJobSchedule", _SCHEDULE, 'id: "$id", enabled: false', "changes", ""),
    ("cloneJobSchedule", _SCHEDULE, 'id: "$id", name: "b"', "adds", ""),
    ("pauseJobSchedule", _SCHEDULE, 'id: "$id", note: "n"', "changes", ""),
    ("resumeJobSchedule", _SCHEDULE, 'id: "$id"', "changes", "paused schedule"),
    ("renewJobSchedulePingPath", _SCHEDULE, 'id: "$id"', "changes", ""),
    ("triggerJobSchedule", _RUN, 'id: "$id"', "none", ""),
    (
        "backfillJobSchedule",
        _SCHEDULE,
        'id: "$id", since: "2026-01-01T00:00:00Z", until: "2026-01-03T00:00:00Z"',
        "none",
        "",
    ),
    ("cancelJobRun", _RUN, 'id: "$id"', "changes", "run"),
    ("terminateJobRun", _RUN, 'id: "$id"', "changes", "run"),
]
#: Reads of what is no entity: what is asked, what it takes, and the row that is meant.
QUESTIONS = [
    ("chores", "chores { name } result: __typename", "scheduler:read"),
    ("cronPreview", 'result: cronPreview(cron: "0 3 * * *") { description }', "scheduler:read"),
    (
        "jobCalendar",
        'result: jobCalendar(firstDay: "2026-01-01", lastDay: "2026-01-03") { coming }',
        "scheduler:read",
    ),
    (
        "jobTimeline",
        (
            'result: jobTimeline(since: "2026-01-01T00:00:00Z", until: "2026-01-02T00:00:00Z")'
            " { lanes { name } }"
        ),
        "scheduler:read",
    ),
    ("systemSchedules", "result: systemSchedules { service }", "scheduler:read"),
    (
        "jobScheduleBackfill",
        (
            'result: jobScheduleBackfill(id: "$id", since: "2026-01-01T00:00:00Z",'
            ' until: "2026-01-03T00:00:00Z") { times }'
        ),
        "scheduler:write",
    ),
]
#: Those that make something of a schedule, which has to be the tenant's.
OF_SCHEDULES = {"cloneJobSchedule", "triggerJobSchedule", "backfillJobSchedule"}
