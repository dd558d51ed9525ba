from datetime import datetime
from typing import Any, Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import (
    ConfigurationLayer,
    DocumentFormat,
    DocumentState,
    ExportCompression,
    ExportFormat,
    FeatureFlagValueType,
    FileState,
    ImportFormat,
    ImportMode,
    ImportPolicy,
    MisfirePolicy,
    NotificationChannel,
    NotificationState,
    OverlapPolicy,
    RunKind,
    RunState,
    ScheduleDstPolicy,
    ScheduleKind,
    TargetKind,
)


class AuditActorInput(BaseModel):
    """Who did it."""

    id: str
    name: Optional[str] = None
    type_: str = Field(alias="type")


class AuditChangeInput(BaseModel):
    """One field before and after."""

    after: Optional[Any] = None
    before: Optional[Any] = None
    field: str


class AuditContextInput(BaseModel):
    """Where it came from."""

    ip_address: Optional[str] = Field(alias="ipAddress", default=None)
    location: Optional[str] = None
    request_id: Optional[str] = Field(alias="requestId", default=None)
    user_agent: Optional[str] = Field(alias="userAgent", default=None)


class AuditLogFilter(BaseModel):
    """Which logs; every part that is given has to fit."""

    actions: Optional[list[str]] = None
    "At most 100."
    actor_id: Optional[str] = Field(alias="actorId", default=None)
    actor_name: Optional[str] = Field(alias="actorName", default=None)
    actor_type: Optional[str] = Field(alias="actorType", default=None)
    containing: Optional[str] = None
    "Parts of words, of 3 characters or more, that all occur. Where an operator has switched that search on."
    ip_address: Optional[str] = Field(alias="ipAddress", default=None)
    metadata: Optional[Any] = None
    "An object that the metadata contain; lists in any order."
    occurred_before: Optional[datetime] = Field(alias="occurredBefore", default=None)
    occurred_from: Optional[datetime] = Field(alias="occurredFrom", default=None)
    "This moment or later."
    request_id: Optional[str] = Field(alias="requestId", default=None)
    subject: Optional[str] = None
    "Logs with something personal of this subject; takes audit:personal."
    target_id: Optional[str] = Field(alias="targetId", default=None)
    target_type: Optional[str] = Field(alias="targetType", default=None)
    text: Optional[str] = None
    "Words, or beginnings of words, that all occur."


class AuditPersonalInput(BaseModel):
    """Which fields tell of a person: only they are kept so that they can be erased."""

    fields: list[str]
    "JSON pointers, such as `/actor/name` or `/metadata/email`."
    subject: str
    "Who it is, by an id of yours; found and erased by it."


class AuditTargetInput(BaseModel):
    """What it was done to."""

    id: str
    name: Optional[str] = None
    type_: str = Field(alias="type")


class CancelDocumentInput(BaseModel):
    """The document to take back."""

    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."


class ConfigurationValueInput(BaseModel):
    """What is said of a key."""

    base_version: Optional[int] = Field(alias="baseVersion", default=None)
    "The version that was seen, 0 for none; CONFLICT when it is another now."
    key: str
    value: Optional[Any] = None
    "Null to say nothing here any more."


class CreateAuditLogInput(BaseModel):
    """One thing that happened."""

    action: str
    "Such as `invoice.approved`."
    actor: "AuditActorInput"
    changes: Optional[list["AuditChangeInput"]] = None
    context: Optional["AuditContextInput"] = None
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "The same key and entry is recorded once."
    metadata: Optional[Any] = None
    "An object of your own."
    occurred_at: datetime = Field(alias="occurredAt")
    "With a time zone."
    personal: Optional[list["AuditPersonalInput"]] = None
    "What is to be kept under lock."
    targets: Optional[list["AuditTargetInput"]] = None
    wait_sealed: Optional[bool] = Field(alias="waitSealed", default=None)
    "True has the receipt in the answer, once the log is sealed; AUDIT_NOT_SEALED stands beside a log for which that takes more than some seconds."


