/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Who did it. */
export type AuditActorInput = {
  id: string;
  name?: string | null | undefined;
  type: string;
};

/** One field before and after. */
export type AuditChangeInput = {
  after?: unknown;
  before?: unknown;
  field: string;
};

/** Where it came from. */
export type AuditContextInput = {
  ipAddress?: string | null | undefined;
  location?: string | null | undefined;
  requestId?: string | null | undefined;
  userAgent?: string | null | undefined;
};

/** Which logs; every part that is given has to fit. */
export type AuditLogFilter = {
  /** At most 100. */
  actions?: Array<string> | null | undefined;
  actorId?: string | null | undefined;
  actorName?: string | null | undefined;
  actorType?: string | null | undefined;
  /** Parts of words, of 3 characters or more, that all occur. Where an operator has switched that search on. */
  containing?: string | null | undefined;
  ipAddress?: string | null | undefined;
  /** An object that the metadata contain; lists in any order. */
  metadata?: unknown;
  occurredBefore?: string | null | undefined;
  /** This moment or later. */
  occurredFrom?: string | null | undefined;
  requestId?: string | null | undefined;
  /** Logs with something personal of this subject; takes audit:personal. */
  subject?: string | null | undefined;
  targetId?: string | null | undefined;
  targetType?: string | null | undefined;
  /** Words, or beginnings of words, that all occur. */
  text?: string | null | undefined;
};

/** In which order logs are listed. */
export type AuditLogOrder =
  | 'NEWEST_FIRST'
  | 'OLDEST_FIRST';

/** Which fields tell of a person: only they are kept so that they can be erased. */
export type AuditPersonalInput = {
  /** JSON pointers, such as `/actor/name` or `/metadata/email`. */
  fields: Array<string>;
  /** Who it is, by an id of yours; found and erased by it. */
  subject: string;
};

/** What it was done to. */
export type AuditTargetInput = {
  id: string;
  name?: string | null | undefined;
  type: string;
};

/** The document to take back. */
export type CancelDocumentInput = {
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
};

/** For whom a value is said; the narrowest wins. */
export type ConfigurationLayer =
  | 'ENVIRONMENT'
  | 'GLOBAL'
  | 'SERVICE'
  | 'TENANT';

/** What is said of a key. */
export type ConfigurationValueInput = {
  /** The version that was seen, 0 for none; CONFLICT when it is another now. */
  baseVersion?: number | null | undefined;
  key: string;
  /** Null to say nothing here any more. */
  value?: unknown;
};

/** One thing that happened. */
export type CreateAuditLogInput = {
  /** Such as `invoice.approved`. */
  action: string;
  actor: AuditActorInput;
  changes?: Array<AuditChangeInput> | null | undefined;
  context?: AuditContextInput | null | undefined;
  /** The same key and entry is recorded once. */
  idempotencyKey?: string | null | undefined;
  /** An object of your own. */
  metadata?: unknown;
  /** With a time zone. */
  occurredAt: string;
  /** What is to be kept under lock. */
  personal?: Array<AuditPersonalInput> | null | undefined;
  targets?: Array<AuditTargetInput> | null | undefined;
  /** True has the receipt in the answer, once the log is sealed; AUDIT_NOT_SEALED stands beside a log for which that takes more than some seconds. */
  waitSealed?: boolean | null | undefined;
};

/** Many things that happened. */
export type CreateAuditLogsInput = {
  /** True records nothing at all when one entry has an error. */
  allOrNothing?: boolean | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  logs: Array<CreateAuditLogInput>;
  /** True has the receipt in the answer, once the log is sealed; AUDIT_NOT_SEALED stands beside a log for which that takes more than some seconds. */
  waitSealed?: boolean | null | undefined;
};

/** Of which template a document is made, as what, and of which data: one source of it. */
export type CreateDocumentInput = {
  /** An object. */
  data?: unknown;
  /** A file with an object of JSON, read as the caller may read it then. */
  dataFile?: string | null | undefined;
  format: DocumentFormat;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** An import that is done, into a table of the tenant or a dataset of a service: the rows that it brought and nobody has changed since, read as the caller may read them then. They are `rows` beside `import`. */
  importJob?: string | null | undefined;
  /** Such as de_DE; the template's if there is none. */
  locale?: string | null | undefined;
  /** For PDF that is neither signed nor PDF/A nor an invoice for programs. */
  protect?: DocumentProtectionInput | null | undefined;
  query?: DocumentQueryInput | null | undefined;
  /** The name or id of a signing key, for PDF; it takes documents:sign. */
  signWith?: string | null | undefined;
  /** Its name or its id. */
  template: string;
  /** What the template makes of the data if there is none. */
  title?: string | null | undefined;
  /** The published one if none is named. */
  version?: number | null | undefined;
};

/** Rows to be taken out: of a dataset or of a query. */
export type CreateExportJobInput = {
  /** All of them if none is named. */
  columns?: Array<string> | null | undefined;
  /** None if nothing is said. */
  compression?: ExportCompression | null | undefined;
  /** Such as `tables.airports` or `config.flags`. */
  dataset?: string | null | undefined;
  /** Data endpoints where it is to go once it is written, at most 10. */
  deliverTo?: Array<string> | null | undefined;
  /** Values by the names of fields. */
  filter?: unknown;
  format: ExportFormat;
  /** Write texts so that no spreadsheet runs them as formulas; on if nothing is said. An import takes off again what this adds. */
  guard?: boolean | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** Of the file; that of the dataset if there is none. */
  name?: string | null | undefined;
  /** Of a table: fields, `-` before one that descends. As it is stored if none is named. */
  order?: Array<string> | null | undefined;
  /** A file that has become so long is followed by another; at least 1,000,000. */
  partBytes?: number | null | undefined;
  query?: ExportQueryInput | null | undefined;
  /** Exports of one series have what changed since the one before ended. */
  series?: string | null | undefined;
  /** Only what changed then or later, an ISO moment. */
  since?: string | null | undefined;
};

/** A table to be brought in. */
export type CreateImportJobInput = {
  /** Where its rows go, such as `tables.airports`. */
  dataset?: string | null | undefined;
  /** What is known of the source beside its format, such as `{"delimiter": ";", "encoding": "iso-8859-2", "header_row": 3}`; the rest is guessed. */
  dialect?: unknown;
  /** A data endpoint of S3 or SFTP that has it, instead; with `sourcePath`. */
  endpointId?: string | null | undefined;
  /** Guessed if nothing is said. */
  format?: ImportFormat | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** A list of `{field, source, constant, transforms}`; what is suggested, if none is sent. */
  mapping?: unknown;
  /** INSERT if nothing is said. */
  mode?: ImportMode | null | undefined;
  name: string;
  /** SKIP_BAD_ROWS if nothing is said. */
  policy?: ImportPolicy | null | undefined;
  /** A list of rules across fields. */
  rules?: unknown;
  /** The file that holds the table. */
  sourceId?: string | null | undefined;
  /** Which file there. It is looked at, and that very file is read: one that has changed is refused until the path is said once more. */
  sourcePath?: string | null | undefined;
  /** Where it is fetched, once, instead. */
  sourceUrl?: string | null | undefined;
  /** With STOP_AFTER, so many rows may fail. */
  stopAfter?: number | null | undefined;
  /** Of times that name none; UTC if nothing is said. */
  timeZone?: string | null | undefined;
};

