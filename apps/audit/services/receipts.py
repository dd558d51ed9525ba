"""Receipts for who waits for them: what waits is sealed at once, and each log proved under it."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from apps.audit.errors import NotSealedError
from apps.audit.models import Unsealed
from apps.audit.selectors.integrity import Receipt, receipts_for
from apps.audit.services.sealing import seal_log
from kernel.errors import DomainError

#: How long somebody waits at most, and how often it is looked meanwhile.
WAIT_SECONDS = 5.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Sealed:
    """The receipts of logs, and what kept the others from being sealed."""

    receipts: dict[UUID, Receipt] = field(default_factory=dict)
    error: DomainError | None = None


def sealed(log_ids: Collection[UUID]) -> Sealed:
    """Wait until logs of the current tenant have their places; call it when they are committed.

    Who seals at the moment is not waited for longer than some seconds. The logs are recorded
    whatever is said of them here.
    """
    ends_at, error = time.monotonic() + WAIT_SECONDS, None
    try:
        while not _sealed(log_ids) and time.monotonic() < ends_at:
            time.sleep(LOOK_SECONDS)
    except DomainError as found:
        error = found
    receipts = receipts_for(log_ids)
    if error is None and len(receipts) < len(set(log_ids)):
        error = NotSealedError(f"not sealed within {WAIT_SECONDS:g} s; it is recorded")
    return Sealed(receipts, error)


def _sealed(log_ids: Collection[UUID]) -> bool:
    # Nothing is done while another process seals this log: it does so for all.
    seal_log()
    return not Unsealed.objects.filter(pk__in=log_ids).exists()