class CreateAuditLogsInput(BaseModel):
    """Many things that happened."""

    all_or_nothing: Optional[bool] = Field(alias="allOrNothing", default=None)
    "True records nothing at all when one entry has an error."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    logs: list["CreateAuditLogInput"]
    wait_sealed: Optional[bool] = Field(alias="waitSealed", default=None)
    "True has the receipt in the answer, once the log is sealed; AUDIT_NOT_SEALED stands beside a log for which that takes more than some seconds."


class CreateDocumentInput(BaseModel):
    """Of which template a document is made, as what, and of which data: one source of it."""

    data: Optional[Any] = None
    "An object."
    data_file: Optional[str] = Field(alias="dataFile", default=None)
    "A file with an object of JSON, read as the caller may read it then."
    format: DocumentFormat
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    import_job: Optional[str] = Field(alias="importJob", default=None)
    "An import that is done, into a table of the tenant or a dataset of a service: the rows that it brought and nobody has changed since, read as the caller may read them then. They are `rows` beside `import`."
    locale: Optional[str] = None
    "Such as de_DE; the template's if there is none."
    protect: Optional["DocumentProtectionInput"] = None
    "For PDF that is neither signed nor PDF/A nor an invoice for programs."
    query: Optional["DocumentQueryInput"] = None
    sign_with: Optional[str] = Field(alias="signWith", default=None)
    "The name or id of a signing key, for PDF; it takes documents:sign."
    template: str
    "Its name or its id."
    title: Optional[str] = None
    "What the template makes of the data if there is none."
    version: Optional[int] = None
    "The published one if none is named."


class CreateExportJobInput(BaseModel):
    """Rows to be taken out: of a dataset or of a query."""

    columns: Optional[list[str]] = None
    "All of them if none is named."
    compression: Optional[ExportCompression] = None
    "None if nothing is said."
    dataset: Optional[str] = None
    "Such as `tables.airports` or `config.flags`."
    deliver_to: Optional[list[str]] = Field(alias="deliverTo", default=None)
    "Data endpoints where it is to go once it is written, at most 10."
    filter_: Optional[Any] = Field(alias="filter", default=None)
    "Values by the names of fields."
    format: ExportFormat
    guard: Optional[bool] = None
    "Write texts so that no spreadsheet runs them as formulas; on if nothing is said. An import takes off again what this adds."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    name: Optional[str] = None
    "Of the file; that of the dataset if there is none."
    order: Optional[list[str]] = None
    "Of a table: fields, `-` before one that descends. As it is stored if none is named."
    part_bytes: Optional[int] = Field(alias="partBytes", default=None)
    "A file that has become so long is followed by another; at least 1,000,000."
    query: Optional["ExportQueryInput"] = None
    series: Optional[str] = None
    "Exports of one series have what changed since the one before ended."
    since: Optional[str] = None
    "Only what changed then or later, an ISO moment."


class CreateImportJobInput(BaseModel):
    """A table to be brought in."""

    dataset: Optional[str] = None
    "Where its rows go, such as `tables.airports`."
    dialect: Optional[Any] = None
    'What is known of the source beside its format, such as `{"delimiter": ";", "encoding": "iso-8859-2", "header_row": 3}`; the rest is guessed.'
    endpoint_id: Optional[str] = Field(alias="endpointId", default=None)
    "A data endpoint of S3 or SFTP that has it, instead; with `sourcePath`."
    format: Optional[ImportFormat] = None
    "Guessed if nothing is said."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    mapping: Optional[Any] = None
    "A list of `{field, source, constant, transforms}`; what is suggested, if none is sent."
    mode: Optional[ImportMode] = None
    "INSERT if nothing is said."
    name: str
    policy: Optional[ImportPolicy] = None
    "SKIP_BAD_ROWS if nothing is said."
    rules: Optional[Any] = None
    "A list of rules across fields."
    source_id: Optional[str] = Field(alias="sourceId", default=None)
    "The file that holds the table."
    source_path: Optional[str] = Field(alias="sourcePath", default=None)
    "Which file there. It is looked at, and that very file is read: one that has changed is refused until the path is said once more."
    source_url: Optional[str] = Field(alias="sourceUrl", default=None)
    "Where it is fetched, once, instead."
    stop_after: Optional[int] = Field(alias="stopAfter", default=None)
    "With STOP_AFTER, so many rows may fail."
    time_zone: Optional[str] = Field(alias="timeZone", default=None)
    "Of times that name none; UTC if nothing is said."


