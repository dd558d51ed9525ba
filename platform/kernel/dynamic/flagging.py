"""Feature flags for the apps themselves: answered in this process, and never with an error.

They are those of the current tenant, in its first environment, as the config app has them. Where
they come from is chosen at start: that app if it is here, else what was fetched of it last.
"""

import logging
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar
from uuid import UUID

from kernel.errors import DomainError
from kernel.tenancy.context import acting_principal, told_tenant

logger = logging.getLogger(__name__)

#: The hint to other processes that flags have changed.
TOPIC = "config-flags"

T = TypeVar("T", bool, int, float, str, dict[str, Any])


class FlagSource(Protocol):
    """One way to flags."""

    def value(self, tenant_id: UUID, key: str, context: Mapping[str, Any], kind: str) -> Any:
        """Return the value, of this kind of OpenFeature; None for the caller's own default."""
        ...


class Flags:
    """Who answers for flags in this process."""

    def __init__(self) -> None:
        self._source: FlagSource | None = None
        self._failed = False

    def come_from(self, source: FlagSource) -> None:
        """Choose who answers; said at start."""
        self._source = source

    def value(self, key: str, default: T, context: Mapping[str, Any] | None = None) -> T:
        """Return what a flag says for whoever acts; the default where nothing can be said.

        The context has `targetingKey`, the id of who acts, and `tenant`, unless it says another.
        """
        tenant_id = told_tenant()
        if self._source is None or tenant_id is None:
            return default
        principal = acting_principal()
        known = {
            "targetingKey": principal.id if principal else str(tenant_id),
            "tenant": str(tenant_id),
            **(context or {}),
        }
        try:
            found = self._source.value(tenant_id, key, known, _kind(default))
        except DomainError as error:
            if not self._failed:
                logger.warning("flags have their defaults: %s", error)
            self._failed = True
            return default
        self._failed = False
        return default if found is None else found


def _kind(default: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "float", str: "string"}
    return kinds.get(type(default), "object")


flags = Flags()
#: Ask for a flag: `flag("files.new-preview", False)`.
flag = flags.value