/** Something to be done again and again. */
export type CreateJobScheduleInput = {
  /** The schedule whose success it follows. */
  afterId?: string | null | undefined;
  /** When something is due once; where intervals and rules are counted from. */
  anchorAt?: string | null | undefined;
  /** Days that are left out: `country`, `subdivision`, `business_days`, `holidays` and `except`, a list of days; `roll` says where what is due on one of them goes: `skip`, `previous`, `next` or `nearest`. */
  calendar?: unknown;
  /** How late a run may begin; an hour if not said. */
  catchUpSeconds?: number | null | undefined;
  concurrencyGroup?: string | null | undefined;
  /** Runs of the group at a time; 1 if not said. */
  concurrencyLimit?: number | null | undefined;
  /** Five fields, such as `0 3 * * *`; six with seconds, seven with years. */
  cron?: string | null | undefined;
  /** Turned off after so many failures in a row; 0: never. */
  disableAfter?: number | null | undefined;
  /** Of `GRAPHQL`: one mutation of one field; its variables are the parameters. */
  document?: string | null | undefined;
  /** `VIXIE` if not said. */
  dstPolicy?: ScheduleDstPolicy | null | undefined;
  /** True if not said. */
  enabled?: boolean | null | undefined;
  endsAt?: string | null | undefined;
  /** Of `INTERVAL`: the seconds from one run to the next, at least 5. */
  everySeconds?: number | null | undefined;
  /** The key of a feature flag: runs are left out unless it is on. Empty: always. */
  flag?: string | null | undefined;
  /** A run that has not succeeded so long after its time is told of as late. */
  graceSeconds?: number | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** It begins later by up to so much. */
  jitterSeconds?: number | null | undefined;
  /** 30 if not said. */
  keepRunsDays?: number | null | undefined;
  /** `CRON` if not said. */
  kind?: ScheduleKind | null | undefined;
  /** 3 if not said. */
  maximumAttempts?: number | null | undefined;
  /** 0: without end. */
  maximumRuns?: number | null | undefined;
  /** `FIRE_ONCE` if not said. */
  misfire?: MisfirePolicy | null | undefined;
  /** Of `FIRE_ALL`, the most that are run: 10 if not said. */
  misfireCap?: number | null | undefined;
  name: string;
  /** `SKIP` if not said. */
  overlap?: OverlapPolicy | null | undefined;
  owner?: string | null | undefined;
  /** Of `AFTER`, `{{ result.fileId }}` in a text is what the run that it follows told as its `result`. */
  parameters?: unknown;
  /** Before the second attempt; doubled each time. */
  retrySeconds?: number | null | undefined;
  /** RFC 5545, such as `FREQ=MONTHLY;BYDAY=-1FR`. */
  rule?: string | null | undefined;
  /** What its runs may do at most, such as `documents:write`; no more than you may. If not said, of a mutation what is of its service, else all that you may. */
  scopes?: Array<string> | null | undefined;
  startsAt?: string | null | undefined;
  tags?: Array<string> | null | undefined;
  /** The name of a chore, the service of a mutation, or the address of a webhook. */
  target?: string | null | undefined;
  /** `EVENT` if not said. */
  targetKind?: TargetKind | null | undefined;
  /** Such as `Europe/Amsterdam`; UTC if not said. */
  timeZone?: string | null | undefined;
  /** Of one attempt; an hour if not said. */
  timeoutSeconds?: number | null | undefined;
  /** `whsec_` and base64: webhooks are signed by it. Nobody is shown it. */
  webhookSecret?: string | null | undefined;
};

/** A message to one person. */
export type CreateNotificationInput = {
  /** Ids of files that go with it, at most 20. */
  attachmentIds?: Array<string> | null | undefined;
  /** Plain text; the subject if there is none. */
  body?: string | null | undefined;
  category?: string | null | undefined;
  channel: NotificationChannel;
  /** It comes whatever somebody wants, and at night. */
  critical?: boolean | null | undefined;
  /** Not sent from then on. */
  expiresAt?: string | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  notBefore?: string | null | undefined;
  /** Of two that wait, the greater goes first. */
  priority?: number | null | undefined;
  /** An address of e-mail, a number; of inbox, push and chat, a subscriber's key. */
  recipient: string;
  subject: string;
};

/** Which file, for how long, and for whom. */
export type CreateShareLinkInput = {
  /** In 7 days if not said, in 366 at most. */
  expiresAt?: string | null | undefined;
  fileId: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** 1 to 1,000,000; any number if not said. */
  mostDownloads?: number | null | undefined;
  /** For the tenant's own people; the page does not show it. */
  note?: string | null | undefined;
  /** Of 8 to 128 letters; none is asked if not said. */
  password?: string | null | undefined;
};

/** A subscriber to be. */
export type CreateSubscriberInput = {
  email?: string | null | undefined;
  /** That the address is known to be theirs. */
  emailVerified?: boolean | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** Of your own; one has it. */
  key: string;
  locale?: string | null | undefined;
  name?: string | null | undefined;
  /** E.164, such as +4915112345678. */
  phone?: string | null | undefined;
  /** That the number is known to be theirs. */
  phoneVerified?: boolean | null | undefined;
  /** `{"billing": {"email": false}}`; `*` for all of either. */
  preferences?: unknown;
  /** `{"from": "22:00", "until": "07:00"}`, in their zone. */
  quietHours?: unknown;
  /** Of the IANA database, such as Europe/Berlin. */
  timeZone?: string | null | undefined;
  /** All of them, at most 100. */
  topics?: Array<string> | null | undefined;
  /** Its secret is told by rotateSubscriberWebhookSecret. */
  webhookUrl?: string | null | undefined;
};

/** What rows do to those that are there with their key. */
export type DatasetMode =
  | 'DELETE'
  | 'INSERT'
  | 'REPLACE'
  | 'UPDATE'
  | 'UPSERT';

/** Which documents; every part that is given has to fit. */
export type DocumentFilter = {
  createdBefore?: string | null | undefined;
  /** This moment or later. */
  createdFrom?: string | null | undefined;
  format?: DocumentFormat | null | undefined;
  state?: DocumentState | null | undefined;
  title?: string | null | undefined;
};

/** What a document can be made as. */
export type DocumentFormat =
  | 'CSV'
  | 'DOCX'
  | 'HTML'
  | 'PDF'
  | 'XLSX';

/** Passwords of a PDF, which nobody is told again; one of them is needed. */
export type DocumentProtectionInput = {
  /** Whether text may be copied; no if not said. */
  copying?: boolean | null | undefined;
  /** Allows everything; without, nobody has that. */
  ownerPassword?: string | null | undefined;
  /** Opens it; without, anybody opens it. */
  password?: string | null | undefined;
  /** Whether it may be printed; yes if not said. */
  printing?: boolean | null | undefined;
};

/** A question whose answer is data, asked as the caller when the document is made. */
export type DocumentQueryInput = {
  /** Of a batch, where the list is in the answer, such as `auditLogs.nodes`. Of a connection with `pageInfo { hasNextPage endCursor }` all pages are read, by the variable `after`. */
  items?: string | null | undefined;
  /** One query; nothing is changed by it. */
  query: string;
  /** The service that is asked. None: the graph of all services, in however many processes they are. */
  service?: string | null | undefined;
  variables?: unknown;
};

/** Where a document stands. */
export type DocumentState =
  | 'CANCELLED'
  | 'FAILED'
  | 'QUEUED'
  | 'READY'
  | 'RENDERING';

/** Which templates; every part that is given has to fit. */
export type DocumentTemplateFilter = {
  archived?: boolean | null | undefined;
  createdBefore?: string | null | undefined;
  /** This moment or later. */
  createdFrom?: string | null | undefined;
  name?: string | null | undefined;
  /** In the name or the title. */
  search?: string | null | undefined;
};

/** How the files of an export are packed. */
export type ExportCompression =
  | 'GZIP'
  | 'NONE'
  | 'ZSTD';

/** What rows are written as. */
export type ExportFormat =
  | 'CSV'
  | 'JSONL'
  | 'ODS'
  | 'PARQUET'
  | 'TSV'
  | 'XLSX';

/** A question whose answer has a connection or a list, asked as the caller by the job. */
export type ExportQueryInput = {
  /** Where the connection is in the answer, such as `files`. With `pageInfo { hasNextPage endCursor }` all pages are read, by the variable `after`. */
  path: string;
  /** One query; nothing is changed by it. */
  query: string;
  /** The service that is asked. None: the graph of all services, in however many processes they are. */
  service?: string | null | undefined;
  variables?: unknown;
};

/** Where an export stands. */
export type ExportState =
  | 'CANCELLED'
  | 'EXPIRED'
  | 'FAILED'
  | 'QUEUED'
  | 'READY'
  | 'RUNNING';

