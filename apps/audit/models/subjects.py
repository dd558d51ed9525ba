"""Keys under which personal fields are sealed: one for each data subject, until it is erased."""

from django.db import models

from apps.audit.models.rows import LogRow
from kernel import clock
from kernel.ids import new_id
from kernel.secrets.fields import EncryptedTextField
from kernel.tenancy.context import current_tenant_id


class SubjectIndexKey(LogRow):
    """The key by which subjects of a tenant are found without being named (a blind index)."""

    tenant_id = models.UUIDField(primary_key=True, default=current_tenant_id, editable=False)
    secret = EncryptedTextField()

    def __str__(self) -> str:
        return str(self.tenant_id)


class SubjectKey(LogRow):
    """The key of a data subject. Erased, the row stays, and neither opens anything nor tells whose.

    A subject of whom something is told after that has another key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    #: Null once erased.
    subject_index = models.BinaryField(max_length=32, null=True)
    secret = EncryptedTextField(null=True)
    made_at = models.DateTimeField(default=clock.now)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("tenant_id", "subject_index"), name="audit_one_key_a_subject"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    erased_at=None, subject_index__isnull=False, secret__isnull=False
                )
                | models.Q(erased_at__isnull=False, subject_index=None, secret__isnull=True),
                name="audit_a_key_is_there_or_erased",
            ),
        ]

    def __str__(self) -> str:
        return f"subject {self.pk.hex}"
