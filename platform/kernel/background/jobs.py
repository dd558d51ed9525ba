"""Jobs in the graph: `filesJobs`, `filesJob`, `filesRetryJobs` and `filesCancelJobs`, and so on."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import graphene
from django.db.models import QuerySet

from kernel.background.of_service import OfService
from kernel.errors import ConflictError, DomainError, NotFoundError
from kernel.federation.directives import shareable
from kernel.federation.entities import Entity
from kernel.federation.fields import Embedded, Many, One
from kernel.federation.mutations import Bulk, ByIds
from kernel.federation.subgraph import RootFields
from kernel.ids import parse_id
from kernel.jobs.models import Job, JobState, WaitsFor
from kernel.jobs.operations import cancel_all, retry_all
from kernel.rows import check_count
from kernel.tenancy.context import current_tenant_id

JobStateEnum = graphene.Enum.from_enum(JobState)
JobWaitsForEnum = graphene.Enum(
    "JobWaitsFor",
    [(reason.name, reason.value) for reason in WaitsFor],
    description="What a queued job waits for beside a free worker.",
)


@shareable
class JobProgress(graphene.ObjectType):
    """How far a job is, in units of its own."""

    done = graphene.BigInt(required=True)
    total = graphene.BigInt(description="Null when nobody knows.")
    message = graphene.String(required=True)


@shareable
class JobError(graphene.ObjectType):
    """Why the last attempt did not do its work."""

    code = graphene.String(required=True, description="Stable; see the table of error codes.")
    message = graphene.String(required=True)


@shareable
class JobType(Entity):
    """A piece of work that is done in the background."""

    class Meta:
        model = Job
        name = "Job"
        fields = (
            "id",
            "name",
            "target",
            "priority",
            "attempts",
            "run_at",
            "created_at",
            "started_at",
            "finished_at",
            "cancel_asked_at",
        )

    state = JobStateEnum(required=True)
    waits_for = JobWaitsForEnum(required=True)
    progress = Embedded(
        JobProgress, done="progress_done", total="progress_total", message="progress_message"
    )
    error = graphene.Field(JobError)

    @staticmethod
    def resolve_error(job: Job, _info: Any) -> dict[str, str] | None:
        return error_of(job)


def error_of(job: Job) -> dict[str, str] | None:
    """Return why a job's last attempt failed, without what only staff is told."""
    code, _, message = job.last_error.partition(": ")
    if not code:
        return None
    if code == DomainError.code:
        message = "something went wrong here; the log has the reason under the id of the job"
    return {"code": code, "message": message}


class JobOrder(graphene.Enum):
    """In which order jobs are listed."""

    NEWEST_FIRST = ("-id",)
    OLDEST_FIRST = ("id",)


class JobFilter(graphene.InputObjectType):
    """Which jobs; every part that is given has to fit."""

    state = JobStateEnum()
    target = graphene.String(description="The id of what the job works on.")


class RetryJobsInput(ByIds):
    """The failed jobs to queue again, from their first attempt."""


class CancelJobsInput(ByIds):
    """The jobs to take back; those that run are asked to end."""


LOOKUPS = {"state": "state", "target": "target"}


class _JobsOf(OfService):
    ENTITY = JobType

    def rows(self) -> QuerySet[Job]:
        return Job.objects.filter(tenant_id=current_tenant_id(), queue=self.service)


class _One(One):
    def __init__(self, jobs: _JobsOf, description: str) -> None:
        super().__init__(JobType, description=description)
        self.entity = cast("type[Entity]", jobs)


class _Many(Many):
    def __init__(self, jobs: _JobsOf, description: str) -> None:
        super().__init__(
            JobType, filter=JobFilter, lookups=LOOKUPS, order=JobOrder, description=description
        )
        self.entity = cast("type[Entity]", jobs)


class _Change(Bulk):
    def __init__(
        self,
        jobs: _JobsOf,
        *,
        takes: type[ByIds],
        verb: str,
        states: Sequence[str],
    ) -> None:
        self._jobs = jobs
        self._states = states
        super().__init__(
            JobType, input=takes, by=getattr(self, verb), description=takes._meta.description
        )
        self.entity = cast("type[Entity]", jobs)
        self.scope = f"{jobs.service}:write"

    def retry(self, *, ids: Sequence[str]) -> list[Job | DomainError]:
        return self._done(ids, retry_all)

    def cancel(self, *, ids: Sequence[str]) -> list[Job | DomainError]:
        return self._done(ids, cancel_all)

    def _done(self, ids: Sequence[str], act: Any) -> list[Job | DomainError]:
        """Do it to those that are there and stand where it makes sense."""
        check_count("ids", ids)
        keys = [_key(one) for one in ids]
        before = self._found(keys)
        chosen = [key for key, job in before.items() if job.state in self._states]
        act(self._jobs.rows().filter(pk__in=chosen))
        after = self._found(chosen)
        return [self._outcome(key, before, after) for key in keys]

    def _found(self, keys: Sequence[UUID | DomainError]) -> dict[UUID, Job]:
        return self._jobs.rows().in_bulk([key for key in keys if isinstance(key, UUID)])

    def _outcome(
        self, key: UUID | DomainError, before: dict[UUID, Job], after: dict[UUID, Job]
    ) -> Job | DomainError:
        if isinstance(key, DomainError):
            return key
        if key not in before:
            return NotFoundError(f"no job {key}")
        job = after.get(key)
        if job is None:
            wanted = " or ".join(self._states)
            return ConflictError(f"job {key} is {before[key].state}, not {wanted}")
        return job


def _key(text: str) -> UUID | DomainError:
    try:
        return parse_id(text)
    except DomainError as error:
        return error


def jobs_of(service: str) -> RootFields:
    """Return the root fields by which a tenant sees and steers its jobs of a service."""
    jobs = _JobsOf(service)
    return RootFields(
        query={
            f"{service}_job": _One(jobs, "A job of this service."),
            f"{service}_jobs": _Many(jobs, "Jobs of this service; for progress, ask again."),
        },
        mutation={
            f"{service}_retry_jobs": _Change(
                jobs, takes=RetryJobsInput, verb="retry", states=[JobState.FAILED]
            ),
            f"{service}_cancel_jobs": _Change(
                jobs,
                takes=CancelJobsInput,
                verb="cancel",
                states=[JobState.QUEUED, JobState.RUNNING],
            ),
        },
    )
