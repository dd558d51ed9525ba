"""What can be wrong with configuration and feature flags."""

from collections.abc import Iterable
from typing import ClassVar

from apps.config.domain.findings import Finding
from kernel.errors import DomainError


class DefinitionRefusedError(DomainError):
    """A definition cannot be published; each reason names its place as a JSON pointer.

    Nothing is changed. `validateFeatureFlag` tells all reasons without changing anything.
    """

    code: ClassVar[str] = "CONFIG_DEFINITION_REFUSED"
    status: ClassVar[int] = 400

    #: As many are told in the message.
    TOLD: ClassVar[int] = 5

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        told = [f"{one.place or '/'}: {one.message}" for one in self.findings[: self.TOLD]]
        more = len(self.findings) - len(told)
        super().__init__("; ".join(told) + (f"; and {more} more" if more else ""))


class ApprovalRequiredError(DomainError):
    """In this environment others have to approve of a change before it is published.

    Propose it by a change request.
    """

    code: ClassVar[str] = "CONFIG_APPROVAL_REQUIRED"
    status: ClassVar[int] = 409

    def __init__(self, environment: str, approvals: int) -> None:
        super().__init__(
            f"a change in {environment!r} takes {approvals} approvals: propose it by"
            " createChangeRequest"
        )


class ChangedMeanwhileError(DomainError):
    """What was read is not what is there now; read it again, and make the change from that."""

    code: ClassVar[str] = "CONFIG_CHANGED_MEANWHILE"
    status: ClassVar[int] = 412


class NotAcceptableError(DomainError):
    """Values are not written out in any of the media types that were asked for."""

    code: ClassVar[str] = "CONFIG_NOT_ACCEPTABLE"
    status: ClassVar[int] = 406
