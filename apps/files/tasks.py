"""What the files app does by itself."""

from datetime import timedelta
from uuid import UUID

from apps.files.services import (
    derivatives,
    direct,
    encrypting,
    forgetting,
    links,
    locking,
    orphans,
    scanning,
    sweeping,
    trash,
    verdicts,
)
from kernel.jobs.registry import job, periodic


@job("files.scan", timeout=timedelta(hours=6), at_once_per_tenant=4)
def scan(blob_id: str) -> None:
    """Read a blob to its end and note the verdict."""
    scanning.scan_blob(UUID(blob_id))


@job("files.derive", timeout=timedelta(minutes=30), at_once_per_tenant=2)
def derive(blob_id: str) -> None:
    """Make pictures of a blob, and read its text."""
    derivatives.derive_blob(UUID(blob_id))


@job("files.forget_bytes")
def forget(key: str) -> None:
    """Forget bytes that belong to no file any more."""
    forgetting.forget_bytes(key)


@job("files.verify_upload", timeout=timedelta(hours=6), at_once_per_tenant=4)
def verify(upload_id: str) -> None:
    """See that what a client has sent to the store is what it said, and make a file of it."""
    direct.verify_upload(UUID(upload_id))


@job("files.encrypt", timeout=timedelta(hours=6))
def encrypt(_target: str) -> None:
    """Encrypt what came to where bytes have to be."""
    encrypting.encrypt_waiting()


@job("files.lock", at_once_per_tenant=1)
def lock(file_id: str) -> None:
    """Let the store keep a file as its row says, where it can."""
    locking.lock_versions(UUID(file_id))


@periodic("files.discard_incoming", every=timedelta(hours=1))
def discard_incoming(_target: str) -> None:
    """Forget what clients sent to the store after their upload had ended."""
    direct.discard_incoming()


@periodic("files.sweep", every=timedelta(seconds=10))
def sweep(_target: str) -> None:
    """Finish, end and scan what was left behind."""
    sweeping.sweep_uploads()
    direct.enqueue_verifying()
    scanning.enqueue_waiting()
    encrypting.enqueue_encrypting()


@periodic("files.forget_links", every=timedelta(hours=1))
def forget_links(_target: str) -> None:
    """Forget share links that have long been over."""
    links.forget_links()


@periodic("files.sweep_bytes", every=timedelta(days=1))
def sweep_bytes(_target: str) -> None:
    """Bring bytes and rows together again where one has lost the other."""
    orphans.forget_unknown()
    orphans.note_lost()
    derivatives.remake_lost()


@periodic("files.retry_derivatives", every=timedelta(minutes=5))
def retry_derivatives(_target: str) -> None:
    """Make what could not be made under limits that are others now."""
    derivatives.retry_limited()


@periodic("files.purge", every=timedelta(minutes=1))
def purge(_target: str) -> None:
    """Remove what has been in the trash for long enough."""
    trash.purge_trash()


@periodic("files.rescan", every=timedelta(minutes=1))
def rescan(_target: str) -> None:
    """Scan again what other signatures have judged."""
    verdicts.rescan_outdated()
