"""The ids by which everything that one request caused can be found."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from kernel.ids import new_id_text

_SAFE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
#: W3C Trace Context, section 3.2: version, trace id, parent id, flags.
_TRACEPARENT = re.compile(r"00-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one request or job."""

    request: str = ""
    trace: str = ""


_NO_IDS = Ids()
_ids: ContextVar[Ids] = ContextVar("ids", default=_NO_IDS)


@contextmanager
def request_ids(given_request_id: str, traceparent: str) -> Iterator[Ids]:
    """Run a block under the caller's ids where they are well formed, else under new ones."""
    trace = _TRACEPARENT.fullmatch(traceparent)
    ids = Ids(
        request=given_request_id if _SAFE_ID.fullmatch(given_request_id) else new_id_text(),
        trace=trace["trace"] if trace else secrets.token_hex(16),
    )
    token = _ids.set(ids)
    try:
        yield ids
    finally:
        _ids.reset(token)


def current_ids() -> Ids:
    """Return the ids of the work being done; empty outside of any."""
    return _ids.get()


def request_id() -> str:
    """Return the id of the request being answered; empty outside of one."""
    return _ids.get().request
