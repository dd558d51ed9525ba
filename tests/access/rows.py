"""A row of each service, for its operations to see, to change and to remove."""

from collections.abc import Callable

from apps.audit.domain.entries import Target
from apps.audit.services import record
from apps.config.services import create_flag
from apps.documents.models import DocumentFormat
from apps.documents.services import create_document
from apps.files.services import create_file
from apps.importexport.models import ImportFormat
from apps.importexport.services import create_import
from apps.notifications.models import NotificationChannel
from apps.notifications.services import create_notification
from apps.scheduler.services import create_schedule
from kernel.tenancy.models import TenantModel
from tests.access.operations import A_FILE
from tests.audit.factories import an_entry

#: Makes one row of each service in the current tenant.
ROWS: dict[str, Callable[[], TenantModel]] = {
    "audit": lambda: record(an_entry(targets=(Target(type="File", id=A_FILE),))),
    "notifications": lambda: create_notification(
        recipient="a@example.com", channel=NotificationChannel.EMAIL, subject="Hello"
    ),
    "files": lambda: create_file(name="a.csv", content_type="text/csv", size_bytes=1),
    "documents": lambda: create_document(title="Report", format=DocumentFormat.PDF),
    "scheduler": lambda: create_schedule(name="nightly", cron="0 3 * * *", time_zone="UTC"),
    "config": lambda: create_flag(key="new-search", description=""),
    "importexport": lambda: create_import(name="a.csv", format=ImportFormat.CSV),
}
