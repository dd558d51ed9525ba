"""Settings of single services, read from the environment like those of `project.settings`.

A comment above a setting tells its unit and meaning: the reference page is made of them.
"""

import os
from datetime import timedelta

from kernel.env import Environment

env = Environment(os.environ)

# --- Audit --------------------------------------------------------------------------------------

# How the names of new audit logs begin in checkpoints: without scheme, spaces and plus signs.
AUDIT_ORIGIN = env.text("AUDIT_ORIGIN", "septet/audit")

# The Kafka topic in which services of others tell audit entries, as CloudEvents.
AUDIT_INTAKE_TOPIC = env.text("AUDIT_INTAKE_TOPIC", "audit.intake")

# Where archives of audit logs are kept: s3://bucket, or empty for the platform's own store.
AUDIT_ARCHIVE = env.text("AUDIT_ARCHIVE", "")

# Lock archives in S3 until they expire, or for 10 years, by Object Lock in compliance mode.
AUDIT_ARCHIVE_LOCK = env.flag("AUDIT_ARCHIVE_LOCK", default=False)

# Days that audit logs stay in the database after their month, if no policy says so. 0: for ever.
AUDIT_LIVE_DAYS = env.number("AUDIT_LIVE_DAYS", 400, at_most=36_525)

# Days that archived logs are kept then. 0: for ever.
AUDIT_ARCHIVED_DAYS = env.number("AUDIT_ARCHIVED_DAYS", 0, at_most=36_525)

# Origins whose pages may show the page of an audit viewer token in a frame.
AUDIT_VIEW_ANCESTORS = env.origins("AUDIT_VIEW_ANCESTORS")

# --- Files --------------------------------------------------------------------------------------

# Where files are kept: s3://bucket or s3://bucket/prefix; empty for the folder `files` of the data
# folder. boto3 finds the credentials, and the address of what speaks the protocol of S3.
FILES_STORAGE = env.text("FILES_STORAGE", "")

# The longest file, in bytes.
FILES_MAX_BYTES = env.number("FILES_MAX_BYTES", 1_000_000_000_000, at_least=1, at_most=5 * 10**12)

# What the files of one tenant may take together, in bytes. 0: any.
FILES_TENANT_BYTES = env.number("FILES_TENANT_BYTES", 0, at_most=2**60)

# How long an upload that nobody goes on with is kept.
FILES_UPLOAD_TIME = env.duration("FILES_UPLOAD_TIME", timedelta(hours=24))

# Whether clients may upload as the IETF drafts it (draft-ietf-httpbis-resumable-upload-03 and -05),
# beside tus: what they speak may change.
FILES_IETF_UPLOADS = env.flag("FILES_IETF_UPLOADS", default=False)

# Origins, such as https://app.example.com, whose pages may upload and download by their scripts.
FILES_ORIGINS = env.origins("FILES_ORIGINS")

# Where ClamAV's daemon listens: host:port, or the path of its socket. Empty: files are looked at
# for the EICAR test signature and for archives that break limits, and nothing else, and say so.
CLAMD_ADDRESS = env.text("CLAMD_ADDRESS", "")

# The longest file, and the longest member of an archive, that it is asked about, in bytes; what is
# longer is not given out. In clamd.conf, StreamMaxLength and MaxFileSize are at least that much.
CLAMD_MAX_BYTES = env.number("CLAMD_MAX_BYTES", 100_000_000, at_least=1, at_most=4 * 10**9)

# How long it may take for one of them.
CLAMD_TIMEOUT = env.duration("CLAMD_TIMEOUT", timedelta(minutes=5))

# A folder with YARA rules, in files *.yar and *.yara; a file that one of them matches is infected.
FILES_YARA_RULES = env.text("FILES_YARA_RULES", "")

# Give out only what a real scanner found clean (required), or what passed the basic check (any).
SCANNER = env.choice("SCANNER", "any", ("any", "required"))

# The store that files were in before, as FILES_STORAGE has it, or `local`, while `manage.py
# files_move` moves them. Reads find them in either; what is new goes to FILES_STORAGE.
FILES_STORAGE_BEFORE = env.text("FILES_STORAGE_BEFORE", "")

# Where clients reach the bucket, such as https://s3.example.com; empty for where this process does.
FILES_S3_ADDRESS = env.origin("FILES_S3_ADDRESS")

# How bytes are given out: by this process, by an nginx before it that reads the same folder
# (X-Accel-Redirect), or by S3, to which clients are sent (redirect).
FILES_DELIVERY = env.choice("FILES_DELIVERY", "stream", ("stream", "x-accel", "redirect"))

# How long a client that was sent to S3 may fetch a file there. For so long it gets one that was
# found infected, or removed, meanwhile.
FILES_REDIRECT_TIME = env.duration("FILES_REDIRECT_TIME", timedelta(seconds=60))

# An origin for contents alone, such as https://files.example.net, that leads to this process.
# Then no other origin shows a file in the browser, but has it saved. The name has to be one of
# ALLOWED_HOSTS.
FILES_CONTENT_ORIGIN = env.origin("FILES_CONTENT_ORIGIN")

# --- Import & export ----------------------------------------------------------------------------

# PostgreSQL databases outside whose tables are datasets, as JSON: {"erp": {"url":
# "postgresql://septet@db.internal/erp?sslmode=verify-full", "password_from": "ERP_PASSWORD",
# "tables": ["orders", "ref_*"], "tenants": ["*"]}}. Or its file in EXTERNAL_DATABASES_FILE. All
# that may be said of one: docs/external-tables.md.
EXTERNAL_DATABASES = env.objects("EXTERNAL_DATABASES")

# --- Notifications --------------------------------------------------------------------------------

# The Kafka topic in which services of others begin workflows of notifications, as CloudEvents.
NOTIFICATIONS_INTAKE_TOPIC = env.text("NOTIFICATIONS_INTAKE_TOPIC", "notifications.intake")

# Who may do so, and for which tenant: `source tenant-id public-key`, with commas between them. The
# key is of Ed25519 in base64, 32 bytes or as openssl writes it in DER: it signs each message.
NOTIFICATIONS_INTAKE_SOURCES = env.items("NOTIFICATIONS_INTAKE_SOURCES")
