"""The keys that sign a tenant's log: one is made with the log, the next by rotation."""

import base64
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.db.models import Q

from apps.audit.domain.notes import public_of
from apps.audit.models import SigningKey
from kernel import clock
from kernel.secrets.reading import read_secret

#: How long a key signs beside its successor: whoever checks fetches the new one meanwhile.
OVERLAP = timedelta(days=30)


def signers() -> list[Ed25519PrivateKey]:
    """Return the keys that sign now, the newest first. The first of a log is made here."""
    now = clock.now()
    signing = Q(signs_until=None) | Q(signs_until__gt=now)
    ids = list(SigningKey.objects.filter(signing).order_by("-serial").values_list("pk", flat=True))
    return [_private(key_id) for key_id in ids or [_made(1).pk]]


@transaction.atomic
def rotate_key(*, overlap: timedelta = OVERLAP) -> SigningKey:
    """Make the key that signs from now on; the ones before it sign beside it for the overlap.

    What a key has signed stays good: its public part is published for ever.
    """
    until = clock.now() + overlap
    last = SigningKey.objects.select_for_update().order_by("-serial").first()
    signing = Q(signs_until=None) | Q(signs_until__gt=until)
    SigningKey.objects.filter(signing).update(signs_until=until)
    return _made(last.serial + 1 if last else 1)


def _made(serial: int) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    SigningKey.objects.bulk_create(
        [
            SigningKey(
                serial=serial,
                public=public_of(private),
                secret=base64.b64encode(private.private_bytes_raw()).decode(),
            )
        ],
        ignore_conflicts=True,
    )
    # Of two that make it at the same time one is stored, and both use that.
    return SigningKey.objects.get(serial=serial)


@lru_cache(maxsize=1_000)
def _private(key_id: UUID) -> Ed25519PrivateKey:
    key = SigningKey.objects.get(pk=key_id)
    secret = read_secret(key, "secret", purpose="sign checkpoints", shown=False)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret))