class CreateJobScheduleInput(BaseModel):
    """Something to be done again and again."""

    after_id: Optional[str] = Field(alias="afterId", default=None)
    "The schedule whose success it follows."
    anchor_at: Optional[datetime] = Field(alias="anchorAt", default=None)
    "When something is due once; where intervals and rules are counted from."
    calendar: Optional[Any] = None
    "Days that are left out: `country`, `subdivision`, `business_days`, `holidays` and `except`, a list of days; `roll` says where what is due on one of them goes: `skip`, `previous`, `next` or `nearest`."
    catch_up_seconds: Optional[int] = Field(alias="catchUpSeconds", default=None)
    "How late a run may begin; an hour if not said."
    concurrency_group: Optional[str] = Field(alias="concurrencyGroup", default=None)
    concurrency_limit: Optional[int] = Field(alias="concurrencyLimit", default=None)
    "Runs of the group at a time; 1 if not said."
    cron: Optional[str] = None
    "Five fields, such as `0 3 * * *`; six with seconds, seven with years."
    disable_after: Optional[int] = Field(alias="disableAfter", default=None)
    "Turned off after so many failures in a row; 0: never."
    document: Optional[str] = None
    "Of `GRAPHQL`: one mutation of one field; its variables are the parameters."
    dst_policy: Optional[ScheduleDstPolicy] = Field(alias="dstPolicy", default=None)
    "`VIXIE` if not said."
    enabled: Optional[bool] = None
    "True if not said."
    ends_at: Optional[datetime] = Field(alias="endsAt", default=None)
    every_seconds: Optional[int] = Field(alias="everySeconds", default=None)
    "Of `INTERVAL`: the seconds from one run to the next, at least 5."
    flag: Optional[str] = None
    "The key of a feature flag: runs are left out unless it is on. Empty: always."
    grace_seconds: Optional[int] = Field(alias="graceSeconds", default=None)
    "A run that has not succeeded so long after its time is told of as late."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    jitter_seconds: Optional[int] = Field(alias="jitterSeconds", default=None)
    "It begins later by up to so much."
    keep_runs_days: Optional[int] = Field(alias="keepRunsDays", default=None)
    "30 if not said."
    kind: Optional[ScheduleKind] = None
    "`CRON` if not said."
    maximum_attempts: Optional[int] = Field(alias="maximumAttempts", default=None)
    "3 if not said."
    maximum_runs: Optional[int] = Field(alias="maximumRuns", default=None)
    "0: without end."
    misfire: Optional[MisfirePolicy] = None
    "`FIRE_ONCE` if not said."
    misfire_cap: Optional[int] = Field(alias="misfireCap", default=None)
    "Of `FIRE_ALL`, the most that are run: 10 if not said."
    name: str
    overlap: Optional[OverlapPolicy] = None
    "`SKIP` if not said."
    owner: Optional[str] = None
    parameters: Optional[Any] = None
    "Of `AFTER`, `{{ result.fileId }}` in a text is what the run that it follows told as its `result`."
    retry_seconds: Optional[int] = Field(alias="retrySeconds", default=None)
    "Before the second attempt; doubled each time."
    rule: Optional[str] = None
    "RFC 5545, such as `FREQ=MONTHLY;BYDAY=-1FR`."
    scopes: Optional[list[str]] = None
    "What its runs may do at most, such as `documents:write`; no more than you may. If not said, of a mutation what is of its service, else all that you may."
    starts_at: Optional[datetime] = Field(alias="startsAt", default=None)
    tags: Optional[list[str]] = None
    target: Optional[str] = None
    "The name of a chore, the service of a mutation, or the address of a webhook."
    target_kind: Optional[TargetKind] = Field(alias="targetKind", default=None)
    "`EVENT` if not said."
    time_zone: Optional[str] = Field(alias="timeZone", default=None)
    "Such as `Europe/Amsterdam`; UTC if not said."
    timeout_seconds: Optional[int] = Field(alias="timeoutSeconds", default=None)
    "Of one attempt; an hour if not said."
    webhook_secret: Optional[str] = Field(alias="webhookSecret", default=None)
    "`whsec_` and base64: webhooks are signed by it. Nobody is shown it."


