from datetime import datetime
from typing import Any, Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import (
    DocumentFormat,
    DocumentState,
    ExportFormat,
    ExportState,
    FileState,
    ImportState,
    NotificationChannel,
    NotificationState,
    RunState,
    ScheduleKind,
    TargetKind,
)


class AuditLogFields(BaseModel):
    id: str
    action: str
    occurred_at: datetime = Field(alias="occurredAt")
    recorded_at: datetime = Field(alias="recordedAt")
    actor: "AuditLogFieldsActor"
    targets: list["AuditLogFieldsTargets"]
    changes: list["AuditLogFieldsChanges"]
    metadata: Any
    idempotency_key: Optional[str] = Field(alias="idempotencyKey")


class AuditLogFieldsActor(BaseModel):
    type_: str = Field(alias="type")
    id: str
    name: str


class AuditLogFieldsTargets(BaseModel):
    type_: str = Field(alias="type")
    id: str
    name: str


class AuditLogFieldsChanges(BaseModel):
    field: str
    before: Optional[Any]
    after: Optional[Any]


class DocumentFields(BaseModel):
    id: str
    title: str
    format: DocumentFormat
    state: DocumentState
    pages: int
    size_bytes: float = Field(alias="sizeBytes")
    sha_256: str = Field(alias="sha256")
    created_at: datetime = Field(alias="createdAt")
    finished_at: Optional[datetime] = Field(alias="finishedAt")
    output: Optional["DocumentFieldsOutput"]
    error: Optional["DocumentFieldsError"]


class DocumentFieldsOutput(BaseModel):
    id: str
    name: str
    state: FileState


class DocumentFieldsError(BaseModel):
    code: str
    message: str


class ExportJobFields(BaseModel):
    id: str
    name: str
    dataset: str
    format: ExportFormat
    state: ExportState
    row_count: int = Field(alias="rowCount")
    size_bytes: int = Field(alias="sizeBytes")
    created_at: datetime = Field(alias="createdAt")
    finished_at: Optional[datetime] = Field(alias="finishedAt")
    result: Optional["ExportJobFieldsResult"]
    error: Optional["ExportJobFieldsError"]


class ExportJobFieldsResult(BaseModel):
    id: str
    name: str
    state: FileState


class ExportJobFieldsError(BaseModel):
    code: str
    message: str


class FileFields(BaseModel):
    id: str
    name: str
    state: FileState
    finding: str
    size_bytes: int = Field(alias="sizeBytes")
    sha_256: str = Field(alias="sha256")
    content_type: str = Field(alias="contentType")
    version: int
    tags: Optional[list[str]]
    created_at: datetime = Field(alias="createdAt")


class ImportJobFields(BaseModel):
    id: str
    name: str
    dataset: str
    state: ImportState
    row_count: int = Field(alias="rowCount")
    inserted: int
    updated: int
    unchanged: int
    failed: int
    undoable: bool
    created_at: datetime = Field(alias="createdAt")
    finished_at: Optional[datetime] = Field(alias="finishedAt")
    errors: Optional["ImportJobFieldsErrors"]
    error: Optional["ImportJobFieldsError"]


class ImportJobFieldsErrors(BaseModel):
    id: str
    name: str
    state: FileState


class ImportJobFieldsError(BaseModel):
    code: str
    message: str


class JobRunFields(BaseModel):
    id: str
    state: RunState
    fire_time: datetime = Field(alias="fireTime")
    started_at: Optional[datetime] = Field(alias="startedAt")
    finished_at: Optional[datetime] = Field(alias="finishedAt")
    attempt: int
    progress: str
    result: Any
    error: Optional["JobRunFieldsError"]


class JobRunFieldsError(BaseModel):
    code: str
    message: str


class JobScheduleFields(BaseModel):
    id: str
    name: str
    enabled: bool
    kind: ScheduleKind
    cron: str
    every_seconds: int = Field(alias="everySeconds")
    time_zone: str = Field(alias="timeZone")
    target: str
    target_kind: TargetKind = Field(alias="targetKind")
    next_run_at: Optional[datetime] = Field(alias="nextRunAt")
    last_run_at: Optional[datetime] = Field(alias="lastRunAt")


class NotificationFields(BaseModel):
    id: str
    channel: NotificationChannel
    category: str
    state: NotificationState
    subject: str
    body: Optional[str]
    recipient: Optional[str]
    created_at: datetime = Field(alias="createdAt")
    sent_at: Optional[datetime] = Field(alias="sentAt")
    seen_at: Optional[datetime] = Field(alias="seenAt")
    read_at: Optional[datetime] = Field(alias="readAt")
    reason_code: str = Field(alias="reasonCode")
    reason: str


class SubscriberFields(BaseModel):
    id: str
    key: str
    name: Optional[str]
    email: Optional[str]
    locale: str
    time_zone: str = Field(alias="timeZone")
    topics: Optional[list[str]]
    preferences: Any


AuditLogFields.model_rebuild()
DocumentFields.model_rebuild()
ExportJobFields.model_rebuild()
FileFields.model_rebuild()
ImportJobFields.model_rebuild()
JobRunFields.model_rebuild()
JobScheduleFields.model_rebuild()
NotificationFields.model_rebuild()
SubscriberFields.model_rebuild()
