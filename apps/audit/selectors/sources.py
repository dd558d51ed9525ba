"""Services of others that tell entries over Kafka."""

from django.db.models import QuerySet

from apps.audit.models import IntakeSource


def sources() -> QuerySet[IntakeSource]:
    """Return those of the current tenant by their names."""
    return IntakeSource.objects.order_by("source")