class CreateNotificationInput(BaseModel):
    """A message to one person."""

    attachment_ids: Optional[list[str]] = Field(alias="attachmentIds", default=None)
    "Ids of files that go with it, at most 20."
    body: Optional[str] = None
    "Plain text; the subject if there is none."
    category: Optional[str] = None
    channel: NotificationChannel
    critical: Optional[bool] = None
    "It comes whatever somebody wants, and at night."
    expires_at: Optional[datetime] = Field(alias="expiresAt", default=None)
    "Not sent from then on."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    not_before: Optional[datetime] = Field(alias="notBefore", default=None)
    priority: Optional[int] = None
    "Of two that wait, the greater goes first."
    recipient: str
    "An address of e-mail, a number; of inbox, push and chat, a subscriber's key."
    subject: str


class CreateShareLinkInput(BaseModel):
    """Which file, for how long, and for whom."""

    expires_at: Optional[datetime] = Field(alias="expiresAt", default=None)
    "In 7 days if not said, in 366 at most."
    file_id: str = Field(alias="fileId")
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    most_downloads: Optional[int] = Field(alias="mostDownloads", default=None)
    "1 to 1,000,000; any number if not said."
    note: Optional[str] = None
    "For the tenant's own people; the page does not show it."
    password: Optional[str] = None
    "Of 8 to 128 letters; none is asked if not said."


class CreateSubscriberInput(BaseModel):
    """A subscriber to be."""

    email: Optional[str] = None
    email_verified: Optional[bool] = Field(alias="emailVerified", default=None)
    "That the address is known to be theirs."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    key: str
    "Of your own; one has it."
    locale: Optional[str] = None
    name: Optional[str] = None
    phone: Optional[str] = None
    "E.164, such as +4915112345678."
    phone_verified: Optional[bool] = Field(alias="phoneVerified", default=None)
    "That the number is known to be theirs."
    preferences: Optional[Any] = None
    '`{"billing": {"email": false}}`; `*` for all of either.'
    quiet_hours: Optional[Any] = Field(alias="quietHours", default=None)
    '`{"from": "22:00", "until": "07:00"}`, in their zone.'
    time_zone: Optional[str] = Field(alias="timeZone", default=None)
    "Of the IANA database, such as Europe/Berlin."
    topics: Optional[list[str]] = None
    "All of them, at most 100."
    webhook_url: Optional[str] = Field(alias="webhookUrl", default=None)
    "Its secret is told by rotateSubscriberWebhookSecret."


class DocumentFilter(BaseModel):
    """Which documents; every part that is given has to fit."""

    created_before: Optional[datetime] = Field(alias="createdBefore", default=None)
    created_from: Optional[datetime] = Field(alias="createdFrom", default=None)
    "This moment or later."
    format: Optional[DocumentFormat] = None
    state: Optional[DocumentState] = None
    title: Optional[str] = None


class DocumentProtectionInput(BaseModel):
    """Passwords of a PDF, which nobody is told again; one of them is needed."""

    copying: Optional[bool] = None
    "Whether text may be copied; no if not said."
    owner_password: Optional[str] = Field(alias="ownerPassword", default=None)
    "Allows everything; without, nobody has that."
    password: Optional[str] = None
    "Opens it; without, anybody opens it."
    printing: Optional[bool] = None
    "Whether it may be printed; yes if not said."


