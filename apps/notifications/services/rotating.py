"""Secrets that sign webhooks: made, and rotated so that receivers have a day to change."""

from datetime import timedelta
from secrets import token_bytes

from apps.notifications.domain.webhooks import is_secret, new_secret
from apps.notifications.models import Subscriber, WebhookEndpoint
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.secrets.fields import Sealed
from kernel.secrets.reading import read_secret

#: How long a former secret signs beside the new one.
ROTATION = timedelta(days=1)
_SECRET_BYTES = 32


def webhook_secret(told: str | None = None) -> str:
    """Return the secret that was told, or a new one; raises InvalidInputError."""
    fresh = told or new_secret(token_bytes(_SECRET_BYTES))
    if not is_secret(fresh):
        raise InvalidInputError("a secret is whsec_ and 24 to 64 bytes in base64")
    return fresh


def rotate(row: Subscriber | WebhookEndpoint, column: str, fresh: str) -> None:
    """Let another secret sign from now on, and for a day the former beside it; not saved yet."""
    if isinstance(getattr(row, column), Sealed):
        # Sealed for its column, so it is opened and sealed anew for the other.
        row.former_secret = read_secret(row, column, purpose="rotation", shown=False)
        row.former_until = clock.now() + ROTATION
    setattr(row, column, fresh)
