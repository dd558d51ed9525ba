"""Caches of several processes, made in one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from kernel.cache import namespaces
from kernel.cache.hub import Carrier, Hub
from kernel.cache.namespaces import TTL, Namespace, Plain
from tests.kernel.cache.waiting import eventually

Make = Callable[..., Namespace[Any]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Return a namespace as one process has it: over a carrier it hears of the others'."""
    with ExitStack() as stack:

        def made(carrier: Carrier | None = None, name: str = "tests:values", **said: Any) -> Any:
            monkeypatch.setattr(namespaces, "REGISTRY", {})
            hub = Hub(lambda: carrier)
            stack.enter_context(hub.following())
            if carrier is not None:
                eventually(lambda: hub.live)
            usual: dict[str, Any] = {
                "holds": "values",
                "ttl": TTL.LONG,
                "forgotten": "a test",
                "of_tenant": False,
                "codec": Plain() if carrier else None,
                "stale": timedelta(0),
            }
            return Namespace(name, with_hub=hub, **(usual | said))

        yield made
