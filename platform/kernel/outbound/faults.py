"""What goes wrong on a connection, in the words and the codes of our contract."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, IncompleteRead

from urllib3.exceptions import DecodeError, HTTPError, ProtocolError, ReadTimeoutError

from kernel.errors import DomainError
from kernel.outbound.errors import OutboundFailedError, OutboundUnusableError
from kernel.outbound.limits import Limits


@contextmanager
def translated(host: str, limits: Limits) -> Iterator[None]:
    """Run a part of a call; what the libraries raise in it becomes an error of ours."""
    try:
        yield
    except ProtocolError as error:
        # urllib3 wraps what http.client and the socket say while a body is read.
        raise _told(error.__cause__ or error, host, limits) from None
    except (HTTPException, HTTPError, OSError) as error:
        raise _told(error, host, limits) from None


def _told(error: BaseException, host: str, limits: Limits) -> DomainError:
    reason = type(error).__name__
    if isinstance(error, TimeoutError | ReadTimeoutError):
        seconds = limits.total.total_seconds()
        return OutboundFailedError(f"{host} gives no whole answer in time (at most {seconds:g} s)")
    if isinstance(error, ssl.SSLCertVerificationError):
        return OutboundUnusableError(f"{host} shows no good certificate: {error.verify_message}")
    if isinstance(error, OSError | IncompleteRead):
        return OutboundFailedError(f"the connection to {host} failed ({reason})")
    if isinstance(error, DecodeError):
        return OutboundUnusableError(f"the answer of {host} cannot be decompressed")
    return OutboundUnusableError(f"the answer of {host} is not HTTP as we read it ({reason})")
