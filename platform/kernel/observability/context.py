"""The ids by which everything that one request caused can be found."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kernel.ids import new_id_text

Work: TypeAlias = Literal["request", "event", "job"]

_SAFE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
#: W3C Trace Context, section 3.2: version, trace id, parent id, flags.
_TRACEPARENT = re.compile(
    r"00-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})-[0-9a-f](?P<flags>[0-9a-f])"
)
#: What the last 14 digits of an id are counted in: they are the random ones of any id (W3C Trace
#: Context, level 2).
_IDS = 16**14


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one request or job."""

    request: str = ""
    trace: str = ""
    #: The span that goes on, here or where the caller is; empty at the beginning of a trace.
    span: str = ""
    #: Whether spans of this trace are kept, by whoever began it.
    sampled: bool = False
    #: What the first id is of.
    of: Work = "request"
    #: What is asked for here is not part of this trace, and only linked to it.
    apart: bool = False

    @property
    def traceparent(self) -> str:
        """Return what tells others where they continue from; empty outside of any work."""
        if not self.trace:
            return ""
        # Of a trace of which nobody keeps spans, the place in it is as good as any.
        return (
            f"00-{self.trace}-{self.span or secrets.token_hex(8)}-{'01' if self.sampled else '00'}"
        )


_NO_IDS = Ids()
_ids: ContextVar[Ids] = ContextVar("ids", default=_NO_IDS)
#: Of the traces that begin here, the share that is kept; one number.
_kept = [0.0]


def keep_share(share: float) -> None:
    """Keep the spans of that share of the traces that begin here, from 0 to 1."""
    _kept[:] = [share]


def share_of(trace: str) -> float:
    """Return where the id of a trace stands among all, from 0 to 1: the same everywhere."""
    return int(trace[-14:], 16) / _IDS


@contextmanager
def request_ids(
    given_request_id: str, traceparent: str, *, of: Work = "request", apart: bool = False
) -> Iterator[Ids]:
    """Run a block under the caller's ids where they are well formed, else under new ones."""
    given = bool(_SAFE_ID.fullmatch(given_request_id))
    request = given_request_id if given else new_id_text()
    if told := _TRACEPARENT.fullmatch(traceparent):
        # The last digit's last bit (W3C Trace Context, section 3.2.2.5.1).
        ids = Ids(request, told["trace"], told["span"], told["flags"] in "13579bdf", of, apart)
    else:
        # Both begin here: then one id finds both. Of ours the last 62 bits are random.
        trace = secrets.token_hex(16) if given else request.replace("-", "")
        ids = Ids(request, trace, "", _kept[0] > 0 and share_of(trace) < _kept[0], of, apart)
    token = _ids.set(ids)
    try:
        yield ids
    finally:
        _ids.reset(token)


def enter(ids: Ids) -> Token[Ids]:
    """Let these be the ids of what follows, until `leave` is given what this returns."""
    return _ids.set(ids)


def leave(token: Token[Ids]) -> None:
    """Let the ids be those of before."""
    _ids.reset(token)


def current_ids() -> Ids:
    """Return the ids of the work being done; empty outside of any."""
    return _ids.get()


def exemplar() -> dict[str, str] | None:
    """Return what leads from something measured here to its trace; None where that is not kept."""
    ids = _ids.get()
    return {"trace_id": ids.trace} if ids.sampled else None


def request_id() -> str:
    """Return the id of the request being answered; empty outside of one."""
    return _ids.get().request