/** Which flags; every part that is given has to fit. */
export type FeatureFlagFilter = {
  archived?: boolean | null | undefined;
  clientVisible?: boolean | null | undefined;
  createdBefore?: string | null | undefined;
  /** This moment or later. */
  createdFrom?: string | null | undefined;
  /** At most 100. */
  keys?: Array<string> | null | undefined;
  owner?: string | null | undefined;
  tag?: string | null | undefined;
  /** Part of the key or the description. */
  text?: string | null | undefined;
  type?: FeatureFlagValueType | null | undefined;
};

/** What the values of a flag are. */
export type FeatureFlagValueType =
  | 'BOOLEAN'
  | 'NUMBER'
  | 'OBJECT'
  | 'STRING';

/** Which files; every part that is given has to fit. */
export type FileFilter = {
  /** True: in no folder. */
  atRoot?: boolean | null | undefined;
  /** Such as `text/csv`, or all of a kind: `image/*`. */
  contentType?: string | null | undefined;
  createdBefore?: string | null | undefined;
  /** This moment or later. */
  createdFrom?: string | null | undefined;
  /** In this folder itself, not in those in it. */
  folderId?: string | null | undefined;
  name?: string | null | undefined;
  /** At most 255 characters, capital or not. */
  nameContains?: string | null | undefined;
  state?: FileState | null | undefined;
  tag?: string | null | undefined;
  /** With all of these words in their name, or in their text if they are given out. Three characters and more stand for words that begin with them. At most 200 characters. */
  text?: string | null | undefined;
  /** True: those in the trash, and no others. */
  trashed?: boolean | null | undefined;
};

/** In which order files are listed. */
export type FileOrder =
  | 'NAME'
  | 'NEWEST_FIRST'
  | 'OLDEST_FIRST';

/** Whether the bytes may be served: only those of a clean file are. */
export type FileState =
  | 'CLEAN'
  | 'INFECTED'
  | 'QUARANTINED'
  | 'RECEIVING'
  | 'REFUSED'
  | 'RELEASED'
  | 'SCANNING'
  | 'UNSCANNABLE';

/** What a table can come as. */
export type ImportFormat =
  | 'CSV'
  | 'JSONL'
  | 'ODS'
  | 'PARQUET'
  | 'TSV'
  | 'XLSX';

/** What rows do to those that are there with their key: INSERT refuses them, UPDATE refuses others, UPSERT does both, REPLACE removes in the end what the source does not have. */
export type ImportMode =
  | 'INSERT'
  | 'REPLACE'
  | 'UPDATE'
  | 'UPSERT';

/** What becomes of an import some of whose rows cannot be brought. */
export type ImportPolicy =
  | 'ALL_OR_NOTHING'
  | 'SKIP_BAD_ROWS'
  | 'STOP_AFTER';

/** Where an import stands. */
export type ImportState =
  | 'ANALYSING'
  | 'CANCELLED'
  | 'CHECKED'
  | 'CHECKING'
  | 'DONE'
  | 'DRAFT'
  | 'FAILED'
  | 'PAUSED'
  | 'READY'
  | 'RUNNING'
  | 'UNDOING'
  | 'UNDONE';

/** Which runs; every part that is given has to fit. */
export type JobRunFilter = {
  fireBefore?: string | null | undefined;
  /** Due at this moment or later. */
  fireFrom?: string | null | undefined;
  kind?: RunKind | null | undefined;
  scheduleId?: string | null | undefined;
  state?: RunState | null | undefined;
};

/** Which schedules; every part that is given has to fit. */
export type JobScheduleFilter = {
  createdBefore?: string | null | undefined;
  /** This moment or later. */
  createdFrom?: string | null | undefined;
  enabled?: boolean | null | undefined;
  kind?: ScheduleKind | null | undefined;
  name?: string | null | undefined;
  target?: string | null | undefined;
};

/** What becomes of times that nobody was there for. */
export type MisfirePolicy =
  | 'FIRE_ALL'
  | 'FIRE_ONCE'
  | 'SKIP';

/** Ways to reach a person. */
export type NotificationChannel =
  | 'CHAT'
  | 'EMAIL'
  | 'IN_APP'
  | 'PUSH'
  | 'SMS'
  | 'WEBHOOK';

/** Which notifications; every part that is given has to fit. */
export type NotificationFilter = {
  category?: string | null | undefined;
  channel?: NotificationChannel | null | undefined;
  createdBefore?: string | null | undefined;
  /** This moment or later. */
  createdFrom?: string | null | undefined;
  recipient?: string | null | undefined;
  /** What would have gone out, but here nothing does. */
  sandboxed?: boolean | null | undefined;
  state?: NotificationState | null | undefined;
  subscriberId?: string | null | undefined;
  /** What came of a trigger. */
  triggerId?: string | null | undefined;
};

/** Where a notification stands. */
export type NotificationState =
  | 'CANCELLED'
  | 'FAILED'
  | 'QUEUED'
  | 'SENT'
  | 'SKIPPED';

/** Where a trigger stands. */
export type NotificationTriggerState =
  | 'ACCEPTED'
  | 'CANCELLED'
  | 'EXPIRED'
  | 'STARTED';

/** What becomes of a run that is due while another has not ended. */
export type OverlapPolicy =
  | 'ALLOW_ALL'
  | 'BUFFER_ALL'
  | 'BUFFER_ONE'
  | 'CANCEL_OTHER'
  | 'SKIP'
  | 'TERMINATE_OTHER';

/** The schedule to pause. */
export type PauseJobScheduleInput = {
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** Why; at most 500 characters. */
  note?: string | null | undefined;
};

/** The schedule to resume. */
export type ResumeJobScheduleInput = {
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
};

/** Why there is a run. */
export type RunKind =
  | 'BACKFILL'
  | 'FOLLOWING'
  | 'MANUAL'
  | 'SCHEDULED';

/** Where a run stands. */
export type RunState =
  | 'CANCELLED'
  | 'FAILED'
  | 'QUEUED'
  | 'RUNNING'
  | 'SKIPPED'
  | 'SUCCEEDED'
  | 'TERMINATED'
  | 'WAITING';

/** What becomes of a time that a change of clocks leaves out: due right after it, or not at all. */
export type ScheduleDstPolicy =
  | 'SKIP'
  | 'VIXIE';

/** What says when it is due. */
export type ScheduleKind =
  | 'AFTER'
  | 'CRON'
  | 'INTERVAL'
  | 'ONCE'
  | 'RULE';

/** What is said in a place: all of it, or nothing. */
export type SetConfigurationValuesInput = {
  /** Its key; the first of the tenant if not said, and none in the layer GLOBAL. */
  environment?: string | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  layer?: ConfigurationLayer | null | undefined;
  reason?: string | null | undefined;
  /** The service whose values are wanted; in the layer SERVICE. */
  service?: string | null | undefined;
  /** At most 1,000. */
  values: Array<ConfigurationValueInput>;
};

/** What the address of a content is for: that of one is refused for another. */
export type SignedUrlPurpose =
  | 'DOWNLOAD'
  | 'VIEW';

/** The import whose rows are brought. */
export type StartImportJobInput = {
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
};

/** What is done when it is due. */
export type TargetKind =
  | 'CHORE'
  | 'EVENT'
  | 'GRAPHQL'
  | 'PING'
  | 'WEBHOOK';

/** The files to put into the trash. */
export type TrashFilesInput = {
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** At most 100. */
  ids: Array<string>;
};

/** The schedule to run now. */
export type TriggerJobScheduleInput = {
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** Its own if not said. */
  parameters?: unknown;
};

/** What is to be told, by which workflow, to whom. */
export type TriggerNotificationWorkflowInput = {
  /** What templates and conditions see as `data`. */
  data?: unknown;
  /** Nothing is sent from then on. */
  expiresAt?: string | null | undefined;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** Told again with the same key, it is the same trigger. */
  key?: string | null | undefined;
  notBefore?: string | null | undefined;
  /** -10 to 10; of two that wait, the greater goes first. */
  priority?: number | null | undefined;
  /** Their keys, at most 1,000. */
  subscribers?: Array<string> | null | undefined;
  /** Everybody in them, each once; at most 20. */
  topics?: Array<string> | null | undefined;
  /** By its name. */
  workflow: string;
};

