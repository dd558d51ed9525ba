"""How this process finds the others to be, told to staff, and what staff have it do about that.

A command is `drain`, `take` (again), or `eject URL` and `reset URL` of a process that this one
calls; `reset` alone forgets all that is held against anybody.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from kernel.discovery.registry import Registration
from kernel.mesh.destination import Destination
from kernel.mesh.destinations import destinations
from kernel.mesh.endpoints import Endpoint
from kernel.observability import health


def told() -> dict[str, Any]:
    """Return what is known of each service that was called, as JSON has it."""
    now = time.monotonic()
    return {one.service: _of_service(one, now) for one in destinations.current()}


def obey(command: str) -> None:
    """Do what staff want of this process; of what is not known nothing comes."""
    verb, _, url = command.partition(" ")
    if verb in {"drain", "take"} and not url:
        health.set_aside(verb == "drain")
        return
    for one in destinations.current():
        if verb == "reset":
            one.reset()
        for endpoint in one.pool.endpoints:
            if url not in {"", endpoint.address.url}:
                continue
            if verb == "eject":
                endpoint.drained = True
            elif verb == "reset":
                endpoint.reset()


@contextmanager
def registered() -> Iterator[Registration]:
    """Let this process be found, once it says where it is, until the end of the block."""
    registration = Registration(tell=told, obey=obey, version=version("septet"))
    try:
        yield registration
    finally:
        registration.end()


def _of_service(one: Destination[Any], now: float) -> dict[str, Any]:
    return {
        "breaker": one.breaker.state,
        "usual_ms": round(one.usual * 1000, 2),
        "endpoints": [_of_endpoint(endpoint, now) for endpoint in one.pool.endpoints],
    }


def _of_endpoint(endpoint: Endpoint, now: float) -> dict[str, Any]:
    if endpoint.drained:
        state = "ejected by staff"
    elif endpoint.ejected(now):
        state = "ejected"
    else:
        state = "failing" if endpoint.failures else "well"
    return {
        "url": endpoint.address.url,
        "zone": endpoint.address.zone,
        "state": state,
        "in_flight": endpoint.in_flight,
        "latency_ms": round(endpoint.latency * 1000, 2),
    }
