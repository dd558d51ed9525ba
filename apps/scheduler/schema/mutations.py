"""What may be changed about job schedules and runs."""

import graphene

from apps.scheduler.schema import inputs
from apps.scheduler.schema.types import JobRunType, JobScheduleType
from apps.scheduler.services import life, schedules
from apps.scheduler.services.pings import renew_ping_address
from kernel.federation.mutations import BulkDelete, Create, Delete, Update


class Mutation(graphene.ObjectType):
    """Changes of job schedules and runs."""

    create_job_schedule = Create(
        JobScheduleType,
        input=inputs.CreateJobScheduleInput,
        by=schedules.create_schedule,
        description="Make a schedule.",
    )
    update_job_schedule = Update(
        JobScheduleType,
        input=inputs.UpdateJobScheduleInput,
        by=schedules.update_schedule,
        description="Change a schedule, or turn it on or off.",
    )
    clone_job_schedule = Create(
        JobScheduleType,
        input=inputs.CloneJobScheduleInput,
        by=schedules.clone_schedule,
        description="Make another schedule of the same definition, which is off.",
    )
    delete_job_schedule = Delete(
        JobScheduleType,
        input=inputs.DeleteJobScheduleInput,
        by=schedules.delete_schedule,
        description="Remove a schedule, with its runs.",
    )
    delete_job_schedules = BulkDelete(
        JobScheduleType,
        input=inputs.DeleteJobSchedulesInput,
        by=schedules.delete_schedules,
        description="Remove many schedules; one that is not there does not keep the others.",
    )
    pause_job_schedule = Update(
        JobScheduleType,
        input=inputs.PauseJobScheduleInput,
        by=life.pause_schedule,
        description="Let it be due no more, and say why.",
    )
    resume_job_schedule = Update(
        JobScheduleType,
        input=inputs.ResumeJobScheduleInput,
        by=life.resume_schedule,
        description="Let it be due again; what it missed is not run.",
    )
    renew_job_schedule_ping_path = Update(
        JobScheduleType,
        input=inputs.RenewJobSchedulePingPathInput,
        by=renew_ping_address,
        description="Give it another address for pings; the one before is good for nothing.",
    )
    trigger_job_schedule = Create(
        JobRunType,
        input=inputs.TriggerJobScheduleInput,
        by=life.run_now,
        description="Have it run now, whether it is on or off.",
    )
    backfill_job_schedule = Update(
        JobScheduleType,
        input=inputs.BackfillJobScheduleInput,
        by=life.backfill_schedule,
        description="Run the times of a range that have not succeeded, at most 1,000;"
        " `jobScheduleBackfill` says how many they are.",
    )
    cancel_job_run = Update(
        JobRunType,
        input=inputs.CancelJobRunInput,
        by=life.cancel_run,
        description="Stop a run: at once if it has not begun, else as soon as it looks.",
    )
    terminate_job_run = Update(
        JobRunType,
        input=inputs.TerminateJobRunInput,
        by=life.terminate_run,
        description="Give a run up without waiting for its end.",
    )
