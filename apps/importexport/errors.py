"""Why something of files, tables, imports and exports is refused."""

from typing import ClassVar

from kernel.errors import DomainError


class SourceRefusedError(DomainError):
    """The source cannot be taken as a table; the message says why, and what to do."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_REFUSED"
    status: ClassVar[int] = 400


class SourceUnreadableError(SourceRefusedError):
    """The source is damaged, cut off, or not of the format that was said."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_UNREADABLE"


class SourceProtectedError(SourceRefusedError):
    """The source takes a password; save it without one."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_PROTECTED"


class SourceEncodingError(SourceRefusedError):
    """The source is not text of the encoding that was said; the message names the line."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_ENCODING"


class SourceQuoteError(SourceRefusedError):
    """A quote is opened and never closed; the message names the line where it opens."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_QUOTE"


class SourceTooLargeError(SourceRefusedError):
    """The source is beyond a limit, which the message names."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_TOO_LARGE"


class SourceChoiceError(SourceRefusedError):
    """The source holds several tables, or not the one that was named; the message lists them."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_CHOICE"


class SourceEmptyError(SourceRefusedError):
    """There is no header in the source, and no row."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_EMPTY"


class ValueUnwritableError(DomainError):
    """A value has no place in the format; the message names its row and column."""

    code: ClassVar[str] = "IMPORTEXPORT_VALUE_UNWRITABLE"
    status: ClassVar[int] = 409


class TableRefusedError(DomainError):
    """The description is none that a table can have; the message names the field."""

    code: ClassVar[str] = "IMPORTEXPORT_TABLE_REFUSED"
    status: ClassVar[int] = 400


class NarrowedError(DomainError):
    """Rows that are there might not fit the description; the message names the fields."""

    code: ClassVar[str] = "IMPORTEXPORT_TABLE_NARROWED"
    status: ClassVar[int] = 409


class RowRefusedError(DomainError):
    """A value does not fit its field; the message begins with the name of that."""

    code: ClassVar[str] = "IMPORTEXPORT_ROW_REFUSED"
    status: ClassVar[int] = 400


class ExportSourceError(DomainError):
    """What is to be exported cannot be read as it is asked for."""

    code: ClassVar[str] = "IMPORTEXPORT_EXPORT_UNREADABLE"
    status: ClassVar[int] = 409


class ExportLimitError(DomainError):
    """The export has more rows or bytes than one may; narrow it, or let it be split."""

    code: ClassVar[str] = "IMPORTEXPORT_EXPORT_LIMIT"
    status: ClassVar[int] = 409


class AbandonedError(DomainError):
    """The job that writes it was tried as often as it may, or was taken back by staff."""

    code: ClassVar[str] = "IMPORTEXPORT_ABANDONED"
    status: ClassVar[int] = 503


class PlanRefusedError(DomainError):
    """What is said of the import does not fit its source or its dataset; say it anew."""

    code: ClassVar[str] = "IMPORTEXPORT_PLAN_REFUSED"
    status: ClassVar[int] = 409


class RowsRefusedError(DomainError):
    """Some rows cannot be brought, and by the policy of the import none is; see its errors."""

    code: ClassVar[str] = "IMPORTEXPORT_ROWS_REFUSED"
    status: ClassVar[int] = 409


class TooManyErrorsError(DomainError):
    """As many rows were refused as the import allows; those before them were brought."""

    code: ClassVar[str] = "IMPORTEXPORT_TOO_MANY_ERRORS"
    status: ClassVar[int] = 409


class EndpointRefusedError(DomainError):
    """A place outside refuses it, or is not described so that it can be reached."""

    code: ClassVar[str] = "IMPORTEXPORT_ENDPOINT_REFUSED"
    status: ClassVar[int] = 409


class EndpointDisabledError(DomainError):
    """The place outside is disabled: somebody has to look, and enable it."""

    code: ClassVar[str] = "IMPORTEXPORT_ENDPOINT_DISABLED"
    status: ClassVar[int] = 409


class SourceChangedError(SourceRefusedError):
    """The file at a place outside is not the one that was looked at; look at it once more."""

    code: ClassVar[str] = "IMPORTEXPORT_SOURCE_CHANGED"
    status: ClassVar[int] = 409


class ExternalRefusedError(DomainError):
    """The database outside refuses it: a right is lacking, or its table is not what it was."""

    code: ClassVar[str] = "IMPORTEXPORT_EXTERNAL_REFUSED"
    status: ClassVar[int] = 409
