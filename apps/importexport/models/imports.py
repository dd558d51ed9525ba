"""Imports as rows: what is brought in, how, and how far it is."""

from django.db import models
from django.db.models import Q

from apps.importexport.access import IMPORT_JOB
from kernel import clock
from kernel.tenancy.models import TenantModel


class ImportFormat(models.TextChoices):
    """What a table can come as."""

    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    ODS = "ods"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ImportState(models.TextChoices):
    """Where an import stands."""

    #: It has no source yet.
    DRAFT = "draft"
    #: Its source is fetched, and a preview made.
    ANALYSING = "analysing"
    #: It may be described further, checked and started.
    READY = "ready"
    #: A dry run.
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    #: What it brought is taken back.
    UNDOING = "undoing"
    UNDONE = "undone"


class ImportMode(models.TextChoices):
    """What rows do to those that are there with their key; see `contracts.datasets.Mode`."""

    INSERT = "insert"
    UPDATE = "update"
    UPSERT = "upsert"
    REPLACE = "replace"


class ErrorPolicy(models.TextChoices):
    """What becomes of an import some of whose rows cannot be brought."""

    #: No row is brought unless every one can be.
    ALL_OR_NOTHING = "all_or_nothing"
    SKIP_BAD_ROWS = "skip_bad_rows"
    #: As above, until there are `stop_after` of them.
    STOP_AFTER = "stop_after"


#: Jobs work on it.
AT_WORK = (
    ImportState.ANALYSING,
    ImportState.CHECKING,
    ImportState.RUNNING,
    ImportState.UNDOING,
)


class ImportJob(TenantModel):
    """A table being brought in, a piece at a time."""

    access = IMPORT_JOB

    name = models.CharField(max_length=255)
    format = models.CharField(max_length=7, choices=ImportFormat)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.DRAFT)

    # --- Where it comes from ---
    source_id = models.UUIDField(null=True, blank=True, help_text="The file that holds the table.")
    #: Of that file; a later version is another source.
    source_version = models.PositiveIntegerField(null=True, editable=False)
    source_url = models.CharField(max_length=2000, blank=True)
    #: Where what was read from the URL is kept: an address may give something else tomorrow.
    source_key = models.CharField(max_length=100, blank=True, editable=False)
    #: A file at a place outside, and what it was when it was looked at.
    endpoint_id = models.UUIDField(null=True, blank=True)
    source_path = models.CharField(max_length=1000, blank=True)
    source_mark = models.CharField(max_length=200, blank=True, editable=False)
    source_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    #: What was said of its dialect, and that with what was guessed beside it.
    said = models.JSONField(default=dict, blank=True)
    dialect = models.JSONField(default=dict, blank=True)
    #: `{"columns", "rows", "warnings", "choices", "suggestions"}`.
    preview = models.JSONField(default=dict, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)

    # --- What becomes of it ---
    dataset = models.CharField(max_length=100, blank=True)
    mapping = models.JSONField(default=list, blank=True)
    rules = models.JSONField(default=list, blank=True)
    mode = models.CharField(max_length=7, choices=ImportMode, default=ImportMode.INSERT)
    policy = models.CharField(max_length=14, choices=ErrorPolicy, default=ErrorPolicy.SKIP_BAD_ROWS)
    stop_after = models.PositiveIntegerField(null=True, blank=True)
    #: Of times that name none.
    time_zone = models.CharField(max_length=64, default="UTC")
    #: The import whose failed rows these are.
    retry_of = models.UUIDField(null=True, blank=True, editable=False)
    #: Those of them that were mended one by one, which are its source, and their positions in that.
    mended_rows = models.JSONField(default=list, null=True, editable=False)
    mends = models.JSONField(default=list, null=True, editable=False)
    #: Who asked for it, with what this may do; a job has no right that has been lost since.
    asked_by = models.JSONField(default=dict, blank=True, editable=False)

    # --- The checkpoint: written in the transaction that writes the rows ---
    #: Counts what people asked for: a job of an earlier time changes nothing.
    round = models.PositiveIntegerField(default=1, editable=False)
    job_id = models.UUIDField(null=True, editable=False)
    #: The dry run goes over into the import if it finds nothing.
    starts = models.BooleanField(default=False, editable=False)
    #: It is started as soon as its source was looked at, by nobody.
    unattended = models.BooleanField(default=False, editable=False)
    total_bytes = models.PositiveBigIntegerField(default=0)
    #: Where in the source, as CSV, the next record begins, and on which line; -1 before the first.
    offset = models.BigIntegerField(default=-1)
    line = models.PositiveBigIntegerField(default=0)
    #: Told to the owner of a dataset of another app.
    batches = models.PositiveIntegerField(default=0, editable=False)
    #: Records read, and what became of them.
    read = models.PositiveBigIntegerField(default=0)
    row_count = models.PositiveBigIntegerField(default=0)
    inserted = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    #: There already with the same values: left alone, by its undo as well.
    unchanged = models.PositiveBigIntegerField(default=0, db_default=0)
    failed = models.PositiveBigIntegerField(default=0)
    #: How many cells or rows have which problem: `[column, code, count]`, also beyond those shown.
    problems = models.JSONField(default=list, null=True, editable=False)
    #: By `replace`: rows that the source does not have.
    removed = models.PositiveBigIntegerField(default=0)
    #: Of its rows: taken back, and left because somebody has changed them since.
    undone = models.PositiveBigIntegerField(default=0)
    kept = models.PositiveBigIntegerField(default=0)
    #: From when, and from how many bytes on, the rate is told.
    went_on_at = models.DateTimeField(null=True, editable=False)
    went_on_from = models.BigIntegerField(default=0, editable=False)
    at = models.DateTimeField(null=True, editable=False)

    # --- How it ended ---
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=1000, blank=True)
    errors_key = models.CharField(max_length=100, blank=True, editable=False)
    errors_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    errors_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    upload_id = models.UUIDField(null=True, editable=False)
    errors_id = models.UUIDField(
        null=True, blank=True, help_text="A file with the rows that failed, and why."
    )
    #: Whether what it takes to undo it is still kept.
    undoable = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "import job"
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="importexport_newest"),
            models.Index(fields=("tenant_id", "name", "id"), name="importexport_by_name"),
            models.Index(
                fields=("tenant_id", "state", "created_at", "id"), name="importexport_by_state"
            ),
            models.Index(
                fields=("tenant_id", "format", "created_at", "id"), name="importexport_by_format"
            ),
            models.Index(
                fields=("tenant_id", "retry_of", "created_at", "id"),
                condition=Q(retry_of__isnull=False),
                name="importexport_retries",
            ),
            models.Index(
                fields=("state",), condition=Q(state__in=AT_WORK), name="importexport_at_work"
            ),
            models.Index(
                fields=("finished_at",), condition=Q(undoable=True), name="importexport_undoable"
            ),
        ]

    def __str__(self) -> str:
        return self.name
