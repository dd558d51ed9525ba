"""Which scope opens a field: said beside the field, checked before its resolver runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from kernel.tenancy.context import require

Resolver = Callable[..., Any]


def scope(name: str) -> Callable[[Resolver], Resolver]:
    """Let a resolver run only for a credential that carries the scope `app:verb`."""

    def guard(resolver: Resolver) -> Resolver:
        @wraps(resolver)
        def guarded(root: Any, info: Any, **arguments: Any) -> Any:
            require(name)
            return resolver(root, info, **arguments)

        guarded.scope = name  # type: ignore[attr-defined]  # read by the access matrix
        return guarded

    return guard
