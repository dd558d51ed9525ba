"""The one way from a stored secret to its text."""

import logging
from collections import OrderedDict
from threading import Lock
from time import monotonic

from django.db import models, transaction

from contracts.identity import SecretRead
from kernel.errors import NotFoundError
from kernel.events.publishing import publish
from kernel.secrets.fields import EncryptedTextField, Sealed
from kernel.secrets.sealing import unseal
from kernel.services import BY_NAME

logger = logging.getLogger("septet.secrets")

LOGGED_SECONDS = 60.0
#: Of how many the reads are counted; of one that is forgotten, the next is logged.
MOST_COUNTED = 10_000


def read_secret(row: models.Model, column: str, *, purpose: str, shown: bool = True) -> str:
    """Return the text of a row's secret, after it is on record who reads it and what for.

    With `shown`, somebody is going to see it: `SecretRead` is committed before the text is
    returned, so this refuses to run inside a transaction. Without, the platform itself uses it
    (signs with it, sends it to its owner): a log line is enough, and of what is read all the time,
    one a minute for each secret and purpose, with how often it was.

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
    read = str(field), str(row.pk), purpose
    if times := 1 if shown else _reads.count(read):
        told = dict(zip(("secret", "row", "purpose"), read, strict=True))
        logger.info("secret read", extra=told | {"shown": shown, "times": times})
    return text


class _Reads:
    """How often secrets were read that nobody sees, since it was last logged."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._since: OrderedDict[tuple[str, ...], tuple[float, int]] = OrderedDict()

    def count(self, read: tuple[str, ...]) -> int:
        """Count one, and return how many there were if it is time to say so."""
        now = monotonic()
        with self._lock:
            until, unsaid = self._since.pop(read, (now, 0))
            said = now >= until
            self._since[read] = (now + LOGGED_SECONDS, 0) if said else (until, unsaid + 1)
            if len(self._since) > MOST_COUNTED:
                self._since.popitem(last=False)
        return unsaid + 1 if said else 0


_reads = _Reads()


def _tell(row: models.Model, field: EncryptedTextField, purpose: str) -> None:
    label = row._meta.app_label
    event = SecretRead(
        secret_id=f"{row._meta.label_lower}/{row.pk}/{field.name}",
        name=f"{field.verbose_name} of {row._meta.verbose_name} {row.pk}",
        owner=label if label in BY_NAME else "platform",
        purpose=purpose,
    )
    publish(event, tenant_id=getattr(row, "tenant_id", None))
