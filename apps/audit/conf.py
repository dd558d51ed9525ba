"""The settings of the audit app."""

from pathlib import Path

from django.conf import settings

from kernel.dynamic.declaring import boolean

SCHEMAS_ENFORCED = boolean(
    "audit.schemas_enforced",
    default=True,
    description="Leave out entries that do not fit an enforced schema. Off: they are recorded, with"
    " a warning, whatever the mode of the schema.",
)


def origin() -> str:
    """Return how the names of new logs begin."""
    return str(settings.AUDIT_ORIGIN)


def intake_topic() -> str:
    """Return the topic in which services of others tell entries."""
    return str(settings.AUDIT_INTAKE_TOPIC)


def checkpoint_folder() -> Path:
    """Return the folder in which checkpoints are published."""
    return Path(settings.AUDIT_CHECKPOINT_FOLDER)


def has_kafka() -> bool:
    """Say whether there are brokers."""
    return bool(settings.KAFKA_BOOTSTRAP_SERVERS)


def checkpoints_to() -> tuple[str, ...]:
    """Return where checkpoints are published beside the folder."""
    told = str(settings.AUDIT_CHECKPOINTS_TO).split(",")
    return tuple(one.strip() for one in told if one.strip())


def archive_url() -> str:
    """Return where archives are kept; empty for the platform's own store."""
    return str(settings.AUDIT_ARCHIVE)


def archive_locked() -> bool:
    """Say whether the store is to refuse to delete an archive before its time."""
    return bool(settings.AUDIT_ARCHIVE_LOCK)


def default_live_days() -> int | None:
    """Return how long logs stay in the database if no policy says so; None for ever."""
    return settings.AUDIT_LIVE_DAYS or None


def default_archived_days() -> int | None:
    """Return how long archived logs are kept then; None for ever."""
    return settings.AUDIT_ARCHIVED_DAYS or None
