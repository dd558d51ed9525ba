"""Resolvers that take long, in the log: which field of a query it is."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.conf import settings
from graphql import GraphQLResolveInfo

from kernel.federation.tracing import Trace

logger = logging.getLogger("septet.resolver")


def around_resolvers(trace: Trace | None) -> list[Any] | None:
    """Return what stands around the resolvers of an operation, if anything does."""
    slow = settings.LOG_SLOW_RESOLVERS.total_seconds()
    around = [*([trace] if trace else []), *([SlowResolvers(slow)] if slow else [])]
    return around or None


class SlowResolvers:
    """A middleware of graphql-core, for who asks for it: it stands around every resolver.

    Operations that are compiled have no resolvers; their statements are told when they are slow.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def resolve(
        self, resolver: Callable[..., Any], source: Any, info: GraphQLResolveInfo, **arguments: Any
    ) -> Any:
        """Run a resolver, and tell of one that took too long."""
        began = perf_counter()
        try:
            return resolver(source, info, **arguments)
        finally:
            seconds = perf_counter() - began
            if seconds > self._seconds:
                logger.warning(
                    "slow resolver",
                    extra={
                        "field": f"{info.parent_type.name}.{info.field_name}",
                        "duration_ms": round(seconds * 1000, 2),
                    },
                )
