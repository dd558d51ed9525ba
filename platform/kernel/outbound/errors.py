"""Why a call to an address that somebody gave did not come to its end."""

from kernel.errors import DomainError


class OutboundRefusedError(DomainError):
    """We do not call this address; `rule` says which rule of ours it breaks."""

    code = "OUTBOUND_REFUSED"
    status = 400

    def __init__(self, rule: str, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        #: For the log alone: where a name leads inside our networks is not the caller's to know.
        self.detail = detail


class OutboundFailedError(DomainError):
    """The other side gives no answer, or not in time; the same call may succeed later."""

    code = "OUTBOUND_FAILED"
    status = 502
    retryable = True


class OutboundUnusableError(DomainError):
    """The other side answers with what we do not take: too much, damaged, a wrong certificate."""

    code = "OUTBOUND_UNUSABLE"
    status = 502
