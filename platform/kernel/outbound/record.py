"""What the people on call learn of each call: a log line and two metrics, and no secret."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Histogram

from kernel.errors import DomainError
from kernel.observability.context import exemplar
from kernel.outbound.errors import OutboundRefusedError

logger = logging.getLogger("septet.outbound")
calls = Counter(
    "outbound_calls_total", "Calls to addresses that somebody gave", ("purpose", "outcome")
)
seconds = Histogram("outbound_call_seconds", "How long such calls took", ("purpose",))


@dataclass(slots=True)
class Record:
    """What is known of a call so far."""

    purpose: str
    method: str
    #: Scheme, host and port. Path and query stay out of the log: they often are the secret.
    origin: str = "(unreadable)"
    status: int = 0


@contextmanager
def recorded(record: Record) -> Iterator[None]:
    """Count and log the call that a block makes, however it ends."""
    begun = time.perf_counter()
    problem: BaseException | None = None
    try:
        yield
    except BaseException as error:
        problem = error
        raise
    finally:
        took = time.perf_counter() - begun
        outcome = _outcome(record, problem)
        calls.labels(record.purpose, outcome).inc()
        seconds.labels(record.purpose).observe(took, exemplar())
        level = logging.INFO if problem is None else logging.WARNING
        logger.log(
            level,
            "%s %s %s",
            record.method,
            record.origin,
            record.status or outcome,
            extra={
                "purpose": record.purpose,
                "outcome": outcome,
                "duration_ms": round(took * 1000, 2),
                **_reason(problem),
            },
        )


def _outcome(record: Record, problem: BaseException | None) -> str:
    if isinstance(problem, DomainError) and problem.code.startswith("OUTBOUND_"):
        return problem.code.removeprefix("OUTBOUND_").lower()
    if problem is not None:
        return "abandoned"
    return f"{record.status // 100}xx"


def _reason(problem: BaseException | None) -> dict[str, str]:
    if isinstance(problem, OutboundRefusedError):
        return {"rule": problem.rule, "detail": problem.detail}
    if isinstance(problem, DomainError):
        return {"reason": str(problem)}
    return {}
