"""What keeps files: a date until which nobody removes them, and legal holds."""

from datetime import datetime

from django.db import transaction

from apps.files.errors import FileHeldError
from apps.files.models import File
from apps.files.services.locking import lock_file
from apps.files.services.quotas import lock_usage
from contracts.files import FileHeld, FileHoldLifted, FileRetained
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError
from kernel.events.publishing import publish
from kernel.rows import change, locked


def check_free(file: File) -> None:
    """Raise FileHeldError for one that is held, or kept until a later day."""
    check_not_held(file)
    if file.retained_until is not None and file.retained_until > clock.now():
        raise FileHeldError(f"file {file.pk} is retained until {file.retained_until:%Y-%m-%d}")


def check_not_held(file: File) -> None:
    """Raise FileHeldError for one that is held."""
    if file.held:
        raise FileHeldError(f"file {file.pk} is under a legal hold")


@transaction.atomic
def hold_file(*, id: str, reason: str) -> File:
    """Let nobody remove a file or give it other bytes until the hold is lifted."""
    lock_usage()
    file = locked(File, id)
    if not reason.strip():
        raise InvalidInputError("a hold needs a reason")
    if file.held:
        raise ConflictError(f"file {file.pk} is held already")
    change(file, held=True, hold_reason=reason)
    lock_file(file)
    publish(FileHeld(file_id=str(file.pk), name=file.name, reason=reason))
    return file


@transaction.atomic
def lift_file_hold(*, id: str, reason: str) -> File:
    """Lift the hold of a file; what else keeps it still does."""
    lock_usage()
    file = locked(File, id)
    if not reason.strip():
        raise InvalidInputError("the lifting of a hold needs a reason")
    if len(reason) > 500:
        raise InvalidInputError("a reason has at most 500 characters")
    if not file.held:
        raise ConflictError(f"file {file.pk} is not held")
    change(file, held=False, hold_reason="")
    lock_file(file)
    publish(FileHoldLifted(file_id=str(file.pk), name=file.name, reason=reason))
    return file


@transaction.atomic
def retain_file(*, id: str, until: datetime) -> File:
    """Let nobody remove a file until then; what was said is lengthened, never shortened."""
    lock_usage()
    file = locked(File, id)
    if until <= clock.now():
        raise InvalidInputError("a file is retained until a moment to come")
    if file.retained_until is not None and until < file.retained_until:
        raise ConflictError(f"file {file.pk} is retained until {file.retained_until.isoformat()}")
    if until != file.retained_until:
        change(file, retained_until=until)
        lock_file(file)
        told = FileRetained(file_id=str(file.pk), name=file.name, until=until.isoformat())
        publish(told)
    return file
