from enum import Enum


class AuditLogOrder(str, Enum):
    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class ConfigurationLayer(str, Enum):
    ENVIRONMENT = "ENVIRONMENT"
    GLOBAL = "GLOBAL"
    SERVICE = "SERVICE"
    TENANT = "TENANT"


class DatasetMode(str, Enum):
    DELETE = "DELETE"
    INSERT = "INSERT"
    REPLACE = "REPLACE"
    UPDATE = "UPDATE"
    UPSERT = "UPSERT"


class DocumentFormat(str, Enum):
    CSV = "CSV"
    DOCX = "DOCX"
    HTML = "HTML"
    PDF = "PDF"
    XLSX = "XLSX"


class DocumentState(str, Enum):
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    QUEUED = "QUEUED"
    READY = "READY"
    RENDERING = "RENDERING"


class ExportCompression(str, Enum):
    GZIP = "GZIP"
    NONE = "NONE"
    ZSTD = "ZSTD"


class ExportFormat(str, Enum):
    CSV = "CSV"
    JSONL = "JSONL"
    ODS = "ODS"
    PARQUET = "PARQUET"
    TSV = "TSV"
    XLSX = "XLSX"


class ExportState(str, Enum):
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    QUEUED = "QUEUED"
    READY = "READY"
    RUNNING = "RUNNING"


class FeatureFlagValueType(str, Enum):
    BOOLEAN = "BOOLEAN"
    NUMBER = "NUMBER"
    OBJECT = "OBJECT"
    STRING = "STRING"


class FileOrder(str, Enum):
    NAME = "NAME"
    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class FileState(str, Enum):
    CLEAN = "CLEAN"
    INFECTED = "INFECTED"
    QUARANTINED = "QUARANTINED"
    RECEIVING = "RECEIVING"
    REFUSED = "REFUSED"
    RELEASED = "RELEASED"
    SCANNING = "SCANNING"
    UNSCANNABLE = "UNSCANNABLE"


class ImportFormat(str, Enum):
    CSV = "CSV"
    JSONL = "JSONL"
    ODS = "ODS"
    PARQUET = "PARQUET"
    TSV = "TSV"
    XLSX = "XLSX"


class ImportMode(str, Enum):
    INSERT = "INSERT"
    REPLACE = "REPLACE"
    UPDATE = "UPDATE"
    UPSERT = "UPSERT"


class ImportPolicy(str, Enum):
    ALL_OR_NOTHING = "ALL_OR_NOTHING"
    SKIP_BAD_ROWS = "SKIP_BAD_ROWS"
    STOP_AFTER = "STOP_AFTER"


class ImportState(str, Enum):
    ANALYSING = "ANALYSING"
    CANCELLED = "CANCELLED"
    CHECKED = "CHECKED"
    CHECKING = "CHECKING"
    DONE = "DONE"
    DRAFT = "DRAFT"
    FAILED = "FAILED"
    PAUSED = "PAUSED"
    READY = "READY"
    RUNNING = "RUNNING"
    UNDOING = "UNDOING"
    UNDONE = "UNDONE"


class MisfirePolicy(str, Enum):
    FIRE_ALL = "FIRE_ALL"
    FIRE_ONCE = "FIRE_ONCE"
    SKIP = "SKIP"


class NotificationChannel(str, Enum):
    CHAT = "CHAT"
    EMAIL = "EMAIL"
    IN_APP = "IN_APP"
    PUSH = "PUSH"
    SMS = "SMS"
    WEBHOOK = "WEBHOOK"


class NotificationState(str, Enum):
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    QUEUED = "QUEUED"
    SENT = "SENT"
    SKIPPED = "SKIPPED"


class NotificationTriggerState(str, Enum):
    ACCEPTED = "ACCEPTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    STARTED = "STARTED"


class OverlapPolicy(str, Enum):
    ALLOW_ALL = "ALLOW_ALL"
    BUFFER_ALL = "BUFFER_ALL"
    BUFFER_ONE = "BUFFER_ONE"
    CANCEL_OTHER = "CANCEL_OTHER"
    SKIP = "SKIP"
    TERMINATE_OTHER = "TERMINATE_OTHER"


class RunKind(str, Enum):
    BACKFILL = "BACKFILL"
    FOLLOWING = "FOLLOWING"
    MANUAL = "MANUAL"
    SCHEDULED = "SCHEDULED"


class RunState(str, Enum):
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SKIPPED = "SKIPPED"
    SUCCEEDED = "SUCCEEDED"
    TERMINATED = "TERMINATED"
    WAITING = "WAITING"


class ScheduleDstPolicy(str, Enum):
    SKIP = "SKIP"
    VIXIE = "VIXIE"


class ScheduleKind(str, Enum):
    AFTER = "AFTER"
    CRON = "CRON"
    INTERVAL = "INTERVAL"
    ONCE = "ONCE"
    RULE = "RULE"


class SignedUrlPurpose(str, Enum):
    DOWNLOAD = "DOWNLOAD"
    VIEW = "VIEW"


class TargetKind(str, Enum):
    CHORE = "CHORE"
    EVENT = "EVENT"
    GRAPHQL = "GRAPHQL"
    PING = "PING"
    WEBHOOK = "WEBHOOK"