class DocumentQueryInput(BaseModel):
    """A question whose answer is data, asked as the caller when the document is made."""

    items: Optional[str] = None
    "Of a batch, where the list is in the answer, such as `auditLogs.nodes`. Of a connection with `pageInfo { hasNextPage endCursor }` all pages are read, by the variable `after`."
    query: str
    "One query; nothing is changed by it."
    service: Optional[str] = None
    "The service that is asked. None: the graph of all services, in however many processes they are."
    variables: Optional[Any] = None


class DocumentTemplateFilter(BaseModel):
    """Which templates; every part that is given has to fit."""

    archived: Optional[bool] = None
    created_before: Optional[datetime] = Field(alias="createdBefore", default=None)
    created_from: Optional[datetime] = Field(alias="createdFrom", default=None)
    "This moment or later."
    name: Optional[str] = None
    search: Optional[str] = None
    "In the name or the title."


class ExportQueryInput(BaseModel):
    """A question whose answer has a connection or a list, asked as the caller by the job."""

    path: str
    "Where the connection is in the answer, such as `files`. With `pageInfo { hasNextPage endCursor }` all pages are read, by the variable `after`."
    query: str
    "One query; nothing is changed by it."
    service: Optional[str] = None
    "The service that is asked. None: the graph of all services, in however many processes they are."
    variables: Optional[Any] = None


class FeatureFlagFilter(BaseModel):
    """Which flags; every part that is given has to fit."""

    archived: Optional[bool] = None
    client_visible: Optional[bool] = Field(alias="clientVisible", default=None)
    created_before: Optional[datetime] = Field(alias="createdBefore", default=None)
    created_from: Optional[datetime] = Field(alias="createdFrom", default=None)
    "This moment or later."
    keys: Optional[list[str]] = None
    "At most 100."
    owner: Optional[str] = None
    tag: Optional[str] = None
    text: Optional[str] = None
    "Part of the key or the description."
    type_: Optional[FeatureFlagValueType] = Field(alias="type", default=None)


class FileFilter(BaseModel):
    """Which files; every part that is given has to fit."""

    at_root: Optional[bool] = Field(alias="atRoot", default=None)
    "True: in no folder."
    content_type: Optional[str] = Field(alias="contentType", default=None)
    "Such as `text/csv`, or all of a kind: `image/*`."
    created_before: Optional[datetime] = Field(alias="createdBefore", default=None)
    created_from: Optional[datetime] = Field(alias="createdFrom", default=None)
    "This moment or later."
    folder_id: Optional[str] = Field(alias="folderId", default=None)
    "In this folder itself, not in those in it."
    name: Optional[str] = None
    name_contains: Optional[str] = Field(alias="nameContains", default=None)
    "At most 255 characters, capital or not."
    state: Optional[FileState] = None
    tag: Optional[str] = None
    text: Optional[str] = None
    "With all of these words in their name, or in their text if they are given out. Three characters and more stand for words that begin with them. At most 200 characters."
    trashed: Optional[bool] = None
    "True: those in the trash, and no others."


class JobRunFilter(BaseModel):
    """Which runs; every part that is given has to fit."""

    fire_before: Optional[datetime] = Field(alias="fireBefore", default=None)
    fire_from: Optional[datetime] = Field(alias="fireFrom", default=None)
    "Due at this moment or later."
    kind: Optional[RunKind] = None
    schedule_id: Optional[str] = Field(alias="scheduleId", default=None)
    state: Optional[RunState] = None


class JobScheduleFilter(BaseModel):
    """Which schedules; every part that is given has to fit."""

    created_before: Optional[datetime] = Field(alias="createdBefore", default=None)
    created_from: Optional[datetime] = Field(alias="createdFrom", default=None)
    "This moment or later."
    enabled: Optional[bool] = None
    kind: Optional[ScheduleKind] = None
    name: Optional[str] = None
    target: Optional[str] = None