/** The import to take back. */
export type UndoImportJobInput = {
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
};

/** What becomes of a file; what is not sent stays. */
export type UpdateFileInput = {
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  /** A name, not a path. */
  name?: string | null | undefined;
};

/** What becomes of a subscriber; what is not sent stays. */
export type UpdateSubscriberInput = {
  email?: string | null | undefined;
  /** That the address is known to be theirs. */
  emailVerified?: boolean | null | undefined;
  id: string;
  /** Sent again with the same key, it is done once and answered the same. */
  idempotencyKey?: string | null | undefined;
  locale?: string | null | undefined;
  name?: string | null | undefined;
  /** E.164, such as +4915112345678. */
  phone?: string | null | undefined;
  /** That the number is known to be theirs. */
  phoneVerified?: boolean | null | undefined;
  /** `{"billing": {"email": false}}`; `*` for all of either. */
  preferences?: unknown;
  /** `{"from": "22:00", "until": "07:00"}`, in their zone. */
  quietHours?: unknown;
  /** Of the IANA database, such as Europe/Berlin. */
  timeZone?: string | null | undefined;
  /** All of them, at most 100. */
  topics?: Array<string> | null | undefined;
  /** Its secret is told by rotateSubscriberWebhookSecret. */
  webhookUrl?: string | null | undefined;
};

export type AuditLogFieldsFragment = { id: string, action: string, occurredAt: string, recordedAt: string, metadata: unknown, idempotencyKey: string | null, actor: { type: string, id: string, name: string }, targets: Array<{ type: string, id: string, name: string }>, changes: Array<{ field: string, before: unknown, after: unknown }> };

export type AuditLogQueryVariables = Exact<{
  id: string;
}>;


export type AuditLogQuery = { auditLog: { id: string, action: string, occurredAt: string, recordedAt: string, metadata: unknown, idempotencyKey: string | null, actor: { type: string, id: string, name: string }, targets: Array<{ type: string, id: string, name: string }>, changes: Array<{ field: string, before: unknown, after: unknown }> } | null };

