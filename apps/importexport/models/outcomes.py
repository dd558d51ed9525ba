"""What an import keeps of rows: those that failed, those it changed, and keys it has seen.

They name the import by its id alone: it may have changed a million rows, whose images are
forgotten some at a time once it is gone.
"""

from django.db import models

from apps.importexport.access import IMPORT_JOB
from kernel.tenancy.models import TenantModel


class RowError(TenantModel):
    """Why a row was not brought in; of the first some, for people to look at."""

    access = IMPORT_JOB

    import_id = models.UUIDField(editable=False)
    #: From 1, in the order of the source; and the line on which the record begins.
    position = models.PositiveBigIntegerField()
    line = models.PositiveBigIntegerField()
    #: The field, and the column of the source that it is had from.
    column = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=255, blank=True)
    value = models.CharField(max_length=500, blank=True)
    code = models.CharField(max_length=60)
    message = models.CharField(max_length=500)
    #: With the first problem of a row that row as it came: `{"values": {header: text}, "surplus":
    #: [text]}`; empty where it is too long to be kept here.
    cells = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = "import error"
        indexes = [
            models.Index(fields=("import_id", "position", "id"), name="importexport_errors"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class FailedRows(TenantModel):
    """Lines of the file of errors, of one piece of the source; deflated."""

    access = IMPORT_JOB

    import_id = models.UUIDField(editable=False)
    #: Where the piece begins.
    offset = models.PositiveBigIntegerField()
    lines = models.BinaryField()

    class Meta:
        verbose_name = "failed rows"
        verbose_name_plural = "failed rows"
        constraints = [
            models.UniqueConstraint(fields=("import_id", "offset"), name="importexport_one_piece")
        ]

    def __str__(self) -> str:
        return f"from byte {self.offset}"


class SeenKey(TenantModel):
    """A key that an import has met, and its table does not tell: its id is a digest of all that."""

    access = IMPORT_JOB

    import_id = models.UUIDField(editable=False)
    round = models.PositiveIntegerField(editable=False)

    class Meta:
        verbose_name = "seen key"
        indexes = [models.Index(fields=("import_id", "round"), name="importexport_seen")]

    def __str__(self) -> str:
        return str(self.pk)


class RowImage(TenantModel):
    """A row of a table as it was before an import changed or removed it."""

    access = IMPORT_JOB

    import_id = models.UUIDField(editable=False)
    row_id = models.UUIDField()
    image = models.JSONField()
    removed = models.BooleanField(default=False)

    class Meta:
        verbose_name = "row image"
        indexes = [models.Index(fields=("import_id", "id"), name="importexport_images")]

    def __str__(self) -> str:
        return str(self.row_id)