class NotificationFilter(BaseModel):
    """Which notifications; every part that is given has to fit."""

    category: Optional[str] = None
    channel: Optional[NotificationChannel] = None
    created_before: Optional[datetime] = Field(alias="createdBefore", default=None)
    created_from: Optional[datetime] = Field(alias="createdFrom", default=None)
    "This moment or later."
    recipient: Optional[str] = None
    sandboxed: Optional[bool] = None
    "What would have gone out, but here nothing does."
    state: Optional[NotificationState] = None
    subscriber_id: Optional[str] = Field(alias="subscriberId", default=None)
    trigger_id: Optional[str] = Field(alias="triggerId", default=None)
    "What came of a trigger."


class PauseJobScheduleInput(BaseModel):
    """The schedule to pause."""

    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    note: Optional[str] = None
    "Why; at most 500 characters."


class ResumeJobScheduleInput(BaseModel):
    """The schedule to resume."""

    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."


class SetConfigurationValuesInput(BaseModel):
    """What is said in a place: all of it, or nothing."""

    environment: Optional[str] = None
    "Its key; the first of the tenant if not said, and none in the layer GLOBAL."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    layer: Optional[ConfigurationLayer] = ConfigurationLayer.TENANT
    reason: Optional[str] = None
    service: Optional[str] = None
    "The service whose values are wanted; in the layer SERVICE."
    values: list["ConfigurationValueInput"]
    "At most 1,000."


class StartImportJobInput(BaseModel):
    """The import whose rows are brought."""

    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."


class TrashFilesInput(BaseModel):
    """The files to put into the trash."""

    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    ids: list[str]
    "At most 100."


class TriggerJobScheduleInput(BaseModel):
    """The schedule to run now."""

    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    parameters: Optional[Any] = None
    "Its own if not said."


class TriggerNotificationWorkflowInput(BaseModel):
    """What is to be told, by which workflow, to whom."""

    data: Optional[Any] = None
    "What templates and conditions see as `data`."
    expires_at: Optional[datetime] = Field(alias="expiresAt", default=None)
    "Nothing is sent from then on."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    key: Optional[str] = None
    "Told again with the same key, it is the same trigger."
    not_before: Optional[datetime] = Field(alias="notBefore", default=None)
    priority: Optional[int] = None
    "-10 to 10; of two that wait, the greater goes first."
    subscribers: Optional[list[str]] = None
    "Their keys, at most 1,000."
    topics: Optional[list[str]] = None
    "Everybody in them, each once; at most 20."
    workflow: str
    "By its name."


class UndoImportJobInput(BaseModel):
    """The import to take back."""

    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."


class UpdateFileInput(BaseModel):
    """What becomes of a file; what is not sent stays."""

    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    name: Optional[str] = None
    "A name, not a path."


class UpdateSubscriberInput(BaseModel):
    """What becomes of a subscriber; what is not sent stays."""

    email: Optional[str] = None
    email_verified: Optional[bool] = Field(alias="emailVerified", default=None)
    "That the address is known to be theirs."
    id: str
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key, it is done once and answered the same."
    locale: Optional[str] = None
    name: Optional[str] = None
    phone: Optional[str] = None
    "E.164, such as +4915112345678."
    phone_verified: Optional[bool] = Field(alias="phoneVerified", default=None)
    "That the number is known to be theirs."
    preferences: Optional[Any] = None
    '`{"billing": {"email": false}}`; `*` for all of either.'
    quiet_hours: Optional[Any] = Field(alias="quietHours", default=None)
    '`{"from": "22:00", "until": "07:00"}`, in their zone.'
    time_zone: Optional[str] = Field(alias="timeZone", default=None)
    "Of the IANA database, such as Europe/Berlin."
    topics: Optional[list[str]] = None
    "All of them, at most 100."
    webhook_url: Optional[str] = Field(alias="webhookUrl", default=None)
    "Its secret is told by rotateSubscriberWebhookSecret."


CreateAuditLogInput.model_rebuild()
CreateAuditLogsInput.model_rebuild()
CreateDocumentInput.model_rebuild()
CreateExportJobInput.model_rebuild()
SetConfigurationValuesInput.model_rebuild()
