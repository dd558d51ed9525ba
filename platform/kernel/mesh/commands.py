"""What staff have processes do, on record."""

from collections.abc import Sequence
from typing import Literal

from django.db import transaction

from contracts.staff import StaffActed
from kernel.discovery.leases import leases
from kernel.events.publishing import publish
from kernel.staff import MOST_NAMED

Verb = Literal["drain", "take", "eject", "reset"]
#: What may be done to a process by those that call it, at its address.
BY_CALLERS: tuple[Verb, ...] = ("eject", "reset")


def have_done(verb: Verb, ids: Sequence[str], url: str = "") -> None:
    """Have all of these processes do something within RENEWED_SECONDS, or none of them.

    It is told as an event, of the address that it is about, else of the processes. Raises
    RegistryError.
    """
    about = [url] if url else ids
    acted = StaffActed(
        app="kernel",
        model="Endpoint" if url else "Process",
        action=verb,
        count=len(about),
        object_ids=tuple(about[:MOST_NAMED]),
    )
    with transaction.atomic():
        publish(acted)
        leases().want(ids, f"{verb} {url}".strip())
