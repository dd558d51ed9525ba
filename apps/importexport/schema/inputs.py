"""What callers send about imports."""

import graphene

from apps.importexport.schema.types import (
    ImportFormatEnum,
    ImportModeEnum,
    ImportPolicyEnum,
    ImportStateEnum,
)
from kernel.federation.mutations import ById, ByIds, ChangeInput
from kernel.federation.scalars import JSON


class ImportJobFilter(graphene.InputObjectType):
    """Which imports; every part that is given has to fit."""

    name = graphene.String()
    format = ImportFormatEnum()
    state = ImportStateEnum()
    retry_of = graphene.ID(description="Imports of rows that failed in this one.")
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class ImportJobOrder(graphene.Enum):
    """In which order imports are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class ImportErrorFilter(graphene.InputObjectType):
    """Which errors; every part that is given has to fit."""

    import_id = graphene.ID()
    code = graphene.String()
    column = graphene.String(description="The field.")


class ImportErrorOrder(graphene.Enum):
    """In which order errors are listed."""

    POSITION = ("position", "id")


class ImportTemplateFilter(graphene.InputObjectType):
    """Which templates; every part that is given has to fit."""

    name = graphene.String()
    dataset = graphene.String()


class ImportTemplateOrder(graphene.Enum):
    """In which order templates are listed."""

    NEWEST_FIRST = ("-created_at", "-id")


class PlanInput(ChangeInput):
    """What says what an import does; the inputs that make and describe one are made of it."""

    source_id = graphene.ID(description="The file that holds the table.")
    source_url = graphene.String(description="Where it is fetched, once, instead.")
    endpoint_id = graphene.ID(
        description="A data endpoint of S3 or SFTP that has it, instead; with `sourcePath`."
    )
    source_path = graphene.String(
        description="Which file there. It is looked at, and that very file is read: one that has"
        " changed is refused until the path is said once more."
    )
    dialect = JSON(
        description="What is known of the source beside its format, such as"
        ' `{"delimiter": ";", "encoding": "iso-8859-2", "header_row": 3}`; the rest is guessed.'
    )
    dataset = graphene.String(description="Where its rows go, such as `tables.airports`.")
    mapping = JSON(
        description="A list of `{field, source, constant, transforms}`; what is suggested, if none"
        " is sent."
    )
    rules = JSON(description="A list of rules across fields.")
    mode = ImportModeEnum(description="INSERT if nothing is said.")
    policy = ImportPolicyEnum(description="SKIP_BAD_ROWS if nothing is said.")
    stop_after = graphene.Int(description="With STOP_AFTER, so many rows may fail.")
    time_zone = graphene.String(description="Of times that name none; UTC if nothing is said.")


class CreateImportJobInput(PlanInput):
    """A table to be brought in."""

    name = graphene.String(required=True)
    format = ImportFormatEnum(description="Guessed if nothing is said.")


class UpdateImportJobInput(PlanInput):
    """What is said anew of an import that has not started; what is not sent stays."""

    id = graphene.ID(required=True)
    name = graphene.String()


class CheckImportJobInput(ById):
    """The import to go over without bringing a row."""


class StartImportJobInput(ById):
    """The import whose rows are brought."""


class PauseImportJobInput(ById):
    """The import to rest."""


class ResumeImportJobInput(ById):
    """The import to go on with."""


class CancelImportJobInput(ById):
    """The import to stop."""


class UndoImportJobInput(ById):
    """The import to take back."""


class RetryFailedImportRowsInput(ById):
    """The import whose failed rows were mended."""

    source_id = graphene.ID(required=True, description="Its file of errors, mended.")


class MendedRowInput(graphene.InputObjectType):
    """A row that failed, and what is put in the place of its values."""

    position = graphene.Float(required=True, description="As importFailedRows tells it.")
    values = JSON(
        required=True, description="Texts by headers; columns that are left out stay as they are."
    )


class RepairImportRowsInput(ById):
    """The import some of whose rows failed, and those rows mended."""

    rows = graphene.List(
        graphene.NonNull(MendedRowInput), required=True, description="At most 200."
    )


class DeleteImportJobInput(ById):
    """The import to remove."""


class DeleteImportJobsInput(ByIds):
    """The imports to remove."""


class CreateImportTemplateInput(ChangeInput):
    """What an import does, kept by a name."""

    name = graphene.String(required=True)
    import_id = graphene.ID(required=True)


class UpdateImportTemplateInput(ById):
    """The template, and what it is called from now on."""

    name = graphene.String(required=True)


class DeleteImportTemplateInput(ById):
    """The template to remove."""
