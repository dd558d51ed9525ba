"""From a host to its addresses, within a deadline."""

import socket
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from ipaddress import ip_address

from kernel.outbound.addresses import Address
from kernel.outbound.errors import OutboundFailedError, OutboundUnusableError
from kernel.outbound.urls import Target

#: A name with more addresses than this is no web server.
MOST_ADDRESSES = 64
# The system's resolver has no deadline of its own: whoever gives up leaves its thread behind.
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="outbound-resolver")


def resolve(target: Target, seconds: float) -> tuple[Address, ...]:
    """Return all addresses of a target, in the order in which they should be tried.

    Raises OutboundFailedError when there is none to be had in time, OutboundUnusableError for
    more than anybody has.
    """
    if target.address:
        return (target.address,)
    asked = _pool.submit(_look_up, target.host, target.port)
    try:
        found = asked.result(timeout=seconds)
    except FutureTimeoutError:
        asked.cancel()
        raise OutboundFailedError(
            f"the address of {target.host} could not be found in time"
        ) from None
    except (OSError, UnicodeError) as error:
        reason = type(error).__name__
        raise OutboundFailedError(f"{target.host} has no address to be found ({reason})") from None
    if len(found) > MOST_ADDRESSES:
        raise OutboundUnusableError(f"{target.host} has {len(found)} addresses")
    return found


def _look_up(host: str, port: int) -> tuple[Address, ...]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(ip_address(address[0]) for *_, address in answers))
