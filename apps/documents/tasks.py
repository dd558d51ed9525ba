"""What the documents app does by itself."""

from datetime import timedelta
from uuid import UUID

from apps.documents.adapters.stores import document_store
from apps.documents.services import batch_making, joining, making, upload_checking
from kernel.jobs.registry import job, periodic


@job("documents.make", timeout=timedelta(hours=1), at_once_per_tenant=4)
def make(document_id: str) -> None:
    """Make a document."""
    making.make_document(UUID(document_id))


@job("documents.read_batch", timeout=timedelta(hours=1), at_once_per_tenant=2)
def read_batch(target: str) -> None:
    """Read the items of a batch."""
    batch_id, round_ = target.split(":")
    batch_making.read_items(UUID(batch_id), int(round_))


@job("documents.make_items", timeout=timedelta(hours=12), at_once_per_tenant=4)
def make_items(target: str) -> None:
    """Make some of the documents of a batch."""
    batch_id, round_, lane = target.split(":")
    batch_making.make_items(UUID(batch_id), int(round_), int(lane))


@job("documents.join_batch", timeout=timedelta(hours=2), at_once_per_tenant=1)
def join_batch(target: str) -> None:
    """Make one file of the documents of a batch."""
    batch_id, round_ = target.split(":")
    joining.join_batch(UUID(batch_id), int(round_))


@job("documents.check_upload", timeout=timedelta(minutes=30), at_once_per_tenant=2)
def check_upload(upload_id: str) -> None:
    """Look through a template that was made in Word or Excel."""
    upload_checking.check_upload(UUID(upload_id))


@job("documents.forget")
def forget(key: str) -> None:
    """Delete bytes that nobody needs any more."""
    document_store().delete(key)


@periodic("documents.sweep", every=timedelta(minutes=1))
def sweep(_target: str) -> None:
    """End what was given up, and drop what has been kept for long enough."""
    making.end_abandoned()
    batch_making.sweep_batches()
    upload_checking.sweep_uploads()
