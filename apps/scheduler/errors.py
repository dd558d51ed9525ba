"""Why something of schedules is refused, or a run came to nothing."""

from typing import ClassVar

from kernel.errors import DomainError, InvalidInputError

#: Codes of services that trying again may heal.
PASSING = frozenset(
    {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RATE_LIMITED", "INTERNAL", "IDEMPOTENCY_IN_PROGRESS"}
)


class TimesRefusedError(InvalidInputError):
    """The times cannot be: the message says what was found, where, and what to write."""

    code: ClassVar[str] = "SCHEDULER_TIMES_REFUSED"


class TargetRefusedError(InvalidInputError):
    """There is nothing of this name that can be done, or not with these parameters."""

    code: ClassVar[str] = "SCHEDULER_TARGET_REFUSED"

    def __init__(self, message: str, column: str = "target") -> None:
        super().__init__(message)
        #: Which of what was said is wrong.
        self.column = column


class RunTimedOutError(DomainError):
    """An attempt took longer than its schedule allows."""

    code: ClassVar[str] = "SCHEDULER_TIMED_OUT"
    status: ClassVar[int] = 504
    retryable: ClassVar[bool] = True


class NoPingError(DomainError):
    """Nobody told in time that the job ran."""

    code: ClassVar[str] = "SCHEDULER_NO_PING"
    status: ClassVar[int] = 504


class AnsweredError(DomainError):
    """The webhook answered with a status that is no yes."""

    code: ClassVar[str] = "SCHEDULER_WEBHOOK_ANSWERED"
    status: ClassVar[int] = 502


class AnsweredLaterError(AnsweredError):
    """The webhook answered that it may be asked again."""

    retryable: ClassVar[bool] = True


class WorkFailedError(DomainError):
    """What a service did for a run came to nothing; told under the code that it gave, if it did."""

    code: ClassVar[str] = "SCHEDULER_WORK_FAILED"
    status: ClassVar[int] = 502

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.retryable = code in PASSING  # type: ignore[misc]  # as its code has it
        if code:
            self.code = code  # type: ignore[misc]  # it has that of another


class FlagOffError(DomainError):
    """The feature flag of the schedule was not on when the run was due, or there is none."""

    code: ClassVar[str] = "SCHEDULER_FLAG_OFF"
    status: ClassVar[int] = 409


class NothingToldError(DomainError):
    """The run that another follows told nothing that a placeholder could stand for."""

    code: ClassVar[str] = "SCHEDULER_NOTHING_TOLD"
    status: ClassVar[int] = 409


class RunCancelledError(DomainError):
    """The run was stopped by somebody."""

    code: ClassVar[str] = "SCHEDULER_CANCELLED"
    status: ClassVar[int] = 409
