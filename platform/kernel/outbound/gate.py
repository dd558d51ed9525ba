"""How many calls go to one host at the same time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from django.conf import settings

from kernel.outbound.errors import OutboundFailedError

_inside: Counter[str] = Counter()
_changed = Condition()


@contextmanager
def place_at(host: str, seconds: float) -> Iterator[None]:
    """Hold one of the places at a host; raises OutboundFailedError when none gets free in time.

    So one slow host keeps busy no more than its share of the threads.
    """
    with _changed:
        if not _changed.wait_for(lambda: _inside[host] < settings.OUTBOUND_PER_HOST, seconds):
            raise OutboundFailedError(
                f"{settings.OUTBOUND_PER_HOST} other calls to {host} have not ended yet"
            )
        _inside[host] += 1
    try:
        yield
    finally:
        with _changed:
            _inside[host] -= 1
            if not _inside[host]:
                del _inside[host]
            _changed.notify_all()
