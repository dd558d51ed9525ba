"""What callers send about documents."""

import graphene

from apps.documents.schema.formats import DocumentFormatEnum
from apps.documents.schema.types import BatchStateEnum, DocumentStateEnum, ItemStateEnum
from kernel.federation.mutations import ById, ByIds, ChangeInput
from kernel.federation.scalars import JSON


class DocumentFilter(graphene.InputObjectType):
    """Which documents; every part that is given has to fit."""

    title = graphene.String()
    format = DocumentFormatEnum()
    state = DocumentStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class DocumentOrder(graphene.Enum):
    """In which order documents are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    TITLE = ("title", "id")


class DocumentBatchFilter(graphene.InputObjectType):
    """Which batches; every part that is given has to fit."""

    state = BatchStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class DocumentBatchOrder(graphene.Enum):
    """In which order batches are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class DocumentBatchItemFilter(graphene.InputObjectType):
    """Which items; every part that is given has to fit."""

    batch_id = graphene.ID()
    state = ItemStateEnum()


class DocumentBatchItemOrder(graphene.Enum):
    """In which order items are listed."""

    POSITION = ("position", "id")


class DocumentQueryInput(graphene.InputObjectType):
    """A question whose answer is data, asked as the caller when the document is made."""

    service = graphene.String(
        description="The service that is asked. None: the graph of all services, in however many"
        " processes they are."
    )
    query = graphene.String(required=True, description="One query; nothing is changed by it.")
    variables = JSON()
    items = graphene.String(
        description="Of a batch, where the list is in the answer, such as `auditLogs.nodes`. Of a"
        " connection with `pageInfo { hasNextPage endCursor }` all pages are read, by the variable"
        " `after`."
    )


IMPORT = (
    "An import that is done, into a table of the tenant or a dataset of a service: the rows that it"
    " brought and nobody has changed since, read as the caller may read them then."
)
SIGN_WITH = "The name or id of a signing key, for PDF; it takes documents:sign."
OPENS = (
    "Of a PDF that is encrypted: its owner's, or the one that opens it where its owner lets others"
    " copy from it."
)


class DocumentProtectionInput(graphene.InputObjectType):
    """Passwords of a PDF, which nobody is told again; one of them is needed."""

    password = graphene.String(description="Opens it; without, anybody opens it.")
    owner_password = graphene.String(description="Allows everything; without, nobody has that.")
    printing = graphene.Boolean(description="Whether it may be printed; yes if not said.")
    copying = graphene.Boolean(description="Whether text may be copied; no if not said.")


PROTECT = "For PDF that is neither signed nor PDF/A nor an invoice for programs."


class CreateDocumentInput(ChangeInput):
    """Of which template a document is made, as what, and of which data: one source of it."""

    template = graphene.String(required=True, description="Its name or its id.")
    version = graphene.Int(description="The published one if none is named.")
    format = DocumentFormatEnum(required=True)
    title = graphene.String(description="What the template makes of the data if there is none.")
    locale = graphene.String(description="Such as de_DE; the template's if there is none.")
    data = JSON(description="An object.")
    data_file = graphene.ID(
        description="A file with an object of JSON, read as the caller may read it then."
    )
    query = DocumentQueryInput()
    import_job = graphene.ID(description=IMPORT + " They are `rows` beside `import`.")
    sign_with = graphene.String(description=SIGN_WITH)
    protect = DocumentProtectionInput(description=PROTECT)


class CancelDocumentInput(ById):
    """The document to take back."""


class RetryDocumentInput(ById):
    """The document to make once more."""


class UpdateDocumentInput(ById):
    """What becomes of a document; what is not sent stays."""

    title = graphene.String()


class DeleteDocumentInput(ById):
    """The document to remove."""


class DeleteDocumentsInput(ByIds):
    """The documents to remove."""
