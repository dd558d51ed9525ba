"""How long a call may take and how much it may bring."""

import time
from dataclasses import dataclass
from datetime import timedelta

from kernel.outbound.errors import OutboundUnusableError

#: What the buffer of a socket may read beyond the end of a head.
_READ_AHEAD_BYTES = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one call, redirects and name resolution included."""

    #: To an open connection, TLS included.
    connect: timedelta = timedelta(seconds=3)
    #: Without a single byte.
    idle: timedelta = timedelta(seconds=5)
    #: From the call to the last byte, however slowly they drip.
    total: timedelta = timedelta(seconds=10)
    #: Of the body, after decompression.
    response_bytes: int = 1_000_000
    #: Of status line and header fields together.
    header_bytes: int = 32_768
    #: Hops that are followed; without any, a redirect is an answer like others.
    redirects: int = 0


class Watch:
    """The time and the bytes that are left to one call."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._end = time.monotonic() + limits.total.total_seconds()
        self._head_bytes: int | None = None

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def to_connect(self) -> float:
        """Return the seconds for a connection; raises TimeoutError."""
        return min(self.left(), self.limits.connect.total_seconds())

    def to_hear(self) -> float:
        """Return the seconds to wait for the next byte; raises TimeoutError."""
        return min(self.left(), self.limits.idle.total_seconds())

    def expect_head(self) -> None:
        """Count bytes until the head is read."""
        self._head_bytes = self.limits.header_bytes + _READ_AHEAD_BYTES

    def head_is_read(self) -> None:
        """Count no more: the body has a limit of its own."""
        self._head_bytes = None

    def heard(self, count: int) -> None:
        """Take note of bytes; raises OutboundUnusableError for a head without an end."""
        if self._head_bytes is not None:
            self._head_bytes -= count
            if self._head_bytes < 0:
                raise OutboundUnusableError(
                    f"the head of the answer is longer than {self.limits.header_bytes} bytes"
                )
