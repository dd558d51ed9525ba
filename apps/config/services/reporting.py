"""Usage that other processes have counted: they evaluate flags themselves, and tell how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.config.domain.evaluations import (
    DEFAULT,
    DISABLED,
    ERROR,
    STATIC,
    TARGETING_MATCH,
    UNKNOWN,
)
from apps.config.domain.tallies import MOST_IN_A_BATCH, REPORTED
from apps.config.services.snapshots import snapshots
from apps.config.services.usage import Batch, write_down
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.tenancy.context import current_tenant_id

#: How often at most an answer was given, by one report.
MOST_TIMES = 10**9
#: Characters of the code of an error.
MOST_CODE = 40
REASONS = frozenset((STATIC, TARGETING_MATCH, DEFAULT, DISABLED, ERROR, UNKNOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How often a program has got an answer."""

    flag: str
    evaluations: int
    reason: str = UNKNOWN
    #: None where it got its own default.
    variant: str | None = None
    error_code: str | None = None


def report_usage(
    answers: Sequence[Told], *, writer: UUID, number: int, environment: str | None = None
) -> None:
    """Count what a process tells; a batch that it tells again counts once.

    Batches of a writer are numbered upwards from 1, and each is told until it is answered. Keys
    that are no flags are passed over. Raises InvalidInputError, LimitExceededError, NotFoundError.
    """
    if len(answers) > MOST_IN_A_BATCH:
        raise LimitExceededError(f"a report has at most {MOST_IN_A_BATCH} answers")
    if number < 1:
        raise InvalidInputError("batches are numbered from 1")
    for one in answers:
        _check(one)
    place = snapshots.get(current_tenant_id(), environment)
    counted = dict[tuple[str, str | None, str, str | None, str], int]()
    for one in answers:
        answer = (one.flag, one.variant, one.reason, one.error_code, REPORTED)
        counted[answer] = counted.get(answer, 0) + one.evaluations
    now = clock.now()
    write_down(Batch(writer, number, now, place.tenant_id, place.environment_id, counted))


def _check(one: Told) -> None:
    if one.reason not in REASONS:
        raise InvalidInputError(f"a reason is one of {', '.join(sorted(REASONS))}")
    if not 1 <= one.evaluations <= MOST_TIMES:
        raise InvalidInputError(f"an answer was given 1 to {MOST_TIMES:,} times")
    if len(one.error_code or "") > MOST_CODE:
        raise InvalidInputError(f"the code of an error has at most {MOST_CODE} characters")
