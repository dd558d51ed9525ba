"""How a job ends other than by doing its work."""

from typing import ClassVar

from kernel.errors import DomainError


class WorkerLostError(DomainError):
    """The worker that held the job has not renewed its lease."""

    code: ClassVar[str] = "WORKER_LOST"
    retryable: ClassVar[bool] = True


class JobTimedOutError(DomainError):
    """The job took longer than it may; it is tried again."""

    code: ClassVar[str] = "JOB_TIMED_OUT"
    retryable: ClassVar[bool] = True


class JobCancelledError(DomainError):
    """Somebody cancelled the job while it ran."""

    code: ClassVar[str] = "JOB_CANCELLED"
    status: ClassVar[int] = 409


class BatchFailedError(DomainError):
    """A job that this one was to follow has failed or was cancelled."""

    code: ClassVar[str] = "BATCH_FAILED"
    status: ClassVar[int] = 409
