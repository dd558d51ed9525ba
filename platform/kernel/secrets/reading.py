"""The one way from a stored secret to its text."""

import logging

from django.db import models

from kernel.errors import NotFoundError
from kernel.secrets.fields import EncryptedTextField, Sealed
from kernel.secrets.sealing import unseal

logger = logging.getLogger("septet.secrets")


def read_secret(row: models.Model, column: str, *, purpose: str) -> str:
    """Return the text of a row's secret.

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
    logger.info(
        "secret read",
        extra={
            "secret": f"{row._meta.label_lower}.{column}",
            "row": str(row.pk),
            "purpose": purpose,
        },
    )
    return text
