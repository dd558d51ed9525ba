"""The one way from a stored secret to its text."""

import logging

from django.db import models, transaction

from contracts.identity import SecretRead
from kernel.errors import NotFoundError
from kernel.events.publishing import publish
from kernel.secrets.fields import EncryptedTextField, Sealed
from kernel.secrets.sealing import unseal
from kernel.services import BY_NAME

logger = logging.getLogger("septet.secrets")


def read_secret(row: models.Model, column: str, *, purpose: str, shown: bool = True) -> str:
    """Return the text of a row's secret, after it is on record who reads it and what for.

    With `shown`, somebody is going to see it: `SecretRead` is committed before the text is
    returned, so this refuses to run inside a transaction. Without, the platform itself uses it
    (signs with it, sends it to its owner): a log line is enough.

    Raises NotFoundError when the row has none, SecretUnreadableError when it was changed or is
    another row's, SecretKeyMissingError when its key is lost.
    """
    field = row._meta.get_field(column)
    if not isinstance(field, EncryptedTextField):
        raise TypeError(f"{field} holds no secret")
    value = getattr(row, field.attname)
    if value is None:
        raise NotFoundError(f"{row._meta.verbose_name} {row.pk} has no {field.verbose_name}")
    if not isinstance(value, Sealed):
        raise TypeError(f"{field} of this row is not saved yet")
    text = unseal(value.stored, field.place(row))
    if shown:
        with transaction.atomic(durable=True):
            _tell(row, field, purpose)
    logger.info(
        "secret read",
        extra={"secret": str(field), "row": str(row.pk), "purpose": purpose, "shown": shown},
    )
    return text


def _tell(row: models.Model, field: EncryptedTextField, purpose: str) -> None:
    label = row._meta.app_label
    event = SecretRead(
        secret_id=f"{row._meta.label_lower}/{row.pk}/{field.name}",
        name=f"{field.verbose_name} of {row._meta.verbose_name} {row.pk}",
        owner=label if label in BY_NAME else "platform",
        purpose=purpose,
    )
    publish(event, tenant_id=getattr(row, "tenant_id", None))
