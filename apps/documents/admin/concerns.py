"""What documents have for staff to look at."""

from apps.documents.models import BatchState, Document, DocumentBatch, DocumentState
from kernel.admin.concerns import Concern, Duty, lately, register

register(
    Concern(
        "documents that failed in the last day",
        Duty.SUPPORT,
        lambda: lately(Document.across_tenants.filter(state=DocumentState.FAILED)),
        "state__exact=failed",
    ),
    Concern(
        "batches that failed in the last day",
        Duty.SUPPORT,
        lambda: lately(DocumentBatch.across_tenants.filter(state=BatchState.FAILED)),
        "state__exact=failed",
    ),
)
