"""From a host to its addresses, within a deadline."""

import socket
import threading
import time
from ipaddress import ip_address
from queue import Empty, SimpleQueue

from kernel.outbound.addresses import Address
from kernel.outbound.errors import OutboundFailedError, OutboundUnusableError
from kernel.outbound.urls import Target

#: A name with more addresses than this is no web server.
MOST_ADDRESSES = 64
#: Names that are looked up at the same time, those that nobody waits for any more included.
MOST_LOOK_UPS = 32
_free = threading.BoundedSemaphore(MOST_LOOK_UPS)

Answer = tuple[Address, ...] | Exception


def resolve(target: Target, seconds: float) -> tuple[Address, ...]:
    """Return all addresses of a target, in the order in which they should be tried.

    Raises OutboundFailedError when there is none to be had in time, OutboundUnusableError for
    more than anybody has.
    """
    if target.address:
        return (target.address,)
    found = _asked(target, time.monotonic() + seconds)
    if isinstance(found, Exception):
        reason = type(found).__name__
        raise OutboundFailedError(f"{target.host} has no address to be found ({reason})")
    if len(found) > MOST_ADDRESSES:
        raise OutboundUnusableError(f"{target.host} has {len(found)} addresses")
    return found


def _asked(target: Target, end: float) -> Answer:
    late = OutboundFailedError(f"the address of {target.host} could not be found in time")
    if not _free.acquire(timeout=max(0, end - time.monotonic())):
        raise late
    answers: SimpleQueue[Answer] = SimpleQueue()
    # The system's resolver has no deadline of its own: whoever gives up leaves the thread behind,
    # and a process that ends does not wait for it.
    threading.Thread(
        target=_look_up, args=(target.host, target.port, answers), name="resolver", daemon=True
    ).start()
    try:
        return answers.get(timeout=max(0, end - time.monotonic()))
    except Empty:
        raise late from None


def _look_up(host: str, port: int, answers: SimpleQueue[Answer]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        answers.put(tuple(dict.fromkeys(ip_address(address[0]) for *_, address in found)))
    except (OSError, ValueError) as error:
        # UnicodeError, which is a ValueError, is what the library says of a name it cannot encode.
        answers.put(error)
    finally:
        _free.release()
