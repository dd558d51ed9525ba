"""The settings of the files app."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.files.domain.archives import Limits
from kernel.dynamic.declaring import integer, length_of_time, texts

LARGEST_BYTES = integer(
    "files.largest_bytes",
    default=5_000_000_000_000,
    description="The longest file that may be uploaded, in bytes; FILES_MAX_BYTES bounds it too.",
    at_least=0,
    at_most=5_000_000_000_000,
)

TRASH_DAYS = integer(
    "files.trash_days",
    default=30,
    description="After so many days in the trash files and folders are removed for ever.",
    at_least=0,
    at_most=3650,
)

ARCHIVE_DEPTH = integer(
    "files.archive_depth",
    default=8,
    description="How deep archives may be nested in a file that is given out.",
    at_least=1,
    at_most=16,
)
ARCHIVE_MEMBERS = integer(
    "files.archive_members",
    default=10_000,
    description="How many members the archives in a file may have together.",
    at_least=1,
    at_most=100_000,
)
ARCHIVE_UNPACKED_BYTES = integer(
    "files.archive_unpacked_bytes",
    default=1_000_000_000,
    description="How many bytes the archives in a file may unpack to together; a scan needs so much"
    " room for temporary files.",
    at_least=1_000_000,
    at_most=1_000_000_000_000,
)
ARCHIVE_RATIO = integer(
    "files.archive_ratio",
    default=200,
    description="How many bytes of an archive may come out of one, beyond 10 MB.",
    at_least=2,
    at_most=100_000,
)
ARCHIVE_TIME = length_of_time(
    "files.archive_time",
    default=timedelta(minutes=30),
    description="How long the members of a file's archives may be scanned.",
)

ALLOWED_TYPES = texts(
    "files.allowed_types",
    default=(),
    description="What a file may be by its own bytes: media types such as application/pdf, and"
    " image/* for all of a kind. Others are refused. Empty: anything.",
    pattern=r"[a-z]+/(\*|[a-z0-9.+-]+)",
)
RESCANNED_AT_ONCE = integer(
    "files.rescanned_at_once",
    default=200,
    description="How many files at a time wait to be scanned again because the scanner has other"
    " signatures than those that judged them. 0: none is.",
    at_least=0,
    at_most=10_000,
)

ZIP_FILES = integer(
    "files.zip_files",
    default=1_000,
    description="How many files go into one zip.",
    at_least=1,
    at_most=10_000,
)
ZIP_BYTES = integer(
    "files.zip_bytes",
    default=10_000_000_000,
    description="How many bytes the files in one zip may have together.",
    at_least=1_000_000,
    at_most=1_000_000_000_000,
)


DERIVED_BYTES = integer(
    "files.derived_bytes",
    default=100_000_000,
    description="How long a file may be of which pictures are made, and of which the text is read.",
    at_least=0,
    at_most=1_000_000_000,
)
PICTURE_PIXELS = integer(
    "files.picture_pixels",
    default=100_000_000,
    description="How many pixels an image may have of which smaller ones are made.",
    at_least=1_000_000,
    at_most=1_000_000_000,
)
TEXT_CHARACTERS = integer(
    "files.text_characters",
    default=1_000_000,
    description="How many characters of a file's text are read for search.",
    at_least=0,
    at_most=10_000_000,
)
DERIVED_MEMORY_BYTES = integer(
    "files.derived_memory_bytes",
    default=1_000_000_000,
    description="How much memory one file may take while that is done, in a process of its own.",
    at_least=100_000_000,
    at_most=16_000_000_000,
)
DERIVED_TIME = length_of_time(
    "files.derived_time",
    default=timedelta(seconds=30),
    description="How long that may take for one file.",
)


def archive_limits() -> Limits:
    """Return what a file may hold that is packed in it."""
    return Limits(
        depth=ARCHIVE_DEPTH.value(),
        members=ARCHIVE_MEMBERS.value(),
        unpacked_bytes=ARCHIVE_UNPACKED_BYTES.value(),
        ratio=ARCHIVE_RATIO.value(),
        seconds=ARCHIVE_TIME.value().total_seconds(),
    )


def clamd_address() -> tuple[str, int] | str | None:
    """Return where clamd is: a host and port, or the path of its socket; None where there is none.

    Raises ImproperlyConfigured.
    """
    told = str(settings.CLAMD_ADDRESS)
    if not told or told.startswith("/"):
        return told or None
    host, colon, port = told.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ImproperlyConfigured(
            f"CLAMD_ADDRESS={told}: expected host:port, or the path of a socket"
        )
    return host.strip("[]"), int(port)


def clamd_most_bytes() -> int:
    """Return how long a file may be that clamd is asked about."""
    return int(settings.CLAMD_MAX_BYTES)


def clamd_timeout_seconds() -> float:
    """Return how long clamd may take for one file."""
    return float(settings.CLAMD_TIMEOUT.total_seconds())


def yara_folder() -> Path | None:
    """Return the folder of YARA rules, if there are any."""
    told = str(settings.FILES_YARA_RULES)
    return Path(told) if told else None


def scanner_required() -> bool:
    """Say whether only what a real scanner has judged is given out."""
    return bool(settings.SCANNER == "required")


def storage_url() -> str:
    """Return where files are kept; empty for the platform's own store."""
    return str(settings.FILES_STORAGE)


def storage_url_before() -> str:
    """Return where files were before, while they move; empty when they do not."""
    return str(settings.FILES_STORAGE_BEFORE)


def s3_address() -> str:
    """Return where clients reach the bucket; empty for where this process does."""
    return str(settings.FILES_S3_ADDRESS)


def delivery() -> str:
    """Return how bytes are given out: `stream`, `x-accel` or `redirect`."""
    return str(settings.FILES_DELIVERY)


def redirect_time() -> timedelta:
    """Return how long a client that was sent to S3 may fetch a file."""
    return timedelta(seconds=settings.FILES_REDIRECT_TIME.total_seconds())


def content_origin() -> str:
    """Return the origin for contents alone; empty for none."""
    return str(settings.FILES_CONTENT_ORIGIN)


def most_bytes() -> int:
    """Return how long a file may be."""
    return min(int(settings.FILES_MAX_BYTES), LARGEST_BYTES.value())


def quota_bytes() -> int | None:
    """Return how much room the files of a tenant may take; None for any."""
    return settings.FILES_TENANT_BYTES or None


def unfinished_time() -> timedelta:
    """Return how long an upload that nobody goes on with is kept."""
    return timedelta(seconds=settings.FILES_UPLOAD_TIME.total_seconds())


def ietf_uploads() -> bool:
    """Return whether uploads may be sent as the IETF drafts them."""
    return bool(settings.FILES_IETF_UPLOADS)


def origins() -> tuple[str, ...]:
    """Return the origins whose pages may upload and download."""
    return tuple(settings.FILES_ORIGINS)
