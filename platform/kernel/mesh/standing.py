"""How this process finds the others to be, told to staff, and what staff have it do about that.

A command is `drain`, `take` (again), or `eject URL` and `reset URL` of a process that this one
calls or may call; `reset` alone forgets all that is held against anybody.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from kernel.discovery.leases import RegistryError, leases
from kernel.discovery.registry import Registration
from kernel.mesh.destination import Destination
from kernel.mesh.destinations import destinations
from kernel.mesh.endpoints import LEFT_OUT, Endpoint
from kernel.observability import health

logger = logging.getLogger(__name__)

#: How it is told that staff have a process left out.
BY_STAFF = "ejected by staff"


def told() -> dict[str, Any]:
    """Return what is known of each service that was called, as JSON has it."""
    now = time.monotonic()
    return {one.service: _of_service(one, now) for one in destinations.current()}


def obey(command: str) -> None:
    """Do what staff want of this process; of what is not known nothing comes."""
    verb, _, url = command.partition(" ")
    if verb in {"drain", "take"} and not url:
        health.set_aside(verb == "drain")
    elif verb == "eject" and url:
        LEFT_OUT.add(url)
    elif verb == "reset":
        _forget(url)


def _forget(url: str) -> None:
    if url:
        LEFT_OUT.discard(url)
    else:
        LEFT_OUT.clear()
    for one in destinations.current():
        found = [each for each in one.pool.endpoints if url in {"", each.address.url}]
        for endpoint in found:
            endpoint.reset()
        if found or not url:
            one.reset()


@contextmanager
def registered() -> Iterator[Registration]:
    """Let this process be found, once it says where it is, until the end of the block."""
    registration = Registration(
        learn=leave_out_whom_others_do, tell=told, obey=obey, version=version("septet")
    )
    try:
        yield registration
    finally:
        registration.end()


def leave_out_whom_others_do() -> None:
    """Take over what staff wanted before this process began."""
    try:
        found = leases().alive()
    except RegistryError as error:
        logger.warning("whom staff leave out is not known", extra={"why": str(error)})
        return
    for finds in (finds for lease in found for finds in lease.told.values()):
        LEFT_OUT.update(one["url"] for one in finds["endpoints"] if one["state"] == BY_STAFF)


def _of_service(one: Destination[Any], now: float) -> dict[str, Any]:
    calls, failures = one.breaker.counts()
    return {
        "breaker": one.breaker.state,
        "usual_ms": _ms(one.usual),
        "p50_ms": _ms(one.quantile(0.5)),
        "p95_ms": _ms(one.quantile(0.95)),
        "calls": calls,
        "failures": failures,
        "budget": round(one.breaker.budget(), 2),
        "endpoints": [_of_endpoint(endpoint, now) for endpoint in one.pool.endpoints],
    }


def _of_endpoint(endpoint: Endpoint, now: float) -> dict[str, Any]:
    if endpoint.address.url in LEFT_OUT:
        state = BY_STAFF
    elif endpoint.ejected(now):
        state = "ejected"
    else:
        state = "failing" if endpoint.failures else "well"
    return {
        "url": endpoint.address.url,
        "zone": endpoint.address.zone,
        "state": state,
        "in_flight": endpoint.in_flight,
        "latency_ms": _ms(endpoint.latency),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
