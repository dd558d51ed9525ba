"""What a process without the config app has answered for flags: counted here, told over the mesh.

What is in memory when a process is killed is forgotten.
"""

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any
from uuid import UUID

from apps.config.domain.tallies import MOST_IN_A_BATCH, Tallies
from kernel.errors import DeadlineExceededError, RateLimitedError, UnavailableError
from kernel.identity.service_tokens import own_principal
from kernel.ids import new_id
from kernel.mesh.client import RemoteError, mesh
from kernel.tenancy.context import acting_as

logger = logging.getLogger(__name__)

TOLD_AFTER_SECONDS = 10.0
AWAY = (UnavailableError, DeadlineExceededError)
#: Answers that may be others a moment later.
LATER = frozenset(error.code for error in (*AWAY, RateLimitedError))

_REPORT = """
mutation($writer: ID!, $batch: BigInt!, $answers: [FeatureFlagAnswersInput!]!) {
  reportFeatureFlagUsage(writer: $writer, batch: $batch, answers: $answers)
}
"""


@dataclass(frozen=True, slots=True)
class _Report:
    tenant_id: UUID
    batch: int
    answers: list[dict[str, Any]]


class UsageReports:
    """Tells what was counted; each report is told until it is answered, and counts once."""

    def __init__(self, counted: Tallies) -> None:
        self._counted = counted
        self._lock = Lock()
        self._id = str(new_id())
        self._batch = 0
        self._waiting: deque[_Report] = deque()

    def write(self) -> None:
        """Tell what there is; while config is away it is kept, and counting goes on."""
        with self._lock:
            if self._finished():
                self._waiting.extend(self._reports())
                self._finished()

    def _finished(self) -> bool:
        while self._waiting:
            report = self._waiting[0]
            try:
                self._tell(report)
            except AWAY:
                return False
            except RemoteError as error:
                if error.remote_code in LATER:
                    return False
                # It is not going to be better the next time, and others wait behind it.
                logger.warning("usage of flags is refused: %s", error)
            self._waiting.popleft()
        return True

    def _reports(self) -> Iterator[_Report]:
        for place in self._counted.take():
            told = (
                {
                    "flag": flag,
                    "variant": variant,
                    "reason": reason,
                    "errorCode": error_code,
                    "evaluations": times,
                }
                for (flag, variant, reason, error_code, _way), times in place.answers.items()
            )
            while answers := list(islice(told, MOST_IN_A_BATCH)):
                self._batch += 1
                yield _Report(place.tenant_id, self._batch, answers)

    def _tell(self, report: _Report) -> None:
        with acting_as(own_principal(report.tenant_id, "config:evaluate")):
            mesh.query(
                "config", _REPORT, writer=self._id, batch=report.batch, answers=report.answers
            )
