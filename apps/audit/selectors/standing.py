"""How a log, or one record, stands: what the badges of the back office say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from apps.audit.domain.canonical import CanonicalError
from apps.audit.domain.receipts import ReceiptError, check_receipt
from apps.audit.models import AuditLog, Checkpoint, Unsealed
from apps.audit.selectors.integrity import (
    LeftToSealError,
    checkpoint_at,
    keys_of_log,
    raw,
    receipt_for,
)
from kernel import clock
from kernel.errors import DomainError
from kernel.ids import made_at
from kernel.tenancy.context import in_tenant

#: Sealing takes two seconds; what waits for longer, nobody seals.
LATE = timedelta(minutes=1)
MOST_COUNTED = 10_000

State = Literal["sealed", "waiting", "altered"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was sealed last, of one tenant or of all, and what waits."""

    last: Checkpoint | None
    waiting: int
    #: Since when the oldest waits.
    since: datetime | None

    @property
    def late(self) -> bool:
        """Whether something waits that should have been sealed."""
        return self.since is not None and self.since < clock.now() - LATE


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a proof says of one record."""

    state: State
    text: str


def standing(tenant_id: UUID | None) -> Standing:
    """Return how the log of a tenant stands, or all of them together."""
    checkpoints = Checkpoint.across_tenants.order_by("-id")
    waiting = Unsealed.across_tenants.all()
    if tenant_id is not None:
        checkpoints = checkpoints.filter(tenant_id=tenant_id).order_by("-number")
        waiting = waiting.filter(tenant_id=tenant_id)
    oldest = waiting.order_by("log_id").values_list("log_id", flat=True).first()
    return Standing(
        last=checkpoints.first(),
        waiting=waiting[: MOST_COUNTED + 1].count(),
        since=made_at(oldest) if oldest else None,
    )


def waiting_seconds() -> float:
    """Return how long the oldest log of any tenant has waited to be sealed, by one look."""
    waiting = Unsealed.across_tenants.order_by("log_id")
    oldest = waiting.values_list("log_id", flat=True).first()
    return 0.0 if oldest is None else max((clock.now() - made_at(oldest)).total_seconds(), 0.0)


def judged(log: AuditLog) -> Judgement:
    """Prove a record anew, as an outsider would: from what is shown of it to the signature."""
    with in_tenant(log.tenant_id):
        try:
            if log.told() != raw(log.record):
                return Judgement("altered", "its columns show other things than were sealed")
            receipt = receipt_for(log.pk)
            keys = [key for key, _ in keys_of_log()]
            signed = check_receipt(receipt, keys)
            number = checkpoint_at(signed.size).number
        except LeftToSealError:
            if Unsealed.objects.filter(pk=log.pk).exists():
                return Judgement("waiting", "it is sealed within seconds")
            return Judgement("altered", "it is in no place of the log: it was put beside it")
        except (ReceiptError, CanonicalError, DomainError, ValueError) as error:
            return Judgement("altered", str(error))
    return Judgement(
        "sealed",
        f"proved just now: in checkpoint {number} of {signed.origin},"
        f" at position {receipt['position']} of {signed.size}",
    )
