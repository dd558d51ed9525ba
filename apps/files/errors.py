"""What can be wrong with an upload, and why a file is not given out."""

from typing import ClassVar

from kernel.errors import DomainError


class TusVersionError(DomainError):
    """The request does not speak the version of tus that we do: `Tus-Resumable: 1.0.0`."""

    code: ClassVar[str] = "TUS_VERSION"
    status: ClassVar[int] = 412


class UploadOffsetError(DomainError):
    """The upload is at another offset; ask by HEAD at which, and go on from there."""

    code: ClassVar[str] = "UPLOAD_OFFSET"
    status: ClassVar[int] = 409


class ChecksumMismatchError(DomainError):
    """The body does not add up to what was sent with it; nothing of it was kept."""

    code: ClassVar[str] = "CHECKSUM_MISMATCH"
    status: ClassVar[int] = 460


class UploadGoneError(DomainError):
    """The upload was ended, or has expired; begin another."""

    code: ClassVar[str] = "UPLOAD_GONE"
    status: ClassVar[int] = 410


class UploadBusyError(DomainError):
    """Another request still writes to the upload, and was asked to stop."""

    code: ClassVar[str] = "UPLOAD_BUSY"
    status: ClassVar[int] = 423
    retryable: ClassVar[bool] = True
    retry_after_seconds = 1


class UploadComposedError(DomainError):
    """The upload is made of others; nothing can be added to it."""

    code: ClassVar[str] = "UPLOAD_COMPOSED"
    status: ClassVar[int] = 403


class QuotaExceededError(DomainError):
    """The tenant's files would take more room than they may; delete some first."""

    code: ClassVar[str] = "QUOTA_EXCEEDED"
    status: ClassVar[int] = 413


class DigestMismatchError(DomainError):
    """The body is not what its digest says; nothing of it was kept."""

    code: ClassVar[str] = "DIGEST_MISMATCH"
    status: ClassVar[int] = 400


class NotServedError(DomainError):
    """The file is not known to be clean, or not yet, and only such are given out."""

    code: ClassVar[str] = "FILE_NOT_SERVED"
    status: ClassVar[int] = 409


class DerivativePendingError(DomainError):
    """The picture is being made; ask again a little later."""

    code: ClassVar[str] = "DERIVATIVE_PENDING"
    status: ClassVar[int] = 404
    retryable: ClassVar[bool] = True
    retry_after_seconds = 2


class DerivativeImpossibleError(DomainError):
    """There is no picture of this file, and there will be none; the message begins with why."""

    code: ClassVar[str] = "DERIVATIVE_IMPOSSIBLE"
    status: ClassVar[int] = 404


class ContentDamagedError(DomainError):
    """What is stored of encrypted bytes is not what was encrypted; nothing of it is given out."""

    code: ClassVar[str] = "CONTENT_DAMAGED"
    status: ClassVar[int] = 500


class RangeError(DomainError):
    """The file has no bytes in the range that was asked for."""

    code: ClassVar[str] = "RANGE_NOT_SATISFIABLE"
    status: ClassVar[int] = 416


class FileHeldError(DomainError):
    """The file is under a legal hold, or is retained, and nobody may do that to it until then."""

    code: ClassVar[str] = "FILE_HELD"
    status: ClassVar[int] = 409


class PreconditionError(DomainError):
    """The file is not, or no longer, the one that the request was meant for."""

    code: ClassVar[str] = "PRECONDITION_FAILED"
    status: ClassVar[int] = 412


class ScannerUnavailableError(DomainError):
    """The scanner cannot be asked; files wait in quarantine, and are tried again."""

    code: ClassVar[str] = "SCANNER_UNAVAILABLE"
    status: ClassVar[int] = 503
    retryable: ClassVar[bool] = True


class LinkInvalidError(DomainError):
    """The address was not signed here for this purpose, or is not the whole of it."""

    code: ClassVar[str] = "LINK_INVALID"
    status: ClassVar[int] = 403


class LinkExpiredError(DomainError):
    """The address was good until it expired; ask for another."""

    code: ClassVar[str] = "LINK_EXPIRED"
    status: ClassVar[int] = 410


class UploadIncompleteError(DomainError):
    """Not all of the upload has come yet; the message tells what is missing."""

    code: ClassVar[str] = "UPLOAD_INCOMPLETE"
    status: ClassVar[int] = 409
