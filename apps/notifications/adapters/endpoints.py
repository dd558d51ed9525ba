"""One POST to a webhook endpoint, signed as Standard Webhooks 1.0.0 has it."""

from collections.abc import Mapping
from datetime import timedelta

from apps.notifications.errors import DeliveryFailedError, DeliveryRefusedError
from kernel.errors import DomainError
from kernel.http import seconds_to_wait
from kernel.outbound.client import open_stream
from kernel.outbound.limits import Limits

PURPOSE = "webhook_endpoint"
#: Receivers are to answer before they work.
LIMITS = Limits(total=timedelta(seconds=10))
_GONE = 410


class NotTakenError(Exception):
    """The endpoint did not take it; `error` says why, `status` what it answered, if it did."""

    def __init__(self, error: DomainError, status: int | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.status = status

    @property
    def told_seconds(self) -> int | None:
        """After how long the other side wants to be asked again."""
        return self.error.told_seconds if isinstance(self.error, DeliveryFailedError) else None

    @property
    def gone(self) -> bool:
        """Say whether it wants nothing more, ever."""
        return self.status == _GONE


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post it and return the status, which is some 2xx; raises NotTakenError for all else."""
    try:
        # Whatever it says beside the status is not read.
        with open_stream(
            "POST", url, purpose=PURPOSE, body=body, headers=headers, limits=LIMITS
        ) as answer:
            status, after = answer.status, answer.headers.get("Retry-After", "")
    except DomainError as error:
        raise NotTakenError(error, None) from error
    if 200 <= status < 300:
        return status
    told = f"the endpoint answers {status}"
    if status == _GONE:
        raise NotTakenError(DeliveryRefusedError(f"{told}: it wants nothing more"), status)
    raise NotTakenError(DeliveryFailedError(told, told_seconds=seconds_to_wait(after)), status)
