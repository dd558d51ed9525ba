"""What audit adds to the entities of the other services: the logs that tell of them."""

from apps.audit.schema.inputs import AuditLogOrder
from apps.audit.schema.types import AuditLogType
from apps.audit.selectors.logs import told_of
from kernel.federation.fields import ManyOf
from kernel.federation.references import Part, contribution
from kernel.services import CATALOGUE


def _audited(typename: str) -> type[Part]:
    logs = ManyOf(
        AuditLogType,
        rows=lambda ids: told_of(typename, ids),
        order=AuditLogOrder,
        required=False,
        description="What was done to it.",
    )
    return contribution(typename, audit_logs=logs)


contributions = [
    _audited(entity)
    for service in CATALOGUE
    if service.name != "audit"
    for entity in service.entities
]