export type AuditLogsQueryVariables = Exact<{
  filter?: AuditLogFilter | null | undefined;
  order?: AuditLogOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type AuditLogsQuery = { auditLogs: { nodes: Array<{ id: string, action: string, occurredAt: string, recordedAt: string, metadata: unknown, idempotencyKey: string | null, actor: { type: string, id: string, name: string }, targets: Array<{ type: string, id: string, name: string }>, changes: Array<{ field: string, before: unknown, after: unknown }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateAuditLogMutationVariables = Exact<{
  input: CreateAuditLogInput;
}>;


export type CreateAuditLogMutation = { createAuditLog: { receipt: unknown, auditLog: { id: string, action: string, occurredAt: string, recordedAt: string, metadata: unknown, idempotencyKey: string | null, actor: { type: string, id: string, name: string }, targets: Array<{ type: string, id: string, name: string }>, changes: Array<{ field: string, before: unknown, after: unknown }> } | null, error: { code: string, message: string } | null } };

export type CreateAuditLogsMutationVariables = Exact<{
  input: CreateAuditLogsInput;
}>;


export type CreateAuditLogsMutation = { createAuditLogs: { outcomes: Array<{ auditLog: { id: string } | null, error: { code: string, message: string } | null }> | null, error: { code: string, message: string } | null } };

export type AuditCheckpointQueryVariables = Exact<{
  size?: number | null | undefined;
}>;


export type AuditCheckpointQuery = { auditCheckpoint: { number: number, size: number, root: string, note: string, madeAt: string } | null };

export type AuditConsistencyProofQueryVariables = Exact<{
  older: number;
  newer: number;
}>;


export type AuditConsistencyProofQuery = { auditConsistencyProof: { older: number, newer: number, path: Array<string> } | null };

export type FeatureFlagsQueryVariables = Exact<{
  filter?: FeatureFlagFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type FeatureFlagsQuery = { featureFlags: { nodes: Array<{ id: string, key: string, type: FeatureFlagValueType | null, description: string, owner: string, tags: Array<string>, archivedAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type EvaluateFeatureFlagQueryVariables = Exact<{
  key: string;
  contexts: Array<unknown> | unknown;
  environment?: string | null | undefined;
}>;


export type EvaluateFeatureFlagQuery = { evaluateFeatureFlag: Array<{ value: unknown, variant: string | null, reason: string, errorCode: string | null, errorMessage: string | null }> };

export type ConfigurationValuesQueryVariables = Exact<{
  service?: string | null | undefined;
  keys?: Array<string> | string | null | undefined;
  environment?: string | null | undefined;
}>;


export type ConfigurationValuesQuery = { configurationValues: { revision: number, values: Array<{ key: string, value: unknown }> } };

export type SetConfigurationValuesMutationVariables = Exact<{
  input: SetConfigurationValuesInput;
}>;


export type SetConfigurationValuesMutation = { setConfigurationValues: { revision: number | null, error: { code: string, message: string } | null } };

export type DocumentFieldsFragment = { id: string, title: string, format: DocumentFormat, state: DocumentState, pages: number, sizeBytes: number, sha256: string, createdAt: string, finishedAt: string | null, output: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null };

export type DocumentQueryVariables = Exact<{
  id: string;
}>;


export type DocumentQuery = { document: { id: string, title: string, format: DocumentFormat, state: DocumentState, pages: number, sizeBytes: number, sha256: string, createdAt: string, finishedAt: string | null, output: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null };

export type DocumentsQueryVariables = Exact<{
  filter?: DocumentFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DocumentsQuery = { documents: { nodes: Array<{ id: string, title: string, format: DocumentFormat, state: DocumentState, pages: number, sizeBytes: number, sha256: string, createdAt: string, finishedAt: string | null, output: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type DocumentTemplatesQueryVariables = Exact<{
  filter?: DocumentTemplateFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DocumentTemplatesQuery = { documentTemplates: { nodes: Array<{ id: string, name: string, title: string, description: string, formats: Array<DocumentFormat> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateDocumentMutationVariables = Exact<{
  input: CreateDocumentInput;
}>;


export type CreateDocumentMutation = { createDocument: { document: { id: string, title: string, format: DocumentFormat, state: DocumentState, pages: number, sizeBytes: number, sha256: string, createdAt: string, finishedAt: string | null, output: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null, error: { code: string, message: string } | null } };

export type CancelDocumentMutationVariables = Exact<{
  input: CancelDocumentInput;
}>;


export type CancelDocumentMutation = { cancelDocument: { document: { id: string, title: string, format: DocumentFormat, state: DocumentState, pages: number, sizeBytes: number, sha256: string, createdAt: string, finishedAt: string | null, output: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null, error: { code: string, message: string } | null } };

export type FileFieldsFragment = { id: string, name: string, state: FileState, finding: string, sizeBytes: number, sha256: string, contentType: string, version: number, tags: Array<string> | null, createdAt: string };

export type FileQueryVariables = Exact<{
  id: string;
}>;


export type FileQuery = { file: { id: string, name: string, state: FileState, finding: string, sizeBytes: number, sha256: string, contentType: string, version: number, tags: Array<string> | null, createdAt: string } | null };

export type FilesQueryVariables = Exact<{
  filter?: FileFilter | null | undefined;
  order?: FileOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type FilesQuery = { files: { nodes: Array<{ id: string, name: string, state: FileState, finding: string, sizeBytes: number, sha256: string, contentType: string, version: number, tags: Array<string> | null, createdAt: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type FileAddressQueryVariables = Exact<{
  id: string;
  purpose: SignedUrlPurpose;
  seconds?: number | null | undefined;
}>;


export type FileAddressQuery = { file: { signedUrl: string | null } | null };

export type UpdateFileMutationVariables = Exact<{
  input: UpdateFileInput;
}>;


export type UpdateFileMutation = { updateFile: { file: { id: string, name: string, state: FileState, finding: string, sizeBytes: number, sha256: string, contentType: string, version: number, tags: Array<string> | null, createdAt: string } | null, error: { code: string, message: string } | null } };

export type TrashFilesMutationVariables = Exact<{
  input: TrashFilesInput;
}>;


export type TrashFilesMutation = { trashFiles: { outcomes: Array<{ file: { id: string } | null, error: { code: string, message: string } | null }> | null, error: { code: string, message: string } | null } };

export type CreateShareLinkMutationVariables = Exact<{
  input: CreateShareLinkInput;
}>;


export type CreateShareLinkMutation = { createShareLink: { url: string | null, shareLink: { id: string, expiresAt: string } | null, error: { code: string, message: string } | null } };

export type ImportJobFieldsFragment = { id: string, name: string, dataset: string, state: ImportState, rowCount: number, inserted: number, updated: number, unchanged: number, failed: number, undoable: boolean, createdAt: string, finishedAt: string | null, errors: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null };

export type ExportJobFieldsFragment = { id: string, name: string, dataset: string, format: ExportFormat, state: ExportState, rowCount: number, sizeBytes: number, createdAt: string, finishedAt: string | null, result: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null };

export type DatasetsQueryVariables = Exact<{ [key: string]: never; }>;


export type DatasetsQuery = { datasets: Array<{ name: string, title: string, description: string, readable: boolean, writable: boolean, modes: Array<DatasetMode> }> };

export type ImportJobQueryVariables = Exact<{
  id: string;
}>;


export type ImportJobQuery = { importJob: { id: string, name: string, dataset: string, state: ImportState, rowCount: number, inserted: number, updated: number, unchanged: number, failed: number, undoable: boolean, createdAt: string, finishedAt: string | null, errors: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null };

export type CreateImportJobMutationVariables = Exact<{
  input: CreateImportJobInput;
}>;


export type CreateImportJobMutation = { createImportJob: { importJob: { id: string, name: string, dataset: string, state: ImportState, rowCount: number, inserted: number, updated: number, unchanged: number, failed: number, undoable: boolean, createdAt: string, finishedAt: string | null, errors: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null, error: { code: string, message: string } | null } };

export type StartImportJobMutationVariables = Exact<{
  input: StartImportJobInput;
}>;


export type StartImportJobMutation = { startImportJob: { importJob: { id: string, name: string, dataset: string, state: ImportState, rowCount: number, inserted: number, updated: number, unchanged: number, failed: number, undoable: boolean, createdAt: string, finishedAt: string | null, errors: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null, error: { code: string, message: string } | null } };

export type UndoImportJobMutationVariables = Exact<{
  input: UndoImportJobInput;
}>;


export type UndoImportJobMutation = { undoImportJob: { importJob: { id: string, name: string, dataset: string, state: ImportState, rowCount: number, inserted: number, updated: number, unchanged: number, failed: number, undoable: boolean, createdAt: string, finishedAt: string | null, errors: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null, error: { code: string, message: string } | null } };

export type ExportJobQueryVariables = Exact<{
  id: string;
}>;


export type ExportJobQuery = { exportJob: { id: string, name: string, dataset: string, format: ExportFormat, state: ExportState, rowCount: number, sizeBytes: number, createdAt: string, finishedAt: string | null, result: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null };

export type CreateExportJobMutationVariables = Exact<{
  input: CreateExportJobInput;
}>;


export type CreateExportJobMutation = { createExportJob: { exportJob: { id: string, name: string, dataset: string, format: ExportFormat, state: ExportState, rowCount: number, sizeBytes: number, createdAt: string, finishedAt: string | null, result: { id: string, name: string, state: FileState } | null, error: { code: string, message: string } | null } | null, error: { code: string, message: string } | null } };

export type NotificationFieldsFragment = { id: string, channel: NotificationChannel, category: string, state: NotificationState, subject: string, body: string | null, recipient: string | null, createdAt: string, sentAt: string | null, seenAt: string | null, readAt: string | null, reasonCode: string, reason: string };

export type SubscriberFieldsFragment = { id: string, key: string, name: string | null, email: string | null, locale: string, timeZone: string, topics: Array<string> | null, preferences: unknown };

export type TriggerNotificationWorkflowMutationVariables = Exact<{
  input: TriggerNotificationWorkflowInput;
}>;


export type TriggerNotificationWorkflowMutation = { triggerNotificationWorkflow: { notificationTrigger: { id: string, key: string, state: NotificationTriggerState, unknown: unknown } | null, error: { code: string, message: string } | null } };

export type CreateNotificationMutationVariables = Exact<{
  input: CreateNotificationInput;
}>;


export type CreateNotificationMutation = { createNotification: { notification: { id: string, channel: NotificationChannel, category: string, state: NotificationState, subject: string, body: string | null, recipient: string | null, createdAt: string, sentAt: string | null, seenAt: string | null, readAt: string | null, reasonCode: string, reason: string } | null, error: { code: string, message: string } | null } };

export type NotificationQueryVariables = Exact<{
  id: string;
}>;


export type NotificationQuery = { notification: { id: string, channel: NotificationChannel, category: string, state: NotificationState, subject: string, body: string | null, recipient: string | null, createdAt: string, sentAt: string | null, seenAt: string | null, readAt: string | null, reasonCode: string, reason: string } | null };

export type NotificationsQueryVariables = Exact<{
  filter?: NotificationFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type NotificationsQuery = { notifications: { nodes: Array<{ id: string, channel: NotificationChannel, category: string, state: NotificationState, subject: string, body: string | null, recipient: string | null, createdAt: string, sentAt: string | null, seenAt: string | null, readAt: string | null, reasonCode: string, reason: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateSubscriberMutationVariables = Exact<{
  input: CreateSubscriberInput;
}>;


export type CreateSubscriberMutation = { createSubscriber: { subscriber: { id: string, key: string, name: string | null, email: string | null, locale: string, timeZone: string, topics: Array<string> | null, preferences: unknown } | null, error: { code: string, message: string } | null } };

export type UpdateSubscriberMutationVariables = Exact<{
  input: UpdateSubscriberInput;
}>;


export type UpdateSubscriberMutation = { updateSubscriber: { subscriber: { id: string, key: string, name: string | null, email: string | null, locale: string, timeZone: string, topics: Array<string> | null, preferences: unknown } | null, error: { code: string, message: string } | null } };

export type JobScheduleFieldsFragment = { id: string, name: string, enabled: boolean, kind: ScheduleKind, cron: string, everySeconds: number, timeZone: string, target: string, targetKind: TargetKind, nextRunAt: string | null, lastRunAt: string | null };

export type JobRunFieldsFragment = { id: string, state: RunState, fireTime: string, startedAt: string | null, finishedAt: string | null, attempt: number, progress: string, result: unknown, error: { code: string, message: string } | null };

export type JobScheduleQueryVariables = Exact<{
  id: string;
}>;


export type JobScheduleQuery = { jobSchedule: { id: string, name: string, enabled: boolean, kind: ScheduleKind, cron: string, everySeconds: number, timeZone: string, target: string, targetKind: TargetKind, nextRunAt: string | null, lastRunAt: string | null } | null };

export type JobSchedulesQueryVariables = Exact<{
  filter?: JobScheduleFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type JobSchedulesQuery = { jobSchedules: { nodes: Array<{ id: string, name: string, enabled: boolean, kind: ScheduleKind, cron: string, everySeconds: number, timeZone: string, target: string, targetKind: TargetKind, nextRunAt: string | null, lastRunAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type JobRunsQueryVariables = Exact<{
  filter?: JobRunFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type JobRunsQuery = { jobRuns: { nodes: Array<{ id: string, state: RunState, fireTime: string, startedAt: string | null, finishedAt: string | null, attempt: number, progress: string, result: unknown, error: { code: string, message: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateJobScheduleMutationVariables = Exact<{
  input: CreateJobScheduleInput;
}>;


export type CreateJobScheduleMutation = { createJobSchedule: { jobSchedule: { id: string, name: string, enabled: boolean, kind: ScheduleKind, cron: string, everySeconds: number, timeZone: string, target: string, targetKind: TargetKind, nextRunAt: string | null, lastRunAt: string | null } | null, error: { code: string, message: string } | null } };

export type TriggerJobScheduleMutationVariables = Exact<{
  input: TriggerJobScheduleInput;
}>;


export type TriggerJobScheduleMutation = { triggerJobSchedule: { jobRun: { id: string, state: RunState, fireTime: string, startedAt: string | null, finishedAt: string | null, attempt: number, progress: string, result: unknown, error: { code: string, message: string } | null } | null, error: { code: string, message: string } | null } };

export type PauseJobScheduleMutationVariables = Exact<{
  input: PauseJobScheduleInput;
}>;


export type PauseJobScheduleMutation = { pauseJobSchedule: { jobSchedule: { id: string, name: string, enabled: boolean, kind: ScheduleKind, cron: string, everySeconds: number, timeZone: string, target: string, targetKind: TargetKind, nextRunAt: string | null, lastRunAt: string | null } | null, error: { code: string, message: string } | null } };

export type ResumeJobScheduleMutationVariables = Exact<{
  input: ResumeJobScheduleInput;
}>;


export type ResumeJobScheduleMutation = { resumeJobSchedule: { jobSchedule: { id: string, name: string, enabled: boolean, kind: ScheduleKind, cron: string, everySeconds: number, timeZone: string, target: string, targetKind: TargetKind, nextRunAt: string | null, lastRunAt: string | null } | null, error: { code: string, message: string } | null } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const AuditLogFieldsFragmentDoc = new TypedDocumentString(`
    fragment AuditLogFields on AuditLog {
  id
  action
  occurredAt
  recordedAt
  actor {
    type
    id
    name
  }
  targets {
    type
    id
    name
  }
  changes {
    field
    before
    after
  }
  metadata
  idempotencyKey
}
    `, {"fragmentName":"AuditLogFields"}) as unknown as TypedDocumentString<AuditLogFieldsFragment, unknown>;
export const DocumentFieldsFragmentDoc = new TypedDocumentString(`
    fragment DocumentFields on Document {
  id
  title
  format
  state
  pages
  sizeBytes
  sha256
  createdAt
  finishedAt
  output {
    id
    name
    state
  }
  error {
    code
    message
  }
}
    `, {"fragmentName":"DocumentFields"}) as unknown as TypedDocumentString<DocumentFieldsFragment, unknown>;
export const FileFieldsFragmentDoc = new TypedDocumentString(`
    fragment FileFields on File {
  id
  name
  state
  finding
  sizeBytes
  sha256
  contentType
  version
  tags
  createdAt
}
    `, {"fragmentName":"FileFields"}) as unknown as TypedDocumentString<FileFieldsFragment, unknown>;
export const ImportJobFieldsFragmentDoc = new TypedDocumentString(`
    fragment ImportJobFields on ImportJob {
  id
  name
  dataset
  state
  rowCount
  inserted
  updated
  unchanged
  failed
  undoable
  createdAt
  finishedAt
  errors {
    id
    name
    state
  }
  error {
    code
    message
  }
}
    `, {"fragmentName":"ImportJobFields"}) as unknown as TypedDocumentString<ImportJobFieldsFragment, unknown>;
export const ExportJobFieldsFragmentDoc = new TypedDocumentString(`
    fragment ExportJobFields on ExportJob {
  id
  name
  dataset
  format
  state
  rowCount
  sizeBytes
  createdAt
  finishedAt
  result {
    id
    name
    state
  }
  error {
    code
    message
  }
}
    `, {"fragmentName":"ExportJobFields"}) as unknown as TypedDocumentString<ExportJobFieldsFragment, unknown>;
export const NotificationFieldsFragmentDoc = new TypedDocumentString(`
    fragment NotificationFields on Notification {
  id
  channel
  category
  state
  subject
  body
  recipient
  createdAt
  sentAt
  seenAt
  readAt
  reasonCode
  reason
}
    `, {"fragmentName":"NotificationFields"}) as unknown as TypedDocumentString<NotificationFieldsFragment, unknown>;
export const SubscriberFieldsFragmentDoc = new TypedDocumentString(`
    fragment SubscriberFields on Subscriber {
  id
  key
  name
  email
  locale
  timeZone
  topics
  preferences
}
    `, {"fragmentName":"SubscriberFields"}) as unknown as TypedDocumentString<SubscriberFieldsFragment, unknown>;
export const JobScheduleFieldsFragmentDoc = new TypedDocumentString(`
    fragment JobScheduleFields on JobSchedule {
  id
  name
  enabled
  kind
  cron
  everySeconds
  timeZone
  target
  targetKind
  nextRunAt
  lastRunAt
}
    `, {"fragmentName":"JobScheduleFields"}) as unknown as TypedDocumentString<JobScheduleFieldsFragment, unknown>;
export const JobRunFieldsFragmentDoc = new TypedDocumentString(`
    fragment JobRunFields on JobRun {
  id
  state
  fireTime
  startedAt
  finishedAt
  attempt
  progress
  result
  error {
    code
    message
  }
}
    `, {"fragmentName":"JobRunFields"}) as unknown as TypedDocumentString<JobRunFieldsFragment, unknown>;
export const AuditLogDocument = new TypedDocumentString(`
    query auditLog($id: ID!) {
  auditLog(id: $id) {
    ...AuditLogFields
  }
}
    fragment AuditLogFields on AuditLog {
  id
  action
  occurredAt
  recordedAt
  actor {
    type
    id
    name
  }
  targets {
    type
    id
    name
  }
  changes {
    field
    before
    after
  }
  metadata
  idempotencyKey
}`) as unknown as TypedDocumentString<AuditLogQuery, AuditLogQueryVariables>;
export const AuditLogsDocument = new TypedDocumentString(`
    query auditLogs($filter: AuditLogFilter, $order: AuditLogOrder, $first: Int, $after: String) {
  auditLogs(filter: $filter, order: $order, first: $first, after: $after) {
    nodes {
      ...AuditLogFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment AuditLogFields on AuditLog {
  id
  action
  occurredAt
  recordedAt
  actor {
    type
    id
    name
  }
  targets {
    type
    id
    name
  }
  changes {
    field
    before
    after
  }
  metadata
  idempotencyKey
}`) as unknown as TypedDocumentString<AuditLogsQuery, AuditLogsQueryVariables>;
export const CreateAuditLogDocument = new TypedDocumentString(`
    mutation createAuditLog($input: CreateAuditLogInput!) {
  createAuditLog(input: $input) {
    auditLog {
      ...AuditLogFields
    }
    receipt
    error {
      code
      message
    }
  }
}
    fragment AuditLogFields on AuditLog {
  id
  action
  occurredAt
  recordedAt
  actor {
    type
    id
    name
  }
  targets {
    type
    id
    name
  }
  changes {
    field
    before
    after
  }
  metadata
  idempotencyKey
}`) as unknown as TypedDocumentString<CreateAuditLogMutation, CreateAuditLogMutationVariables>;
export const CreateAuditLogsDocument = new TypedDocumentString(`
    mutation createAuditLogs($input: CreateAuditLogsInput!) {
  createAuditLogs(input: $input) {
    outcomes {
      auditLog {
        id
      }
      error {
        code
        message
      }
    }
    error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CreateAuditLogsMutation, CreateAuditLogsMutationVariables>;
export const AuditCheckpointDocument = new TypedDocumentString(`
    query auditCheckpoint($size: BigInt) {
  auditCheckpoint(size: $size) {
    number
    size
    root
    note
    madeAt
  }
}
    `) as unknown as TypedDocumentString<AuditCheckpointQuery, AuditCheckpointQueryVariables>;
export const AuditConsistencyProofDocument = new TypedDocumentString(`
    query auditConsistencyProof($older: BigInt!, $newer: BigInt!) {
  auditConsistencyProof(older: $older, newer: $newer) {
    older
    newer
    path
  }
}
    `) as unknown as TypedDocumentString<AuditConsistencyProofQuery, AuditConsistencyProofQueryVariables>;
export const FeatureFlagsDocument = new TypedDocumentString(`
    query featureFlags($filter: FeatureFlagFilter, $first: Int, $after: String) {
  featureFlags(filter: $filter, first: $first, after: $after) {
    nodes {
      id
      key
      type
      description
      owner
      tags
      archivedAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<FeatureFlagsQuery, FeatureFlagsQueryVariables>;
export const EvaluateFeatureFlagDocument = new TypedDocumentString(`
    query evaluateFeatureFlag($key: String!, $contexts: [JSON!]!, $environment: String) {
  evaluateFeatureFlag(key: $key, contexts: $contexts, environment: $environment) {
    value
    variant
    reason
    errorCode
    errorMessage
  }
}
    `) as unknown as TypedDocumentString<EvaluateFeatureFlagQuery, EvaluateFeatureFlagQueryVariables>;
export const ConfigurationValuesDocument = new TypedDocumentString(`
    query configurationValues($service: String, $keys: [String!], $environment: String) {
  configurationValues(service: $service, keys: $keys, environment: $environment) {
    revision
    values {
      key
      value
    }
  }
}
    `) as unknown as TypedDocumentString<ConfigurationValuesQuery, ConfigurationValuesQueryVariables>;
export const SetConfigurationValuesDocument = new TypedDocumentString(`
    mutation setConfigurationValues($input: SetConfigurationValuesInput!) {
  setConfigurationValues(input: $input) {
    revision
    error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SetConfigurationValuesMutation, SetConfigurationValuesMutationVariables>;
export const DocumentDocument = new TypedDocumentString(`
    query document($id: ID!) {
  document(id: $id) {
    ...DocumentFields
  }
}
    fragment DocumentFields on Document {
  id
  title
  format
  state
  pages
  sizeBytes
  sha256
  createdAt
  finishedAt
  output {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<DocumentQuery, DocumentQueryVariables>;
export const DocumentsDocument = new TypedDocumentString(`
    query documents($filter: DocumentFilter, $first: Int, $after: String) {
  documents(filter: $filter, first: $first, after: $after) {
    nodes {
      ...DocumentFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment DocumentFields on Document {
  id
  title
  format
  state
  pages
  sizeBytes
  sha256
  createdAt
  finishedAt
  output {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<DocumentsQuery, DocumentsQueryVariables>;
export const DocumentTemplatesDocument = new TypedDocumentString(`
    query documentTemplates($filter: DocumentTemplateFilter, $first: Int, $after: String) {
  documentTemplates(filter: $filter, first: $first, after: $after) {
    nodes {
      id
      name
      title
      description
      formats
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<DocumentTemplatesQuery, DocumentTemplatesQueryVariables>;
export const CreateDocumentDocument = new TypedDocumentString(`
    mutation createDocument($input: CreateDocumentInput!) {
  createDocument(input: $input) {
    document {
      ...DocumentFields
    }
    error {
      code
      message
    }
  }
}
    fragment DocumentFields on Document {
  id
  title
  format
  state
  pages
  sizeBytes
  sha256
  createdAt
  finishedAt
  output {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<CreateDocumentMutation, CreateDocumentMutationVariables>;
export const CancelDocumentDocument = new TypedDocumentString(`
    mutation cancelDocument($input: CancelDocumentInput!) {
  cancelDocument(input: $input) {
    document {
      ...DocumentFields
    }
    error {
      code
      message
    }
  }
}
    fragment DocumentFields on Document {
  id
  title
  format
  state
  pages
  sizeBytes
  sha256
  createdAt
  finishedAt
  output {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<CancelDocumentMutation, CancelDocumentMutationVariables>;
export const FileDocument = new TypedDocumentString(`
    query file($id: ID!) {
  file(id: $id) {
    ...FileFields
  }
}
    fragment FileFields on File {
  id
  name
  state
  finding
  sizeBytes
  sha256
  contentType
  version
  tags
  createdAt
}`) as unknown as TypedDocumentString<FileQuery, FileQueryVariables>;
export const FilesDocument = new TypedDocumentString(`
    query files($filter: FileFilter, $order: FileOrder, $first: Int, $after: String) {
  files(filter: $filter, order: $order, first: $first, after: $after) {
    nodes {
      ...FileFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment FileFields on File {
  id
  name
  state
  finding
  sizeBytes
  sha256
  contentType
  version
  tags
  createdAt
}`) as unknown as TypedDocumentString<FilesQuery, FilesQueryVariables>;
export const FileAddressDocument = new TypedDocumentString(`
    query fileAddress($id: ID!, $purpose: SignedUrlPurpose!, $seconds: Int) {
  file(id: $id) {
    signedUrl(purpose: $purpose, seconds: $seconds)
  }
}
    `) as unknown as TypedDocumentString<FileAddressQuery, FileAddressQueryVariables>;
export const UpdateFileDocument = new TypedDocumentString(`
    mutation updateFile($input: UpdateFileInput!) {
  updateFile(input: $input) {
    file {
      ...FileFields
    }
    error {
      code
      message
    }
  }
}
    fragment FileFields on File {
  id
  name
  state
  finding
  sizeBytes
  sha256
  contentType
  version
  tags
  createdAt
}`) as unknown as TypedDocumentString<UpdateFileMutation, UpdateFileMutationVariables>;
export const TrashFilesDocument = new TypedDocumentString(`
    mutation trashFiles($input: TrashFilesInput!) {
  trashFiles(input: $input) {
    outcomes {
      file {
        id
      }
      error {
        code
        message
      }
    }
    error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<TrashFilesMutation, TrashFilesMutationVariables>;
export const CreateShareLinkDocument = new TypedDocumentString(`
    mutation createShareLink($input: CreateShareLinkInput!) {
  createShareLink(input: $input) {
    shareLink {
      id
      expiresAt
    }
    url
    error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CreateShareLinkMutation, CreateShareLinkMutationVariables>;
export const DatasetsDocument = new TypedDocumentString(`
    query datasets {
  datasets {
    name
    title
    description
    readable
    writable
    modes
  }
}
    `) as unknown as TypedDocumentString<DatasetsQuery, DatasetsQueryVariables>;
export const ImportJobDocument = new TypedDocumentString(`
    query importJob($id: ID!) {
  importJob(id: $id) {
    ...ImportJobFields
  }
}
    fragment ImportJobFields on ImportJob {
  id
  name
  dataset
  state
  rowCount
  inserted
  updated
  unchanged
  failed
  undoable
  createdAt
  finishedAt
  errors {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<ImportJobQuery, ImportJobQueryVariables>;
export const CreateImportJobDocument = new TypedDocumentString(`
    mutation createImportJob($input: CreateImportJobInput!) {
  createImportJob(input: $input) {
    importJob {
      ...ImportJobFields
    }
    error {
      code
      message
    }
  }
}
    fragment ImportJobFields on ImportJob {
  id
  name
  dataset
  state
  rowCount
  inserted
  updated
  unchanged
  failed
  undoable
  createdAt
  finishedAt
  errors {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<CreateImportJobMutation, CreateImportJobMutationVariables>;
export const StartImportJobDocument = new TypedDocumentString(`
    mutation startImportJob($input: StartImportJobInput!) {
  startImportJob(input: $input) {
    importJob {
      ...ImportJobFields
    }
    error {
      code
      message
    }
  }
}
    fragment ImportJobFields on ImportJob {
  id
  name
  dataset
  state
  rowCount
  inserted
  updated
  unchanged
  failed
  undoable
  createdAt
  finishedAt
  errors {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<StartImportJobMutation, StartImportJobMutationVariables>;
export const UndoImportJobDocument = new TypedDocumentString(`
    mutation undoImportJob($input: UndoImportJobInput!) {
  undoImportJob(input: $input) {
    importJob {
      ...ImportJobFields
    }
    error {
      code
      message
    }
  }
}
    fragment ImportJobFields on ImportJob {
  id
  name
  dataset
  state
  rowCount
  inserted
  updated
  unchanged
  failed
  undoable
  createdAt
  finishedAt
  errors {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<UndoImportJobMutation, UndoImportJobMutationVariables>;
export const ExportJobDocument = new TypedDocumentString(`
    query exportJob($id: ID!) {
  exportJob(id: $id) {
    ...ExportJobFields
  }
}
    fragment ExportJobFields on ExportJob {
  id
  name
  dataset
  format
  state
  rowCount
  sizeBytes
  createdAt
  finishedAt
  result {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<ExportJobQuery, ExportJobQueryVariables>;
export const CreateExportJobDocument = new TypedDocumentString(`
    mutation createExportJob($input: CreateExportJobInput!) {
  createExportJob(input: $input) {
    exportJob {
      ...ExportJobFields
    }
    error {
      code
      message
    }
  }
}
    fragment ExportJobFields on ExportJob {
  id
  name
  dataset
  format
  state
  rowCount
  sizeBytes
  createdAt
  finishedAt
  result {
    id
    name
    state
  }
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<CreateExportJobMutation, CreateExportJobMutationVariables>;
export const TriggerNotificationWorkflowDocument = new TypedDocumentString(`
    mutation triggerNotificationWorkflow($input: TriggerNotificationWorkflowInput!) {
  triggerNotificationWorkflow(input: $input) {
    notificationTrigger {
      id
      key
      state
      unknown
    }
    error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<TriggerNotificationWorkflowMutation, TriggerNotificationWorkflowMutationVariables>;
export const CreateNotificationDocument = new TypedDocumentString(`
    mutation createNotification($input: CreateNotificationInput!) {
  createNotification(input: $input) {
    notification {
      ...NotificationFields
    }
    error {
      code
      message
    }
  }
}
    fragment NotificationFields on Notification {
  id
  channel
  category
  state
  subject
  body
  recipient
  createdAt
  sentAt
  seenAt
  readAt
  reasonCode
  reason
}`) as unknown as TypedDocumentString<CreateNotificationMutation, CreateNotificationMutationVariables>;
export const NotificationDocument = new TypedDocumentString(`
    query notification($id: ID!) {
  notification(id: $id) {
    ...NotificationFields
  }
}
    fragment NotificationFields on Notification {
  id
  channel
  category
  state
  subject
  body
  recipient
  createdAt
  sentAt
  seenAt
  readAt
  reasonCode
  reason
}`) as unknown as TypedDocumentString<NotificationQuery, NotificationQueryVariables>;
export const NotificationsDocument = new TypedDocumentString(`
    query notifications($filter: NotificationFilter, $first: Int, $after: String) {
  notifications(filter: $filter, first: $first, after: $after) {
    nodes {
      ...NotificationFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment NotificationFields on Notification {
  id
  channel
  category
  state
  subject
  body
  recipient
  createdAt
  sentAt
  seenAt
  readAt
  reasonCode
  reason
}`) as unknown as TypedDocumentString<NotificationsQuery, NotificationsQueryVariables>;
export const CreateSubscriberDocument = new TypedDocumentString(`
    mutation createSubscriber($input: CreateSubscriberInput!) {
  createSubscriber(input: $input) {
    subscriber {
      ...SubscriberFields
    }
    error {
      code
      message
    }
  }
}
    fragment SubscriberFields on Subscriber {
  id
  key
  name
  email
  locale
  timeZone
  topics
  preferences
}`) as unknown as TypedDocumentString<CreateSubscriberMutation, CreateSubscriberMutationVariables>;
export const UpdateSubscriberDocument = new TypedDocumentString(`
    mutation updateSubscriber($input: UpdateSubscriberInput!) {
  updateSubscriber(input: $input) {
    subscriber {
      ...SubscriberFields
    }
    error {
      code
      message
    }
  }
}
    fragment SubscriberFields on Subscriber {
  id
  key
  name
  email
  locale
  timeZone
  topics
  preferences
}`) as unknown as TypedDocumentString<UpdateSubscriberMutation, UpdateSubscriberMutationVariables>;
export const JobScheduleDocument = new TypedDocumentString(`
    query jobSchedule($id: ID!) {
  jobSchedule(id: $id) {
    ...JobScheduleFields
  }
}
    fragment JobScheduleFields on JobSchedule {
  id
  name
  enabled
  kind
  cron
  everySeconds
  timeZone
  target
  targetKind
  nextRunAt
  lastRunAt
}`) as unknown as TypedDocumentString<JobScheduleQuery, JobScheduleQueryVariables>;
export const JobSchedulesDocument = new TypedDocumentString(`
    query jobSchedules($filter: JobScheduleFilter, $first: Int, $after: String) {
  jobSchedules(filter: $filter, first: $first, after: $after) {
    nodes {
      ...JobScheduleFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment JobScheduleFields on JobSchedule {
  id
  name
  enabled
  kind
  cron
  everySeconds
  timeZone
  target
  targetKind
  nextRunAt
  lastRunAt
}`) as unknown as TypedDocumentString<JobSchedulesQuery, JobSchedulesQueryVariables>;
export const JobRunsDocument = new TypedDocumentString(`
    query jobRuns($filter: JobRunFilter, $first: Int, $after: String) {
  jobRuns(filter: $filter, first: $first, after: $after) {
    nodes {
      ...JobRunFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment JobRunFields on JobRun {
  id
  state
  fireTime
  startedAt
  finishedAt
  attempt
  progress
  result
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<JobRunsQuery, JobRunsQueryVariables>;
export const CreateJobScheduleDocument = new TypedDocumentString(`
    mutation createJobSchedule($input: CreateJobScheduleInput!) {
  createJobSchedule(input: $input) {
    jobSchedule {
      ...JobScheduleFields
    }
    error {
      code
      message
    }
  }
}
    fragment JobScheduleFields on JobSchedule {
  id
  name
  enabled
  kind
  cron
  everySeconds
  timeZone
  target
  targetKind
  nextRunAt
  lastRunAt
}`) as unknown as TypedDocumentString<CreateJobScheduleMutation, CreateJobScheduleMutationVariables>;
export const TriggerJobScheduleDocument = new TypedDocumentString(`
    mutation triggerJobSchedule($input: TriggerJobScheduleInput!) {
  triggerJobSchedule(input: $input) {
    jobRun {
      ...JobRunFields
    }
    error {
      code
      message
    }
  }
}
    fragment JobRunFields on JobRun {
  id
  state
  fireTime
  startedAt
  finishedAt
  attempt
  progress
  result
  error {
    code
    message
  }
}`) as unknown as TypedDocumentString<TriggerJobScheduleMutation, TriggerJobScheduleMutationVariables>;
export const PauseJobScheduleDocument = new TypedDocumentString(`
    mutation pauseJobSchedule($input: PauseJobScheduleInput!) {
  pauseJobSchedule(input: $input) {
    jobSchedule {
      ...JobScheduleFields
    }
    error {
      code
      message
    }
  }
}
    fragment JobScheduleFields on JobSchedule {
  id
  name
  enabled
  kind
  cron
  everySeconds
  timeZone
  target
  targetKind
  nextRunAt
  lastRunAt
}`) as unknown as TypedDocumentString<PauseJobScheduleMutation, PauseJobScheduleMutationVariables>;
export const ResumeJobScheduleDocument = new TypedDocumentString(`
    mutation resumeJobSchedule($input: ResumeJobScheduleInput!) {
  resumeJobSchedule(input: $input) {
    jobSchedule {
      ...JobScheduleFields
    }
    error {
      code
      message
    }
  }
}
    fragment JobScheduleFields on JobSchedule {
  id
  name
  enabled
  kind
  cron
  everySeconds
  timeZone
  target
  targetKind
  nextRunAt
  lastRunAt
}`) as unknown as TypedDocumentString<ResumeJobScheduleMutation, ResumeJobScheduleMutationVariables>;