"""Why a document cannot be made."""

from collections.abc import Iterable
from typing import ClassVar

from apps.documents.domain.findings import Finding
from kernel.errors import DomainError


class FindingsError(DomainError):
    """Something has to be mended; each finding says where, as a JSON pointer, and what."""

    #: As many are told in the message.
    TOLD: ClassVar[int] = 5

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        told = [str(one) for one in self.findings[: self.TOLD]]
        more = len(self.findings) - len(told)
        super().__init__("; ".join(told) + (f"; and {more} more" if more else ""))


class TemplateRefusedError(FindingsError):
    """The template is none; the message begins with the place in it."""

    code: ClassVar[str] = "DOCUMENTS_TEMPLATE_REFUSED"
    status: ClassVar[int] = 400


class DataRefusedError(FindingsError):
    """The data does not fit the template's schema; the message begins with the place in it."""

    code: ClassVar[str] = "DOCUMENTS_DATA_REFUSED"
    status: ClassVar[int] = 400


class DocumentRefusedError(FindingsError):
    """Of this data the template makes no document; the message says at which block, and why."""

    code: ClassVar[str] = "DOCUMENTS_RENDERING_REFUSED"
    status: ClassVar[int] = 409


class PdfPasswordError(FindingsError):
    """A PDF is encrypted, and its password was not given, is another, or does not allow this."""

    code: ClassVar[str] = "DOCUMENTS_PDF_PASSWORD"
    status: ClassVar[int] = 409


class RenderingLimitError(DomainError):
    """The document took more memory, time or room than one may; make a smaller one."""

    code: ClassVar[str] = "DOCUMENTS_RENDERING_LIMIT"
    status: ClassVar[int] = 409


class RenderingFailedError(DomainError):
    """The process that made the document failed; it would fail again."""

    code: ClassVar[str] = "DOCUMENTS_RENDERING_FAILED"
    status: ClassVar[int] = 500


class NothingMadeError(DomainError):
    """No item of the batch has become a document; each says why."""

    code: ClassVar[str] = "DOCUMENTS_BATCH_EMPTY"
    status: ClassVar[int] = 409


class DataUnreadableError(DomainError):
    """The file or the question that data comes from gives none that can be read."""

    code: ClassVar[str] = "DOCUMENTS_DATA_UNREADABLE"
    status: ClassVar[int] = 409


class AbandonedError(DomainError):
    """The job that makes it was tried as often as it may, or was taken back by staff."""

    code: ClassVar[str] = "DOCUMENTS_ABANDONED"
    status: ClassVar[int] = 503
